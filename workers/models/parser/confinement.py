"""Takes from this process what it does not need to parse a file: network, other processes, other files.

Linux gives this to everybody, without root: Landlock for files, signals and Unix sockets (since 5.13, more
with later versions), seccomp for system calls. Other systems give nothing of it; `list_missing` says what is
not there.
"""

from __future__ import annotations

import errno
import os
import sys
import sysconfig
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

if sys.platform == "linux":
    import landlockpy
    import seccompy

_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64")
"""Shared libraries and time zones, which nobody keeps secrets in."""

_DEVICES = ("/dev/null", "/dev/urandom")

_REFUSED_CALLS = (
    # The network, and other processes by way of it.
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "io_uring_setup",
    # Other programs and other processes.
    "fork", "vfork", "execve", "execveat", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "ptrace", "process_vm_readv", "process_vm_writev",
    # What Landlock does not hold: owners, modes, times and attributes of files.
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes",
    "utimensat", "futimesat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",
    "fremovexattr", "open_by_handle_at",
    # The system.
    "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "pivot_root", "chroot", "unshare",
    "setns", "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl", "shmget", "msgget",
    "semget", "mq_open", "reboot", "kexec_load", "init_module", "finit_module", "delete_module",
)  # fmt: skip
"""System calls that fail as not permitted; those that this machine's architecture lacks are passed over."""

_CLONE_THREAD = 0x1_0000
_X32 = 0x4000_0000
"""What Linux adds to the number of a call of the third calling convention of x86-64."""


def confine(folder: Path) -> None:
    """Let this process write below one folder only, read its own libraries only, and reach nobody.

    What this machine lacks is passed over. There is no way back, for this process and its threads.
    """
    if sys.platform == "linux":
        if landlockpy.supported():
            _restrict_files(folder)
        if _can_refuse_calls():
            _refuse_calls()


def list_missing() -> tuple[str, ...]:
    """What this machine cannot keep from a process that parses a file; nothing if it can keep all."""
    on_linux = sys.platform == "linux"
    missing: list[str] = []
    if not on_linux or not _can_refuse_calls():
        missing.extend(("the network", "other processes"))
    if not on_linux or not landlockpy.supported():
        missing.append("other files")
    return tuple(missing)


def _restrict_files(folder: Path) -> None:
    access = landlockpy.AccessFS
    read = access.READ_FILE | access.READ_DIR
    write = access.WRITE_FILE | access.MAKE_REG | access.REMOVE_FILE | access.TRUNCATE
    scope = landlockpy.Scope.ABSTRACT_UNIX_SOCKET | landlockpy.Scope.SIGNAL
    with landlockpy.Ruleset(scoped=scope) as rules:
        rules.allow_path(folder, read | write)
        for path in _list_readable():
            rules.allow_path(path, read if path.is_dir() else access.READ_FILE)
        rules.restrict()


def _list_readable() -> Iterator[Path]:
    """What imports and shared libraries need."""
    package = Path(str(files("fluxagents")))
    rooms = [room.resolve() for room in package.iterdir() if room.is_dir()]
    installed = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *filter(None, sys.path)]
    paths = {Path(name) for name in (*installed, *_SYSTEM_FOLDERS, *_DEVICES)} | {package, *rooms}
    yield from (path for path in sorted(paths) if path.exists())


def _can_refuse_calls() -> bool:
    try:
        return bool(seccompy.arch()) and seccompy.supported()
    except seccompy.UnsupportedError:  # an architecture whose calls are not known by their numbers
        return False


def _refuse_calls() -> None:
    compare, operator = seccompy.ArgCmp, seccompy.CmpOp
    rules = seccompy.Filter(default=seccompy.Action.ALLOW)
    for number in _list_numbers(*_REFUSED_CALLS):
        rules.errno(number, errno.EPERM)
    for number in _list_numbers("tgkill"):  # by which abort() ends its own process
        rules.errno(number, errno.EPERM, args=[compare(0, operator.NE, os.getpid())])
    for number in _list_numbers("clone"):  # which begins threads as well as processes
        rules.errno(number, errno.EPERM, args=[compare(0, operator.MASKED_EQ, 0, _CLONE_THREAD)])
    for number in _list_numbers("clone3"):  # its flags cannot be seen; the C library goes on to `clone`
        rules.errno(number, errno.ENOSYS)
    rules.load()


def _list_numbers(*names: str) -> Iterator[int]:
    for name in names:
        try:
            number = seccompy.syscall_nr(name)
        except ValueError:
            continue
        yield number
        if seccompy.arch() == "x86_64":
            yield number | _X32
