"""The request of a recorded decision is composed again from the log, exactly or not at all."""

from __future__ import annotations

import pytest
from tests.support.recorded_run import RecordedRun, record

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import DecisionMade
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.request import RecordedRequest, rebuild_request
from fluxagents.tasks.registry import TOOLS


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    return record(str(tmp_path_factory.mktemp("store")))[0]


def decisions(run: RecordedRun) -> list[DecisionMade]:
    return [event for event in run.log if isinstance(event, DecisionMade)]


def rendered(run: RecordedRun, step: int | None, prompts: PromptManager | None = None) -> RecordedRequest:
    return rebuild_request(run.log, run.kept, step, prompts or PromptManager(), TOOLS)


def test_every_decision_of_a_run_is_composed_again_to_the_byte(run: RecordedRun) -> None:
    assert len(decisions(run)) > 1
    for event in decisions(run):
        found = rendered(run, event.seq)
        assert found.use == event.prompt
        assert found.is_exact is True
        assert found.request.digest == event.prompt.request


def test_it_is_the_version_that_was_sent_and_not_the_one_that_runs_get_now(run: RecordedRun) -> None:
    prompts = PromptManager()
    first = decisions(run)[0]
    body = prompts.versions.find(first.prompt.name).source.split("---\n", 2)[2]
    new = prompts.version_prompt(first.prompt.name, body.replace("Tools compute", "Only tools compute"))
    prompts.releases.promote(first.prompt.name, new)
    assert rendered(run, first.seq, prompts).is_exact is True


def test_what_is_not_what_was_sent_says_so(run: RecordedRun) -> None:
    at = run.log.index(decisions(run)[0])
    event = decisions(run)[0]
    other = event.model_copy(update={"prompt": event.prompt.model_copy(update={"request": "0" * 64})})
    assert rendered(run.with_event(at, other), event.seq).is_exact is False
    early = event.model_copy(update={"prompt": event.prompt.model_copy(update={"request": ""})})
    assert rendered(run.with_event(at, early), event.seq).is_exact is None


def test_a_step_that_is_no_decision_names_those_that_are(run: RecordedRun) -> None:
    steps = ", ".join(f"{event.seq} ({event.prompt.name})" for event in decisions(run))
    with pytest.raises(FluxError, match="no decision at step 1;") as caught:
        rendered(run, 1)
    assert caught.value.kind is ErrorClass.UNKNOWN_ID
    assert caught.value.suggestions == (f"steps with a decision: {steps}",)
    with pytest.raises(FluxError, match="more than one decision"):
        rendered(run, None)


def test_the_prompt_of_an_unknown_version_is_never_replaced_by_another(run: RecordedRun) -> None:
    event = decisions(run)[0]
    gone = event.prompt.model_copy(update={"digest": "0" * 64})
    changed = run.with_event(run.log.index(event), event.model_copy(update={"prompt": gone}))
    with pytest.raises(FluxError, match=f"with the sha256 {'0' * 64} is kept"):
        rendered(changed, event.seq)
