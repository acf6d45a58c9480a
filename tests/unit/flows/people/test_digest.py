"""Digests come at a time of day, on the days that were named, over changes of the clocks."""

from __future__ import annotations

from datetime import datetime

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.flows.people.digest import read_digest


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("08:00", "2026-11-30T07:59:59+00:00", "2026-11-30T08:00:00+00:00"),
        ("08:00", "2026-11-30T08:00:00+00:00", "2026-12-01T08:00:00+00:00"),
        ("daily 08:00 Europe/Vienna", "2026-11-30T08:00:00+00:00", "2026-12-01T07:00:00+00:00"),
        # 2026-11-27 is a Friday.
        ("Mon-Fri 08:00", "2026-11-27T09:00:00+00:00", "2026-11-30T08:00:00+00:00"),
        ("Fri 08:00", "2026-11-27T09:00:00+00:00", "2026-12-04T08:00:00+00:00"),
        ("Sat-Sun 08:00", "2026-11-27T09:00:00+00:00", "2026-11-28T08:00:00+00:00"),
        # In Vienna the clocks go forward on 2026-03-29, and there is no 02:30.
        ("08:00 Europe/Vienna", "2026-03-28T08:00:00+00:00", "2026-03-29T06:00:00+00:00"),
        ("02:30 Europe/Vienna", "2026-03-28T08:00:00+00:00", "2026-03-29T01:30:00+00:00"),
    ],
)
def test_the_next_one_is_at_its_time_on_its_days(text: str, now: str, expected: str) -> None:
    digest = read_digest(text)
    assert digest is not None
    due_ms = digest.next_ms(round(datetime.fromisoformat(now).timestamp() * 1_000))
    assert due_ms == round(datetime.fromisoformat(expected).timestamp() * 1_000)
    assert read_digest(str(digest)) == digest


@pytest.mark.parametrize("text", ["8:00", "25:00", "Xyz 08:00", "08:00 Atlantis", "Mon-Fri", "hourly"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(FluxError, match="says no time of a digest"):
        read_digest(text)


def test_nothing_is_none() -> None:
    assert read_digest("") is None
