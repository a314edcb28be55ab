"""The daemon of one home: puts the rooms together and keeps them until it is asked to end.

There is one at a time: it holds the home's lock. Clients, jobs and Jupyter come and go around it,
and jobs go on while it is away.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from . import __version__, launch
from .algorithms.preload import ENVIRONMENT, MODULES
from .bucket.door import S3Door
from .bucket.folder import FolderObjects
from .bucket.headers import ObjectHeaders
from .control.admission import Admission, machine
from .control.contract import Progress
from .control.controller import Controller
from .control.leftovers import Leftovers
from .environments.environments import Environments
from .errors import StudioError
from .files import read_json, sweep, write_json
from .home import Home
from .identity.authority import Authority
from .identity.environment import Endpoint, job_environment
from .identity.keys import ACCOUNT, Keys
from .identity.roles import Roles
from .identity.sdk import EndpointTable, write_settings
from .kernels.client import ForkRefused
from .kernels.environment import key
from .kernels.forks import ForkServers
from .kinds.job import Surroundings
from .kinds.registry import SageMakerService, records
from .kinds.training import TrainingJob
from .neighbours import services
from .pages.disk import Disk
from .pages.door import PagesDoor
from .pages.feed import Feed
from .processes import tree
from .processes.bell import Bell
from .processes.identity import Identity
from .processes.lock import Lock
from .runs.local import LocalExecutor
from .store import Attempt, Resource, Store, Transition
from .wire.app import make_app
from .wire.service import Caller

log = logging.getLogger("studio")

ADDRESS = "127.0.0.1"
PATIENCE = 30.0  # seconds that a job waits for a fork server that is starting


class AlreadyRunning(StudioError):
    """Another daemon holds the home."""


class PortTaken(StudioError):
    """Another program listens where clients expect this daemon."""


class WarmRunners:
    """Runners forked from the one fork server that every ordinary job fits.

    A job whose own variables ask for another one starts cold: a fork server is worth its memory
    only where many jobs share it. While the server is starting, waiting for it is quicker than
    importing the same libraries beside it.
    """

    def __init__(self, servers: ForkServers, common: Callable[[], Mapping[str, str]]) -> None:
        self._servers, self._common = servers, common

    def fork(
        self, target: str, args: list[str], *, env: Mapping[str, str], cwd: Path, output: int
    ) -> int | None:
        if key(env) != key(self._common()):
            return None
        with contextlib.suppress(ForkRefused):
            self._servers.wait(env, PATIENCE)
        return self._servers.fork(target, args, env=env, cwd=cwd, output=output)


class Daemon:
    """All rooms of one home, wired.

    Args:
        port: where to listen from now on; None keeps the port that was used before, or takes a
            free one the first time.
        roots: folders whose notebooks may be run by path, remembered from now on.
        grace: seconds between asking a job to stop and killing it.
    """

    def __init__(
        self,
        home: Home,
        *,
        port: int | None = None,
        roots: Sequence[Path] = (),
        public_urls: Sequence[str] = (),
        grace: float = launch.GRACE,
    ) -> None:
        self.home = home
        home.make()
        self._lock = Lock(home.lock)
        if not self._lock.take():
            raise AlreadyRunning(f"a daemon holds {home.root} already; see it with: studio status")
        sweep(home.root, ours=True)
        self._audit = open(home.audit, "a", buffering=1, encoding="utf-8")  # noqa: SIM115
        os.chmod(home.audit, 0o600)
        for root in roots:
            home.serve_root(root)
        self._sockets, self.port = _listen(home, "port", port)
        self._tls_sockets, self.tls_port = _listen(home, "tls_port", None)
        self.store = Store(home.database)
        self.keys = Keys(home.identity, alive=self._alive)
        self.endpoint = self._endpoint()
        self.objects = FolderObjects(home.buckets)
        headers = ObjectHeaders(self.store)
        self.door = S3Door(
            self.objects, headers, self.keys.lookup,
            account=ACCOUNT, public_urls=public_urls, audit=self._note,
        )  # fmt: skip
        self.forks = ForkServers(home.runtime, modules=MODULES)
        self.surroundings = Surroundings(
            objects=self.objects,
            objects_config={"root": str(home.buckets)},
            bell=home.bell,
            environment=self._job_environment,
            roots=lambda: home.roots,
            grace=grace,
            environments=home.environments,
            running=self._running,
        )
        training = TrainingJob(self.store, self.surroundings)
        runners = WarmRunners(self.forks, self._base_environment)
        self.controller = Controller(
            self.store, [training], LocalExecutor(runners), self.objects,
            Admission(machine()), home.jobs,
        )  # fmt: skip
        self.feed = Feed(
            self.store, self.controller, lambda: {"version": __version__, "url": self.endpoint.url}
        )
        disk = Disk(
            self.store, self.objects, home.jobs, home.environments,
            {training.noun: training.ended},
        )  # fmt: skip
        roles = Roles(self.store)
        pages = PagesDoor(
            self.feed, disk, lambda: [role.arn for role in roles.all()], self.keys.lookup,
            self._note, account=ACCOUNT, public_urls=public_urls,
        )  # fmt: skip
        self.leftovers = Leftovers(self.store, home.jobs)
        sagemaker = SageMakerService(self.store, [*records(self.store), training])
        self.app = make_app(
            [sagemaker, *services(self.store, self.keys)],
            self.keys.lookup,
            account=ACCOUNT,
            public_urls=public_urls,
            audit=self._note,
            extra_handlers=[self.door.rule, *pages.rules],
            token_key=self.keys.derived("page-tokens"),
        )

    # -- life -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        tree.become_subreaper()
        bell = Bell(self.home.bell)
        loop.add_reader(bell.fileno(), self._hear, bell)
        self.store.subscribe(partial(self._heard, loop))
        self.forks.warm(self._base_environment())
        removed = await asyncio.to_thread(self.door.uploads.sweep)
        if removed:
            log.info("removed %d unfinished uploads", removed)
        servers = self._serve()
        loop.run_in_executor(None, self.leftovers.clear_all)
        loop.run_in_executor(None, Environments(self.home.environments).sweep)
        work = loop.create_task(self.controller.work())
        self._announce()
        reasons = [work, loop.create_task(ended.wait()), loop.create_task(self._outlive_home())]
        try:
            await asyncio.wait(reasons, return_when=asyncio.FIRST_COMPLETED)
        finally:
            with contextlib.suppress(FileNotFoundError):
                self.home.record.unlink()
            for server in servers:
                server.stop()
            work.cancel()
            (failure,) = await asyncio.gather(work, return_exceptions=True)
            if isinstance(failure, Exception):
                log.error("the controller failed", exc_info=failure)
            await self.controller.close()
            for server in servers:
                await server.close_all_connections()
            await asyncio.to_thread(self.forks.close)
            for left in self.home.runtime.glob("fork-*.sock"):  # by servers that were killed
                left.unlink(missing_ok=True)
            loop.remove_reader(bell.fileno())
            bell.close()
            with contextlib.suppress(OSError):  # jobs that go on have their sockets there
                self.home.consoles.rmdir()
            with contextlib.suppress(OSError):
                self.home.runtime.rmdir()
            self.store.close()
            self._audit.close()
            self._lock.release()

    async def _outlive_home(self) -> None:
        """Return when the home was deleted under us: nobody could find this daemon any more."""
        while self._lock.path.exists():
            await asyncio.sleep(5)
        log.error("%s is gone, and so is the reason to go on", self.home.root)

    def _serve(self) -> list[HTTPServer]:
        plain = HTTPServer(self.app, decompress_request=False)
        plain.add_sockets(self._sockets)
        secure = HTTPServer(
            self.app,
            decompress_request=False,
            ssl_options=Authority(self.home.identity).context(),
        )
        secure.add_sockets(self._tls_sockets)
        return [plain, secure]

    def _announce(self) -> None:
        who = Identity.own()
        write_json(
            self.home.record,
            {
                "pid": who.pid,
                "started": who.started,
                "version": __version__,
                "url": self.endpoint.url,
                "port": self.port,
                "tls_port": self.tls_port,
                "cores": machine().cores,
            },
            mode=0o600,
        )

    def _hear(self, bell: Bell) -> None:
        bell.hear()
        self.controller.wake()

    def _heard(self, loop: asyncio.AbstractEventLoop, changed: list[Transition]) -> None:
        """On whichever thread has changed something."""
        for each in changed:
            if each.action == "delete":
                loop.call_soon_threadsafe(self._clear, loop, each)
        loop.call_soon_threadsafe(self.feed.changed, changed)
        loop.call_soon_threadsafe(self.controller.hear, changed)

    def _clear(self, loop: asyncio.AbstractEventLoop, deleted: Transition) -> None:
        loop.run_in_executor(None, self.leftovers.clear, deleted.kind, deleted.region, deleted.key)

    # -- what rooms ask of each other -------------------------------------------------------

    def _endpoint(self) -> Endpoint:
        folder = self.home.identity
        table = EndpointTable(folder / "models")
        table.install(self.tls_port)
        return Endpoint(
            f"http://{ADDRESS}:{self.port}",
            tls_port=self.tls_port,
            bundle=Authority(folder).bundle(),
            models=folder / "models",
            sdk_settings=write_settings(folder),
        )

    def _base_environment(self) -> dict[str, str]:
        """What every job has in common; a fork server stands for its import-time part."""
        ours = {n: v for n, v in os.environ.items() if not n.startswith(("STUDIO_", "AWS_"))}
        base = {**ours, **{n: v for n, v in os.environ.items() if n == "STUDIO_FAILPOINTS"}}
        return job_environment(self.endpoint, self.keys.root, base={**base, **ENVIRONMENT})

    def _job_environment(self, job: Resource, attempt: Attempt) -> dict[str, str]:
        credential = self.keys.temporary(
            role=job.body["RoleArn"].rpartition("/")[2],
            session=job.name,
            attempt=str(attempt.token),
        )
        base = self._base_environment()
        endpoint = Endpoint(**{**_fields(self.endpoint), "region": job.region})
        return job_environment(endpoint, credential, base=base)

    def _alive(self, attempt: str) -> bool:
        return any(str(run.token) == attempt for run in self.controller.running())

    def _running(self, job: int) -> tuple[Path, Progress | None] | None:
        run = self.controller.run_of(job)
        return None if run is None else (run.folder, run.progress)

    def _note(self, caller: Caller, service: str, operation: str, outcome: str) -> None:
        entry = {
            "t": round(time.time(), 3), "who": caller.arn, "key": caller.access_key,
            "region": caller.region, "service": service, "operation": operation, "outcome": outcome,
        }  # fmt: skip
        self._audit.write(json.dumps(entry) + "\n")


def _fields(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in endpoint.__slots__}


def _listen(home: Home, name: str, port: int | None) -> tuple[list[socket.socket], int]:
    """Sockets on the home's port of that name; the port is remembered."""
    kept = read_json(home.ports) or {}
    wanted = port or kept.get(name) or 0
    try:
        sockets = bind_sockets(wanted, ADDRESS, reuse_port=False)
    except OSError as error:
        raise PortTaken(
            f"port {wanted} on {ADDRESS} is taken by another program ({error.strerror}); "
            "end it, or move Studio with: studio start --port 0"
        ) from error
    found: int = sockets[0].getsockname()[1]
    if kept.get(name) != found:
        write_json(home.ports, {**kept, name: found}, mode=0o600)
    return sockets, found


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m studio_ext.daemon")
    launch.arguments(parser)
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    home = Home.current()
    if options.port == 0:
        home.make()
        home.ports.unlink(missing_ok=True)
    try:
        daemon = Daemon(
            home, port=options.port, roots=options.root, public_urls=options.public_url,
            grace=launch.GRACE if options.grace is None else options.grace,
        )  # fmt: skip
    except AlreadyRunning as error:
        log.info("%s", error)
        return 0
    except StudioError as error:
        log.error("%s", error)
        return 1
    asyncio.run(daemon.run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
