"""The loop with a kind and an executor of paper: every job ends once, whatever is told when."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from studio_ext.bucket.folder import FolderObjects
from studio_ext.control import controller as module
from studio_ext.control.admission import Admission
from studio_ext.control.contract import Change, Needs, Publication
from studio_ext.control.controller import Controller
from studio_ext.errors import AwsError, ValidationException
from studio_ext.processes.identity import Identity
from studio_ext.processes.lock import Lock
from studio_ext.runs import record
from studio_ext.runs.journal import Journal
from studio_ext.runs.record import Exit
from studio_ext.runs.spec import Spec
from studio_ext.store import Attempt, Resource, Store

ENDED = {"Done", "Broken", "Ended"}


class Paper:
    """A kind of job that does what its body says."""

    noun, active, stopping = "Paper", "Open", "Closing"

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.waited: list[float] = []

    def needs(self, job: Resource) -> Needs:
        return Needs(job.body.get("cores", 1), 1)

    def prepare(self, job: Resource, attempt: Attempt) -> tuple[Spec, dict[str, str]]:
        if self.refusal is not None:
            raise self.refusal
        bell = str(Path(attempt.directory).parents[4] / "bell")
        return Spec(job.key, attempt.token, "a.ipynb", bell, {}, grace=1), {"A": "b"}

    def waits(self, job: Resource, waited: float) -> Change | None:
        self.waited.append(waited)
        if waited > job.body.get("patience", float("inf")):
            return Change("Broken", {**job.body, "reason": "no room"})
        return None if "waits" in job.body else Change(body={**job.body, "waits": True})

    def enters(self, job: Resource, phases: list[dict[str, Any]]) -> Change | None:
        known = job.body.get("phases", [])
        new = [each["name"] for each in phases if each["name"] not in known]
        return Change(body={**job.body, "phases": [*known, *new]}) if new else None

    def publications(self, job: Resource, end: Exit, folder: Path) -> list[Publication]:
        return [
            Publication(role, folder / name, "bucket", f"{job.key}/{name}")
            for role, name in end.files.items()
        ]

    def retries(self, job: Resource, end: Exit, attempts: int) -> bool:
        return end.outcome == "vanished" and attempts <= job.body.get("retries", 0)

    def settles(self, job: Resource, end: Exit, published: Mapping[str, str]) -> Change:
        status = {"completed": "Done", "stopped": "Ended"}.get(end.outcome, "Broken")
        if job.status == self.stopping:
            status = "Ended"
        facts = {"outcome": end.outcome, "reason": end.reason, "published": dict(published)}
        return Change(status, {**job.body, **facts})


class Hands:
    """An executor whose runners are processes that sleep; the test does their work."""

    def __init__(self) -> None:
        self.runners: list[subprocess.Popen[bytes]] = []
        self.folders: list[Path] = []
        self.gate: asyncio.Event | None = None
        self.failure: Exception | None = None

    async def start(self, directory: Path, environment: Mapping[str, str]) -> Identity:
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        assert environment["STUDIO_ATTEMPT"] == str(directory)
        runner = subprocess.Popen([sys.executable, "-ISc", "import time; time.sleep(600)"])
        self.runners.append(runner)
        self.folders.append(directory)
        who = Identity.of(runner.pid)
        assert who is not None
        return who

    def announce(self, number: int = -1) -> None:
        who = Identity.of(self.runners[number].pid)
        assert who is not None
        record.announce(self.folders[number], who)

    def end(self, outcome: str = "completed", number: int = -1, **more: Any) -> None:
        """Write the end and end."""
        self.announce(number)
        folder = self.folders[number]
        Exit(int(folder.name), outcome, **more).write(folder)  # type: ignore[arg-type]
        self.kill(number)

    def kill(self, number: int = -1) -> None:
        self.runners[number].kill()

    def close(self) -> None:
        for runner in self.runners:
            runner.kill()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(runner.pid, 0)
            runner.returncode = 0


@dataclasses.dataclass
class House:
    """A store, a controller and all that it needs."""

    root: Path
    store: Store
    kind: Paper
    hands: Hands
    objects: FolderObjects
    cores: int = 2

    def controller(self) -> Controller:
        return Controller(
            self.store, [self.kind], self.hands, self.objects,
            Admission(Needs(self.cores, 1 << 40)), self.root / "jobs",
        )  # fmt: skip

    def add(self, key: str = "a", **body: Any) -> Resource:
        with self.store.write() as tx:
            return tx.insert(
                "Paper", "r", key, name=key, arn=f"arn:{key}", body=body, status="Open"
            )

    def row(self, key: str = "a") -> Resource:
        with self.store.read() as reader:
            found = reader.get("Paper", "r", key)
        assert found is not None
        return found

    def ask_to_stop(self, key: str = "a") -> None:
        with self.store.write() as tx:
            row = tx.get("Paper", "r", key)
            assert row is not None
            tx.update(row, status="Closing")

    def attempts(self, key: str = "a") -> list[Attempt]:
        with self.store.read() as reader:
            return reader.attempts(self.row(key).id)

    def ends(self, key: str = "a") -> list[str]:
        """Every transition into a terminal status."""
        with self.store.read() as reader:
            history = reader.history(self.row(key).id)
        return [each.status for each in history if each.status in ENDED]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    objects = FolderObjects(tmp_path / "s3")
    objects.create_bucket("bucket")
    made = House(tmp_path, Store(f"sqlite:///{tmp_path}/db"), Paper(), Hands(), objects)
    yield made
    made.hands.close()
    made.store.close()


@contextlib.asynccontextmanager
async def at_work(house: House) -> AsyncIterator[Controller]:
    """A controller that works, woken by the store as the daemon has it."""
    controller = house.controller()
    loop = asyncio.get_running_loop()
    house.store.subscribe(lambda _: loop.call_soon_threadsafe(controller.wake))
    work = loop.create_task(controller.work())
    try:
        yield controller
    finally:
        house.store._listeners.clear()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await controller.close()


async def until(found: Callable[[], Any], controller: Controller | None = None) -> Any:
    limit = time.monotonic() + 30
    while not (answer := found()):
        assert time.monotonic() < limit, "waited 30 s"
        if controller is not None:
            controller.wake()
        await asyncio.sleep(0.005)
    return answer


def ended(house: House, key: str = "a") -> Callable[[], bool]:
    return lambda: house.row(key).status in ENDED


def check(house: House, key: str, status: str, outcomes: list[str]) -> None:
    """The job ended once, and every attempt gave its lease back."""
    assert house.ends(key) == [status]
    assert [attempt.outcome for attempt in house.attempts(key)] == outcomes
    assert all(attempt.ended is not None for attempt in house.attempts(key))


def test_a_job_is_claimed_started_and_settled(house: House) -> None:
    async def scene() -> None:
        async with at_work(house) as controller:
            row = house.add()
            await until(lambda: house.hands.runners)
            folder = house.hands.folders[0]
            assert folder == house.root / "jobs/Paper/r/a" / str(house.attempts()[0].token)
            assert Spec.read(folder).job == "a"
            (folder / "model.tar.gz").write_bytes(b"m")
            (folder / "input/data").mkdir(parents=True)
            await until(lambda: house.attempts()[0].pid)
            assert house.attempts()[0].pid == house.hands.runners[0].pid
            await until(lambda: controller.run_of(row.id))
            Journal(folder).phase("Training")
            await until(lambda: house.row().body.get("phases"), controller)
            house.hands.end(files={"model": "model.tar.gz"})
            await until(ended(house))
            assert controller.running() == []
            assert not (folder / "input/data").exists()

    asyncio.run(scene())
    check(house, "a", "Done", ["completed"])
    assert house.row().body["published"] == {"model": "s3://bucket/a/model.tar.gz"}
    assert house.row().body["phases"] == ["Training", "Uploading"]
    assert house.objects.exists("bucket", "a/model.tar.gz")


def test_first_come_first_served(house: House) -> None:
    async def scene() -> None:
        async with at_work(house) as controller:
            house.add("big", cores=2)
            await until(lambda: len(house.hands.runners) == 1)
            house.add("next", cores=2)
            house.add("small", cores=1)
            await until(lambda: "waits" in house.row("small").body, controller)
            assert "waits" in house.row("next").body, "all who wait are told"
            house.hands.end()
            await until(lambda: len(house.hands.runners) == 2)
            assert house.hands.folders[1].parent.name == "next", "small may not overtake"
            house.hands.end()
            await until(lambda: len(house.hands.runners) == 3)
            house.hands.end()
            await until(lambda: all(house.ends(key) for key in ("big", "next", "small")))

    asyncio.run(scene())
    for key in ("big", "next", "small"):
        check(house, key, "Done", ["completed"])


def test_patience_for_room_ends_whatever_the_clock_says(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        house.add("big", cores=2)
        house.add("hasty", patience=100)
        async with at_work(house) as controller:
            await until(lambda: house.kind.waited, controller)
            real = time.time
            monkeypatch.setattr(time, "time", lambda: real() + 1e6)
            seen = len(house.kind.waited)
            await until(lambda: len(house.kind.waited) > seen + 3, controller)
            assert house.row("hasty").status == "Open", "a clock that jumps is no waiting"
            monkeypatch.setattr(time, "time", real)
            later = time.monotonic
            monkeypatch.setattr(module.time, "monotonic", lambda: later() + 101)
            await until(ended(house, "hasty"), controller)
            monkeypatch.undo()

    asyncio.run(scene())
    check(house, "hasty", "Broken", [])


def test_a_job_stopped_before_it_began_never_begins(house: House) -> None:
    async def scene() -> None:
        house.add("big", cores=2)
        house.add("small")
        async with at_work(house) as controller:
            await until(lambda: "waits" in house.row("small").body, controller)
            house.ask_to_stop("small")
            await until(ended(house, "small"))
            assert len(house.hands.runners) == 1

    asyncio.run(scene())
    check(house, "small", "Ended", [])


def test_a_job_stopped_while_it_is_started_is_stopped_then(house: House) -> None:
    async def scene() -> None:
        house.hands.gate = asyncio.Event()
        async with at_work(house) as controller:
            house.add()
            await until(lambda: house.attempts())
            house.ask_to_stop()
            controller.wake()
            house.hands.gate.set()
            await until(lambda: house.hands.runners and house.hands.runners[0].poll() is not None)
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Ended", ["vanished"])


def test_a_runner_is_asked_once_and_killed_when_it_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[signal.Signals] = []
    monkeypatch.setattr(Identity, "send", lambda self, number: sent.append(number))

    async def scene() -> None:
        async with at_work(house) as controller:
            house.add()
            await until(lambda: controller.running() and controller.running()[0].who)
            house.hands.announce()
            house.ask_to_stop()
            await until(lambda: sent, controller)
            assert house.attempts()[0].stop_asked is not None
            for _ in range(3):
                controller.look()
            assert sent == [signal.SIGTERM]
            (run,) = controller.running()
            assert run.kill_at is not None
            run.kill_at = time.monotonic() - 1
            controller.look()
            assert sent == [signal.SIGTERM, signal.SIGKILL]
            house.hands.kill()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Ended", ["vanished"])


def test_a_silent_runner_is_killed_at_its_limit(house: House) -> None:
    async def scene() -> None:
        async with at_work(house) as controller:
            house.add()
            await until(lambda: controller.running() and controller.running()[0].who)
            house.hands.announce()
            controller.running()[0].limit = -1.0
            await until(ended(house), controller)

    asyncio.run(scene())
    check(house, "a", "Broken", ["vanished"])
    assert house.row().body["reason"] == module.GONE


def test_a_job_whose_runner_vanishes_ends(house: House) -> None:
    async def scene() -> None:
        async with at_work(house):
            house.add()
            await until(lambda: house.hands.runners)
            (house.hands.folders[0] / "notebook.ipynb").write_text("{}")
            house.hands.announce()
            house.hands.kill()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Broken", ["vanished"])
    assert set(house.row().body["published"]) == {"notebook"}


def test_retries_are_as_many_as_asked_for(house: House) -> None:
    async def scene() -> None:
        async with at_work(house):
            house.add(retries=1)
            for number in (1, 2):
                await until(lambda number=number: len(house.hands.runners) == number)
                house.hands.announce()
                house.hands.kill()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Broken", ["vanished", "vanished"])
    assert house.row().body["phases"] == ["Restarting"]
    first, second = house.attempts()
    assert first.directory != second.directory


def test_a_runner_that_never_began_is_replaced_and_no_retry_is_spent(house: House) -> None:
    async def scene() -> None:
        async with at_work(house):
            house.add(retries=1)
            await until(lambda: len(house.hands.runners) == 1)
            house.hands.kill()
            await until(lambda: len(house.hands.runners) == 2)
            house.hands.announce()
            house.hands.kill()
            await until(lambda: len(house.hands.runners) == 3)
            house.hands.end()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Done", ["unstarted", "vanished", "completed"])


def test_runners_that_never_begin_are_given_up(house: House) -> None:
    async def scene() -> None:
        async with at_work(house):
            house.add()
            for number in range(1, module.UNSTARTED + 2):
                await until(lambda number=number: len(house.hands.runners) == number)
                await until(lambda: house.attempts()[-1].pid)
                house.hands.kill()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Broken", ["unstarted", "unstarted", "vanished"])


def test_a_folder_that_somebody_removed_is_not_run_again(house: House) -> None:
    async def scene() -> None:
        async with at_work(house):
            house.add()
            await until(lambda: house.hands.runners)
            house.hands.announce()
            await until(lambda: house.attempts()[0].pid)
            module.shutil.rmtree(house.hands.folders[0])
            house.hands.kill()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Broken", ["vanished"])


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (ValidationException("no such image"), "ClientError: no such image"),
        (OSError(28, "No space left on device"), "InternalServerError: starting it: "),
        (KeyError("x"), "InternalServerError: starting it: 'x'"),
    ],
)
def test_a_job_that_cannot_be_started_fails_and_says_why(
    house: House, refusal: Exception, reason: str
) -> None:
    house.kind.refusal = refusal

    async def scene() -> None:
        async with at_work(house):
            house.add()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Broken", ["failed"])
    assert house.row().body["reason"].startswith(reason)


def test_a_machine_without_processes_fails_the_job(house: House) -> None:
    house.hands.failure = BlockingIOError(11, "Resource temporarily unavailable")

    async def scene() -> None:
        async with at_work(house):
            house.add()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Broken", ["failed"])


def test_results_that_cannot_be_published_fail_the_job(house: House) -> None:
    async def scene() -> None:
        async with at_work(house):
            house.add()
            await until(lambda: house.hands.runners)
            house.hands.end(files={"model": "model.tar.gz"})
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Broken", ["failed"])
    assert house.row().body["reason"].startswith("ClientError: publishing the results: ")
    assert list(house.objects.list("bucket")) == []


def test_a_stop_during_the_upload_is_heard_and_the_model_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        gate, publish = asyncio.Event(), module.publish

        async def slowly(*arguments: Any) -> Mapping[str, str]:
            await gate.wait()
            return await publish(*arguments)

        monkeypatch.setattr(module, "publish", slowly)
        async with at_work(house) as controller:
            house.add()
            await until(lambda: house.hands.runners)
            (house.hands.folders[0] / "model.tar.gz").write_bytes(b"m")
            house.hands.end(files={"model": "model.tar.gz"})
            await until(lambda: "Uploading" in house.row().body.get("phases", ()), controller)
            house.ask_to_stop()
            for _ in range(5):
                controller.look()
            gate.set()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Ended", ["completed"])
    assert set(house.row().body["published"]) == {"model"}


def test_an_end_that_cannot_be_recorded_is_recorded_later(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(module, "TICK", 0.02)
    write, failures = house.store.write, [1, 2, 3]

    def full() -> Any:
        if failures:
            failures.pop()
            raise module.SQLAlchemyError("database or disk is full")
        return write()

    async def scene() -> None:
        async with at_work(house):
            house.add()
            await until(lambda: house.hands.runners)
            await until(lambda: house.attempts()[0].pid)
            monkeypatch.setattr(house.store, "write", full)
            house.hands.announce()
            house.hands.kill()
            await until(ended(house))

    asyncio.run(scene())
    assert failures == []
    check(house, "a", "Broken", ["vanished"])


def test_an_end_that_cannot_be_written_is_written_later(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(module, "TICK", 0.02)
    write, failures = Exit.write, [1, 2, 3]

    def full(self: Exit, directory: Path) -> None:
        if failures:
            failures.pop()
            raise OSError(28, "No space left on device")
        write(self, directory)

    async def scene() -> None:
        async with at_work(house):
            house.kind.refusal = AwsError("no", code="X", status=400)
            monkeypatch.setattr(Exit, "write", full)
            house.add()
            await until(ended(house))

    asyncio.run(scene())
    assert failures == []
    check(house, "a", "Broken", ["failed"])


def test_one_bad_run_does_not_hold_the_others(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)

    async def scene() -> None:
        async with at_work(house) as controller:
            house.add("bad")
            await until(lambda: len(house.hands.runners) == 1)
            house.add("good")
            await until(lambda: len(house.hands.runners) == 2)
            house.hands.announce(0)
            (house.hands.folders[0] / record.EXIT).write_text("{nonsense")
            house.hands.end(number=1)
            await until(ended(house, "good"), controller)
            assert house.row("bad").status == "Open"
            (house.hands.folders[0] / record.EXIT).unlink()
            house.hands.end(number=0)
            await until(ended(house, "bad"), controller)

    asyncio.run(scene())
    check(house, "good", "Done", ["completed"])
    check(house, "bad", "Done", ["completed"])


def test_an_end_of_another_attempt_counts_for_nothing(house: House) -> None:
    async def scene() -> None:
        async with at_work(house) as controller:
            house.add()
            await until(lambda: controller.running() and controller.running()[0].who)
            house.hands.announce()
            Exit(999, "completed").write(house.hands.folders[0])
            controller.look()
            assert house.row().status == "Open"
            house.hands.end("failed", reason="mine")
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Broken", ["failed"])


# -- recovery: what a controller finds that another left -----------------------------------------


def leave(house: House, *, prepared: bool = True, pid: int | None = None) -> Path:
    """A claimed job of an earlier daemon."""
    row = house.add(retries=0)
    with house.store.write() as tx:
        attempt = tx.claim(row, "")
        folder = house.root / "jobs/Paper/r/a" / str(attempt.token)
        tx.mark_attempt(attempt.token, directory=str(folder))
        if pid is not None:
            tx.mark_attempt(attempt.token, pid=pid, pid_started=1)
    if prepared:
        folder.mkdir(parents=True)
        spec, _ = house.kind.prepare(row, dataclasses.replace(attempt, directory=str(folder)))
        spec.write(folder)
    return folder


@pytest.mark.parametrize("prepared", [False, True])
def test_a_claim_without_a_runner_is_started_again(house: House, prepared: bool) -> None:
    leave(house, prepared=prepared)

    async def scene() -> None:
        async with at_work(house):
            await until(lambda: house.hands.runners)
            house.hands.end()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Done", ["orphaned", "completed"])


def test_daemons_that_die_while_it_starts_are_not_held_against_a_job(house: House) -> None:
    deaths = module.UNSTARTED + 2

    async def started(number: int) -> None:
        async with at_work(house):
            if number == 1:
                house.add()
            await until(lambda: len(house.hands.runners) == number)
            await until(lambda: house.attempts()[-1].pid)

    async def scene() -> None:
        for number in range(1, deaths + 1):
            await started(number)
        async with at_work(house):
            await until(lambda: len(house.hands.runners) == deaths + 1)
            house.hands.end()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Done", ["orphaned"] * deaths + ["completed"])


def test_a_living_runner_is_adopted_with_its_patience(house: House) -> None:
    folder = leave(house)

    async def scene() -> None:
        await house.hands.start(folder, {"STUDIO_ATTEMPT": str(folder)})
        house.hands.announce()
        async with at_work(house) as controller:
            (run,) = await until(controller.running)
            assert run.who == record.announced(folder)
            assert run.grace == 1.0
            house.hands.end()
            await until(ended(house))

    asyncio.run(scene())
    assert len(house.hands.runners) == 1
    check(house, "a", "Done", ["completed"])


def test_a_runner_that_was_just_being_born_is_adopted(house: House) -> None:
    folder = leave(house)
    lock = Lock(folder / record.LOCK)

    async def scene() -> None:
        assert lock.take()
        await house.hands.start(folder, {"STUDIO_ATTEMPT": str(folder)})
        async with at_work(house) as controller:
            await until(controller.running)
            await asyncio.sleep(0.1)
            assert len(house.attempts()) == 1, "it was given up although somebody holds the lock"
            house.hands.announce()
            await until(lambda: controller.running()[0].who)
            lock.release()
            house.hands.end()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Done", ["completed"])


def test_a_dead_runner_is_found_out(house: House) -> None:
    folder = leave(house)
    record.announce(folder, Identity(os.getpid(), 1))  # our number, another time

    async def scene() -> None:
        async with at_work(house):
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Broken", ["vanished"])


def test_an_end_that_nobody_read_is_read(house: House) -> None:
    folder = leave(house)
    record.announce(folder, record.NOBODY)
    (folder / "model.tar.gz").write_bytes(b"m")
    Exit(int(folder.name), "completed", files={"model": "model.tar.gz"}).write(folder)

    async def scene() -> None:
        async with at_work(house):
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Done", ["completed"])
    assert house.objects.exists("bucket", "a/model.tar.gz")


def test_a_lease_of_nothing_is_given_back(house: House) -> None:
    leave(house)
    with house.store.write() as tx:
        row = tx.get("Paper", "r", "a")
        assert row is not None
        tx.delete(row)

    async def scene() -> None:
        async with at_work(house) as controller:
            with house.store.read() as reader:
                assert reader.open_attempts() != []
            await until(lambda: not _open(house))
            assert controller.running() == []

    asyncio.run(scene())


def _open(house: House) -> list[Attempt]:
    with house.store.read() as reader:
        return reader.open_attempts()


def test_broken_orders_do_not_stop_a_recovery(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    folder = leave(house)
    (folder / "run.json").write_text("")

    async def scene() -> None:
        async with at_work(house):
            await until(lambda: house.hands.runners)
            house.hands.end()
            await until(ended(house))

    asyncio.run(scene())
    check(house, "a", "Done", ["orphaned", "completed"])


def test_closing_leaves_runners_alone(house: House) -> None:
    async def scene() -> None:
        async with at_work(house) as controller:
            house.add()
            await until(lambda: controller.running() and controller.running()[0].who)

    asyncio.run(scene())
    assert house.hands.runners[0].poll() is None
    assert house.row().status == "Open"
    assert len(_open(house)) == 1
