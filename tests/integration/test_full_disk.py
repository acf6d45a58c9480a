"""`fluxagents up` outlives a full disk and a folder that somebody removes, says so, and goes on by itself."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator

import pytest
from tests.support.small_disk import filled, small_disk
from tests.support.stack import Stack, isolated
from tests.support.waiting import eventually

from fluxagents.workers.host import run_file
from fluxagents.workers.host.launch import SUPERVISOR_VARIABLE
from fluxagents.workers.host.run_file import State
from fluxagents.workers.machine.process import end_all, find_marked
from fluxagents.workers.settings import Settings

pytestmark = pytest.mark.timeout(900)

QUESTION = "How fast does it grow?"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything that `up` starts, with its data folder on a disk of its own."""
    with small_disk(tmp_path_factory.mktemp("full") / "disk", megabytes=128) as disk:
        data = disk / "data"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        environment = isolated(data, FLUXAGENTS_CONCURRENCY_TOOLS="1", FLUXAGENTS_FLOWER_PORT=port)
        stack = Stack(environment, Settings(data_dir=data, concurrency_tools=1), "")
        up = stack.process("up", "--detach")
        assert up.returncode == 0, up.stdout + up.stderr
        status = run_file.read(stack.settings.run_file)
        assert status is not None
        yield stack
        down = stack.process("down")
        end_all(find_marked(SUPERVISOR_VARIABLE, status.mark), patience_s=5.0)
        assert down.returncode == 0, down.stdout + down.stderr


def states(stack: Stack) -> dict[str, State]:
    status = run_file.read(stack.settings.run_file)
    return {} if status is None else {service.name: service.state for service in status.services}


@pytest.mark.long
def test_a_full_disk_ends_nothing_and_is_said(installation: Stack) -> None:
    before = run_file.read(installation.settings.run_file)
    assert before is not None
    (tools,) = [service.process for service in before.services if service.name == "tools"]
    assert tools is not None
    with filled(installation.settings.data_dir.parent):
        os.kill(tools.pid, signal.SIGKILL)
        told = installation.json("status", status=1)
        assert any("no space left on device" in problem for problem in told["problems"])
        shown = installation.command("status")
        assert "cannot be written: no space left on device" in shown.stdout
        checks = {check["name"]: check for check in installation.json("doctor", status=1)["checks"]}
        assert checks["data folder"]["verdict"] == "fail"
        assert "No space left on device" in checks["store"]["seen"]
        assert before.supervisor.alive()
    eventually(lambda: set(states(installation).values()) == {State.RUNNING})
    eventually(lambda: installation.command("status").returncode == 0)
    after = run_file.read(installation.settings.run_file)
    assert after is not None
    assert after.supervisor == before.supervisor
    log = (installation.settings.log_dir / "supervisor.log").read_text()
    assert "tools ended" in log
    done = installation.command(
        "run", "metabolic_analysis", "--model", "e_coli_core", "--question", QUESTION, "--wait"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_data_folder_that_was_removed_is_made_anew(installation: Stack) -> None:
    run = installation.client().start("metabolic_analysis", model="e_coli_core", question=QUESTION)
    assert run.wait(120) == "finished"
    url = installation.command("url").stdout
    shutil.rmtree(installation.settings.data_dir)
    eventually(lambda: set(states(installation).values()) == {State.RUNNING})
    eventually(lambda: installation.command("url").stdout == url)
    assert installation.client().get(run.id).status == "finished"
    again = installation.client().start("metabolic_analysis", model="e_coli_core", question=QUESTION)
    assert again.wait(120) == "finished"
    second = installation.process("up", "--detach")
    assert "running already" in second.stdout
    append_only = installation.settings.redis_dir / "appendonlydir"
    assert sum(path.stat().st_size for path in append_only.iterdir()) > 0
    assert not [path for path in installation.settings.data_dir.rglob("*") if path.stat().st_mode & 0o077]


def test_a_service_whose_process_has_ended_is_not_said_to_run(installation: Stack) -> None:
    status = run_file.read(installation.settings.run_file)
    assert status is not None
    os.kill(status.supervisor.pid, signal.SIGKILL)
    (flower,) = [service.process for service in status.services if service.name == "flower"]
    assert flower is not None
    os.kill(flower.pid, signal.SIGKILL)
    flower.wait(20)
    told = installation.json("status", status=1)
    assert not told["running"]
    (shown,) = [service for service in told["services"] if service["name"] == "flower"]
    assert (shown["state"], shown["detail"]) == ("failed", "its process has ended")
