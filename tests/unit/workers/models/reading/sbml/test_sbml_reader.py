"""SBML as it occurs in the wild: the file's own numbers, or a refusal that names element and value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cobra import Model

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.reading.model_reader import read_model
from fluxagents.workers.models.reading.refusal import RefusedFileError

WILD = Path(__file__).parents[5] / "data" / "wild"
GROWTH = pytest.approx(10 / 6)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def change(name: str, *replacements: tuple[str, str]) -> tuple[Model, dict[str, ModelWarning]]:
    """The model of a file with some texts replaced once each, and its warnings by kind."""
    text = (WILD / f"{name}.xml").read_text()
    for before, after in replacements:
        assert before in text, before
        text = text.replace(before, after, 1)
    model, warned = read_model(text.encode(), ".xml")
    return model, {warning.kind: warning for warning in warned}


def refuse(name: str, *replacements: tuple[str, str]) -> str:
    with pytest.raises(RefusedFileError) as raised:
        change(name, *replacements)
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "growth"),
    [
        ("s_base", 10 / 6),
        ("l2_base", 10 / 6),
        ("s_bound_named", 10 / 6),
        ("s_genes_empty", 10 / 6),
        ("s_missing_bound", 10 / 6),
        ("s_two_obj", 10 / 6),
        ("s_negobj", -10 / 6),
        ("s_min", -10.0),
        ("l2_rule_bad", 10 / 6),
        ("l2_rule_list", 10 / 6),
        ("l2_rule_prose", 10 / 6),
    ],
)
def test_the_files_own_objective_has_the_optimum_by_hand(name: str, growth: float) -> None:
    model, _ = change(name)
    assert model.slim_optimize() == pytest.approx(growth)


# What lies outside

A_IS_BOUNDARY = (
    'compartment="e" hasOnlySubstanceUnits="true" boundaryCondition="false"',
    'compartment="e" hasOnlySubstanceUnits="true" boundaryCondition="true"',
)


def test_a_boundary_species_keeps_the_exchange_of_the_file() -> None:
    model, warned = change("s_bound_named")
    assert model.reactions.EX_A_e.bounds == (-10, 10)
    assert model.medium == {"EX_A_e": 10, "EX_O_e": 20}
    assert warned["boundary_exchanged"].elements == ("A_e",)


@pytest.mark.parametrize("constant", ["true", "false"])
@pytest.mark.parametrize("only_amounts", ["true", "false"])
@pytest.mark.parametrize("condition", ["true", "1", "True"])
def test_other_attributes_of_a_boundary_species_change_nothing(
    constant: str, only_amounts: str, condition: str
) -> None:
    before = 'hasOnlySubstanceUnits="true" boundaryCondition="true" constant="false"'
    after = f'hasOnlySubstanceUnits="{only_amounts}" boundaryCondition="{condition}" constant="{constant}"'
    model, _ = change("s_bound_named", (before, after))
    assert model.slim_optimize() == GROWTH


def drop_exchange_of_a() -> tuple[str, str]:
    text = (WILD / "s_base.xml").read_text()
    begin = text.index('<reaction id="R_EX_A_e"')
    return text[begin : text.index("</reaction>", begin) + len("</reaction>")], ""


def test_a_boundary_species_without_exchange_is_not_balanced_and_nothing_is_invented() -> None:
    model, warned = change("s_base", A_IS_BOUNDARY, drop_exchange_of_a())
    assert "A_e" not in model.metabolites
    assert [reaction.id for reaction in model.reactions] == ["EX_O_e", "tA", "tO", "rAB", "growth"]
    assert model.reactions.tA.reaction == " --> A_c"
    assert model.slim_optimize() == pytest.approx(4.0)  # only O, 20, limits: 40 B for 10 each
    assert warned["boundary_species"].elements == ("A_e",)


def test_a_boundary_species_inside_a_reaction_is_told_to_be_unlimited() -> None:
    species = 'id="M_A_c" name="M_A_c" compartment="c" hasOnlySubstanceUnits="true" boundaryCondition="{}"'
    model, warned = change("s_base", (species.format("false"), species.format("true")))
    assert model.slim_optimize() == pytest.approx(4.0)
    assert warned["boundary_unlimited"].elements == ("A_c",)


def test_a_species_and_its_outer_twin_may_both_be_marked() -> None:
    inner = (
        '<species id="M_A_e" compartment="e" boundaryCondition="false"/>',
        '<species id="M_A_e" compartment="e" boundaryCondition="true"/>',
    )
    model, warned = change("l2_base", inner)
    assert model.slim_optimize() == GROWTH
    assert warned["boundary_exchanged"].elements == ("A_e",)
    assert warned["boundary_species"].elements == ("A_b", "O_b")


def test_old_exchanges_that_end_in_another_compound_are_exchanges() -> None:
    product = '<listOfProducts><speciesReference species="M_{}_b"'
    swaps = [("A", "X"), ("O", "A"), ("X", "O")]
    model, warned = change("l2_base", *((product.format(old), product.format(new)) for old, new in swaps))
    assert model.medium == {"EX_A_e": 10, "EX_O_e": 20}
    assert model.slim_optimize() == GROWTH
    assert warned["boundary_mismatch"].elements == ("A_b", "O_b")
    assert "'O_e' in 'A_b'" in warned["boundary_mismatch"].message


def test_a_model_without_any_exchange_is_told_to_be_closed() -> None:
    text = (WILD / "s_base.xml").read_text()
    for name in ("R_EX_A_e", "R_EX_O_e", "R_growth"):
        begin = text.index(f'<reaction id="{name}"')
        text = text[:begin] + text[text.index("</reaction>", begin) + len("</reaction>") :]
    _, warned = read_model(text.replace('fbc:reaction="R_growth"', 'fbc:reaction="R_rAB"').encode(), ".xml")
    assert "no_boundary" in [warning.kind for warning in warned]


# Bounds


def assign(element: str, attribute: str, parameter: str) -> tuple[str, str]:
    return "<listOfReactions>", f'<list><{element} {attribute}="{parameter}"/></list><listOfReactions>'


@pytest.mark.parametrize(
    ("replacements", "says"),
    [
        (
            [('id="big" value="1000"', 'id="big" value="-5"')],
            "a lower bound of 0 above the upper bound of -5 mmol/gDW/h in reaction 'R_tA'",
        ),
        (
            [('id="m10" value="-10"', 'id="m10" value="ten"')],
            "'ten' as the lower bound of reaction 'R_EX_A_e' (the parameter 'm10')",
        ),
        ([('id="m10" value="-10"', 'id="m10" value="NaN"')], "'NaN' as the lower bound of reaction 'R_EX_A"),
        ([('id="m10" value="-10"', 'id="m10"')], "no number as the lower bound of reaction 'R_EX_A_e'"),
        ([('id="m10" value="-10"', 'id="m10" value="INF"')], "INF as the lower bound of reaction 'R_EX_A_e'"),
        (
            [assign("initialAssignment", "symbol", "m10")],
            "the lower bound of reaction 'R_EX_A_e': the parameter 'm10'",
        ),
        ([assign("assignmentRule", "variable", "p10")], "is set by an element 'assignmentRule'"),
    ],
)
def test_a_faulty_bound_is_refused_by_name(replacements: list[tuple[str, str]], says: str) -> None:
    assert says in refuse("s_base", *replacements)


@pytest.mark.parametrize(
    ("lower", "says"),
    [
        ("2000", "lower bound of 2000 above the upper bound of 1000"),
        ("", "'' as the lower bound of reaction 'R_EX_A_e'"),
    ],
)
def test_a_faulty_bound_in_a_kinetic_law_is_refused_by_name(lower: str, says: str) -> None:
    assert says in refuse("l2_base", ('id="LOWER_BOUND" value="-10"', f'id="LOWER_BOUND" value="{lower}"'))


@pytest.mark.parametrize("written", ["INF", "inf", "+Infinity", " INF "])
def test_infinite_bounds_are_read(written: str) -> None:
    model, _ = change("s_base", ('id="big" value="1000"', f'id="big" value="{written}"'))
    assert model.reactions.tA.bounds == (0, float("inf"))
    assert model.slim_optimize() == GROWTH


def test_a_missing_bound_follows_reversible_and_is_told() -> None:
    model, warned = change("s_missing_bound")
    assert model.reactions.tO.bounds == (0, 1000)
    assert warned["bound_assumed"].elements == ("R_tO",)
    model, _ = change("s_missing_bound", ('id="R_tO" reversible="false"', 'id="R_tO" reversible="true"'))
    assert model.reactions.tO.bounds == (-1000, 1000)


def test_the_list_of_bounds_of_fbc_version_1_is_read_with_the_tightest() -> None:
    text = (WILD / "s_base.xml").read_text().replace("/fbc/version2", "/fbc/version1")
    text = text.replace(' fbc:strict="true"', "")
    bounds = {
        "R_EX_A_e": (("greaterEqual", -10), ("greaterEqual", -30)),
        "R_EX_O_e": (("greaterEqual", -20),),
        "R_tO": (("equal", 7), ("lessEqual", 9)),
    }
    written = "".join(
        f'<fbc:fluxBound fbc:reaction="{name}" fbc:operation="{operation}" fbc:value="{value}"/>'
        for name, pairs in bounds.items()
        for operation, value in pairs
    )
    for side in ("lower", "upper"):
        for parameter in ("m10", "m20", "z", "p10", "big"):
            text = text.replace(f' fbc:{side}FluxBound="{parameter}"', "")
    text = text.replace(
        "<fbc:listOfObjectives",
        f"<fbc:listOfFluxBounds>{written}</fbc:listOfFluxBounds><fbc:listOfObjectives",
    )
    model, _ = read_model(text.encode(), ".xml")
    assert model.reactions.EX_A_e.bounds == (-10, float("inf"))
    assert model.reactions.tO.bounds == (7, 7)
    assert model.reactions.growth.bounds == (0, float("inf"))
    assert model.slim_optimize() == pytest.approx(1.4)  # 7 O make 14 B
    with pytest.raises(RefusedFileError, match=r"lower bound of 7 above the upper bound of 3 .*'R_tO'"):
        read_model(text.replace('"9"', '"3"').encode(), ".xml")


# Objectives


def test_an_objective_that_is_minimised_keeps_its_sense_and_coefficients() -> None:
    model, _ = change("s_negobj")
    assert model.objective_direction == "min"
    assert model.reactions.growth.objective_coefficient == -1


@pytest.mark.parametrize("written", ["maximise", "Maximize", "max"])
def test_other_spellings_of_a_sense_are_read(written: str) -> None:
    model, _ = change("s_base", ('fbc:type="maximize"', f'fbc:type="{written}"'))
    assert model.slim_optimize() == GROWTH


def test_the_only_objective_is_used_if_none_is_active() -> None:
    model, warned = change("s_base", (' fbc:activeObjective="o1"', ""))
    assert model.slim_optimize() == GROWTH
    assert warned["objective_assumed"].elements == ("o1",)


def test_none_of_several_objectives_is_used_if_none_is_active() -> None:
    model, warned = change("s_two_obj", (' fbc:activeObjective="o2"', ""))
    assert all(reaction.objective_coefficient == 0 for reaction in model.reactions)
    assert {"several_objectives", "no_objective"} <= set(warned)


def test_a_reaction_twice_in_an_objective_counts_twice() -> None:
    flux = '<fbc:fluxObjective fbc:reaction="R_growth" fbc:coefficient="1"/>'
    model, _ = change("s_base", (flux, flux + flux))
    assert model.reactions.growth.objective_coefficient == 2


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('fbc:type="maximize"', 'fbc:type="most"', "'most' as the type of the objective 'o1'"),
        ('fbc:activeObjective="o1"', 'fbc:activeObjective="o7"', "names 'o7' as its active objective"),
        ('fbc:coefficient="1"', 'fbc:coefficient="NaN"', "'NaN' as the coefficient of reaction 'R_growth'"),
        (' fbc:coefficient="1"', "", "no number as the coefficient of reaction 'R_growth'"),
        ('fbc:reaction="R_growth"', 'fbc:reaction="R_gone"', "the reaction 'R_gone' in the objective"),
        ('stoichiometry="2"', 'stoichiometry="two"', "'two' as stoichiometry of 'M_B_c' in reaction 'R_rAB'"),
        (' stoichiometry="2"', "", "no stoichiometry of 'M_B_c' in reaction 'R_rAB'"),
        ('reaction id="R_tA"', 'reaction id="R t"', "blank or control character in the id of reaction 'R t'"),
        ('<compartment id="c"', "<compartment", "has a compartment without an id in line 4"),
        ('level="3"', 'level="5"', "is SBML of level '5', version '1', which does not exist"),
        ("/fbc/version2", "/fbc/new", "uses the package fbc by a namespace that is not known"),
        ('fbc:reaction="R_growth"', 'fbc:reaction=""', "names no reaction in the objective"),
        ('speciesReference species="M_B_c"', "speciesReference", "names no species in reaction 'R_rAB'"),
        ('<reaction id="R_tA"', "<reaction", "has a reaction without an id in line 7"),
        (
            '<species id="M_A_c"',
            '<species id="A_e"/><species id="M_A_c"',
            "'A_e', which are both read as 'A_e'",
        ),
    ],
)
def test_what_is_missing_or_no_number_is_refused_by_name(before: str, after: str, says: str) -> None:
    assert says in refuse("s_base", (before, after))


# Genes


def genes(association: str) -> tuple[Any, dict[str, ModelWarning]]:
    model, warned = change("s_genes_empty", ("<fbc:geneProductAssociation/>", association))
    return model.reactions.rAB, warned


REF = '<fbc:geneProductRef fbc:geneProduct="G_b0001"/>'


@pytest.mark.parametrize(
    ("association", "rule", "left_out"),
    [
        ("", "", False),
        ("<fbc:and/>", "", False),
        (f"<fbc:and>{REF}</fbc:and>", "b0001", False),
        (f"<fbc:or><fbc:and>{REF}{REF}</fbc:and>{REF}</fbc:or>", "(b0001 and b0001) or b0001", False),
        (f"<fbc:or>{REF}<fbc:and/></fbc:or>", "", True),
        (f"{REF}{REF}", "", True),
    ],
)
def test_odd_gene_associations(association: str, rule: str, left_out: bool) -> None:
    whole = f"<fbc:geneProductAssociation>{association}</fbc:geneProductAssociation>"
    reaction, warned = genes(whole)
    assert reaction.gene_reaction_rule == rule
    assert ("gene_rule_left_out" in warned) is left_out
    assert reaction.model.slim_optimize() == GROWTH
    if left_out:
        assert warned["gene_rule_left_out"].elements == ("rAB",)


@pytest.mark.parametrize(
    ("note", "rule"),
    [
        ("<p>GENE_ASSOCIATION: (G_b1 and G_b2) or b3</p>", "(b1 and b2) or b3"),
        ("<p>GENE ASSOCIATION: b1 &amp;&amp; b2</p>", "b1 and b2"),
        ("<p><b>GPR</b>: b1 OR b2</p>", "b1 or b2"),
        ("<html:p xmlns:html='http://www.w3.org/1999/xhtml'>GENE_ASSOCIATION: b1</html:p>", "b1"),
        ("<p>GENE_ASSOCIATION: sorA or wand</p>", "sorA or wand"),
        ("<p>GENE_ASSOCIATION: </p>", ""),
    ],
)
@pytest.mark.parametrize("name", ["l2_rule_list", "s_base"])
def test_rules_in_notes(note: str, rule: str, name: str) -> None:
    body = f'<notes><body xmlns="http://www.w3.org/1999/xhtml">{note}</body></notes>'
    if name == "s_base":
        text = (WILD / "s_base.xml").read_text()
        begin = text.index('<reaction id="R_rAB"')
        end = text.index(">", begin) + 1
        model, _ = change(name, (text[begin:end], text[begin:end] + body))
    else:
        model, _ = change(name, ("<p>GENE_ASSOCIATION: []</p>", note))
    assert model.reactions.rAB.gene_reaction_rule == rule
    assert {gene.id for gene in model.genes} == {gene.id for gene in model.reactions.rAB.genes}


def test_a_rule_that_cannot_be_read_makes_no_genes() -> None:
    model, warned = change("l2_rule_prose")
    assert not model.genes
    assert "'b1 / b2 + (probable)'" in warned["gene_rule_left_out"].message


# Compounds


@pytest.mark.parametrize(
    ("written", "charge", "kinds"),
    [
        ("", None, set()),
        ("-2", -2, set()),
        ("-2.0", -2, set()),
        ("NaN", None, {"charge_unknown"}),
    ],
)
def test_charges(written: str, charge: int | None, kinds: set[str]) -> None:
    attribute = f' fbc:charge="{written}"' if written else ""
    model, warned = change("s_base", ('<species id="M_A_e"', f'<species id="M_A_e"{attribute}'))
    assert model.metabolites.A_e.charge == charge
    assert set(warned) - {"no_genes"} == kinds


def test_charges_and_formulas_in_notes() -> None:
    notes = (
        '<notes><body xmlns="http://www.w3.org/1999/xhtml"><p>FORMULA: {}</p><p>CHARGE: {}</p></body></notes>'
    )
    species = '<species id="M_{}_c" compartment="c" boundaryCondition="false"'
    model, warned = change(
        "l2_base",
        *(
            (f"{species.format(name)}/>", f"{species.format(name)}>{notes.format(formula, charge)}</species>")
            for name, formula, charge in (("A", "C6H12O6", "-1.0"), ("O", "NaN", "NaN"), ("B", "", ""))
        ),
    )
    found = {name: model.metabolites.get_by_id(f"{name}_c") for name in "AOB"}
    assert {name: (met.formula, met.charge) for name, met in found.items()} == {
        "A": ("C6H12O6", -1),
        "O": (None, None),
        "B": (None, None),
    }
    assert warned["charge_unknown"].elements == ("O_c",)


# cobra's messages


@pytest.mark.parametrize("name", ["s_bound_named", "s_missing_bound", "l2_base", "l2_rule_prose"])
def test_nothing_raw_reaches_a_terminal(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    _, warned = change(name)
    assert capfd.readouterr() == ("", "")
    assert "reader_remark" not in warned
