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
    Trialled,
    arm_of,
    standing,
    trialled,
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
    return prompts.chosen("greeting", run_id, {}).version


def test_registering_changes_no_run(prompts: PromptManager) -> None:
    assert prompts.versions("greeting") == ("1", "2", "3")
    assert version(prompts) == "1"


def test_runs_get_what_is_in_production(prompts: PromptManager) -> None:
    prompts.promote("greeting", "2", "candidate")
    assert version(prompts) == "1"
    prompts.promote("greeting", "candidate")
    assert version(prompts) == "2"


def test_a_rollback_undoes_one_promotion_at_a_time(prompts: PromptManager) -> None:
    prompts.promote("greeting", "2")
    prompts.promote("greeting", "3")
    prompts.promote("greeting", "3")
    prompts.rollback("greeting")
    assert version(prompts) == "2"
    prompts.rollback("greeting")
    assert version(prompts) == "1"
    with pytest.raises(FluxError, match="no version of prompt 'greeting' is in production"):
        prompts.rollback("greeting")


def test_the_log_tells_who_did_what(prompts: PromptManager) -> None:
    prompts.promote("greeting", "2", by="eve", at_ms=7)
    first, *_, last = prompts.log("greeting")
    assert (first.by, first.at_ms) == ("ada", 5)
    assert isinstance(last, Promoted)
    assert (last.version, last.label, last.by, last.at_ms) == ("2", "production", "eve", 7)


def test_a_run_keeps_the_version_that_it_has_used(prompts: PromptManager) -> None:
    used = {"greeting": prompts.chosen("greeting", "run", {}).digest}
    prompts.promote("greeting", "3")
    assert prompts.chosen("greeting", "run", used).version == "1"
    assert prompts.chosen("greeting", "run", {}).version == "3"


def test_a_run_keeps_its_version_when_a_release_ships_another_text(
    write: Write, head: str, tmp_path: Path
) -> None:
    store = MemoryPromptStore()
    write(head + BODY)
    old = PromptManager(tmp_path, store).chosen("greeting", "run", {})
    write(head.replace("version: 1", "version: 2") + THIRD)
    new = PromptManager(tmp_path, store)
    assert version(new) == "2"
    assert new.chosen("greeting", "run", {"greeting": old.digest}).source == old.source


def test_a_version_that_is_not_kept_is_named(prompts: PromptManager) -> None:
    with pytest.raises(FluxError, match=f"with the sha256 {'0' * 64} is kept") as caught:
        prompts.chosen("greeting", "run", {"greeting": "0" * 64})
    assert caught.value.kind is ErrorClass.UNKNOWN_ID


def test_a_prompt_that_does_not_ship_gives_its_latest_version(write: Write, head: str) -> None:
    prompts = write(head + BODY)
    farewell = head.replace("name: greeting", "name: farewell")
    prompts.version_prompt("farewell", farewell + BODY)
    prompts.version_prompt("farewell", SECOND)
    assert prompts.chosen("farewell", "run", {}).version == "2"
    assert prompts.names == ("farewell", "greeting")


ARMS = (Arm(version="1", digest="a", weight=1), Arm(version="2", digest="b", weight=3))


def test_runs_are_shared_out_by_weight_and_always_the_same() -> None:
    runs = [f"run-{number}" for number in range(4_000)]
    shares = Counter(arm_of("greeting", run, ARMS).version for run in runs)
    # 3 of 4 with a standard deviation of 27.
    assert abs(shares["2"] - 3_000) < 120
    assert [arm_of("greeting", run, ARMS) for run in runs[:50]] == [
        arm_of("greeting", run, ARMS) for run in runs[:50]
    ]


def test_experiments_of_two_prompts_are_independent() -> None:
    even = tuple(arm.model_copy(update={"weight": 1}) for arm in ARMS)
    pairs = Counter(
        (arm_of("a", run, even).version, arm_of("b", run, even).version) for run in map(str, range(4_000))
    )
    assert all(abs(count - 1_000) < 150 for count in pairs.values())


def test_production_ends_an_experiment_and_so_does_its_end() -> None:
    began = ExperimentBegan(arms=ARMS)
    promoted = Promoted(label="production", version="2", digest="b")
    candidate = Promoted(label="candidate", version="2", digest="b")
    assert standing([began, candidate]).arms == ARMS
    assert standing([began, promoted]).arms == ()
    now = standing([promoted, began, ExperimentEnded()])
    assert (now.arms, now.holder("production")) == ((), promoted)


def test_an_experiment_shares_runs_out_and_can_be_ended(prompts: PromptManager) -> None:
    prompts.experiment("greeting", {"1": 1, "3": 1})
    shares = Counter(version(prompts, f"run-{number}") for number in range(200))
    assert set(shares) == {"1", "3"}
    prompts.end_experiment("greeting")
    assert version(prompts) == "1"
    with pytest.raises(FluxError, match="no experiment with prompt 'greeting' is under way"):
        prompts.end_experiment("greeting")


@pytest.mark.parametrize(
    "weights", [{}, {"1": 5}, {"3": 1, "latest": 1}, {"1": 1, "2": 0}, {"1": 1, "2": -1}]
)
def test_an_experiment_has_two_versions_with_weights(prompts: PromptManager, weights: dict[str, int]) -> None:
    with pytest.raises(FluxError, match="two versions or more, each with a weight above 0"):
        prompts.experiment("greeting", weights)
    with pytest.raises(FluxError, match="has no version '9'"):
        prompts.experiment("greeting", {"1": 1, "9": 1})


def test_when_versions_were_compared_by_chance_is_in_the_log() -> None:
    began = ExperimentBegan(arms=ARMS, at_ms=10)
    again = began.model_copy(update={"at_ms": 40})
    ended = ExperimentEnded(at_ms=30)
    candidate = Promoted(label="candidate", version="2", digest="b", at_ms=20)
    promoted = Promoted(label="production", version="2", digest="b", at_ms=50)
    assert trialled([candidate, promoted], "ab") is None
    assert trialled([began, candidate], "ab") == Trialled(10, None)
    assert trialled([began, candidate, ended], "ab") == Trialled(10, 30)
    assert trialled([began, ended, again], "ab") == Trialled(40, None)
    assert trialled([began, again, promoted], "ab") == Trialled(40, 50)
    assert trialled([began], "ac") is None
    assert [Trialled(10, 30).covers(at) for at in (9, 10, 29, 30)] == [False, True, True, False]
