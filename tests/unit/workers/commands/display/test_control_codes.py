"""Whatever a stored run holds, no command prints a control code of it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from redis import Redis
from rich.console import Group
from rich.text import Text
from tests.support.command_calls import invoke, simulate_terminal

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.workers.cli import cli
from fluxagents.workers.commands.display.failures import print_error
from fluxagents.workers.commands.display.output import PlainConsole, echo, print_json, print_table
from fluxagents.workers.redis.runs.run_store import RedisRunStore

MARKUP = "[link=http://evil.example]here[/link][/x] :warning:"
HOSTILE = f"a\x1b[2J\x1b]0;title\x07\x9b31m\u202eb\rc\x00\u2028d {MARKUP}"
"""Of terminals, and of rich, whose markup may hold a link or be no markup at all."""


def is_plain(text: str) -> bool:
    return all(char in "\n\t" or char.isprintable() for char in text)


def test_every_way_to_print_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    echo(HOSTILE)
    echo(HOSTILE, err=True, fg="red")
    print_table((HOSTILE, "x"), [(HOSTILE, HOSTILE)])
    print_json({HOSTILE: [HOSTILE]})
    print_error(FluxError(ErrorClass.BAD_ARGUMENT, HOSTILE, suggestions=(HOSTILE,)))
    console = PlainConsole()
    console.print(Text.assemble((HOSTILE, "bold"), HOSTILE), Group(Text(HOSTILE)), HOSTILE)
    printed = capsys.readouterr()
    assert is_plain(printed.out + printed.err)
    assert "\\x1b[2J" in printed.out


def test_a_terminal_gets_the_colours_of_ours_and_no_code_of_others() -> None:
    stream = io.StringIO()
    console = PlainConsole(file=stream, force_terminal=True, width=200, color_system="standard")
    console.print(Text(HOSTILE, style="bold red"))
    console.print(HOSTILE, style="bold red")
    assert stream.getvalue().startswith("\x1b[1;31m")
    assert is_plain(stream.getvalue().replace("\x1b[1;31m", "").replace("\x1b[0m", ""))
    assert stream.getvalue().count(MARKUP) == 2


@pytest.fixture
def run_id(
    redis: Redis, redis_url: str, key_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A stored run of an early version, in which every text that is not ours is hostile."""
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    monkeypatch.setenv("FLUXAGENTS_STORE_URL", str(tmp_path))
    store = RedisRunStore(redis, prefix=key_prefix)
    flow = FlowLibrary().get("metabolic_analysis")
    store.save_flow(flow)
    error = FluxError(ErrorClass.BAD_ARGUMENT, HOSTILE, suggestions=(HOSTILE,)).info("answer")
    call = CallTool(tool=HOSTILE, args={"x": HOSTILE})
    request = HumanRequest(
        id=f"{HOSTILE}.1",
        kind="question",
        node="answer",
        question=HOSTILE,
        digest="x",
        assignees=(HOSTILE,),
        choices=(HOSTILE,),
    )
    started = e.RunStarted(
        seq=0,
        at_ms=1,
        run_id=HOSTILE,
        session=HOSTILE,
        flow=flow.ref,
        start_node=flow.start,
        inputs={"question": HOSTILE},
        model_name=HOSTILE,
        unverified=HOSTILE,
    )
    waiting = (started, e.QuestionAsked(seq=1, at_ms=2, request=request))
    ended = (
        started.model_copy(update={"run_id": "ended"}),
        e.ToolFailed(seq=1, at_ms=2, node=flow.start, call=call, error=error),
        e.RunFailed(seq=2, at_ms=3, node=flow.start, error=error),
    )
    for log in (waiting, ended):
        state = fold(log)
        store.create(Commit(log, state, None), state.model_dump_json())
    return HOSTILE


@pytest.mark.parametrize(
    "words",
    [
        ("runs", "list"),
        ("runs", "show", "ID"),
        ("runs", "show", "ended"),
        ("runs", "events", "ID"),
        ("runs", "events", "ended"),
        ("runs", "timeline", "ended"),
        ("runs", "explain", "ended", "--step", "1"),
        ("runs", "diff", "ID", "ended"),
        ("approvals", "list"),
        ("approvals", "show", "ID.1"),
        ("errors", "top"),
        ("stats",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("form", ["pipe", "terminal", "json"])
def test_no_command_prints_a_control_code_of_a_run(run_id: str, words: tuple[str, ...], form: str) -> None:
    arguments = [word.replace("ID", run_id) for word in words]
    status = int("diff" in words)  # the two runs differ
    if form == "json":
        done = invoke(cli, *arguments, "--json", status=status)
        json.loads(done.stdout)
    elif form == "terminal":
        with simulate_terminal(80):
            done = invoke(cli, *arguments, status=status)
    else:
        done = invoke(cli, *arguments, status=status)
    assert done.stdout
    assert is_plain(done.output)
