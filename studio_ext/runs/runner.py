"""The runner: the process that takes one attempt from its folder's ``run.json`` to ``exit.json``.

It owns the folder while it holds the lock, needs nobody while it runs (the daemon may come and
go), and ends whatever the job started before it says how the job ended.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StudioError
from ..failpoints import failpoint
from ..files import read_json, write_json
from ..processes import marks, tree
from ..processes.bell import ring
from ..processes.identity import Identity
from ..processes.lock import Lock
from . import layout, packing, record
from .journal import Journal
from .record import Exit
from .spec import Spec

if TYPE_CHECKING:
    from ..bucket.objects import Objects
    from ..environments.environments import Environment
    from ..kernels.outcome import Outcome
    from ..kernels.stop import Stop

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
OPT_ML = "/opt/ml"
REASON_LENGTH = 1024  # AWS's limit for FailureReason
SECRET_WORDS = ("SECRET", "PASSWORD", "PASSWD", "TOKEN", "CREDENTIAL", "API_KEY", "PRIVATE_KEY")


def main(directory: str) -> int:
    """Run the attempt in ``directory``. Returns 0 when its end is on record, else 1."""
    folder = Path(directory)
    os.chdir(folder)
    lock = Lock(folder / record.LOCK)
    if not lock.take():
        return 1
    marks.mark(folder)
    failpoint("runner.locked")
    if Exit.read(folder) is not None:
        return 0  # somebody found the attempt abandoned before we were there
    tree.become_subreaper()
    record.announce(folder, Identity.own())
    spec = Spec.read(folder)
    ring(spec.bell)
    failpoint("runner.announced")
    end = Run(folder, spec).run()
    tree.kill_below(os.getpid())
    _record(end, folder)
    failpoint("runner.exited")
    ring(spec.bell)
    return 0


class Run:
    """One attempt under way."""

    def __init__(self, folder: Path, spec: Spec) -> None:
        from ..kernels.stop import Stop

        self.folder, self.spec = folder, spec
        self.stop: Stop = Stop()
        self.stopped_by: str | None = None
        self.trained: tuple[float, float] | None = None
        self.environment: Environment | None = None  # held, so that nobody removes it
        self.journal = Journal(
            folder,
            metrics=spec.metrics,
            secrets=secrets(os.environ),
            ring=lambda: ring(spec.bell),
        )

    def run(self) -> Exit:
        """Stage, execute, pack. Never raises: whatever happens is how the attempt ended."""
        with self._signals():
            try:
                return self._run()
            except _Asked:
                return self._end(self.stopped_by or "stopped", "")
            except StudioError as error:
                return self._end("failed", f"ClientError: {error}")
            except MemoryError:
                return self._end("failed", "InternalServerError: the runner ran out of memory")
            except OSError as error:
                return self._end("failed", f"InternalServerError: {_words(error)}")
            except Exception as error:
                self.journal.text("stderr", f"{type(error).__name__}: {error}\n")
                return self._end("failed", f"InternalServerError: {type(error).__name__}: {error}")
            finally:
                self.journal.close()

    def _run(self) -> Exit:
        spec, folder = self.spec, self.folder
        layout.make(folder, spec.config)
        objects = _objects(spec)
        self.journal.phase("Downloading", "Downloading input data")
        notebook = self._stage(objects)
        failpoint("runner.staged")
        parameters = self._script(objects)
        self._listen_to_stop()
        self.journal.phase("Training", "Training image download completed. Training in progress.")
        outcome = self._execute(notebook, parameters)
        failpoint("runner.executed")
        ended = self._judge(outcome)
        if spec.checkpoints:
            self._save_checkpoints(objects, spec.checkpoints)
        return ended

    def _stage(self, objects: Objects) -> Path:
        from ..bucket import channels
        from ..bucket.uri import S3Uri

        spec, folder = self.spec, self.folder
        if spec.checkpoints:
            uri = S3Uri.parse(spec.checkpoints)
            prefix = f"{uri.key.rstrip('/')}/" if uri.key else ""
            for item in objects.list(uri.bucket, prefix):
                objects.fetch(item, folder / layout.CHECKPOINTS / item.key.removeprefix(prefix))
        channels.stage(spec.channels, folder / layout.INPUT, objects)
        if not spec.notebook.startswith("s3://"):
            return Path(spec.notebook)
        uri = S3Uri.parse(spec.notebook)
        found = objects.find(uri.bucket, uri.key)
        if found is None:
            raise StudioError(f"notebook {spec.notebook} is not there")
        target = folder / layout.CODE / Path(uri.key).name
        objects.fetch(found, target)
        return target

    def _script(self, objects: Objects) -> dict[str, Any]:
        """What the notebook of a script is told beside its parameters: the interpreter."""
        script = self.spec.script
        if script is None:
            return {}
        from . import scripts

        def tell(line: str) -> None:
            self.journal.text("stdout", f"{line}\n")

        scripts.stage(script, self.folder, objects)
        for notice in script.notices:
            tell(f"notice: {notice}")
        if not scripts.is_ready(script, self.folder):
            name = script.environment["name"]
            self.journal.phase("DownloadingTrainingImage", f"Making the environment {name}")
        self.environment = scripts.environment(script, self.folder, tell)
        return {"python": str(self.environment.python)}

    def _execute(self, notebook: Path, more: dict[str, Any]) -> Outcome:
        from ..kernels.execute import execute
        from .parameters import typed

        parameters = self.spec.parameters | more
        if self.spec.hyperparameters:
            parameters |= typed(notebook, self.spec.hyperparameters)
        self._confine(notebook)
        started = time.time()
        signal.setitimer(signal.ITIMER_REAL, self.spec.max_runtime)
        try:
            with _sockets(self.spec.sockets), _console(self.spec.console):
                return execute(
                    notebook,
                    self.folder / layout.NOTEBOOK,
                    parameters,
                    engine=self.spec.engine,  # type: ignore[arg-type]
                    kernel_name=self.spec.kernel,
                    cwd=self.folder,
                    env=dict(os.environ),
                    listener=Listener(self.journal, self.spec),
                    stop=self.stop,
                )
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.trained = (started, time.time())
            self.journal.flush()

    def _confine(self, notebook: Path) -> None:
        """Show the folder at ``/opt/ml``; shipped notebooks that run no script need it not.

        Raises:
            StudioError: the job names the place, and this system cannot give it one.
        """
        from ..kernels.confine import bind_opt_ml

        if self.spec.engine == "inprocess" and self.spec.script is None:
            return
        reason = bind_opt_ml(self.folder)
        if not reason:
            return
        said = [notebook.read_text(errors="replace"), *os.environ.values()]
        said += (self.spec.hyperparameters or {}).values()
        if self.spec.script is not None:
            from . import scripts

            said += [*scripts.texts(self.folder), *self.spec.parameters["hyperparameters"].values()]
        if any(OPT_ML in text for text in said):
            raise StudioError(
                f"the job names {OPT_ML}, which it cannot have here ({reason}); "
                "use the SM_* variables, such as SM_MODEL_DIR, instead"
            )

    def _judge(self, outcome: Outcome) -> Exit:
        if outcome.fallback and self.spec.engine != "stock":
            self.journal.text("stderr", f"a stock kernel was used: {outcome.fallback}\n")
        cell = None if outcome.cell_index is None else outcome.cell_index + 1
        match outcome.state:
            case "completed" if outcome.save_error:
                return self._end("failed", f"InternalServerError: {outcome.save_error}")
            case "completed":
                return self._end("completed", "", model=True)
            case "stopped":
                return self._end(self.stopped_by or "stopped", "", model=True, cell=cell)
            case _:
                return self._end("failed", self._reason(outcome), cell=cell)

    def _reason(self, outcome: Outcome) -> str:
        """Why it failed: the job's own words in ``output/failure`` if it left some."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            words = (self.folder / layout.OUTPUT / "failure").read_text()[:REASON_LENGTH]
            if words.strip():
                return f"AlgorithmError: {words.strip()}"
        where = "" if outcome.cell_index is None else f" (cell {outcome.cell_index + 1})"
        if outcome.state == "dead":
            return f"AlgorithmError: {outcome.evalue}{where}"
        family = "ClientError" if outcome.ename in CLIENT_ERRORS else "AlgorithmError"
        return f"{family}: {outcome.ename}: {outcome.evalue}{where}"

    def _end(
        self, outcome: str, reason: str, *, model: bool = False, cell: int | None = None
    ) -> Exit:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it has ended; there is nothing to stop
        files: dict[str, str] = {}
        try:
            files = packing.pack(self.folder, model=model)
        except (OSError, StudioError) as error:
            if outcome == "completed":
                outcome, reason = "failed", f"InternalServerError: packing: {_words(error)}"
        failpoint("runner.packed")
        return Exit(
            token=self.spec.token,
            outcome=outcome,  # type: ignore[arg-type]
            reason=reason[:REASON_LENGTH],
            files=files,
            metrics=sorted(self.journal.final.values(), key=lambda metric: str(metric["name"])),
            cell=cell,
            trained=self.trained,
        )

    def _save_checkpoints(self, objects: Objects, target: str) -> None:
        from ..bucket.uri import S3Uri

        uri = S3Uri.parse(target)
        root = self.folder / layout.CHECKPOINTS
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                key = "/".join(filter(None, (uri.key.rstrip("/"), str(path.relative_to(root)))))
                objects.publish(path, uri.bucket, key)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """While staging, asking to stop ends it at once; ``_listen_to_stop`` softens that."""

        def raise_asked(*_: Any) -> None:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.stopped_by = "stopped"
            raise _Asked

        signal.signal(signal.SIGTERM, raise_asked)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # its end is being written

    def _listen_to_stop(self) -> None:
        def ask(by: str) -> None:
            self.stopped_by = self.stopped_by or by
            self.stop.request(self.spec.grace)

        signal.signal(signal.SIGTERM, lambda *_: ask("stopped"))
        signal.signal(signal.SIGALRM, lambda *_: ask("timeout"))
        if self.stopped_by is not None:
            ask(self.stopped_by)  # asked in a moment when an exception is dropped: a finalizer, say


CLIENT_ERRORS = frozenset({"HyperparameterError", "DataError", "FormatError", "UnknownContentType"})


class Listener:
    """Writes down what the engine tells."""

    def __init__(self, journal: Journal, spec: Spec) -> None:
        self._journal, self._spec = journal, spec

    def kernel(self, connection: Path) -> None:
        """Let Jupyter servers find the kernel, under the job's name."""
        found = read_json(connection)
        if found is not None:
            self._spec.console.parent.mkdir(mode=0o700, exist_ok=True)
            named = {**found, "kernel_name": self._spec.job}
            write_json(self._spec.console, named, mode=0o600)

    def started(self, total_cells: int) -> None:
        self._journal.cell(0, total_cells, True)

    def cell_started(self, index: int, of: int) -> None:
        self._journal.cell(index + 1, of, None)
        failpoint("runner.cell")

    def cell_finished(self, index: int, of: int, ok: bool) -> None:
        self._journal.flush()
        self._journal.cell(index + 1, of, ok)

    def text(self, stream: str, text: str) -> None:
        self._journal.text(stream, text)

    def saved(self, path: Path) -> None: ...


def secrets(environment: Any) -> list[str]:
    """Values of variables whose names say that they are not for everyone's eyes."""
    return [
        value
        for name, value in environment.items()
        if any(word in name.upper() for word in SECRET_WORDS)
    ]


class _Asked(BaseException):
    """Somebody asked to stop before there was anything to stop gently."""


def _objects(spec: Spec) -> Objects:
    if "root" in spec.objects:
        from ..bucket.folder import FolderObjects

        return FolderObjects(Path(spec.objects["root"]))
    import boto3

    from ..bucket.s3 import S3Objects

    return S3Objects(boto3.client("s3", endpoint_url=spec.objects["endpoint"]))


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        place = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{place}"
    return str(error) or type(error).__name__


@contextlib.contextmanager
def _console(file: Path) -> Iterator[None]:
    """Remove the kernel's connection file when the kernel is gone."""
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


@contextlib.contextmanager
def _sockets(folder: Path) -> Iterator[None]:
    """Have kernels' sockets made in ``folder``, and removed with it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def _record(end: Exit, folder: Path) -> None:
    """Put the end on record. On a full disk, make room with what the run itself left behind."""
    tries = 0
    while True:
        try:
            end.write(folder)
            return
        except OSError as error:
            if error.errno not in FULL:
                raise
        tries += 1
        packing.make_room(folder, everything=tries > 1)
        if tries == 2:
            reason = end.reason or "InternalServerError: No space left on device"
            end = dataclasses.replace(end, outcome="failed", reason=reason, files={})
        elif tries > 2:
            time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
