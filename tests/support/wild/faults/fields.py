"""Optional fields that hold what their writers did not know better: charges, formulas, subsystems, notes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.support.wild.draft import ABSENT, Draft
from tests.support.wild.fault import ALL, DOCUMENTS, MATLAB, SBML, Faulty, Loaded, register_fault
from tests.support.wild.network import Network

_NAN = float("nan")


def _metabolite(draw: st.DrawFn, network: Network) -> str:
    return draw(st.sampled_from([row.id for row in network.species]))


@register_fault(*ALL)
def draw_charge_not_known(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    """NaN, null and nothing are "not known", for any number of metabolites."""
    values: list[Any] = [_NAN] if form in MATLAB else [ABSENT]
    if form in DOCUMENTS:
        values += [None, _NAN, ""]
    if form == "sbml2":
        values += ["NaN", "", "None"]
    names = draw(st.lists(st.sampled_from([row.id for row in network.species]), min_size=1, unique=True))
    cells = {(name, "charge"): draw(st.sampled_from(values)) for name in names}
    return Faulty(Draft(network, cells=cells), Loaded(network, is_quiet=False))


@register_fault(*DOCUMENTS, "cobra-mat", "sbml2")
def draw_charge_that_is_no_number(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    values: list[Any] = ["unknown", "two", "-"]
    if form in DOCUMENTS:
        values += [[1], {"value": 1}]
    name = _metabolite(draw, network)
    cells = {(name, "charge"): draw(st.sampled_from(values))}
    return Faulty(Draft(network, cells=cells), Loaded(network, warned=(name,)))


@register_fault(*DOCUMENTS, "cobra-mat", "sbml2")
def draw_charge_as_text_or_fraction(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    values: list[Any] = ["2", "-1", "+1", 1.5]
    if form in DOCUMENTS:
        values.append(-2.0)
    name = _metabolite(draw, network)
    cells = {(name, "charge"): draw(st.sampled_from(values))}
    return Faulty(Draft(network, cells=cells), Loaded(network, is_quiet=False))


@register_fault(*DOCUMENTS, *MATLAB)
def draw_formula_not_known(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    values: list[Any] = [""] if form in MATLAB else ["", None, ABSENT, _NAN]
    cells = {(_metabolite(draw, network), "formula"): draw(st.sampled_from(values))}
    return Faulty(Draft(network, cells=cells), Loaded(network, is_quiet=False))


@register_fault(*DOCUMENTS)
def draw_formula_that_is_no_text(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    name = _metabolite(draw, network)
    formula = draw(st.sampled_from([["C1"], ["C6H12O6", "C6"], {"C": 6}, 12, True]))
    return Faulty(Draft(network, cells={(name, "formula"): formula}), Loaded(network, warned=(name,)))


@register_fault(*ALL)
def draw_formula_that_cannot_be_read(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    texts = ["C6H12O6(n)", "C?", "(C2H4)n", "FULLR3", "C10.5H20", "see notes"]
    if form in SBML and form != "sbml2":
        texts = ["FULLR3", "X2", "Polymer"]
    cells = {(_metabolite(draw, network), "formula"): draw(st.sampled_from(texts))}
    return Faulty(Draft(network, cells=cells), Loaded(network, is_quiet=False))


@register_fault(*DOCUMENTS, *MATLAB)
def draw_subsystem_list(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    """As RAVEN and yeast-GEM write it: the first entry counts for grouping."""
    reaction = draw(st.sampled_from([row.id for row in network.reactions]))
    values: list[Any] = [["Glycolysis", "Transport"], ["Glycolysis"], []]
    if form in DOCUMENTS:
        values += [None, _NAN, 7]
    cells = {(reaction, "subsystem"): draw(st.sampled_from(values))}
    return Faulty(Draft(network, cells=cells), Loaded(network, is_quiet=False))


@register_fault(*SBML)
def draw_html_notes(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """Notes are for people: whatever they hold, the numbers stay."""
    reaction = draw(st.sampled_from([row.id for row in network.reactions]))
    species = _metabolite(draw, network)
    line = draw(
        st.sampled_from(
            [
                "<b>AUTHORS:</b> PMID:1234,<a href='https://example.org/?a=1&amp;b=2'>see</a>",
                "Confidence Level: ",
                "EC Number: 1.1.1.1, 2.7.-.-",
                "a &lt; b: 3 : 4 &amp; more",
                ": no key",
                "CHARGE",
                "",
            ]
        )
    )
    notes = [line, draw(st.sampled_from([line, "PROTEIN_CLASS: 1.2.3"]))]
    cells = {(reaction, "notes"): notes, (species, "notes"): notes}
    return Faulty(Draft(network, cells=cells), Loaded(network, is_quiet=False))


@register_fault(*DOCUMENTS)
def draw_notes_of_any_type(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    values = ["<p>GENE_ASSOCIATION: b0001</p>", ["a", "b"], None, {"key": ["a", "b"]}, {}, 5, _NAN]
    name = draw(st.sampled_from([row.id for row in network.reactions] + [row.id for row in network.species]))
    field = draw(st.sampled_from(["notes", "annotation", "name"]))
    cells = {(name, field): draw(st.sampled_from(values))}
    return Faulty(Draft(network, cells=cells), Loaded(network, is_quiet=False))
