"""The controller's loop: one pass looks at everything that could have changed.

A pass is cheap and may happen at any time; it is started by the store (something was created or
stopped), by the doorbell (a runner has news), by the end of a runner, and every two seconds in
case a ring was lost. What a pass finds done is done once: every change of a job's row is made
under its attempt's lease, in the transaction that ends the lease where it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from ..bucket.objects import Objects
from ..errors import AwsError
from ..failpoints import failpoint
from ..files import read_json
from ..processes import marks, tree
from ..processes.identity import Identity
from ..runs import aftermath, layout, record, spec
from ..runs.record import Exit
from ..store import Attempt, Condition, Query, Resource, Store, Transaction, Transition
from ..store.store import Leased, Stale
from .admission import Admission
from .contract import Change, Executor, JobKind
from .publish import publish
from .reports import Audience, Load, Reports
from .run import MARGIN, Run

T = TypeVar("T")

log = logging.getLogger(__name__)

TICK = 2.0
UNSTARTED = 2  # runners of a job that may end before they began; the next one is the last
EARLY = ("unstarted", "orphaned")  # how attempts end in which nothing of the job has run
GONE = "the runner ended without a word"


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
        self._since: dict[int, float] = {}  # monotonic creation, which no set clock moves
        self._reports = Reports(self._wake_in, Load(admission.capacity.cores, 0, 0))

    # -- the loop ---------------------------------------------------------------------------

    def wake(self) -> None:
        """Look again soon. Call on the event loop's thread."""
        self._awake.set()

    def _wake_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self.wake)

    def subscribe(self, audience: Audience) -> None:
        """Tell ``audience`` what runs do from now on."""
        self._reports.subscribe(audience)

    @property
    def load(self) -> Load:
        """How full the machine was at the last pass."""
        return self._reports.load

    def hear(self, changed: Iterable[Transition]) -> None:
        """Take note of what was committed, and look again. Call on the event loop's thread."""
        for each in changed:
            if each.action == "create" and each.kind in self._jobs:
                self._since.setdefault(each.resource_id, time.monotonic())
        self.wake()

    async def work(self) -> None:
        """Recover, then pass after pass until cancelled."""
        self.recover()
        while True:
            self._awake.clear()
            try:
                self.look()
            except Exception:  # a database that cannot be written, say
                log.exception("a pass of the controller failed; the next follows")
            # wait_for would swallow a cancellation that comes together with a ring.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._awake.wait()

    def look(self) -> None:
        """One pass."""
        for run in list(self._runs.values()):
            self._one(self._advance, run)
        waiting = self._admit()
        self._reports.loaded(
            Load(self._admission.capacity.cores, self._admission.used.cores, waiting)
        )

    def _one(self, act: Callable[[T], None], subject: T) -> None:
        """Deal with one run or row; what is wrong with it must not stop the others."""
        try:
            act(subject)
        except Stale:
            self.wake()
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("%s: tried again at the next pass", subject)

    def run_of(self, resource_id: int) -> Run | None:
        """The job's attempt under way."""
        return next((run for run in self._runs.values() if run.job_id == resource_id), None)

    def running(self) -> list[Run]:
        return list(self._runs.values())

    # -- starting ---------------------------------------------------------------------------

    def _admit(self) -> int:
        """Start what there is room for; how many have to wait."""
        waiting = 0
        for noun, job in self._jobs.items():
            busy = {run.job_id for run in self._runs.values()}
            for row in self._living(noun, job.stopping):
                if row.id not in busy:
                    self._one(self._settle_unstarted, row)
            room = True  # strictly first come, first served: nobody overtakes and starves another
            for row in self._living(noun, job.active):
                if row.id in busy:
                    continue
                room = room and self._admission.fits(job.needs(row))
                waiting += not room
                self._one(self._begin if room else self._wait, row)
        return waiting

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
        now = time.monotonic()
        since = self._since.setdefault(row.id, now - max(0.0, time.time() - row.created))
        change = self._jobs[row.kind].waits(row, now - since)
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
        self._since.pop(row.id, None)
        run = self._take(attempt, row, folder)
        self._spawn(run, self._start(run, row))

    def _take(self, attempt: Attempt, row: Resource, folder: Path) -> Run:
        run = self._runs[attempt.token] = Run(
            attempt.token, row.id, row.kind, folder,
            region=row.region, key=row.key, name=row.name, since=attempt.claimed,
        )  # fmt: skip
        self._admission.hold(run.token, self._jobs[row.kind].needs(row))
        self._reports.began(run)
        return run

    async def _start(self, run: Run, row: Resource) -> None:
        try:
            with self._store.read() as reader:
                attempt = next(a for a in reader.attempts(row.id) if a.token == run.token)
            run.folder.mkdir(parents=True, mode=0o755)
            orders, environment = self._jobs[run.kind].prepare(row, attempt)
            orders.write(run.folder)
            run.heed(dataclasses.asdict(orders))
            failpoint("control.prepared")
            environment |= {marks.MARKER: str(run.folder)}
            who: Identity = await self._executor.start(run.folder, environment)
        except AwsError as error:
            await self._abandon(run, Exit(run.token, "failed", f"ClientError: {error.message}"))
            return
        except Exception as error:
            log.exception("%s cannot be started", run.folder)
            reason = f"InternalServerError: starting it: {error or type(error).__name__}"
            await self._abandon(run, Exit(run.token, "failed", reason))
            return
        failpoint("control.started")
        self._watch(run, who)
        with self._store.write() as tx:
            tx.mark_attempt(run.token, pid=who.pid, pid_started=who.started)

    # -- watching ---------------------------------------------------------------------------

    def _watch(self, run: Run, who: Identity) -> None:
        run.who = who
        descriptor = who.open()
        if descriptor is None:
            tree.reap(who.pid)
            self.wake()
            return
        self._watched[descriptor] = who
        asyncio.get_running_loop().add_reader(descriptor, self._ended, descriptor)

    def _ended(self, descriptor: int) -> None:
        tree.reap(self._unwatch(descriptor).pid)
        self.wake()

    def _unwatch(self, descriptor: int) -> Identity:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        return self._watched.pop(descriptor)

    def _advance(self, run: Run) -> None:
        """Take note of a run's news."""
        if run.busy:
            return
        phases = run.news()
        self._reports.of(run)
        if phases:
            self._enter(run, phases)
        end = Exit.read(run.folder)
        if end is not None and end.token == run.token:
            failpoint("control.read")
            self._spawn(run, self._settle(run, end))
        elif run.end is not None or run.who is None or not run.who.alive():
            gone = Exit(run.token, "vanished", GONE)
            self._spawn(run, self._abandon(run, run.end or gone))
        else:
            self._stop_if_asked(run, run.who)

    def _enter(self, run: Run, phases: list[dict[str, Any]]) -> None:
        with self._store.write() as tx:
            row = tx.by_id(run.job_id)
            change = None if row is None else self._jobs[run.kind].enters(row, phases)
            if row is not None and change is not None:
                _apply(tx, row, change)

    def _stop_if_asked(self, run: Run, who: Identity) -> None:
        with self._store.read() as reader:
            row = reader.by_id(run.job_id)
        asked = row is None or row.status == self._jobs[run.kind].stopping
        if asked and run.kill_at is None:
            with self._store.write() as tx:
                tx.mark_attempt(run.token, stop_asked=time.time())
            failpoint("control.asked")
            run.kill_at = time.monotonic() + run.grace + MARGIN
            who.send(signal.SIGTERM)
        overdue = run.kill_at is not None and time.monotonic() > run.kill_at
        if overdue or who.age() > run.limit:
            who.send(signal.SIGKILL)

    async def _abandon(self, run: Run, end: Exit) -> None:
        """Nobody will write this run's end any more, so write it, unless somebody is there."""
        run.end, run.who = end, None
        with self._store.read() as reader:
            row = reader.by_id(run.job_id)
        stopping = row is not None and row.status == self._jobs[run.kind].stopping
        found = await asyncio.to_thread(aftermath.close, run.folder, end, model=stopping)
        if isinstance(found, Identity):
            run.end = None
            self._watch(run, found)
        else:
            await self._settle(run, found)

    # -- settling ---------------------------------------------------------------------------

    async def _settle(self, run: Run, end: Exit) -> None:
        """Publish what the run left and end the job, or try it again."""
        job = self._jobs[run.kind]
        with self._store.read() as reader:
            row = reader.by_id(run.job_id)
            attempts = {attempt.token: attempt for attempt in reader.attempts(run.job_id)}
        if row is None:
            self._release(run, end.outcome)
            return
        early = [attempt for attempt in attempts.values() if attempt.outcome in EARLY]
        began = len(attempts) - len(early)
        lost = sum(a.pid is not None for a in early if a.outcome == "unstarted")
        again = run.orphaned or lost < UNSTARTED
        if row.status == job.active and again and _unstarted(attempts[run.token], end):
            self._release(run, "orphaned" if run.orphaned else "unstarted")
            return
        if row.status == job.active and job.retries(row, end, began):
            self._enter(run, [{"name": "Restarting", "message": end.reason, "t": time.time()}])
            self._release(run, end.outcome)
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
        if end.outcome == "completed":
            await asyncio.to_thread(shutil.rmtree, run.folder / layout.INPUT, True)
        failpoint("control.swept")
        with self._store.write() as tx:
            row = tx.by_id(run.job_id)
            if tx.end_attempt(run.token, end.outcome) and row is not None:
                _apply(tx, row, job.settles(row, end, published))
        failpoint("control.settled")
        self._forget(run)

    def _settle_unstarted(self, row: Resource) -> None:
        self._since.pop(row.id, None)
        end = Exit(0, "stopped")
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
            opened = reader.open_attempts()
            left = [(attempt, reader.by_id(attempt.resource_id)) for attempt in opened]
        for attempt, row in left:
            if row is None or row.kind not in self._jobs:
                with self._store.write() as tx:
                    tx.end_attempt(attempt.token, "vanished")
                continue
            run = self._take(attempt, row, Path(attempt.directory))
            self._one(self._recall, run)

    def _recall(self, run: Run) -> None:
        """Find the runner of an earlier daemon's run. That there is none shows at the next pass."""
        who = record.announced(run.folder)
        run.orphaned = who is None
        run.heed(read_json(run.folder / spec.FILE) or {})
        if who is not None:
            self._watch(run, who)

    # -- tasks ------------------------------------------------------------------------------

    def _spawn(self, run: Run, work: Coroutine[Any, Any, None]) -> None:
        """Work on a run, which is left alone meanwhile."""
        run.busy = True
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(run, done))

    def _done(self, run: Run, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        run.busy = False
        if task.cancelled():
            return
        if task.exception() is None:
            self.wake()
        else:
            log.error("%s: tried again at the next pass", run.folder, exc_info=task.exception())

    async def close(self) -> None:
        """Leave the runners alone and let go of everything else."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for descriptor in list(self._watched):
            self._unwatch(descriptor)


def _apply(tx: Transaction, row: Resource, change: Change) -> None:
    tx.update(row, status=change.status, body=change.body, message=change.message)


def _unstarted(attempt: Attempt, end: Exit) -> bool:
    """Whether nothing of the job has run. A folder that somebody removed proves nothing."""
    folder = Path(attempt.directory)
    proven = folder.exists() or attempt.pid is None
    return end.outcome == "vanished" and proven and record.announced(folder) is None
