"""A process is known by its pid and its start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from fluxagents.workers.machine.process import ProcessId, end_all, find_marked, kill_group

SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]


def test_this_process_lives() -> None:
    me = ProcessId.of(os.getpid())
    assert me.alive()
    assert not me.wait(0.0)


def test_a_later_process_with_the_same_pid_is_another_one() -> None:
    earlier = ProcessId.of(os.getpid()).model_copy(update={"started_at": 1.0})
    assert not earlier.alive()
    assert earlier.wait(0.0)


def test_a_zombie_does_not_live() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    identity = ProcessId.of(child.pid)
    assert child.stdout is not None
    child.stdout.read()
    child.stdout.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not identity.alive()
    child.wait()


def test_processes_are_found_by_their_mark_and_ended() -> None:
    child = subprocess.Popen(SLEEPER, env=os.environ | {"MARK": f"test-{os.getpid()}"})
    found = find_marked("MARK", f"test-{os.getpid()}")
    assert [process.pid for process in found] == [child.pid]
    end_all(found, patience_s=10.0)
    child.wait(10.0)
    assert find_marked("MARK", f"test-{os.getpid()}") == []


def test_a_group_ends_with_its_leader() -> None:
    child = subprocess.Popen(SLEEPER, start_new_session=True)
    leader = ProcessId.of(child.pid)
    kill_group(leader)
    assert child.wait(10.0) == -signal.SIGKILL
    kill_group(leader)


def test_our_own_group_is_safe() -> None:
    with pytest.raises(ValueError, match="our own"):
        kill_group(ProcessId(pid=os.getpgrp(), started_at=0.0))
