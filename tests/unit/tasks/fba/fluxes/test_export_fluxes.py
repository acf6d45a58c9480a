"""Exported fluxes are those of pFBA, in the form that Escher and spreadsheets read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from cobra.flux_analysis import pfba

NAME = "export_fluxes"


def test_escher_gets_a_flux_for_each_reaction(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    data = json.loads(found.file.content)
    assert (found.file.name, found.file.media_type) == ("e_coli_core_fluxes.json", "application/json")
    assert list(data) == [reaction.id for reaction in textbook.reactions]
    assert data == pytest.approx(pfba(textbook).fluxes.to_dict(), abs=1e-6)


def test_a_table_gets_names_and_units(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, format="csv", medium_changes={"EX_glc__D_e": 12}, knock_outs=["PGI"])
    table = pd.read_csv(io.BytesIO(found.file.content))
    assert found.file.name == "e_coli_core_without_PGI_fluxes.csv"
    assert {"reaction", "name", "flux_mmol_per_gdw_h"} <= set(table.columns)
    fluxes = dict(zip(table["reaction"], table["flux_mmol_per_gdw_h"], strict=True))
    assert fluxes["PGI"] == 0
    assert fluxes["Biomass_Ecoli_core"] == pytest.approx(found.growth_per_h)


def test_there_is_no_file_without_fluxes(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, medium_changes={"EX_glc__D_e": 0})
    assert (found.status, found.file, found.files()) == ("infeasible", None, ())
