"""What a supervisor writes down is found, and known to be stale when it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers.host import run_file
from fluxagents.workers.host.run_file import RunStatus, ServiceStatus, State
from fluxagents.workers.machine.process import ProcessId


def status(supervisor: ProcessId, *states: State) -> RunStatus:
    services = tuple(ServiceStatus(name=f"s{n}", state=state, log="l") for n, state in enumerate(states))
    return RunStatus(supervisor=supervisor, redis="redis://x", flower="http://x", services=services)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written = status(ProcessId.of(os.getpid()), State.RUNNING)
    run_file.write(tmp_path / "run.json", written)
    assert run_file.read(tmp_path / "run.json") == written
    assert written.running()
    assert written.ready


def test_no_file_is_nothing(tmp_path: Path) -> None:
    assert run_file.read(tmp_path / "run.json") is None


def test_a_foreign_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(FluxError, match=r"run\.json"):
        run_file.read(tmp_path / "run.json")


def test_a_supervisor_that_is_gone_is_stale() -> None:
    assert not status(ProcessId(pid=os.getpid(), started_at=1.0)).running()


def test_ready_means_every_service() -> None:
    assert not status(ProcessId.of(os.getpid()), State.RUNNING, State.STARTING).ready


def test_one_data_folder_has_one_supervisor(tmp_path: Path) -> None:
    first = run_file.try_lock(tmp_path / "run.json")
    assert first is not None
    assert run_file.try_lock(tmp_path / "run.json") is None
    first.close()
    second = run_file.try_lock(tmp_path / "run.json")
    assert second is not None
    second.close()
