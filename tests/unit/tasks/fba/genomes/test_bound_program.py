"""An aligner ends with the process that asked for it, and so do its own children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.support.waiting import eventually

from fluxagents.tasks.fba.genomes.bound_program import run_bound
from fluxagents.workers.machine.process import find_marked

ASK = """
import sys
from pathlib import Path
from fluxagents.tasks.fba.genomes.bound_program import run_bound
run_bound(sys.argv[2:], Path(sys.argv[1]), limit_s=600)
"""
ENDLESS = "sleep 600 & echo $! > pids; echo $$ >> pids; wait"
"""A program that starts another one, as MMseqs2 does."""


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process whose program runs, and the folder of that."""
    folder = tmp_path / "work"
    folder.mkdir()
    command = [sys.executable, "-c", ASK, str(folder), "sh", "-c", ENDLESS]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        eventually(lambda: (folder / "pids").exists() and len((folder / "pids").read_text().split()) == 2)
        yield process, folder
    finally:
        process.kill()
        process.wait()


def test_a_killed_process_leaves_no_program_and_no_files(
    asking: tuple[subprocess.Popen[bytes], Path],
) -> None:
    process, folder = asking
    programs = [psutil.Process(int(pid)) for pid in (folder / "pids").read_text().split()]
    assert all(program.is_running() for program in programs)
    os.killpg(process.pid, signal.SIGKILL)
    _, left = psutil.wait_procs(programs, timeout=60)
    assert left == []
    eventually(lambda: not folder.exists())


def test_a_program_that_takes_too_long_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE", str(tmp_path))
    with pytest.raises(subprocess.TimeoutExpired):
        run_bound(("sh", "-c", ENDLESS), tmp_path, limit_s=0.5)
    eventually(lambda: not find_marked("PROBE", str(tmp_path)))


def test_the_status_and_the_words_of_a_program_are_its_own(tmp_path: Path) -> None:
    done = run_bound(("sh", "-c", "pwd; echo no memory >&2; exit 3"), tmp_path, limit_s=60)
    assert (done.returncode, done.stderr) == (3, b"no memory\n")
    assert done.stdout.decode().strip() == str(tmp_path)
    assert run_bound(("sh", "-c", "kill -9 $$"), tmp_path, limit_s=60).returncode == 137


def test_a_program_that_is_not_there_says_so(tmp_path: Path) -> None:
    done = run_bound((str(tmp_path / "none"),), tmp_path, limit_s=60)
    assert done.returncode != 0
    assert b"No such file" in done.stderr
