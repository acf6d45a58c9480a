"""Structures of COBRA Toolbox and RAVEN, as MATLAB writes them."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from cobra import Model
from cobra.io import load_matlab_model, load_model, save_matlab_model
from scipy.io import savemat  # type: ignore[import-untyped] # scipy ships no types
from scipy.sparse import csc_matrix  # type: ignore[import-untyped] # as above

from fluxagents.tasks.fba.models.model_file import encode_model
from fluxagents.workers.models.reading.matlab.matlab_reader import read_matlab
from fluxagents.workers.models.reading.refusal import RefusedFileError

GROWTH = 10 / 6
"""By hand: EX_A -10, EX_O -20, A + O -> 2 B, 10 B + A -> growth."""


def cells(*entries: object) -> np.ndarray:
    """A cell array of one column."""
    column = np.empty((len(entries), 1), dtype=object)
    for index, entry in enumerate(entries):
        column[index, 0] = entry
    return column


def struct(**changed: object) -> dict[str, Any]:
    """The little network; a field that is None is left out."""
    fields = {
        "S": np.array(
            [
                [-1, 0, -1, 0, 0, 0],
                [0, -1, 0, -1, 0, 0],
                [0, 0, 1, 0, -1, -1],
                [0, 0, 0, 1, -1, 0],
                [0, 0, 0, 0, 2, -10.0],
            ]
        ),
        "mets": cells("A_e", "O_e", "A_c", "O_c", "B_c"),
        "rxns": cells("EX_A", "EX_O", "tA", "tO", "rAB", "growth"),
        "lb": np.array([[-10.0, -20, 0, 0, 0, 0]]).T,
        "ub": np.full((6, 1), 1000.0),
        "c": np.array([[0.0, 0, 0, 0, 0, 1]]).T,
        "genes": cells("g1", "g2", "g3"),
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def write(**variables: object) -> bytes:
    file = io.BytesIO()
    savemat(file, variables, oned_as="column")
    return file.getvalue()


def read(**changed: object) -> tuple[Model, list[tuple[str, int]]]:
    """The model, and the kinds and counts of its warnings; it grows as by hand."""
    model, warnings = read_matlab(write(model=struct(**changed)))
    assert model.slim_optimize() == pytest.approx(GROWTH)
    return model, [(warning.kind, warning.count) for warning in warnings]


def test_file_of_cobra_is_as_cobra_reads_it() -> None:
    file = io.BytesIO()
    save_matlab_model(load_model("textbook"), file)
    model, warnings = read_matlab(file.getvalue())
    ours = json.loads(encode_model(model, "json"))
    plain = json.loads(encode_model(load_matlab_model(io.BytesIO(file.getvalue())), "json"))
    plain["groups"] = [group for group in plain["groups"] if group["id"]]  # cobra makes one without a name
    assert ours == plain
    assert warnings == []


def test_compartments_of_raven_are_numbers() -> None:
    model, warnings = read(
        mets=cells("s1", "s2", "s3", "s4", "s5"),
        comps=cells("c", "e"),
        compNames=cells("cytosol", "extracellular"),
        metComps=np.array([[2.0, 2, 1, 1, 1]]).T,
    )
    assert [metabolite.compartment for metabolite in model.metabolites] == ["e", "e", "c", "c", "c"]
    assert model.compartments == {"c": "cytosol", "e": "extracellular"}
    assert warnings == []


def test_compartments_are_text_or_the_ends_of_ids() -> None:
    model, _ = read(metComps=cells("e", "e", "c", "c", "c"))
    assert set(model.compartments) == {"c", "e"}
    model, _ = read(mets=cells("A[e]", "O[e]", "A[c]", "O[c]", "B[c]"))
    assert set(model.compartments) == {"c", "e"}
    model, warnings = read(
        mets=cells("s1", "s2", "s3", "s4", "s5"), comps=cells("c"), metComps=np.array([[9.0, 1, 1, 1, 1]]).T
    )
    assert model.metabolites.s1.compartment == ""
    assert warnings == [("compartment_unknown", 1)]


def test_charges_and_formulas_that_are_no_numbers_and_text() -> None:
    model, warnings = read(
        metCharges=np.array([[-2.0, np.nan, 0, 0, np.nan]]).T,
        metFormulas=cells("C1", np.nan, np.array([]), 5.0, "O2"),
    )
    assert [metabolite.charge for metabolite in model.metabolites] == [-2, None, 0, 0, None]
    assert [metabolite.formula for metabolite in model.metabolites] == ["C1", None, None, None, "O2"]
    assert warnings == [("charge_unknown", 2), ("formula_unknown", 1)]


RULE = "(g1 and g2) or g3"


@pytest.mark.parametrize(
    ("fields", "rule", "warnings"),
    [
        ({"grRules": cells("", "", "", "", RULE, "")}, RULE, []),
        ({"grRules": cells("[]", "[]", "[]", "[]", RULE, "[]")}, RULE, []),
        ({"rules": cells("", "", "", "", "(x(1) & x(2)) | x(3)", "")}, RULE, []),
        (
            {
                "grRules": cells("", "", "", "", "g1,g2", ""),
                "rules": cells("", "", "", "", "(x(1) & x(2)) | x(3)", ""),
            },
            RULE,
            [],
        ),
        (
            {"grRules": cells(*[np.array([])] * 4, cells("g1", "g2"), np.array([]))},
            "",
            [("gene_rule_left_out", 1)],
        ),
        ({"grRules": cells("", "", "", "", 1234.0, "")}, "1234", []),
        ({"rxnGeneMat": csc_matrix(([1.0], ([4], [1])), shape=(6, 3))}, "g2", []),
        (
            {"rxnGeneMat": csc_matrix(([1.0, 1.0], ([4, 4], [1, 2])), shape=(6, 3))},
            "",
            [("gene_rule_left_out", 1)],
        ),
        ({"genes": None}, "", []),
    ],
)
def test_gene_rules_of_each_field(
    fields: dict[str, object], rule: str, warnings: list[tuple[str, int]]
) -> None:
    model, warned = read(**fields)
    assert model.reactions.rAB.gene_reaction_rule == rule
    assert warned == warnings


def test_several_subsystems_are_joined_and_each_is_a_group() -> None:
    model, warnings = read(subSystems=cells(*["", "", "", ""], cells("Growth", "Repair"), cells("Growth")))
    assert model.reactions.rAB.subsystem == "Growth; Repair"
    assert model.reactions.growth.subsystem == "Growth"
    assert {group.id: len(group.members) for group in model.groups} == {"Growth": 2, "Repair": 1}
    assert warnings == [("subsystem_joined", 1)]


@pytest.mark.parametrize(
    "fields", [{"osenseStr": "min"}, {"osenseStr": "Min"}, {"osense": 1.0}, {"osenseStr": cells("min")}]
)
def test_objective_may_be_minimised(fields: dict[str, object]) -> None:
    model, _ = read_matlab(write(model=struct(c=np.array([[1.0, 0, 0, 0, 0, 0]]).T, **fields)))
    assert model.objective_direction == "min"
    assert model.slim_optimize() == pytest.approx(-10)


def test_model_is_found_beside_other_variables() -> None:
    model, warnings = read_matlab(write(a=1.0, model=struct(), note="text"))
    assert (model.id, warnings) == ("model", [])
    model, [warning] = read_matlab(write(second=struct(), first=struct()))
    assert model.id == "first"
    assert warning.kind == "several_models"
    assert "'first' of 'first', 'second'" in warning.message


def test_constraints_beside_those_of_fluxes_are_a_warning() -> None:
    _, warnings = read(C=np.array([[1.0, 0, 0, 0, 0, 0]]))
    assert warnings == [("constraints_left_out", 1)]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"csense": "EELEG"}, "balances metabolite 'A_c' to at most 0, 'B_c' to at least 0, not to 0"),
        ({"csense": cells(*"EELEE")}, "balances metabolite 'A_c' to at most 0, not to 0"),
        ({"b": np.array([[0.0, 0, 0, 0, 1]]).T}, "balances metabolite 'B_c' to exactly 1.0, not to 0"),
        (
            {"lb": np.array([[-10.0, np.nan, 0, 0, 0, 0]]).T},
            "no number as 'lower_bound' of reaction 'EX_O' but nan",
        ),
        (
            {"lb": cells("a", "b", 0.0, 0.0, 0.0, 0.0)},
            "no number as 'lower_bound' of reaction 'EX_A' but 'a'",
        ),
        ({"lb": None}, "has no field 'lb' in its model 'model'"),
        ({"lb": np.zeros((5, 1))}, "has 5 entries in 'lb', where 6 belong"),
        ({"S": np.zeros((5, 5))}, "has 5 × 5 numbers in 'S', where 5 × 6 belong"),  # noqa: RUF001 - a matrix
        ({"S": cells("a")}, "no matrix of numbers as 'S'"),
        ({"mets": cells("A", "A", "B", "C", "D")}, "declares the metabolite 'A' more than once"),
        ({"osenseStr": "up"}, "'up' as 'objective_direction': write 'max' or 'min'"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(fields: dict[str, object], says: str) -> None:
    with pytest.raises(RefusedFileError, match=says):
        read_matlab(write(model=struct(**fields)))


def test_files_that_hold_no_model() -> None:
    with pytest.raises(
        RefusedFileError, match=r"no structure with the fields rxns, mets, .* variables: 'a', 'b'"
    ):
        read_matlab(write(a=1.0, b={"x": 1.0}))
    hdf5 = b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n"
    with pytest.raises(RefusedFileError, match=r"version 7.3: write it in MATLAB with save\(.*'-v7'"):
        read_matlab(hdf5)


def test_bounds_in_cells_are_numbers() -> None:
    read(lb=cells(-10.0, -20.0, 0.0, 0.0, 0.0, 0.0), ub=np.full((6, 1), 1000, dtype=np.int32))
