"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers.commands.display.period import since_ms, until_ms

NOW = 1_800_000_000_000


def ms(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1_000)  # type: ignore[arg-type, misc] # year, month, …


def test_a_day_begins_at_midnight_and_is_included_to_its_end() -> None:
    assert since_ms("2026-01-31", NOW) == ms(2026, 1, 31)
    assert until_ms("2026-01-31", NOW) == ms(2026, 2, 1)


def test_a_time_is_utc_unless_it_says_otherwise() -> None:
    assert since_ms("2026-01-31T08:00", NOW) == since_ms("2026-01-31T10:00+02:00", NOW) == ms(2026, 1, 31, 8)
    assert until_ms("2026-01-31T08:00", NOW) == ms(2026, 1, 31, 8) + 1


def test_an_interval_lies_before_now() -> None:
    assert since_ms("7d", NOW) == until_ms("7d", NOW) == NOW - 7 * 86_400_000
    assert since_ms("1h30m", NOW) == NOW - 5_400_000


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "7", ""])
def test_what_is_no_time_is_met_with_the_ways_to_write_one(text: str) -> None:
    with pytest.raises(FluxError, match="is no time") as caught:
        since_ms(text, NOW)
    assert "7d" in caught.value.suggestions[0]
