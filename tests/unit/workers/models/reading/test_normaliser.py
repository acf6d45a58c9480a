"""Fields of any form become one typed document, or are refused by name."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from fluxagents.tasks.ports.models import Concern, ModelWarning
from fluxagents.workers.models.reading.normaliser import normalise
from fluxagents.workers.models.reading.refusal import RefusedFileError

RAW: dict[str, Any] = {
    "id": "mini",
    "metabolites": [{"id": "A_e", "name": "A", "compartment": "e", "charge": 0, "formula": "C1"}],
    "reactions": [
        {
            "id": "EX_A",
            "name": "exchange of A",
            "metabolites": {"A_e": -1},
            "lower_bound": -10,
            "upper_bound": 1000,
            "gene_reaction_rule": "",
        }
    ],
    "genes": [{"id": "g1", "name": "g1"}],
    "compartments": {"e": "outside"},
}


def change(path: str, value: object) -> dict[str, Any]:
    """The raw document with one field changed: `reactions.lower_bound` of its first element."""
    raw = copy.deepcopy(RAW)
    kind, _, field = path.partition(".")
    if field:
        raw[kind][0][field] = value
    else:
        raw[kind] = value
    return raw


def find(warnings: list[ModelWarning], kind: str) -> ModelWarning:
    return next(warning for warning in warnings if warning.kind == kind)


def test_proper_document_is_kept_without_a_word() -> None:
    document, warnings = normalise(RAW)
    assert warnings == []
    assert document["reactions"][0]["metabolites"] == {"A_e": -1}
    assert document["reactions"][0]["lower_bound"] == -10
    assert document["compartments"] == {"e": "outside"}


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("reactions.lower_bound", "-inf", -math.inf),
        ("reactions.upper_bound", math.inf, math.inf),
        ("reactions.name", None, ""),
        ("reactions.name", 7, "7"),
        ("reactions.notes", None, {}),
        (
            "reactions.notes",
            "<html><p>EC: 1.1.1.1</p><p>see a: b</p></html>",
            {"EC": "1.1.1.1", "see a": "b"},
        ),
        ("reactions.notes", "two genes", {"notes": "two genes"}),
        ("reactions.notes", ["one", "two"], {"notes": "one; two"}),
        ("reactions.annotation", None, {}),
        (
            "reactions.annotation",
            [["bigg", "A"], ["kegg", "C1"], ["kegg", "C2"]],
            {"bigg": "A", "kegg": ["C1", "C2"]},
        ),
        ("reactions.annotation", [{"bigg": "A"}], {"bigg": "A"}),
        ("reactions.annotation", {"sbo": math.nan, "kegg": ["C1", math.inf]}, {"kegg": ["C1", None]}),
        ("reactions.subsystem", ["Glycolysis"], "Glycolysis"),
        ("reactions.subsystem", [], ""),
        ("reactions.subsystem", None, ""),
        ("reactions.metabolites", [{"A_e": -1}], {"A_e": -1}),
        ("reactions.metabolites", [["A_e", -1]], {"A_e": -1}),
        ("reactions.metabolites", {}, {}),
        ("reactions.objective_coefficient", None, 0.0),
        ("reactions.gene_reaction_rule", [], ""),
        ("reactions.gene_reaction_rule", math.nan, ""),
        ("metabolites.charge", None, None),
        ("metabolites.charge", -2.0, -2),
        ("metabolites.formula", "nan", None),
        ("metabolites.formula", [], None),
        ("metabolites.formula", " Na ", "Na"),
        ("genes.name", None, ""),
    ],
)
def test_empty_and_other_forms_that_lose_nothing_are_read_without_a_word(
    path: str, value: object, read: object
) -> None:
    document, warnings = normalise(change(path, value))
    kind, field = path.split(".")
    rows: Any = document[kind]  # type: ignore[literal-required]
    assert rows[0][field] == read
    assert warnings == []


@pytest.mark.parametrize(
    ("path", "value", "read", "kind", "example"),
    [
        ("reactions.lower_bound", "-10", -10, "number_as_text", "'lower_bound' of reaction 'EX_A' is '-10'"),
        (
            "reactions.lower_bound",
            "-Inf",
            -math.inf,
            "number_as_text",
            "'lower_bound' of reaction 'EX_A' is '-Inf'",
        ),
        (
            "reactions.upper_bound",
            " 1e3 ",
            1000,
            "number_as_text",
            "'upper_bound' of reaction 'EX_A' is ' 1e3 '",
        ),
        ("reactions.lower_bound", None, 0, "bound_assumed", "'lower_bound' of reaction 'EX_A'"),
        (
            "reactions.metabolites",
            {"A_e": "-1"},
            {"A_e": -1},
            "number_as_text",
            "'coefficient of A_e' of reaction 'EX_A' is '-1'",
        ),
        ("reactions.metabolites", None, {}, "empty_reaction", "reaction 'EX_A'"),
        (
            "reactions.subsystem",
            ["a", "b"],
            "a; b",
            "subsystem_joined",
            "'subsystem' of reaction 'EX_A' is 'a; b'",
        ),
        ("reactions.name", {"a": 1}, "", "text_left_out", "'name' of reaction 'EX_A' is {'a': 1}"),
        ("reactions.annotation", 5, {}, "text_left_out", "'annotation' of reaction 'EX_A' is 5"),
        ("reactions.gene_reaction_rule", "g1,g2", "", "gene_rule_left_out", "'g1,g2' has ','"),
        ("metabolites.charge", math.nan, None, "charge_unknown", "'charge' of metabolite 'A_e' is nan"),
        ("metabolites.charge", 1.5, None, "charge_unknown", "'charge' of metabolite 'A_e' is 1.5"),
        ("metabolites.charge", "+2", 2, "number_as_text", "'charge' of metabolite 'A_e' is '+2'"),
        ("metabolites.formula", ["C1"], None, "formula_unknown", "'formula' of metabolite 'A_e' is ['C1']"),
        ("metabolites.formula", 12, None, "formula_unknown", "'formula' of metabolite 'A_e' is 12"),
        ("metabolites.compartment", None, "e", "compartment_guessed", "metabolite 'A_e'"),
        ("genes.id", 1234, "1234", "id_as_number", "gene 1234"),
    ],
)
def test_what_is_dropped_guessed_or_put_right_is_a_warning(
    path: str, value: object, read: object, kind: str, example: str
) -> None:
    document, warnings = normalise(change(path, value))
    section, field = path.split(".")
    rows: Any = document[section]  # type: ignore[literal-required]
    assert rows[0][field] == read
    assert [warning.kind for warning in warnings] == [kind]
    assert example in warnings[0].message


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (
            "reactions.lower_bound",
            2000,
            "'lower_bound' 2000 above the 'upper_bound' 1000 in reaction 'EX_A': correct",
        ),
        ("reactions.lower_bound", math.nan, "no number as 'lower_bound' of reaction 'EX_A' but nan"),
        ("reactions.lower_bound", "ten", "no number as 'lower_bound' of reaction 'EX_A' but 'ten'"),
        ("reactions.lower_bound", "1_0", "no number as 'lower_bound' of reaction 'EX_A' but '1_0'"),
        ("reactions.lower_bound", "-1,5", "no number as 'lower_bound' of reaction 'EX_A' but '-1,5'"),
        ("reactions.lower_bound", True, "no number as 'lower_bound' of reaction 'EX_A' but True"),
        ("reactions.upper_bound", [5], r"no number as 'upper_bound' of reaction 'EX_A' but \[5\]"),
        ("reactions.upper_bound", 10**400, "a number beyond 1e308 as 'upper_bound' of reaction 'EX_A'"),
        (
            "reactions.upper_bound",
            -math.inf,
            "'lower_bound' -10 above the 'upper_bound' -inf in reaction 'EX_A'",
        ),
        (
            "reactions.metabolites",
            {"A_e": None},
            "no number as 'coefficient of A_e' of reaction 'EX_A' but None",
        ),
        (
            "reactions.metabolites",
            {"A_e": math.inf},
            "an infinite number as 'coefficient of A_e' of reaction 'EX_A'",
        ),
        ("reactions.metabolites", {"Z": 1}, "refers to the metabolite 'Z' in reaction 'EX_A'"),
        ("reactions.metabolites", "A_e -> ", "no table as 'metabolites' of reaction 'EX_A'"),
        ("reactions.metabolites", [["A_e", 1], ["A_e", 2]], "names 'A_e' twice in reaction 'EX_A'"),
        (
            "reactions.objective_coefficient",
            "a",
            "no number as 'objective_coefficient' of reaction 'EX_A' but 'a'",
        ),
        ("reactions.id", None, "no text as 'id' of reaction number 1 but None"),
        ("reactions.id", "EX A", "a blank or control character in the id of reaction 'EX A'"),
        ("metabolites.id", "A" * 256, "an id of more than 255 bytes"),
        ("metabolites._bound", 1.0, "balances metabolite 'A_e' to exactly 1.0, not to 0"),
        ("metabolites._constraint_sense", "L", "balances metabolite 'A_e' to at most 0, not to 0"),
        ("metabolites", None, "no list of metabolites but None"),
        ("reactions", [], "it has no list of reactions"),
        ("reactions", [5], "no table as reaction number 1 but 5"),
        ("reactions", RAW["reactions"] * 2, "declares the reaction 'EX_A' more than once"),
        ("objective_direction", "up", "'up' as 'objective_direction': write 'max' or 'min'"),
        ("non_functional_genes", ["g9"], "refers to the gene 'g9' as not functional"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(path: str, value: object, says: str) -> None:
    with pytest.raises(RefusedFileError, match=says):
        normalise(change(path, value))


def test_ids_that_are_one_as_text_are_one() -> None:
    raw = change("genes", [{"id": 1}, {"id": "1"}])
    with pytest.raises(RefusedFileError, match="declares the gene '1' more than once"):
        normalise(raw)


def test_document_of_lists_of_pairs_is_a_document() -> None:
    raw = [
        {"metaData": {"id": "yeast", "name": "Yeast"}},
        {"metabolites": [[{"id": "A_e"}, {"compartment": "e"}]]},
        {
            "reactions": [
                [["id", "EX_A"], ["metabolites", [{"A_e": -1}]], ["lower_bound", -1], ["upper_bound", 1]]
            ]
        },
    ]
    document, warnings = normalise(raw)
    assert (document["id"], document["name"]) == ("yeast", "Yeast")
    assert document["reactions"][0]["metabolites"] == {"A_e": -1}
    assert document["genes"] == []
    assert warnings == []


def test_fields_and_sections_that_are_not_read_are_named_once() -> None:
    raw = change("reactions.eccodes", "1.1.1.1")
    raw["ec-rxns"] = [{"id": "EX_A"}]
    raw["comments"] = "mine"
    _, warnings = normalise(raw)
    assert find(warnings, "constraints_left_out").elements == ("ec-rxns",)
    assert Concern.GROWTH in find(warnings, "constraints_left_out").concerns
    left_out = find(warnings, "field_left_out")
    assert left_out.elements == ("comments", "'eccodes' of a reaction")
    assert left_out.concerns == ()


def test_compartment_that_no_id_tells_is_not_known() -> None:
    raw = change("metabolites.id", "s_0001")
    raw["metabolites"][0]["compartment"] = None
    raw["reactions"][0]["metabolites"] = {"s_0001": -1}
    document, warnings = normalise(raw)
    assert document["metabolites"][0]["compartment"] == ""
    assert find(warnings, "compartment_unknown").concerns == (Concern.MEDIUM,)


def test_one_warning_per_kind_counts_all_and_names_ten() -> None:
    raw = copy.deepcopy(RAW)
    raw["metabolites"] += [
        {"id": f"m{index}_e", "compartment": "e", "charge": math.nan} for index in range(39)
    ]
    _, warnings = normalise(raw)
    [warning] = warnings
    assert (warning.count, len(warning.elements)) == (39, 10)
    assert warning.message.endswith("'charge' of metabolite 'm0_e' is nan (and 38 more)")


def test_group_without_an_id_or_with_strange_members_is_left_out() -> None:
    raw = copy.deepcopy(RAW)
    raw["groups"] = [
        {"id": "g", "kind": "odd", "members": [["reactions", "EX_A"], ["reactions", "gone"], 5]},
        {"name": "none"},
    ]
    document, warnings = normalise(raw)
    assert [(group["id"], group["kind"]) for group in document["groups"]] == [("g", "collection")]
    assert document["groups"][0]["members"] == [("reactions", "EX_A")]
    assert find(warnings, "group_left_out").count == 3


def test_object_of_kbase_is_told_from_a_damaged_file() -> None:
    with pytest.raises(RefusedFileError, match="it is an object of KBase: export it as SBML"):
        normalise({"modelreactions": [], "modelcompounds": []})
