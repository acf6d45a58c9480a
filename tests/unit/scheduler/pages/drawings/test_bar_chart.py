"""Bars of a chart lie on one scale."""

from __future__ import annotations

from fluxagents.scheduler.pages.drawings.bar_chart import build_bars


def test_the_longest_bar_is_the_scale_of_all() -> None:
    bars = build_bars({"a": {"finished": 3, "failed": 0, "running": 1}, "b": {"finished": 1}, "c": {}})
    assert [(part.name, part.x, part.width) for part in bars["a"]] == [
        ("finished", 0.0, 75.0),
        ("running", 75.0, 25.0),
    ]
    assert [(part.x, part.width) for part in bars["b"]] == [(0.0, 25.0)]
    assert bars["c"] == ()


def test_nothing_has_no_length() -> None:
    assert build_bars({}) == {}
    assert build_bars({"a": {"work": 0.0}}) == {"a": ()}
