"""`fluxagents prompts experiment|stats|compare` and `runs rate`, over runs in Redis."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from redis import Redis
from tests.support.command_calls import invoke

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.record import assign_arm
from fluxagents.prompts.versions.template import PromptTemplate
from fluxagents.scheduler.runs import run_ids as identity
from fluxagents.workers.commands.prompts.prompts import prompts
from fluxagents.workers.commands.runs.runs import runs
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.redis.prompt_store import RedisPromptStore
from fluxagents.workers.redis.runs.run_store import RedisRunStore

Call = Callable[..., Result]

NAME = "tool_selection"
LATER = 4_102_444_800_000
"""The year 2100: after whatever a command wrote down now."""


@pytest.fixture
def call(redis_url: str, key_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)

    return invoke


def as_json(done: Result) -> Any:
    return json.loads(done.stdout)


@pytest.fixture
def manager(redis: Redis, key_prefix: str) -> PromptManager:
    """With a second version of one prompt."""
    prompts = PromptManager(store=RedisPromptStore(redis, prefix=key_prefix))
    prompts.version_prompt(NAME, prompts.versions.find(NAME).source.split("---\n", 2)[2] + "\n")
    return prompts


class Book:
    """Writes runs as workers would."""

    def __init__(self, store: RedisRunStore, prompts: PromptManager) -> None:
        self._store = store
        self._prompts = prompts

    def add(self, run_id: str, version: str, *, failed: bool, at_ms: int = LATER, tokens: int = 100) -> None:
        template = self._prompts.versions.find(NAME, version)
        flow = e.FlowRef(name="f", version=1, digest="d")
        began = e.RunStarted(
            seq=0, at_ms=at_ms, run_id=run_id, session="s", flow=flow, start_node="n", inputs={}
        )
        events = (began, *_decided(template, tokens, at_ms), _ended(at_ms, failed=failed))
        state = fold(events)
        self._store.create(Commit(events, state, None), state.model_dump_json())


def _decided(template: PromptTemplate, tokens: int, at_ms: int) -> tuple[e.Event, ...]:
    call = CallTool(tool="run_metabolic_fba")
    use = e.PromptUse(
        name=NAME,
        version=template.version,
        digest=template.digest,
        chat_model="m",
        tokens_in=tokens,
        duration_ms=2_000,
    )
    return (
        e.DecisionMade(seq=1, at_ms=at_ms, node="n", decision=call, prompt=use),
        e.ToolSucceeded(seq=2, at_ms=at_ms, node="n", call=call, key_findings={}),
    )


def _ended(at_ms: int, *, failed: bool) -> e.Event:
    if failed:
        error = FluxError(ErrorClass.INTERNAL, "no").info("n")
        return e.RunFailed(seq=2, at_ms=at_ms, node="n", error=error)
    return e.RunFinished(seq=2, at_ms=at_ms, node="n", answer="done")


@pytest.fixture
def book(redis: Redis, key_prefix: str, manager: PromptManager) -> Book:
    return Book(RedisRunStore(redis, prefix=key_prefix), manager)


def test_an_experiment_is_begun_and_ended(call: Call, manager: PromptManager) -> None:
    begun = as_json(call(prompts, "experiment", NAME, "--arm", "1=25", "--arm", "2=75", "--json"))
    assert begun["experiment"] == {"1": 25, "2": 75}
    arms = manager.versions.load_state(NAME).arms
    for run_id in map(str, range(20)):
        assert (
            manager.versions.select_for_run(NAME, run_id, {}).version
            == assign_arm(NAME, run_id, arms).version
        )
    assert "1: 25%, 2: 75%" in call(prompts, "show", NAME).stdout
    assert "version 1" in call(prompts, "experiment", NAME, "--end").stdout
    assert manager.versions.load_state(NAME).arms == ()


@pytest.mark.parametrize(
    "words",
    [("--arm", "1"), ("--arm", "1=x"), ("--arm", "1=1", "--arm", "1=2"), (), ("--end", "--arm", "1=1")],
)
def test_what_is_no_experiment_is_bad_usage(call: Call, words: tuple[str, ...]) -> None:
    call(prompts, "experiment", NAME, *words, status=2)


def test_the_figures_of_each_version_come_from_the_runs(call: Call, book: Book) -> None:
    for number in range(4):
        book.add(f"one-{number}", "1", failed=number == 0)
    book.add("two", "2", failed=False, tokens=300)
    call(runs, "rate", "one-1", "2")
    call(runs, "rate", "one-1", "4")
    call(runs, "rate", "one-2", "5")
    one, two = as_json(call(prompts, "stats", NAME, "--json"))
    assert (one["version"], one["runs"], one["calls"], one["tool_calls"]) == ("1", 4, 4, 4)
    assert (one["tokens_per_call"], one["seconds_per_call"]) == (100.0, 2.0)
    assert (one["success"]["value"], one["success"]["runs"]) == (0.75, 4)
    assert (one["rating"]["value"], one["rating"]["runs"]) == (4.5, 2)
    assert (two["version"], two["tokens_per_call"], two["rating"]["value"]) == ("2", 300.0, None)
    assert "75.0%" in call(prompts, "stats").stdout


def test_costs_are_told_when_the_prices_are_known(
    call: Call, book: Book, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(2):
        book.add(f"one-{number}", "1", failed=False, tokens=1_000)
    (unknown,) = as_json(call(prompts, "stats", NAME, "--json"))
    assert unknown["cost"] == {"amount": None, "currency": None, "unpriced": ["m"]}
    shown = as_json(call(runs, "show", "one-0", "--json"))
    assert (shown["cost"]["amount"], shown["cost"]["unpriced"]) == (None, ["m"])
    assert "cost unknown: FLUXAGENTS_CHAT_PRICES has no price for m" in call(runs, "show", "one-0").stdout
    prices = tmp_path / "prices.toml"
    prices.write_text('currency = "EUR"\n[models.m]\ninput = 2.5\noutput = 10')
    monkeypatch.setenv("FLUXAGENTS_CHAT_PRICES", str(prices))
    (priced,) = as_json(call(prompts, "stats", NAME, "--json"))
    assert priced["cost"] == {"amount": 0.005, "currency": "EUR", "unpriced": []}
    assert priced["chat_models"] == {
        "m": {"calls": 2, "tokens_in": 2_000, "tokens_cached": 0, "tokens_out": 0}
    }
    assert f"{NAME} 1: a call costs 0.0025 EUR" in call(prompts, "stats").stdout
    assert as_json(call(runs, "show", "one-0", "--json"))["cost"]["amount"] == 0.0025
    text = call(runs, "show", "one-0").stdout
    assert "cost 0.002500 EUR" in text
    assert "1 answer, 1,000 tokens in, 0 out" in text


def test_versions_are_compared_over_the_runs_of_their_experiment(call: Call, book: Book) -> None:
    for number in range(8):
        book.add(f"before-{number}", "1", failed=True, at_ms=1)
    call(prompts, "experiment", NAME, "--arm", "1=1", "--arm", "2=1")
    for number in range(20):
        book.add(f"one-{number}", "1", failed=number < 10, tokens=100 + number)
        book.add(f"two-{number}", "2", failed=False, tokens=200 + number)
    found = as_json(call(prompts, "compare", NAME, "--json"))
    assert (found["old"], found["new"], found["by_chance"]) == ("1", "2", True)
    metrics = {one["metric"]: one for one in found["metrics"]}
    success = metrics["success"]
    assert (success["old"]["runs"], success["new"]["runs"]) == (20, 20)
    assert (success["difference"], success["verdict"]) == (0.5, "better")
    assert success["interval"][0] > 0
    assert (metrics["tokens_per_run"]["difference"], metrics["tokens_per_run"]["verdict"]) == (100.0, "worse")
    assert metrics["rating"]["difference"] is None
    shown = call(prompts, "compare", NAME, "1", "2").stdout
    assert "better" in shown
    assert "no experiment" not in shown


def test_a_comparison_without_an_experiment_says_so(call: Call, book: Book) -> None:
    book.add("one", "1", failed=False)
    book.add("two", "2", failed=False)
    assert as_json(call(prompts, "compare", NAME, "1", "2", "--json"))["by_chance"] is False
    assert "no experiment had both versions" in call(prompts, "compare", NAME, "1", "2").stdout


def test_versions_to_compare_must_be_known(call: Call, manager: PromptManager) -> None:
    assert manager
    assert "it has 1, 2" in call(prompts, "compare", NAME, status=2).stderr
    with pytest.raises(FluxError, match="has no version '9'"):
        call(prompts, "compare", NAME, "1", "9")


def test_only_runs_that_exist_are_rated_from_1_to_5(call: Call, book: Book) -> None:
    with pytest.raises(FluxError, match="run 'nowhere' does not exist"):
        call(runs, "rate", "nowhere", "5")
    book.add("one", "1", failed=False)
    call(runs, "rate", "one", "6", status=2)
    assert as_json(call(runs, "rate", "one", "5", "--json"))["note"] == "rated 5 of 5"


def test_archived_runs_count_as_those_in_redis_do(
    call: Call, book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUXAGENTS_STORE_URL", str(tmp_path))
    named = [identity.run_id(LATER + number) for number in range(3)]
    for number, run in enumerate(named):
        book.add(run, "1", failed=number == 0, at_ms=LATER + number)
    book.add("of-my-own", "2", failed=False, at_ms=LATER + 10)
    call(runs, "rate", named[1], "5")
    before = as_json(call(prompts, "stats", NAME, "--json"))
    moved = retire(book._store, Archive(str(tmp_path)), LATER + 100)
    assert set(moved) == {*named, "of-my-own"}
    assert as_json(call(prompts, "stats", NAME, "--json")) == before
    two, one = as_json(call(prompts, "stats", NAME, "--most", "2", "--json"))[::-1]
    assert (one["runs"], one["success"]["value"], two["runs"]) == (1, 1.0, 1)
    compared = as_json(call(prompts, "compare", NAME, "1", "2", "--json"))["metrics"][0]
    assert (compared["old"]["runs"], compared["new"]["runs"]) == (3, 1)
