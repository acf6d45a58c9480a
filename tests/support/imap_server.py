"""An IMAP server on loopback with one mailbox: what a mail server of a lab is to us."""

from __future__ import annotations

import imaplib
import mailbox
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pymap.backend.maildir.users import PasswordsFile, UsersFile
from pysasl.hashing import BuiltinHash
from tests.support.waiting import eventually

PASSWORD = "let-me:in"
USER = "flux"


@dataclass(frozen=True)
class ImapServer:
    """A mailbox that mail is delivered to, as a server does it."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"imap://{USER}:let-me%3Ain@127.0.0.1:{self.port}/INBOX"

    def deliver(self, content: bytes) -> None:
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login(USER, PASSWORD)
            status, answer = client.append("INBOX", "", "", content)
            assert status == "OK", answer

    def flags(self) -> list[str]:
        """Of each mail, sorted: `S` for seen, `F` for flagged."""
        return sorted(message.get_flags() for message in mailbox.Maildir(self.folder / "mail"))


@contextmanager
def serve_imap() -> Iterator[ImapServer]:
    """A server until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="imap-"))
    mailbox.Maildir(folder / "mail")
    (folder / UsersFile.FILE_NAME).write_text(f"{USER}:::::mail:\n")
    (folder / PasswordsFile.FILE_NAME).write_text(f"{USER}:{BuiltinHash().hash(PASSWORD)}:::::::\n")
    command = [sys.executable, "-c", "from pymap.main import main; main()"]
    process = subprocess.Popen(
        [*command, "--host=127.0.0.1", f"--port={port}", "--no-tls", "maildir", str(folder)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        eventually(lambda: _answers(port) or process.poll() is not None, within_s=120)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        yield ImapServer(port, folder)
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
