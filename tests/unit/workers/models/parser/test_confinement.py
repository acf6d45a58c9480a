"""A process that parses a file finds no keys, reaches nobody, and writes nowhere but in its folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fluxagents.workers.models.parser.confinement import list_missing
from fluxagents.workers.models.parser.parser_client import ParserClient
from fluxagents.workers.models.parser.parsing_request import ORIGINAL, REPORT, ParsingRequest

SECRET = "wJalrXUtnFEMI"
HOSTILE = """
import ctypes, json, os, signal, socket, subprocess, sys, threading
from pathlib import Path
from fluxagents.workers.models.parser import parser_process
from fluxagents.workers.models.parser.parsing_request import ParsingRequest

home, parent = Path(sys.argv[2]), os.getppid()

def connect(family, address):
    with socket.socket(family) as reaching:
        reaching.connect(address)

def fork():
    if os.fork() == 0:
        os._exit(0)

DEEDS = {
    "variable": lambda: os.environ["OPENAI_API_KEY"],
    "first environment": lambda: Path("/proc/self/environ").read_bytes(),
    "environment of the parent": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
    "internet socket": lambda: connect(socket.AF_INET, ("127.0.0.1", 9)),
    "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix socket": lambda: connect(socket.AF_UNIX, str(home / "socket")),
    "write": lambda: (home / "written").write_text("x"),
    "overwrite": lambda: (home / "key").write_text("x"),
    "link": lambda: os.symlink(home / "key", "parsed"),
    "hard link": lambda: os.link(home / "key", "parsed"),
    "remove": lambda: (home / "key").unlink(),
    "mode": lambda: (home / "key").chmod(0o777),
    "read": lambda: (home / "key").read_text(),
    "list": lambda: list(home.iterdir()),
    "signal": lambda: os.kill(parent, signal.SIGTERM),
    "program": lambda: subprocess.run(["/bin/true"]),
    "process": fork,
    "write in its folder": lambda: Path("inside").write_text("x"),
    "thread": lambda: threading.Thread(target=int).start(),
}

def parse(folder, request):
    tried = {}
    for name, deed in DEEDS.items():
        try:
            deed()
            tried[name] = "done"
        except (OSError, KeyError) as error:
            tried[name] = type(error).__name__
    return {"warnings": [], "tried": tried}

parser_process._parse = parse
parser_process.prepare()
parser_process.parse_confined(ParsingRequest(**json.loads(sys.argv[1])))
"""
OF_FILES = {
    "first environment", "environment of the parent", "write", "overwrite", "link", "hard link", "remove",
    "read", "list",
}  # fmt: skip
"""What the protection of other files prevents."""


def request(folder: Path) -> ParsingRequest:
    return ParsingRequest(
        folder=str(folder),
        suffix=".json",
        seconds=60.0,
        memory_bytes=6_000_000_000,
        expanded_bytes=1_000_000_000,
    )


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What came of each deed in a process that does harm instead of parsing."""
    folder, home = tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("home")
    (home / "key").write_text(SECRET)
    asked = request(folder)
    arguments = json.dumps({name: getattr(asked, name) for name in ParsingRequest.__slots__})
    environment = {**os.environ, "OPENAI_API_KEY": SECRET}
    subprocess.run([sys.executable, "-c", HOSTILE, arguments, str(home)], env=environment, check=True)
    tried: dict[str, str] = json.loads((folder / REPORT).read_text())["tried"]
    return tried


def test_it_can_do_its_work(tried: dict[str, str]) -> None:
    assert tried["write in its folder"] == "done"
    assert tried["thread"] == "done"


def test_it_sees_no_variable(tried: dict[str, str]) -> None:
    assert tried["variable"] == "KeyError"


@pytest.mark.skipif("the network" in list_missing(), reason="this system cannot keep a process from it")
@pytest.mark.parametrize(
    "deed", ["internet socket", "datagram", "unix socket", "signal", "program", "process", "mode"]
)
def test_it_reaches_nobody(tried: dict[str, str], deed: str) -> None:
    assert tried[deed] == "PermissionError"


@pytest.mark.skipif("other files" in list_missing(), reason="this system cannot keep a process from them")
@pytest.mark.parametrize("deed", sorted(OF_FILES))
def test_it_has_no_file_but_its_own(tried: dict[str, str], deed: str) -> None:
    assert tried[deed] == ("OSError" if deed == "hard link" else "PermissionError")


def test_the_server_has_no_key_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", f"redis://:{SECRET}@localhost")
    (tmp_path / ORIGINAL).write_text("{}")
    client = ParserClient()
    assert client.run(request(tmp_path)) == 1
    assert client._server is not None
    assert SECRET not in str(psutil.Process(client._server.pid).environ())
    client.close()
