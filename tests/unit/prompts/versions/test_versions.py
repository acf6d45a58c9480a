"""Which version a run gets: registered, promoted, rolled back, and kept to the run's end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.record import (
    Arm,
    ExperimentBegan,
    ExperimentEnded,
    Promoted,
    TrialPeriod,
    assign_arm,
    find_trial_period,
    fold_log,
)
from fluxagents.prompts.versions.store import MemoryPromptStore

Write = Callable[[str], PromptManager]

BODY = "Hello {{ who }}, {{ times }} times.\n"
SECOND = "Hello {{ who }}! ({{ times }})"
THIRD = "Hello {{ who }}? ({{ times }})"


@pytest.fixture
def prompts(write: Write, head: str) -> PromptManager:
    """Version 1 ships; 2 and 3 were registered."""
    manager = write(head + BODY)
    manager.version_prompt("greeting", SECOND, by="ada", at_ms=5)
    manager.version_prompt("greeting", THIRD)
    return manager


def version(prompts: PromptManager, run_id: str = "run") -> str:
    return prompts.versions.select_for_run("greeting", run_id, {}).version


def test_registering_changes_no_run(prompts: PromptManager) -> None:
    assert prompts.versions.list_numbers("greeting") == ("1", "2", "3")
    assert version(prompts) == "1"


def test_runs_get_what_is_in_production(prompts: PromptManager) -> None:
    prompts.releases.promote("greeting", "2", "candidate")
    assert version(prompts) == "1"
    prompts.releases.promote("greeting", "candidate")
    assert version(prompts) == "2"


def test_a_rollback_undoes_one_promotion_at_a_time(prompts: PromptManager) -> None:
    prompts.releases.promote("greeting", "2")
    prompts.releases.promote("greeting", "3")
    prompts.releases.promote("greeting", "3")
    prompts.releases.rollback("greeting")
    assert version(prompts) == "2"
    prompts.releases.rollback("greeting")
    assert version(prompts) == "1"
    with pytest.raises(FluxError, match="no version of prompt 'greeting' is in production"):
        prompts.releases.rollback("greeting")


def test_the_log_tells_who_did_what(prompts: PromptManager) -> None:
    prompts.releases.promote("greeting", "2", by="eve", at_ms=7)
    first, *_, last = prompts.versions.read_log("greeting")
    assert (first.by, first.at_ms) == ("ada", 5)
    assert isinstance(last, Promoted)
    assert (last.version, last.label, last.by, last.at_ms) == ("2", "production", "eve", 7)


def test_a_run_keeps_the_version_that_it_has_used(prompts: PromptManager) -> None:
    used = {"greeting": prompts.versions.select_for_run("greeting", "run", {}).digest}
    prompts.releases.promote("greeting", "3")
    assert prompts.versions.select_for_run("greeting", "run", used).version == "1"
    assert prompts.versions.select_for_run("greeting", "run", {}).version == "3"


def test_a_run_keeps_its_version_when_a_release_ships_another_text(
    write: Write, head: str, tmp_path: Path
) -> None:
    store = MemoryPromptStore()
    write(head + BODY)
    old = PromptManager(tmp_path, store).versions.select_for_run("greeting", "run", {})
    write(head.replace("version: 1", "version: 2") + THIRD)
    new = PromptManager(tmp_path, store)
    assert version(new) == "2"
    assert new.versions.select_for_run("greeting", "run", {"greeting": old.digest}).source == old.source


def test_a_version_that_is_not_kept_is_named(prompts: PromptManager) -> None:
    with pytest.raises(FluxError, match=f"with the sha256 {'0' * 64} is kept") as caught:
        prompts.versions.select_for_run("greeting", "run", {"greeting": "0" * 64})
    assert caught.value.kind is ErrorClass.UNKNOWN_ID


def test_a_prompt_that_does_not_ship_gives_its_latest_version(write: Write, head: str) -> None:
    prompts = write(head + BODY)
    farewell = head.replace("name: greeting", "name: farewell")
    prompts.version_prompt("farewell", farewell + BODY)
    prompts.version_prompt("farewell", SECOND)
    assert prompts.versions.select_for_run("farewell", "run", {}).version == "2"
    assert prompts.names == ("farewell", "greeting")


ARMS = (Arm(version="1", digest="a", weight=1), Arm(version="2", digest="b", weight=3))


def test_runs_are_shared_out_by_weight_and_always_the_same() -> None:
    runs = [f"run-{number}" for number in range(4_000)]
    shares = Counter(assign_arm("greeting", run, ARMS).version for run in runs)
    # 3 of 4 with a standard deviation of 27.
    assert abs(shares["2"] - 3_000) < 120
    assert [assign_arm("greeting", run, ARMS) for run in runs[:50]] == [
        assign_arm("greeting", run, ARMS) for run in runs[:50]
    ]


def test_experiments_of_two_prompts_are_independent() -> None:
    even = tuple(arm.model_copy(update={"weight": 1}) for arm in ARMS)
    pairs = Counter(
        (assign_arm("a", run, even).version, assign_arm("b", run, even).version)
        for run in map(str, range(4_000))
    )
    assert all(abs(count - 1_000) < 150 for count in pairs.values())


def test_production_ends_an_experiment_and_so_does_its_end() -> None:
    began = ExperimentBegan(arms=ARMS)
    promoted = Promoted(label="production", version="2", digest="b")
    candidate = Promoted(label="candidate", version="2", digest="b")
    assert fold_log([began, candidate]).arms == ARMS
    assert fold_log([began, promoted]).arms == ()
    now = fold_log([promoted, began, ExperimentEnded()])
    assert (now.arms, now.holder("production")) == ((), promoted)


def test_an_experiment_shares_runs_out_and_can_be_ended(prompts: PromptManager) -> None:
    prompts.releases.begin_experiment("greeting", {"1": 1, "3": 1})
    shares = Counter(version(prompts, f"run-{number}") for number in range(200))
    assert set(shares) == {"1", "3"}
    prompts.releases.end_experiment("greeting")
    assert version(prompts) == "1"
    with pytest.raises(FluxError, match="no experiment with prompt 'greeting' is under way"):
        prompts.releases.end_experiment("greeting")


@pytest.mark.parametrize(
    "weights", [{}, {"1": 5}, {"3": 1, "latest": 1}, {"1": 1, "2": 0}, {"1": 1, "2": -1}]
)
def test_an_experiment_has_two_versions_with_weights(prompts: PromptManager, weights: dict[str, int]) -> None:
    with pytest.raises(FluxError, match="two versions or more, each with a weight above 0"):
        prompts.releases.begin_experiment("greeting", weights)
    with pytest.raises(FluxError, match="has no version '9'"):
        prompts.releases.begin_experiment("greeting", {"1": 1, "9": 1})


def test_when_versions_were_compared_by_chance_is_in_the_log() -> None:
    began = ExperimentBegan(arms=ARMS, at_ms=10)
    again = began.model_copy(update={"at_ms": 40})
    ended = ExperimentEnded(at_ms=30)
    candidate = Promoted(label="candidate", version="2", digest="b", at_ms=20)
    promoted = Promoted(label="production", version="2", digest="b", at_ms=50)
    assert find_trial_period([candidate, promoted], "ab") is None
    assert find_trial_period([began, candidate], "ab") == TrialPeriod(10, None)
    assert find_trial_period([began, candidate, ended], "ab") == TrialPeriod(10, 30)
    assert find_trial_period([began, ended, again], "ab") == TrialPeriod(40, None)
    assert find_trial_period([began, again, promoted], "ab") == TrialPeriod(40, 50)
    assert find_trial_period([began], "ac") is None
    assert [TrialPeriod(10, 30).covers(at) for at in (9, 10, 29, 30)] == [False, True, True, False]
