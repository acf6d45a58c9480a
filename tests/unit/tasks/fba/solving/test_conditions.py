"""Edits of a medium say what they did, and name the way out when they cannot be done."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, apply_conditions, medium_of, set_uptake


@pytest.mark.parametrize(
    ("exchange", "says"),
    [
        ("EX_o2", "nearest: EX_o2_e"),
        ("glc__D_e", "the exchange reaction of 'glc__D_e' is 'EX_glc__D_e'"),
        ("PGI", "is no exchange reaction of"),
    ],
)
def test_unknown_exchange_names_the_way_out(textbook: Any, exchange: str, says: str) -> None:
    with textbook, pytest.raises(FluxError, match=says) as raised:
        apply_conditions(textbook, ConditionArgs(medium_changes={exchange: 1}))
    assert raised.value.kind is ErrorClass.MEDIUM


def test_each_change_is_reported_once_and_only_changes(textbook: Any) -> None:
    with textbook:
        changes = apply_conditions(textbook, ConditionArgs(medium_changes={"EX_o2_e": 0, "EX_glc__D_e": 10}))
        assert [
            (c.exchange, c.uptake_before_mmol_per_gdw_h, c.uptake_after_mmol_per_gdw_h) for c in changes
        ] == [("EX_o2_e", 1000, 0)]


def test_conditions_end_with_the_context(textbook: Any) -> None:
    before = medium_of(textbook)
    with textbook:
        apply_conditions(textbook, ConditionArgs(medium={"EX_ac_e": 20}, objective="ATPM"))
        assert medium_of(textbook) == {"EX_ac_e": 20}
    assert medium_of(textbook) == before
    assert "Biomass_Ecoli_core" in str(textbook.objective.expression)


def test_the_order_of_changes_does_not_matter_and_secretion_stays_open(textbook: Any) -> None:
    with textbook:
        apply_conditions(textbook, ConditionArgs(medium_changes={"EX_o2_e": 0}))
        assert textbook.reactions.EX_o2_e.bounds == (0, 1000)


def test_forced_uptake_cannot_be_closed(textbook: Any) -> None:
    with textbook:
        textbook.reactions.EX_glc__D_e.bounds = (-10, -5)
        with pytest.raises(FluxError, match="contradicts the bounds"):
            set_uptake(textbook.reactions.EX_glc__D_e, 0)
