"""A new medium is reported change by change; a change of nothing is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.conditions import medium_of
from fluxagents.tasks.registry import tool_named

TOOL = tool_named("apply_medium")


def test_it_needs_approval() -> None:
    assert TOOL.needs_approval


def test_run_reports_what_change_does(textbook: Any, call: Callable[..., Any]) -> None:
    args = {"medium_changes": {"EX_glc__D_e": 0, "EX_ac_e": 20}}
    found = call("apply_medium", textbook, **args)
    assert [change.exchange for change in found.changes] == ["EX_glc__D_e", "EX_ac_e"]
    assert found.growth_before_per_h == pytest.approx(686440 / 785471)
    assert found.growth_per_h == pytest.approx(0.3893130741, rel=1e-6)
    with textbook:
        assert TOOL.change is not None
        TOOL.change(textbook, TOOL.parse(args))
        assert medium_of(textbook) == found.medium_mmol_per_gdw_h


def test_nothing_changed_is_an_error(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="nothing would change") as raised:
        call("apply_medium", textbook, medium_changes={"EX_glc__D_e": 10})
    assert raised.value.kind is ErrorClass.MEDIUM


def test_nothing_asked_for_is_an_error(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="give 'medium', 'medium_changes' or both") as raised:
        call("apply_medium", textbook)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
