"""Dovecot on loopback with one mailbox: what a mail server of a lab is to us."""

from __future__ import annotations

import getpass
import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.waiting import eventually

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PASSWORD = "let-me:in"
USER = "flux"

CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class ImapServer:
    """A mailbox that mail is delivered to, as a server does it."""

    port: int
    folder: Path
    owner: int

    @property
    def url(self) -> str:
        return f"imap://{USER}:let-me%3Ain@127.0.0.1:{self.port}/INBOX"

    def deliver(self, content: bytes) -> None:
        box = mailbox.Maildir(self.folder / "mail")
        key = box.add(content)
        if os.geteuid() == 0:
            for path in (self.folder / "mail").rglob(f"{key}*"):
                os.chown(path, self.owner, -1)

    def flags(self) -> list[str]:
        """Of each mail, sorted: `S` for seen, `F` for flagged."""
        box = mailbox.Maildir(self.folder / "mail")
        return sorted(message.get_flags() for message in box)


@contextmanager
def serve_imap() -> Iterator[ImapServer]:
    """A server until the block ends; without Dovecot the test is skipped, and says what it needs."""
    if DOVECOT is None:
        pytest.skip("Dovecot is not installed (Debian: dovecot-imapd): polling a mailbox is not tried")
    is_root = os.geteuid() == 0
    me = getpass.getuser()
    owner = pwd.getpwnam("nobody" if is_root else me)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Paths of sockets are short, and those of tests long.
    folder = Path(tempfile.mkdtemp(prefix="imap-"))
    server = ImapServer(port, folder, owner.pw_uid)
    for part in ("mail/new", "mail/cur", "mail/tmp"):
        (folder / part).mkdir(parents=True)
    if is_root:
        folder.chmod(0o755)
        for path in (folder / "mail", *(folder / "mail").iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    names = {
        "internal": "dovecot" if is_root else me,
        "internal_group": "dovecot" if is_root else owner.pw_gid,
        "login": "dovenull" if is_root else me,
    }
    config = folder / "dovecot.conf"
    config.write_text(
        CONFIG.format(
            folder=folder,
            port=port,
            password=PASSWORD,
            owner=owner.pw_uid,
            owner_group=owner.pw_gid,
            **names,
        )
    )
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(config)], stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: _answers(port) or process.poll() is not None, within_s=30)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        yield server
    finally:
        process.terminate()
        process.wait(20)
        if process.stderr:
            process.stderr.close()
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(4) == b"* OK"
    except OSError:
        return False
