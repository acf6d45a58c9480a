"""What a run's log says about the prompts that it used."""

from __future__ import annotations

from types import MappingProxyType

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Decision, Finish
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.ratings import Ratings
from fluxagents.prompts.statistics.figures import METRICS, PromptTrial, trials, values

FLUX = CallTool(tool="run_metabolic_fba", args={})


def use(digest: str = "a", tokens_out: int = 5) -> e.PromptUse:
    return e.PromptUse(
        name="greeting",
        version={"a": "1", "b": "2"}[digest],
        digest=digest,
        chat_model="m",
        tokens_in=100,
        tokens_out=tokens_out,
        duration_ms=1_500,
    )


def make_decision(decision: Decision, digest: str = "a") -> e.DecisionMade:
    return e.DecisionMade(seq=1, at_ms=1, node="n", decision=decision, prompt=use(digest))


def refuse_decision(kind: ErrorClass, tokens_out: int = 5) -> e.DecisionRefused:
    error = FluxError(kind, "no").info("n")
    return e.DecisionRefused(seq=1, at_ms=1, node="n", error=error, prompt=use(tokens_out=tokens_out))


def succeed() -> e.ToolSucceeded:
    return e.ToolSucceeded(seq=1, at_ms=1, node="n", call=FLUX, key_findings={})


def fail() -> e.ToolFailed:
    error = FluxError(ErrorClass.INFEASIBLE, "no").info("n")
    return e.ToolFailed(seq=1, at_ms=1, node="n", call=FLUX, error=error)


FINISHED = e.RunFinished(seq=2, at_ms=1, node="n", answer="done")


def only(*events: e.Event, ratings: Ratings = MappingProxyType({})) -> PromptTrial:
    (found,) = trials(events, ratings)
    return found


def test_a_rated_decision_counts_for_the_version_that_made_it() -> None:
    first, second = make_decision(FLUX), make_decision(Finish(answer="x"), digest="b")
    ratings = {"run": {"ann": 5}, "step:1": {"ann": 2}}
    both = trials([first, second.model_copy(update={"seq": 2})], ratings)
    assert [trial.rating for trial in both] == [2, 5]


def test_calls_tokens_and_time_are_added_up() -> None:
    found = only(
        make_decision(FLUX),
        succeed(),
        make_decision(Finish(answer="x")),
        FINISHED,
        ratings={"run": {"ann": 3, "bob": 5}},
    )
    assert (found.calls, found.tokens_in, found.tokens_out, found.duration_ms) == (2, 200, 10, 3_000)
    assert (found.tool_calls, found.tool_errors, found.succeeded, found.rating) == (1, 0, True, 4)
    assert values(METRICS["seconds_per_call"], [found]) == [1.5]
    assert values(METRICS["tokens_per_run"], [found]) == [210.0]


def test_answers_that_are_invalid_and_requests_without_an_answer_are_told_apart() -> None:
    found = only(
        refuse_decision(ErrorClass.INVALID_ANSWER),
        refuse_decision(ErrorClass.PERMISSION),
        refuse_decision(ErrorClass.PERMISSION, tokens_out=0),
        refuse_decision(ErrorClass.PROVIDER_OUTAGE, tokens_out=0),
    )
    assert (found.calls, found.invalid_answers, found.no_answers) == (4, 2, 2)


def test_a_tool_error_counts_once_for_the_decision_that_it_followed() -> None:
    retried = e.RetryScheduled(seq=1, at_ms=1, node="n", call=FLUX, failures=1, not_before_ms=2)
    found = only(make_decision(FLUX), fail(), retried, succeed(), make_decision(FLUX), succeed())
    assert (found.tool_calls, found.tool_errors) == (2, 1)


def test_tools_of_the_flow_and_calls_that_a_human_changed_are_nobodys_merit() -> None:
    edited = e.ApprovalGranted(seq=1, at_ms=1, request_id="r", by="ada", call=FLUX, edited=True)
    plain = edited.model_copy(update={"edited": False})
    found = only(succeed(), make_decision(FLUX), edited, fail(), make_decision(FLUX), plain, fail())
    assert (found.tool_calls, found.tool_errors) == (1, 1)


def test_versions_are_kept_apart_and_share_the_outcome_of_the_run() -> None:
    one, other = trials([make_decision(FLUX), fail(), make_decision(Finish(answer="x"), "b"), FINISHED])
    assert (one.version, one.calls, one.tool_errors, one.succeeded) == ("1", 1, 1, True)
    assert (other.version, other.calls, other.tool_errors, other.succeeded) == ("2", 1, 0, True)


def test_only_what_has_ended_by_itself_succeeded_or_failed() -> None:
    error = FluxError(ErrorClass.INTERNAL, "no").info("n")
    dead = e.RunDeadLettered(seq=2, at_ms=1, error=error)
    cancelled = e.RunCancelled(seq=2, at_ms=1, by="ada", reason="")
    assert only(make_decision(FLUX)).succeeded is None
    assert only(make_decision(FLUX), e.RunFailed(seq=2, at_ms=1, node="n", error=error)).succeeded is False
    assert only(make_decision(FLUX), dead).succeeded is False
    assert only(make_decision(FLUX), dead, e.RunRetried(seq=3, at_ms=1, by="ada")).succeeded is None
    assert only(make_decision(FLUX), dead, cancelled).succeeded is None


def test_a_run_that_called_no_tool_says_nothing_about_tool_errors() -> None:
    assert values(METRICS["tool_errors"], [only(make_decision(Finish(answer="x")))]) == []
    assert values(METRICS["rating"], [only(make_decision(FLUX))]) == []
