"""`fluxagents prompts`: versions come and go, and what was sent is shown to the byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from redis import Redis
from tests.support.command_calls import invoke
from tests.support.recorded_run import RUN_ID, RecordedRun, record

from fluxagents.flows.errors import FluxError
from fluxagents.flows.events import DecisionMade
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.prompts.sections import compact
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.workers.commands.prompts.prompts import prompts
from fluxagents.workers.redis.runs.run_store import RedisRunStore

Call = Callable[..., Result]

NAME = "tool_selection"


@pytest.fixture
def call(redis_url: str, key_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)

    return partial(invoke, prompts)


def as_json(done: Result) -> Any:
    return json.loads(done.stdout)


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A file with the next version of a prompt that ships."""
    template = PromptManager().versions.find(NAME)
    source = template.source.replace(f"version: {template.version}", f"version: {int(template.version) + 1}")
    file = tmp_path / "tool_selection.md.j2"
    file.write_text(source.replace("Tools compute; you never do.", "Only tools compute."))
    return file


def runs_get(call: Call) -> str:
    found = as_json(call("show", NAME, "--json"))
    version: str = found["runs_get"]
    return version


def test_a_version_is_registered_promoted_and_rolled_back(call: Call, second: Path) -> None:
    shipped = PromptManager().versions.find(NAME).version
    new = as_json(call("register", str(second), "--json"))["version"]
    assert new == str(int(shipped) + 1)
    assert runs_get(call) == shipped
    call("promote", NAME, new, "--label", "candidate", "--by", "ada")
    assert as_json(call("list", "--json"))[-1]["candidate"] == new
    assert as_json(call("promote", NAME, "candidate", "--json"))["production"] == new
    assert runs_get(call) == new
    assert as_json(call("rollback", NAME, "--json"))["production"] is None
    assert runs_get(call) == shipped
    shown = call("show", NAME).stdout
    for said in ("ada", f"promoted version {new} to candidate", "rolled back production"):
        assert said in shown
    assert "made for offline-planner at temperature 0\n" in shown
    assert call("show", NAME, "--source").stdout == second.read_text()


def test_what_changed_between_versions_is_shown(call: Call, second: Path) -> None:
    call("register", str(second))
    text = as_json(call("diff", NAME, "1", "--json"))["diff"]
    assert "-version: 1\n+version: 2" in text
    assert "+You choose how to answer a question about a genome-scale metabolic model. Only tools" in text
    assert (
        call("diff", NAME, "2", "latest").stdout
        == "versions 2 and 2 of prompt 'tool_selection' are the same\n"
    )


def test_a_taken_number_is_refused(call: Call, second: Path) -> None:
    call("register", str(second))
    second.write_text(second.read_text().replace("Only tools compute.", "Tools do all."))
    with pytest.raises(FluxError, match="has a version 2 with other content; call it version 3"):
        call("register", str(second))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "{{ question }}",
            "{{ query }}",
            r"tool_selection\.md\.j2:\d+: the front matter declares no variable 'query'",
        ),
        (
            "  steps_left: integer\n",
            "  steps_left: integer\n  extra: string\n",
            r"\.j2:17: the template does not use",
        ),
        (
            "</question>\n<model>",
            "</answer>\n<model>",
            r"\.j2:\d+: case 'a question and nothing else' of prompt",
        ),
        ("{% endif %}", "", r"\.j2:\d+: "),
    ],
)
def test_a_template_that_is_wrong_is_refused_with_file_and_line(
    call: Call, second: Path, old: str, new: str, says: str
) -> None:
    assert old in second.read_text()
    second.write_text(second.read_text().replace(old, new, 1))
    with pytest.raises(FluxError, match=says):
        call("register", str(second))
    assert as_json(call("show", NAME, "--json"))["versions"] == ["1"]


def test_prompts_are_tested_by_name_and_by_file(call: Call, second: Path) -> None:
    everything = as_json(call("test", "--json"))
    assert [report["prompt"] for report in everything] == list(PromptManager().names)
    assert all(report["failed"] == 0 and report["passed"] for report in everything)
    call("test", NAME)
    second.write_text(second.read_text().replace("&lt;/question>", "never there"))
    done = call("test", str(second), status=1)
    assert "1 failed" in done.stdout
    assert f"{second}:" in done.stdout
    assert "misses   'never there" in done.stdout


def test_files_are_tested_without_redis(call: Call, second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", "redis://127.0.0.1:1/0")
    assert as_json(call("test", str(second), "--json"))[0]["version"] == "2"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    return record(str(tmp_path_factory.mktemp("store")))[0]


@pytest.fixture
def kept(recorded: RecordedRun, redis: Redis, key_prefix: str) -> RecordedRun:
    """A run in Redis."""
    store = RedisRunStore(redis, prefix=key_prefix)
    store.save_flow(recorded.kept)
    ended = fold(recorded.log)
    store.create(Commit(recorded.log, ended, None), ended.model_dump_json())
    return recorded


def test_what_a_decision_sent_is_shown_to_the_byte(call: Call, kept: RecordedRun, second: Path) -> None:
    call("register", str(second))
    call("promote", NAME, "2")
    for event in kept.log:
        if isinstance(event, DecisionMade):
            found = as_json(call("render", "--run", RUN_ID, "--step", str(event.seq), "--json"))
            assert found["is_exact"] is True
            assert found["prompt"] == event.prompt.model_dump(mode="json")
            shown = call("render", "--run", RUN_ID, "--step", str(event.seq))
            assert shown.stdout == "".join(message["content"] + "\n" for message in found["messages"])
            assert "exactly what was sent" in shown.stderr
            assert compact(found["messages"][0])[:12] == '{"content":"'


def test_what_anthropic_got_is_shown_in_its_form(
    call: Call, recorded: RecordedRun, redis: Redis, key_prefix: str
) -> None:
    log = [
        event.model_copy(
            update={"prompt": event.prompt.model_copy(update={"chat_model": "anthropic:claude-tiny"})}
        )
        if isinstance(event, DecisionMade)
        else event
        for event in recorded.log
    ]
    store = RedisRunStore(redis, prefix=key_prefix)
    store.save_flow(recorded.kept)
    ended = fold(log)
    store.create(Commit(tuple(log), ended, None), ended.model_dump_json())
    step = next(event.seq for event in log if isinstance(event, DecisionMade))
    found = as_json(call("render", "--run", RUN_ID, "--step", str(step), "--json"))
    assert found["is_exact"] is True
    assert [block["type"] for block in found["system"]] == ["text"]
    assert [message["role"] for message in found["messages"]] == ["user"]
    assert all(set(tool) == {"name", "input_schema", "description"} for tool in found["tools"])


def test_a_step_without_a_decision_is_named(call: Call, kept: RecordedRun) -> None:
    assert kept
    with pytest.raises(FluxError, match=r"no decision at step 0; steps with a decision: \d"):
        call("render", "--run", RUN_ID, "--step", "0")
