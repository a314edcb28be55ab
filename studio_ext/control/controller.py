"""The controller's loop: one pass looks at everything that could have changed.

A pass is cheap and may happen at any time; it is started by the store (something was created or
stopped), by the doorbell (a runner has news), by the end of a runner, and every two seconds in
case a ring was lost. What a pass finds done is done once: every change of a job's row is made
under its attempt's lease, in the transaction that ends the lease where it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import time
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..bucket.objects import Objects
from ..errors import AwsError
from ..failpoints import failpoint
from ..files import sweep
from ..processes import tree
from ..processes.identity import Identity
from ..processes.lock import Lock
from ..runs import layout, record
from ..runs.record import Exit
from ..store import Condition, Query, Resource, Store, Transaction
from ..store.store import Leased, Stale
from .admission import Admission
from .contract import Change, Executor, JobKind
from .publish import publish
from .run import Run

log = logging.getLogger(__name__)

TICK = 2.0
MARGIN = 10.0  # seconds beyond the grace that a runner gets to write down its end


class Controller:
    """Runs the jobs of one home.

    Args:
        jobs: the kinds that run, by noun.
        folder: where attempts' folders are made.
    """

    def __init__(
        self,
        store: Store,
        jobs: Iterable[JobKind],
        executor: Executor,
        objects: Objects,
        admission: Admission,
        folder: Path,
    ) -> None:
        self._store, self._executor, self._objects = store, executor, objects
        self._jobs: Mapping[str, JobKind] = {job.noun: job for job in jobs}
        self._admission, self._folder = admission, folder
        self._runs: dict[int, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self._watched: dict[int, Identity] = {}

    # -- the loop ---------------------------------------------------------------------------

    def wake(self) -> None:
        """Look again soon. Call on the event loop's thread."""
        self._awake.set()

    async def work(self) -> None:
        """Recover, then pass after pass until cancelled."""
        self.recover()
        while True:
            self._awake.clear()
            try:
                self.look()
            except Exception:  # one bad row must not stop the others' jobs
                log.exception("a pass of the controller failed; the next follows")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), TICK)

    def look(self) -> None:
        """One pass."""
        for run in list(self._runs.values()):
            try:
                self._advance(run)
            except Stale:
                self.wake()
        self._admit()

    def run_of(self, resource_id: int) -> Run | None:
        """The job's attempt under way."""
        return next((run for run in self._runs.values() if run.job_id == resource_id), None)

    def running(self) -> list[Run]:
        return list(self._runs.values())

    # -- starting ---------------------------------------------------------------------------

    def _admit(self) -> None:
        for noun, job in self._jobs.items():
            busy = {run.job_id for run in self._runs.values()}
            for row in self._living(noun, job.stopping):
                if row.id not in busy:
                    self._settle_unstarted(row, Exit(0, "stopped"))
            for row in self._living(noun, job.active):
                if row.id in busy:
                    continue
                if not self._admission.fits(job.needs(row)):
                    self._wait(row)
                    break  # strictly first come, first served: nobody overtakes and starves it
                self._begin(row)

    def _living(self, noun: str, status: str) -> list[Resource]:
        query = Query(
            noun,
            None,
            (Condition("status", "eq", status),),
            descending=False,
            limit=self._admission.capacity.cores + 200,
        )
        with self._store.read() as reader:
            return reader.page(query).rows

    def _wait(self, row: Resource) -> None:
        change = self._jobs[row.kind].waits(row, time.time())
        if change is not None:
            with self._store.write() as tx:
                _apply(tx, row, change)

    def _begin(self, row: Resource) -> None:
        try:
            with self._store.write() as tx:
                attempt = tx.claim(row, "")
                folder = self._folder / row.kind / row.region / row.key / str(attempt.token)
                tx.mark_attempt(attempt.token, directory=str(folder))
        except Leased:
            return
        failpoint("control.claimed")
        run = Run(attempt.token, row.id, row.kind, folder)
        self._runs[run.token] = run
        self._admission.hold(run.token, self._jobs[row.kind].needs(row))
        self._spawn(run, self._start(run, row))

    async def _start(self, run: Run, row: Resource) -> None:
        job = self._jobs[run.kind]
        try:
            with self._store.read() as reader:
                attempt = next(a for a in reader.attempts(row.id) if a.token == run.token)
            run.folder.mkdir(parents=True, mode=0o755)
            spec, environment = job.prepare(row, attempt)
            run.limit = spec.max_runtime + 2 * spec.grace + 600
            run.grace = spec.grace
            spec.write(run.folder)
            failpoint("control.prepared")
            environment |= {tree.MARKER: str(run.folder)}
            who: Identity = await self._executor.start(run.folder, environment)
        except (AwsError, OSError) as error:
            words = error.message if isinstance(error, AwsError) else f"{error}"
            self._abandon(run, Exit(run.token, "failed", f"ClientError: {words}"))
            return
        failpoint("control.started")
        with self._store.write() as tx:
            tx.mark_attempt(run.token, pid=who.pid, pid_started=who.started)
        self._watch(run, who)
        self.wake()

    # -- watching ---------------------------------------------------------------------------

    def _watch(self, run: Run, who: Identity) -> None:
        run.who = who
        descriptor = who.open()
        if descriptor is None:
            tree.reap([who.pid])
            self.wake()
            return
        self._watched[descriptor] = who
        asyncio.get_running_loop().add_reader(descriptor, self._ended, descriptor)

    def _ended(self, descriptor: int) -> None:
        tree.reap([self._unwatch(descriptor).pid])
        self.wake()

    def _unwatch(self, descriptor: int) -> Identity:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        return self._watched.pop(descriptor)

    def _advance(self, run: Run) -> None:
        """Take note of a run's news."""
        if run.settling:
            return
        phases = run.news()
        if phases:
            self._enter(run, phases)
        end = Exit.read(run.folder)
        if end is not None and end.token == run.token:
            failpoint("control.read")
            run.settling = True
            self._spawn(run, self._settle(run, end))
            return
        if run.who is None:
            return  # it is being started
        if not run.who.alive():
            self._abandon(run, Exit(run.token, "vanished", "the runner ended without a word"))
            return
        self._stop_if_asked(run)

    def _enter(self, run: Run, phases: list[dict[str, object]]) -> None:
        with self._store.write() as tx:
            row = tx.by_id(run.job_id)
            if row is not None:
                _apply(tx, row, self._jobs[run.kind].enters(row, phases))

    def _stop_if_asked(self, run: Run) -> None:
        assert run.who is not None
        with self._store.read() as reader:
            row = reader.by_id(run.job_id)
        asked = row is None or row.status == self._jobs[run.kind].stopping
        if asked and run.kill_at is None:
            with self._store.write() as tx:
                tx.mark_attempt(run.token, stop_asked=time.time())
            run.kill_at = time.monotonic() + run.grace + MARGIN
            run.who.send(signal.SIGTERM)
        overdue = run.kill_at is not None and time.monotonic() > run.kill_at
        if overdue or run.who.age() > run.limit:
            run.who.send(signal.SIGKILL)

    def _abandon(self, run: Run, end: Exit) -> None:
        """Nobody will write this run's end any more, so write it, unless somebody has."""
        run.settling = True
        self._spawn(run, self._find_end(run, end))

    async def _find_end(self, run: Run, end: Exit) -> None:
        if run.folder.exists():
            end = await asyncio.to_thread(_close, run.folder, end)
        await self._settle(run, end)

    # -- settling ---------------------------------------------------------------------------

    async def _settle(self, run: Run, end: Exit) -> None:
        """Publish what the run left and end the job, or try it again."""
        job = self._jobs[run.kind]
        with self._store.read() as reader:
            row = reader.by_id(run.job_id)
            attempts = len(reader.attempts(run.job_id))
        unstarted = end.outcome == "vanished" and record.announced(run.folder) is None
        if row is None:
            self._release(run, end.outcome)
            return
        if row.status == job.active and (unstarted or job.retries(row, end, attempts)):
            if not unstarted:
                self._enter(run, [{"name": "Restarting", "message": end.reason, "t": time.time()}])
            self._release(run, "unstarted" if unstarted else end.outcome)
            return
        phases = run.news()
        if end.files:
            phases.append({"name": "Uploading", "message": "", "t": time.time()})
        if phases:
            self._enter(run, phases)
        try:
            published = await publish(self._objects, job.publications(row, end, run.folder))
        except (AwsError, OSError) as error:
            words = error.message if isinstance(error, AwsError) else str(error)
            end = Exit(run.token, "failed", f"ClientError: publishing the results: {words}")
            published = {}
        failpoint("control.published")
        with self._store.write() as tx:
            row = tx.by_id(run.job_id)
            if tx.end_attempt(run.token, end.outcome) and row is not None:
                _apply(tx, row, job.settles(row, end, published))
        failpoint("control.settled")
        self._forget(run)
        if end.outcome == "completed":
            await asyncio.to_thread(shutil.rmtree, run.folder / layout.INPUT, True)
        failpoint("control.swept")

    def _settle_unstarted(self, row: Resource, end: Exit) -> None:
        with self._store.write() as tx:
            _apply(tx, row, self._jobs[row.kind].settles(row, end, {}))

    def _release(self, run: Run, outcome: str) -> None:
        with self._store.write() as tx:
            tx.end_attempt(run.token, outcome)
        self._forget(run)

    def _forget(self, run: Run) -> None:
        self._admission.release(run.token)
        self._runs.pop(run.token, None)
        self.wake()

    # -- recovery ---------------------------------------------------------------------------

    def recover(self) -> None:
        """Take over what an earlier daemon left: runners that live, ends that nobody read."""
        with self._store.read() as reader:
            left = reader.open_attempts()
            rows = {attempt.token: reader.by_id(attempt.resource_id) for attempt in left}
        for attempt in left:
            row = rows[attempt.token]
            if row is None or row.kind not in self._jobs:
                with self._store.write() as tx:
                    tx.end_attempt(attempt.token, "vanished")
                continue
            run = Run(attempt.token, row.id, row.kind, Path(attempt.directory))
            self._runs[run.token] = run
            self._admission.hold(run.token, self._jobs[row.kind].needs(row))
            who = record.announced(run.folder)
            if who is None and attempt.pid is not None and attempt.pid_started is not None:
                who = Identity(attempt.pid, attempt.pid_started)
            if who is not None and who.alive():
                self._watch(run, who)
            elif Exit.read(run.folder) is None:
                self._abandon(run, Exit(run.token, "vanished", "the runner ended without a word"))

    # -- tasks ------------------------------------------------------------------------------

    def _spawn(self, run: Run, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(run, done))

    def _done(self, run: Run, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("%s: tried again at the next pass", run.folder, exc_info=task.exception())
            run.settling = False

    async def close(self) -> None:
        """Leave the runners alone and let go of everything else."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for descriptor in list(self._watched):
            self._unwatch(descriptor)


def _apply(tx: Transaction, row: Resource, change: Change) -> None:
    tx.update(row, status=change.status, body=change.body, message=change.message)


def _close(folder: Path, end: Exit) -> Exit:
    """End what is left of a run and write its end in the runner's stead, unless it has one.

    Under the runner's lock: a runner that comes late finds the end and goes.
    """
    lock = Lock(folder / record.LOCK)
    while True:
        tree.kill_marked(folder)
        if lock.take():
            break
        time.sleep(0.01)
    try:
        found = Exit.read(folder)
        if found is None:
            end.write(folder)
        for place in (folder, folder / layout.CONFIG):
            sweep(place)
        return found or end
    finally:
        lock.release()
