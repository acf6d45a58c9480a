from __future__ import annotations

import pytest

from fluxagents.workers.commands.display.times import format_duration, format_elapsed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (0.012, "12 ms"),
        (3.414, "3.41 s"),
        (312, "5.2 min"),
        (25_560, "7.1 h"),
        (259_200, "3.0 d"),
    ],
)
def test_a_duration_has_its_largest_unit(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0.000 s"),
        (59_999, "59.999 s"),
        (119_970, "1:59.9"),
        (424_400, "7:04.4"),
        (3_723_000, "1:02:03"),
        (262_923_999, "3 d 1:02:03"),
    ],
)
def test_time_since_a_start_is_as_fine_as_it_is_short(ms: int, text: str) -> None:
    assert format_elapsed(ms) == text
