"""What a run's events teach: which call or answer ended an error, and what did not."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Decision, Finish
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.remedies import (
    Count,
    ErrorCase,
    ErrorRecord,
    RemedyTrial,
    find_corrected_cases,
    find_error_cases,
    suggest_remedy,
)

PROMPT = e.PromptUse(name="p", version="1", digest="d", chat_model="test")
UNKNOWN = FluxError(ErrorClass.UNKNOWN_ID, "reaction 'PFX' is not in model 'm'").info("fva")
INVALID = FluxError(ErrorClass.INVALID_ANSWER, "two calls").info("ask")


def call(tool: str = "fva", **args: JsonValue) -> CallTool:
    return CallTool(tool=tool, args=args)


def failed(made: CallTool) -> e.Event:
    return e.ToolFailed(seq=1, at_ms=1, node="ask", call=made, error=UNKNOWN)


def worked(made: CallTool) -> e.Event:
    return e.ToolSucceeded(seq=1, at_ms=1, node="ask", call=made, key_findings={})


def decided(decision: Decision) -> e.Event:
    return e.DecisionMade(seq=1, at_ms=1, node="ask", decision=decision, prompt=PROMPT)


def refused() -> e.Event:
    return e.DecisionRefused(seq=1, at_ms=1, node="ask", error=INVALID, prompt=PROMPT)


def answered() -> e.Event:
    return e.QuestionAnswered(seq=1, at_ms=1, request_id="r.1", by="ada", answer="take PFK")


@pytest.mark.parametrize(
    ("made", "remedy"),
    [
        (call(reactions=["PFX"]), "call fva again"),
        (call(reactions=["PFK"]), "call fva with another 'reactions'"),
        (call(reactions=["PFX"], loopless=True), "call fva with another 'loopless'"),
        (call(), "call fva with fewer arguments"),
        (call("search"), "call search"),
    ],
)
def test_the_call_that_succeeds_is_what_helped(made: CallTool, remedy: str) -> None:
    events = [failed(call(reactions=["PFX"])), decided(made), worked(made)]
    assert find_error_cases(events) == [ErrorCase(UNKNOWN, 1, (RemedyTrial(remedy, helped=True),))]


def test_what_failed_before_was_tried_too() -> None:
    first, second, third = call(a=1), call(a=2), call("search")
    (case,) = find_error_cases([failed(first), failed(second), worked(third), failed(first)][:3])
    assert case.times == 2
    assert case.trials == (
        RemedyTrial("call fva with another 'a'", helped=False),
        RemedyTrial("call search", helped=True),
    )


def test_an_error_that_comes_back_is_a_case_of_its_own_and_giving_up_resolves_nothing() -> None:
    events = [failed(call()), worked(call()), failed(call()), decided(Finish(answer="it failed"))]
    first, second = find_error_cases(events)
    assert (first.is_resolved, second.is_resolved) == (True, False)
    assert second.trials == ()


def test_an_answer_of_a_human_after_the_error_is_what_helped() -> None:
    events = [failed(call(a=1)), answered(), decided(call(a=2)), worked(call(a=2))]
    (case,) = find_error_cases(events)
    assert case.trials == (RemedyTrial("ask a human", helped=True),)


def test_an_answer_from_before_the_error_is_no_remedy() -> None:
    (case,) = find_error_cases([answered(), failed(call(a=1)), worked(call(a=1))])
    assert case.trials == (RemedyTrial("call fva again", helped=True),)


def test_a_decision_that_is_none_is_resolved_by_one_and_not_by_a_tool() -> None:
    (case,) = find_error_cases([refused(), refused(), decided(call())])
    assert case == ErrorCase(
        INVALID,
        2,
        (
            RemedyTrial("ask the chat model again", helped=False),
            RemedyTrial("ask the chat model again", helped=True),
        ),
    )
    assert not find_error_cases([refused(), worked(call())])[0].is_resolved


def record(**remedies: tuple[int, int]) -> ErrorRecord:
    counts = {name.replace("_", " "): Count(*count) for name, count in remedies.items()}
    return ErrorRecord("f", "medium", "fva", "no", 9, 9, 5, 1, counts)


def test_the_remedy_with_the_highest_success_rate_is_suggested_with_its_counts() -> None:
    known = record(call_fva_again=(8, 4), ask_a_human=(4, 3), call_search=(9, 2))
    assert suggest_remedy(known) == ("ask a human (helped in 3 of 4 cases before)",)


@pytest.mark.parametrize("known", [None, record(), record(once=(1, 1)), record(seldom=(9, 4))])
def test_what_may_be_chance_is_not_suggested(known: ErrorRecord | None) -> None:
    assert suggest_remedy(known) == ()


def test_a_correction_says_what_would_have_helped() -> None:
    wrong, right = call(reactions=["PFX"]), call(reactions=["PFK"])
    unresolved = [failed(wrong), decided(Finish(answer="it failed"))]
    (case,) = find_corrected_cases(unresolved, [call("search"), right])
    assert (case.error, case.times) == (UNKNOWN, 0)
    assert case.trials == (RemedyTrial("call fva with another 'reactions'", helped=True),)
    (other,) = find_corrected_cases(unresolved, [call("search")])
    assert other.trials == (RemedyTrial("call search", helped=True),)
    assert find_corrected_cases(unresolved, [wrong]) == []
    assert find_corrected_cases([failed(wrong), worked(right)], [right]) == []
