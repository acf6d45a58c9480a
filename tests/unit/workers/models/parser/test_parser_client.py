"""Files are parsed by processes forked from one server, which begins, ends and begins again as it should."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from fluxagents.workers.models.parser import parser_client as client_module
from fluxagents.workers.models.parser.parser_client import ParserClient, ParserLostError
from fluxagents.workers.models.parser.parsing import ParsingLimits, ParsingOutcome, parse
from fluxagents.workers.models.parser.parsing_request import ORIGINAL, PARSED, ParsingRequest

WILD = Path(__file__).parents[4] / "data/wild"
WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def client() -> Iterator[ParserClient]:
    """One for all tests: a server takes seconds to start."""
    client = ParserClient()
    yield client
    client.close()


@pytest.fixture
def fresh_client() -> Iterator[ParserClient]:
    client = ParserClient()
    yield client
    client.close()


@pytest.fixture
def request_(tmp_path: Path) -> ParsingRequest:
    (tmp_path / ORIGINAL).write_bytes((WILD / "base.json").read_bytes())
    return ParsingRequest(
        folder=str(tmp_path),
        suffix=".json",
        seconds=300.0,
        memory_bytes=6_000_000_000,
        expanded_bytes=1_000_000_000,
    )


@pytest.fixture
def slow_request(request_: ParsingRequest) -> ParsingRequest:
    """A file that takes seconds before it turns out to be no model."""
    packed = gzip.compress(b" " * 400_000_000, compresslevel=1)
    (Path(request_.folder) / ORIGINAL).write_bytes(packed)
    return replace(request_, suffix=".json.gz")


def server_of(client: ParserClient) -> psutil.Process:
    assert client._server is not None
    return psutil.Process(client._server.pid)


def wait_for_child(client: ParserClient) -> psutil.Process:
    """The process that works on a request, once there is one."""
    while True:
        if client._server is not None:
            children = server_of(client).children()
            if children:
                return children[0]


def test_nothing_is_started_before_the_first_file(fresh_client: ParserClient) -> None:
    assert fresh_client._server is None
    fresh_client.close()
    assert fresh_client._server is None


def test_one_server_serves_many_files(client: ParserClient, request_: ParsingRequest) -> None:
    assert client.run(request_) == 0
    server = server_of(client)
    assert (Path(request_.folder) / PARSED).stat().st_size > 0
    assert client.run(request_) == 0
    assert server_of(client) == server
    assert server.children() == []


def test_a_server_that_was_killed_is_replaced(client: ParserClient, request_: ParsingRequest) -> None:
    client.run(request_)
    server = server_of(client)
    server.kill()
    assert client.run(request_) == 0
    assert server_of(client) != server


def test_a_file_survives_the_end_of_its_server(client: ParserClient, slow_request: ParsingRequest) -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(client.run(slow_request)))
    thread.start()
    child, server = wait_for_child(client), server_of(client)
    server.kill()
    thread.join(WAIT_SECONDS)
    assert codes == [1]
    assert server_of(client) != server
    if sys.platform == "linux":
        assert psutil.wait_procs([child], WAIT_SECONDS)[1] == []


def test_a_file_whose_server_always_ends_is_not_tried_for_ever(
    fresh_client: ParserClient, request_: ParsingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_MODULE", "this")  # a module that prints a poem and ends
    with pytest.raises(ParserLostError):
        fresh_client.run(request_)


def test_a_process_that_hangs_is_killed(client: ParserClient, slow_request: ParsingRequest) -> None:
    client.run(replace(slow_request, suffix=".txt"))  # the server is there
    ended: list[BaseException] = []

    def run() -> None:
        try:
            client.run(replace(slow_request, seconds=3.0))
        except TimeoutError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    child = wait_for_child(client)
    child.suspend()
    thread.join(WAIT_SECONDS)
    assert len(ended) == 1
    assert not child.is_running()
    assert client.run(replace(slow_request, suffix=".txt")) == 1


def test_the_signal_that_ended_a_process_is_told(client: ParserClient, request_: ParsingRequest) -> None:
    assert client.run(request_) == 0  # what the server starts while it imports has ended
    original = Path(request_.folder) / ORIGINAL
    original.unlink()
    os.mkfifo(original)  # nobody writes into it, so that whoever opens it waits for ever
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(client.run(request_)))
    thread.start()
    wait_for_child(client).send_signal(signal.SIGSEGV)
    thread.join(WAIT_SECONDS)
    assert codes == [-signal.SIGSEGV]


def test_a_server_that_nobody_asks_ends(request_: ParsingRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys; from fluxagents.workers.models.parser import parser_server; "
        "parser_server.IDLE_SECONDS = 0.1; parser_server.main(sys.argv[1:])"
    )
    popen = subprocess.Popen

    def start(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        return popen([command[0], "-P", "-c", code, command[-1]], **options)  # type: ignore[call-overload,no-any-return]

    client = ParserClient()
    monkeypatch.setattr(subprocess, "Popen", start)
    assert client.run(request_) == 0
    first = server_of(client)
    assert psutil.wait_procs([first], WAIT_SECONDS)[1] == []
    assert client.run(request_) == 0
    client.close()


OWNER = """
import json, os, sys
from fluxagents.workers.models.parser.parser_client import parser_client
from fluxagents.workers.models.parser.parsing_request import ParsingRequest
request = ParsingRequest(**json.loads(sys.argv[1]))
assert parser_client().run(request) == 0
print(parser_client()._server.pid, flush=True)
if sys.argv[2] == "fork" and not os.fork():
    assert parser_client()._server is None
    assert parser_client().run(request) == 0
    print(parser_client()._server.pid, flush=True)
    os._exit(0)
if sys.argv[2] == "fork":
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
    assert parser_client().run(request) == 0
    print(parser_client()._server.pid, flush=True)
assert "cobra" not in sys.modules
sys.stdin.read()
"""


def own(request: ParsingRequest, what: str) -> subprocess.Popen[bytes]:
    arguments = json.dumps({name: getattr(request, name) for name in ParsingRequest.__slots__})
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", OWNER, arguments, what], stdin=pipe, stdout=pipe)


@pytest.mark.parametrize("how", ["exit", "kill"])
def test_a_server_ends_with_its_owner(request_: ParsingRequest, how: str) -> None:
    with own(request_, how) as owner:
        assert owner.stdout is not None
        server = psutil.Process(int(owner.stdout.readline()))
        if how == "kill":
            owner.kill()
    assert psutil.wait_procs([server], WAIT_SECONDS)[1] == []


def test_a_forked_process_has_a_server_of_its_own(request_: ParsingRequest) -> None:
    with own(request_, "fork") as owner:
        assert owner.stdout is not None
        first, forked, again = (int(owner.stdout.readline()) for _ in range(3))
    assert owner.returncode == 0
    assert first == again != forked


def test_files_are_parsed_side_by_side() -> None:
    outcomes: list[ParsingOutcome] = []
    data = (WILD / "base.json").read_bytes()
    threads = [
        threading.Thread(target=lambda: outcomes.append(parse(data, ".json", ParsingLimits())))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert len({outcome.parsed for outcome in outcomes}) == 1
    assert len(outcomes) == 4
    assert outcomes[0].parsed
