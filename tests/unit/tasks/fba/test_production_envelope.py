"""The envelope equals the known curve; yields count carbon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "run_production_envelope"


def test_succinate_against_growth(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_succ_e", points=5)
    greatest = found.envelope.greatest_secretion_mmol_per_gdw_h
    assert greatest == pytest.approx((16.38417, 12.38335, 8.3075, 4.17961, 0), abs=1e-5)
    assert found.envelope.fraction_of_best_growth == (0, 0.25, 0.5, 0.75, 1)
    assert found.is_growth_coupled is False


def test_yield_per_carbon(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_succ_e", points=3)
    # Half the growth: 8.3075 mmol succinate, 4 carbon each, from 10 mmol glucose, 6 carbon each.
    assert found.envelope.carbon_yield_mol_c_per_mol_c[1] == pytest.approx(8.3075 * 4 / 60, abs=1e-5)


def test_without_oxygen_ethanol_is_coupled_to_growth(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_etoh_e", points=4, medium_changes={"EX_o2_e": 0})
    assert found.is_growth_coupled
    assert found.least_secretion_at_best_growth_mmol_per_gdw_h == pytest.approx(8.279455, rel=1e-6)


def test_the_whole_curve_is_in_the_table(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_ac_e", points=40)
    assert len(found.tables()["envelope"]) == 40
    assert found.key_findings()["curve"]["count"] == 40
    assert found.key_findings()["curve"]["shown"] < 40


def test_a_product_that_is_no_exchange(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="EX_succ_e") as raised:
        call(NAME, textbook, product_exchange="EX_suc_e")
    assert raised.value.kind is ErrorClass.MEDIUM
