"""New reactions carry flux in the new model, their balance is told, and what is there already is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.models.model_store import ModelFiles

NAME = "add_reactions"

LEAK: dict[str, Any] = {"id": "LEAK", "equation": "atp_c + h2o_c --> adp_c + pi_c"}

GLYCEROL = [
    {"id": "glyc_e", "formula": "C3H8O3", "charge": 0, "compartment": "e"},
    {"id": "glyc_c", "formula": "C3H8O3", "charge": 0, "compartment": "c"},
]

GLYCEROL_UPTAKE: list[dict[str, Any]] = [
    {"id": "EX_glyc_e", "stoichiometry": {"glyc_e": -1}, "lower_mmol_per_gdw_h": -10},
    {"id": "GLYCt", "equation": "glyc_e <=> glyc_c", "gene_rule": "b3927"},
    {
        "id": "GLYCtoDHAP",
        "equation": "glyc_c + atp_c + nad_c --> dhap_c + adp_c + nadh_c + 2 h_c",
        "gene_rule": "b3926 and (b2241 or b0720)",
    },
]


def state(model: Any) -> dict[str, Any]:
    return {
        kind: [item.id for item in getattr(model, kind)] for kind in ("reactions", "metabolites", "genes")
    } | {"links": {m.id: sorted(r.id for r in m.reactions) for m in model.metabolites}}


def test_a_new_pathway_feeds_growth(textbook: Any, call: Callable[..., Any]) -> None:
    before = state(textbook)
    found = call(NAME, textbook, reactions=GLYCEROL_UPTAKE, metabolites=GLYCEROL)
    assert state(textbook) == before
    assert found.growth_per_h > found.growth_before_per_h + 0.3
    assert [row.balance for row in found.added] == ["boundary", "balanced", "balanced"]
    assert found.added[0].lower_mmol_per_gdw_h == -10
    assert found.added[1].lower_mmol_per_gdw_h == -1000
    assert found.new_metabolites == ("glyc_e", "glyc_c")
    assert set(found.new_genes) == {"b3927", "b3926", "b2241"}


def test_the_stored_model_grows_as_reported(tmp_path: Path) -> None:
    store, tool = ModelFiles(str(tmp_path)), tool_named(NAME)
    ref = store.resolve("e_coli_core")
    model = store.load(ref)
    args = tool.parse({"reactions": GLYCEROL_UPTAKE, "metabolites": GLYCEROL})
    found: Any = tool.run(model, args)
    with model:
        assert tool.change is not None
        tool.change(model, args)
        new = store.load(store.derive(ref, model, tool.describe_change(args)).ref)
    assert new.slim_optimize() == pytest.approx(found.growth_per_h, rel=1e-6)
    assert new.metabolites.glyc_c.formula == "C3H8O3"
    assert new.reactions.GLYCtoDHAP.gene_reaction_rule == "b3926 and (b2241 or b0720)"
    assert new.medium["EX_glyc_e"] == 10


def test_imbalance_is_counted(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reactions=[{"id": "NOH", "equation": "atp_c + h2o_c --> adp_c + pi_c"}])
    assert found.added[0].balance == "unbalanced"
    assert found.added[0].imbalance == {"H": -1.0, "charge": -1.0}
    assert found.key_findings()["added_reactions"]["unbalanced"] == 1


def test_without_formula_the_balance_is_unknown(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(
        NAME,
        textbook,
        reactions=[{"id": "NEW", "equation": "pyr_c --> mystery_c"}],
        metabolites=[{"id": "mystery_c", "compartment": "c"}],
    )
    assert (found.added[0].balance, found.added[0].imbalance) == ("unknown", {})


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"reactions": [{**LEAK, "id": "PFK"}]}, "reaction 'PFK' is in model 'e_coli_core' already"),
        ({"reactions": [LEAK, LEAK]}, "reaction 'LEAK' is given more than once"),
        (
            {"reactions": [{"id": "P2", "equation": "2 g6p_c <=> 2 f6p_c"}]},
            "reaction 'P2' is reaction 'PGI' of model 'e_coli_core' again; change the bounds of 'PGI'",
        ),
        ({"reactions": [{"id": "P2", "equation": "f6p_c --> g6p_c"}]}, "is reaction 'PGI'"),
        ({"reactions": [LEAK], "metabolites": GLYCEROL}, "new metabolite 'glyc_e' is in no new reaction"),
        (
            {"reactions": [LEAK], "metabolites": [{"id": "atp_c", "compartment": "c"}]},
            "metabolite 'atp_c' is in model 'e_coli_core' already",
        ),
        ({"reactions": [{**LEAK, "gene_rule": "b1 and and"}]}, "gene rule 'b1 and and' of reaction 'LEAK'"),
        ({"reactions": [{"id": "NONE", "equation": "atp_c --> atp_c"}]}, "'NONE' changes nothing"),
        ({"reactions": [{**LEAK, "lower_mmol_per_gdw_h": 2000}]}, "would have the bounds 2000.0 to 1000.0"),
        ({"reactions": [{"id": "A B", "equation": "atp_c -->"}]}, "should match pattern"),
        ({"reactions": [{"id": "A"}]}, "give 'equation' or 'stoichiometry'"),
    ],
)
def test_what_cannot_be_added_is_refused(
    textbook: Any, call: Callable[..., Any], args: dict[str, Any], says: str
) -> None:
    before = state(textbook)
    with pytest.raises(FluxError, match=says) as raised:
        call(NAME, textbook, **args)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert state(textbook) == before


def test_an_unknown_metabolite_names_the_nearest(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(
        FluxError, match=r"'pyruvat_c' of reaction 'N' .*declare it in 'metabolites'"
    ) as raised:
        call(NAME, textbook, reactions=[{"id": "N", "equation": "pyruvat_c --> pyr_c"}])
    assert raised.value.kind is ErrorClass.UNKNOWN_ID
