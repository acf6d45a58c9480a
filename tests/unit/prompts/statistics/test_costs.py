"""Costs are computed from events and a table of prices; what is not known is not 0."""

from __future__ import annotations

import pytest

from fluxagents.flows import events as e
from fluxagents.flows.commands import Finish
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.statistics.costs import PLANNER, Cost, Price, Prices, Usage, cost, total, usage

PRICES = Prices(
    currency="EUR",
    models={
        "openai:large": Price(input=3.0, output=15.0, cached_input=0.3),
        "openai:*": Price(input=1.0, output=2.0),
    },
)


def make_decision(chat_model: str, tokens_in: int, tokens_out: int, **more: object) -> e.DecisionMade:
    use = e.PromptUse.model_validate(
        {
            "name": "p",
            "version": "1",
            "digest": "d",
            "chat_model": chat_model,
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            **more,
        }
    )
    return e.DecisionMade(seq=1, at_ms=1, node="n", decision=Finish(answer="x"), prompt=use)


def refuse_decision(chat_model: str, tokens_in: int, tokens_out: int) -> e.DecisionRefused:
    error = FluxError(ErrorClass.PROVIDER_OUTAGE, "away").info("n")
    use = make_decision(chat_model, tokens_in, tokens_out).prompt
    return e.DecisionRefused(seq=1, at_ms=1, node="n", error=error, prompt=use)


def test_tokens_are_counted_by_chat_model() -> None:
    taken = usage(
        [make_decision("a", 10, 1), make_decision("b", 20, 2, tokens_cached=5), make_decision("a", 30, 3)]
    )
    assert taken == {"a": Usage(2, 40, 0, 4), "b": Usage(1, 20, 5, 2)}
    assert total([taken, taken])["a"] == Usage(4, 80, 0, 8)


def test_a_request_without_an_answer_is_not_counted_and_an_invalid_answer_is() -> None:
    assert usage([refuse_decision("a", 100, 0)]) == {}
    assert usage([refuse_decision("a", 100, 7)]) == {"a": Usage(1, 100, 0, 7)}


def test_input_from_the_providers_cache_has_its_own_price() -> None:
    taken = usage([make_decision("openai:large", 1_000_000, 100_000, tokens_cached=400_000)])
    found = cost(taken, PRICES)
    assert found.amount == pytest.approx(0.6 * 3.0 + 0.4 * 0.3 + 0.1 * 15.0)
    assert (found.currency, found.unpriced) == ("EUR", ())


def test_a_name_comes_before_a_pattern_and_cached_input_costs_the_same_unless_said() -> None:
    taken = usage([make_decision("openai:small", 1_000_000, 0, tokens_cached=1_000_000)])
    assert cost(taken, PRICES).amount == pytest.approx(1.0)


def test_an_unknown_price_makes_the_cost_unknown_and_not_0() -> None:
    taken = usage([make_decision("openai:large", 10, 1), make_decision("anthropic:new", 10, 1)])
    assert cost(taken, PRICES) == Cost(None, "EUR", ("anthropic:new",))
    assert cost(taken, None) == Cost(None, None, ("anthropic:new", "openai:large"))


def test_the_planner_and_kept_answers_cost_nothing() -> None:
    taken = usage([make_decision(PLANNER, 5_000, 50), make_decision("anthropic:new", 0, 0, cached=True)])
    assert cost(taken, None) == Cost(0.0, None)
    assert taken["anthropic:new"].calls == 1


def test_history_can_be_priced_anew() -> None:
    taken = usage([make_decision("openai:large", 1_000_000, 0)])
    dearer = Prices(currency="EUR", models={"openai:large": Price(input=6.0, output=0.0)})
    assert cost(taken, PRICES).amount == pytest.approx(3.0)
    assert cost(taken, dearer).amount == pytest.approx(6.0)
