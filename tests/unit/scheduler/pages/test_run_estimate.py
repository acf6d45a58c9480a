"""What runs took says what the next one will take."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.support.places import HISTORIES

from fluxagents.flows.events import ChatEvent, Event
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.prompts.statistics.costs import Price, Prices
from fluxagents.scheduler.pages.run_estimate import estimate_run

PRICES = Prices(currency="EUR", models={"known": Price(input=2.0, output=0.0)})


@pytest.fixture
def events() -> Sequence[Event]:
    """Of a run that took 18.541 s, 7.289 of them for a human."""
    return history_from_json_lines((HISTORIES / "approved_change.v1.events.jsonl").read_text().splitlines())


def test_what_a_run_waits_for_people_is_no_part_of_it(events: Sequence[Event]) -> None:
    estimate = estimate_run([events, events], None)
    assert estimate is not None
    assert (estimate.runs, estimate.price) == (2, 0)
    assert estimate.typical_ms == pytest.approx(18_541 - 7_289, abs=30)
    assert estimate_run([], None) is None


def test_a_price_is_that_of_one_run_or_is_not_known(events: Sequence[Event]) -> None:
    paid = [_ask_model(event, "known") for event in events]
    estimate = estimate_run([paid, events], PRICES)
    assert estimate is not None
    # 4,288 + 4,583 + 4,902 + 1,961 tokens at 2 EUR a million, once in two runs.
    assert estimate.price == pytest.approx(15_734 * 2 / 1e6 / 2)
    unknown = estimate_run([[_ask_model(event, "other") for event in events]], PRICES)
    assert unknown is not None
    assert unknown.price is None


def _ask_model(event: Event, chat_model: str) -> Event:
    if not isinstance(event, ChatEvent):
        return event
    return event.model_copy(update={"prompt": event.prompt.model_copy(update={"chat_model": chat_model})})
