"""What a step used, from its events."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.ports.session import StepUsage
from fluxagents.prompts.statistics.costs import Price, Prices
from fluxagents.tasks.usage import measure_usage

PRICES = Prices(currency="EUR", models={"known": Price(input=2.0, output=10.0)})


def decided(chat_model: str, *, cached: bool = False) -> e.DecisionMade:
    prompt = e.PromptUse(
        name="p",
        version="1",
        digest="d",
        chat_model=chat_model,
        tokens_in=1_000,
        tokens_out=100,
        duration_ms=250,
        cached=cached,
    )
    return e.DecisionMade(seq=1, at_ms=1, node="n", decision=CallTool(tool="noop"), prompt=prompt)


def test_a_decision_takes_tokens_money_and_time() -> None:
    # 1,000 tokens at 2 and 100 at 10 EUR a million.
    assert measure_usage([decided("known")], PRICES) == StepUsage(
        tokens=1_100, cost_micros=3_000, work_ms=250
    )


def test_tokens_without_a_price_cost_nothing_that_is_known() -> None:
    assert measure_usage([decided("other")], PRICES) == StepUsage(
        tokens=1_100, unpriced_tokens=1_100, work_ms=250
    )
    assert measure_usage([decided("known")], None).unpriced_tokens == 1_100
    assert measure_usage([decided("offline-planner")], None).unpriced_tokens == 0


def test_an_answer_of_the_response_cache_takes_no_tokens() -> None:
    assert measure_usage([decided("known", cached=True)], PRICES) == StepUsage(work_ms=250)


def test_a_tool_takes_its_time() -> None:
    called = e.ToolSucceeded(
        seq=1, at_ms=1, node="n", call=CallTool(tool="noop"), key_findings={}, duration_ms=40
    )
    entered = e.NodeEntered(seq=1, at_ms=1, node="n")
    assert measure_usage([called, entered], PRICES) == StepUsage(work_ms=40)
