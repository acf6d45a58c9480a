"""New bounds are reported change by change; a change of nothing is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.registry import tool_named

NAME = "set_bounds"


def test_run_reports_what_change_does(textbook: Any, call: Callable[..., Any]) -> None:
    args = {"bounds": {"EX_o2_e": {"lower_mmol_per_gdw_h": 0}, "PGI": {"upper_mmol_per_gdw_h": 4}}}
    found = call(NAME, textbook, **args)
    rows = [tuple(change.model_dump().values()) for change in found.changes]
    assert [(row[0], *row[2:]) for row in rows] == [
        ("EX_o2_e", -1000, 1000, 0, 1000),
        ("PGI", -1000, 1000, -1000, 4),
    ]
    assert found.growth_before_per_h == pytest.approx(686440 / 785471)
    tool = tool_named(NAME)
    assert tool.needs_approval
    assert tool.change is not None
    with textbook:
        tool.change(textbook, tool.parse(args))
        assert textbook.reactions.PGI.bounds == (-1000, 4)
        assert textbook.slim_optimize() == pytest.approx(found.growth_per_h, rel=1e-6)
    assert textbook.reactions.PGI.bounds == (-1000, 1000)


def test_only_what_changes_is_reported(textbook: Any, call: Callable[..., Any]) -> None:
    bounds = {"ATPM": {"lower_mmol_per_gdw_h": 8.39}, "PFK": {"upper_mmol_per_gdw_h": 5}}
    assert [change.reaction for change in call(NAME, textbook, bounds=bounds).changes] == ["PFK"]


def test_bounds_that_leave_no_solution_are_a_result(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, bounds={"ATPM": {"lower_mmol_per_gdw_h": 900, "upper_mmol_per_gdw_h": 1000}})
    assert (found.status_before, found.status, found.growth_per_h) == ("optimal", "infeasible", None)


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        ({"ATPM": {"lower_mmol_per_gdw_h": 8.39}}, "nothing would change"),
        ({"ATPM": {"upper_mmol_per_gdw_h": 1}}, "would have the bounds 8.39 to 1.0 mmol/gDW/h; give both"),
        ({"ATPM": {}}, "give lower_mmol_per_gdw_h, upper_mmol_per_gdw_h or both"),
        ({}, "at least 1 item"),
        ({"ATPM": {"lower": 1}}, "unknown argument"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(
    textbook: Any, call: Callable[..., Any], bounds: dict[str, Any], says: str
) -> None:
    with pytest.raises(FluxError, match=says) as raised:
        call(NAME, textbook, bounds=bounds)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_unknown_reaction_names_the_nearest(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"reaction 'ATPMM' is not in model .*; nearest: ATPM"):
        call(NAME, textbook, bounds={"ATPMM": {"lower_mmol_per_gdw_h": 0}})
