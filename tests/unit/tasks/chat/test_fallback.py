"""The fallback is asked where a human would be, and never in disguise."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage
from tests.support.decisions import calls as calls_of
from tests.support.decisions import decide_with, scripted, state_at

from fluxagents.flows.commands import Finish
from fluxagents.flows.errors import POLICIES, ErrorClass, FluxError
from fluxagents.flows.state import RunState, Streak
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.fallback import OUT, PATIENCE_MS, WithFallback
from fluxagents.tasks.registry import TOOLS

DONE = calls_of(("finish", {"answer": "done"}))


def asked(*answers: AIMessage | Exception, name: str) -> Decider:
    return Decider(scripted(*answers), name, PromptManager(), TOOLS)


def at_attempt(kind: ErrorClass, attempt: int) -> RunState:
    state = state_at("Does it grow?")
    return state.model_copy(update={"streak": Streak(kind=kind, count=attempt - 1)}) if attempt > 1 else state


def both(first: FluxError, *second: AIMessage | Exception) -> WithFallback:
    return WithFallback(asked(first, name="openai:first"), asked(*second, name="anthropic:second"))


@pytest.mark.parametrize("kind", sorted(OUT))
def test_it_answers_in_the_last_attempt_and_the_event_names_it(kind: ErrorClass) -> None:
    last = POLICIES[kind].attempts
    for attempt in range(1, last):
        early = both(FluxError(kind, "away")).decide(at_attempt(kind, attempt), decide_with())
        assert early.decision is None
        assert early.prompt.chat_model == "openai:first"
    verdict = both(FluxError(kind, "away"), DONE).decide(at_attempt(kind, last), decide_with())
    assert verdict.decision == Finish(answer="done")
    assert (verdict.prompt.chat_model, verdict.prompt.instead_of) == ("anthropic:second", "openai:first")


@pytest.mark.parametrize(
    "kind", [ErrorClass.PROVIDER_REFUSAL, ErrorClass.PERMISSION, ErrorClass.INVALID_ANSWER]
)
def test_a_chat_model_that_answers_or_refuses_is_not_replaced(kind: ErrorClass) -> None:
    verdict = both(FluxError(kind, "no")).decide(at_attempt(kind, 3), decide_with())
    assert verdict.error is not None
    assert (verdict.error.kind, verdict.prompt.chat_model) == (kind, "openai:first")


def test_an_answer_of_the_first_one_is_taken() -> None:
    decider = WithFallback(asked(DONE, name="openai:first"), asked(name="anthropic:second"))
    verdict = decider.decide(state_at("Does it grow?"), decide_with())
    assert (verdict.prompt.chat_model, verdict.prompt.instead_of) == ("openai:first", "")


def test_when_both_are_out_the_error_is_of_the_first_one_and_tells_of_the_second() -> None:
    second = FluxError(ErrorClass.PERMISSION, "who are you", suggestions=("set a key",))
    verdict = both(FluxError(ErrorClass.PROVIDER_OUTAGE, "away"), second).decide(
        at_attempt(ErrorClass.PROVIDER_OUTAGE, 3), decide_with()
    )
    assert verdict.decision is None
    assert verdict.error is not None
    assert verdict.error.kind is ErrorClass.PROVIDER_OUTAGE
    assert verdict.error.message == "away; the fallback failed too: who are you"
    assert verdict.error.suggestions == ("set a key",)
    assert verdict.prompt.chat_model == "openai:first"


def test_an_invalid_answer_of_the_fallback_is_its_own() -> None:
    wrong = calls_of(("no_such_tool", {}))
    verdict = both(FluxError(ErrorClass.PROVIDER_OUTAGE, "away"), wrong).decide(
        at_attempt(ErrorClass.PROVIDER_OUTAGE, 3), decide_with()
    )
    assert verdict.error is not None
    assert verdict.error.kind is ErrorClass.INVALID_ANSWER
    assert verdict.prompt.chat_model == "anthropic:second"


def test_a_provider_that_wants_a_long_pause_is_out_at_once() -> None:
    busy = FluxError(ErrorClass.PROVIDER_RATE_LIMIT, "busy", retry_after_ms=PATIENCE_MS + 1)
    verdict = both(busy, DONE).decide(state_at("Does it grow?"), decide_with())
    assert verdict.prompt.chat_model == "anthropic:second"
