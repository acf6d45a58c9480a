"""A service that crashes starts again, ever later, and as long as it takes if it ever worked."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from threading import Event

import pytest

from fluxagents.workers.host import service as module
from fluxagents.workers.host.run_file import State
from fluxagents.workers.host.service import (
    LONGEST_DELAY_S,
    MAX_RESTARTS_BEFORE_AN_ANSWER,
    STEADY_AFTER_S,
    Service,
)
from fluxagents.workers.machine.process import ProcessId


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeLauncher:
    def __init__(self) -> None:
        self.starts = 0
        self.asked = 0
        self.forced = 0
        self._end = Event()

    def start(self) -> ProcessId:
        self.starts += 1
        self._end = Event()
        return ProcessId(pid=self.starts, started_at=0.0)

    def wait(self) -> None:
        self._end.wait(10.0)

    def crash(self) -> None:
        self._end.set()

    def ask_to_stop(self) -> None:
        self.asked += 1
        self._end.set()

    def force(self) -> None:
        self.forced += 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(module, "monotonic", found)
    return found


@pytest.fixture
def launcher() -> FakeLauncher:
    return FakeLauncher()


@pytest.fixture
def service(launcher: FakeLauncher, tmp_path: Path) -> Service:
    return Service("tools", launcher, log=tmp_path / "tools.log")


def test_a_service_that_cannot_be_started_is_tried_for_as_long_as_it_takes(
    service: Service, clock: Clock
) -> None:
    full = OSError(28, "No space left on device")
    said = [service.note_failed_start(full) for _ in range(10)]
    assert said[0].startswith("tools cannot be started: [Errno 28] No space left on device")
    assert service.state is State.WAITING
    assert service.restart_at == clock.now + LONGEST_DELAY_S
    assert "No space left" in service.status.detail
    service.note_answer()
    assert service.status.detail == ""


def crash(service: Service, launcher: FakeLauncher, *, answering: bool = True) -> str:
    ended: SimpleQueue[None] = SimpleQueue()
    service.start(lambda: ended.put(None))
    if answering:
        service.note_answer()
    launcher.crash()
    ended.get(timeout=10.0)
    return service.note_end()


def test_a_crash_is_said_with_the_log_and_followed_by_a_restart(
    service: Service,
    launcher: FakeLauncher,
    clock: Clock,
) -> None:
    said = crash(service, launcher)
    assert "tools.log" in said
    assert service.state is State.WAITING
    assert service.restart_at == clock.now + 1.0
    assert launcher.forced == 1
    assert service.status.process is None


def test_delays_double_up_to_half_a_minute_and_a_service_that_worked_is_never_given_up(
    service: Service, launcher: FakeLauncher, clock: Clock
) -> None:
    delays = []
    for _ in range(40):
        said = crash(service, launcher)
        delays.append(service.restart_at - clock.now)
    assert delays == [1.0, 2.0, 4.0, 8.0, 16.0, *[LONGEST_DELAY_S] * 35]
    assert service.state is State.WAITING
    assert service.restarts == 40
    assert "40 times in a row" in said


def test_a_service_that_never_answered_is_given_up_soon_with_its_last_words(
    service: Service,
    launcher: FakeLauncher,
    tmp_path: Path,
) -> None:
    (tmp_path / "tools.log").write_text("Traceback\nModuleNotFoundError: No module named 'mine'\n\n")
    for _ in range(MAX_RESTARTS_BEFORE_AN_ANSWER):
        crash(service, launcher, answering=False)
        assert service.state is State.WAITING
    assert "No module named 'mine'" in crash(service, launcher, answering=False)
    assert service.state is State.FAILED
    assert "No module named 'mine'" in service.status.detail


def test_a_service_that_ran_long_starts_counting_anew(
    service: Service,
    launcher: FakeLauncher,
    clock: Clock,
) -> None:
    crash(service, launcher)
    crash(service, launcher)
    ended: SimpleQueue[None] = SimpleQueue()
    service.start(lambda: ended.put(None))
    clock.now += STEADY_AFTER_S + 1
    launcher.crash()
    ended.get(timeout=10.0)
    service.note_end()
    assert service.restart_at == clock.now + 1.0


def test_a_service_asked_to_stop_is_not_started_again(service: Service, launcher: FakeLauncher) -> None:
    ended: SimpleQueue[None] = SimpleQueue()
    service.start(lambda: ended.put(None))
    service.ask_to_stop()
    ended.get(timeout=10.0)
    assert service.note_end() == ""
    assert service.state is State.STOPPED
    assert launcher.asked == 1


def test_a_service_that_waits_for_its_restart_just_stops(service: Service, launcher: FakeLauncher) -> None:
    crash(service, launcher)
    service.ask_to_stop()
    assert service.state is State.STOPPED
    assert launcher.asked == 0
