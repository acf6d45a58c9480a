"""The user of the operating system that this process runs as."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from fluxagents.scheduler.people.local_user import OsUser


def current_os_user() -> OsUser:
    """By the number that the kernel knows, never by a variable that anyone can set."""
    number = os.geteuid()
    try:
        return OsUser(number, pwd.getpwuid(number).pw_name)
    except KeyError:
        # A container may run as a number that has no name.
        return OsUser(number, f"uid{number}")


def owns_folder(folder: Path) -> bool:
    """Whether a folder is this user's, or would be once it is made."""
    return not folder.exists() or folder.stat().st_uid == os.geteuid()
