"""Programs that end with the process that asked for them, also where that one is killed.

Whoever kills a process of a worker (a cancelled run, a hard limit of time, a machine out of memory) does not
know what it has started. So this file is run as a program too, by itself and without the package: it starts
the program in a session of its own, waits for it, and kills it with all that it has started when its own
standard input ends, which the kernel closes with the process that holds the other side.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def run_bound(command: Sequence[str], folder: Path, *, limit_s: float) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end.

    Args:
        command: The program and its arguments.
        folder: Where it runs and leaves its files; removed if it is killed, as this process may be too.
        limit_s: After so many seconds it is killed.

    Returns:
        Its exit status and what it wrote.

    Raises:
        subprocess.TimeoutExpired: If it was killed.
    """
    theirs, ours = os.pipe()
    keeper = subprocess.Popen(  # noqa: S603 - this file, no shell
        (sys.executable, "-I", "-S", __file__, *command),
        cwd=folder,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # what is sent to the group of a worker is not meant for it
    )
    os.close(theirs)
    with keeper:
        try:
            written, complained = keeper.communicate(timeout=limit_s)
        finally:
            os.close(ours)
    return subprocess.CompletedProcess(command, keeper.returncode, written, complained)


def _keep(command: Sequence[str]) -> int:
    """The exit status of a program, as a shell says it."""
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - no shell
    is_abandoned = threading.Event()
    watch = threading.Thread(target=_end_with_input, args=(program.pid, is_abandoned), daemon=True)
    watch.start()
    status = program.wait()
    if is_abandoned.is_set():
        watch.join()
        shutil.rmtree(Path.cwd(), ignore_errors=True)
    return status if status >= 0 else 128 - status


def _end_with_input(group: int, is_abandoned: threading.Event) -> None:
    os.read(sys.stdin.fileno(), 1)
    is_abandoned.set()
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(_keep(sys.argv[1:]))
