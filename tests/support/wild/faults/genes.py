"""Gene rules: none, in several notations; as people write them; and such as nobody can read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from tests.support.wild.draft import ABSENT, Draft
from tests.support.wild.fault import ALL, DOCUMENTS, MATLAB, Faulty, Loaded, Refused, register_fault
from tests.support.wild.gene_logic import write_rule
from tests.support.wild.network import Network, Rule

_NOTES = ("sbml3-fbc1", "sbml2")
_TEXT = (*_NOTES, *DOCUMENTS, *MATLAB)


def _ruled(draw: st.DrawFn, network: Network) -> str:
    """A reaction with a rule."""
    return draw(st.sampled_from([row.id for row in network.reactions if row.rule is not None]))


def _forget(network: Network, reaction: str) -> Network:
    return network.change_reaction(reaction, lambda row: replace(row, rule=None))


@register_fault(*_TEXT)
def draw_rule_that_is_none(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    """`[]`, null and their like: no rule."""
    reaction = _ruled(draw, network)
    texts: list[Any] = ["[]", "", " ", "()"]
    if form in DOCUMENTS:
        texts += [[], None, float("nan"), ABSENT]
    if form in _NOTES:
        texts.append(ABSENT)
    text = draw(st.sampled_from(texts))
    changed = _forget(network, reaction)
    return Faulty(
        Draft(changed, cells={(reaction, "gene_reaction_rule"): text}), Loaded(changed, is_quiet=False)
    )


@register_fault(*_TEXT)
def draw_rule_that_cannot_be_read(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """Left out, and the warning names the reaction and the rule as written."""
    reaction = _ruled(draw, network)
    text = draw(
        st.sampled_from(
            [
                "['b0001', 'b0002']",
                "or(b0001, b0002)",
                "b0001 and (b0002 or",
                "b0001 and b0002)",
                "b0001 or or b0002",
                "and b0001",
                "b0001 / b0002 + (probable)",
                "to be found out, see Smith et al.",
                "b0001,b0002;b0003",
                "b0001, b0002",
                "b0001 b0002",
                "not b0001",
            ]
        )
    )
    changed = _forget(network, reaction)
    draft = Draft(changed, cells={(reaction, "gene_reaction_rule"): text})
    return Faulty(draft, Loaded(changed, warned=(reaction, text)))


@register_fault(*DOCUMENTS)
def draw_rule_that_is_no_text(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    reaction = _ruled(draw, network)
    rule = draw(st.sampled_from([["b0001", "b0002"], [["b0001"], ["b0002"]], {"and": ["b0001"]}, True]))
    changed = _forget(network, reaction)
    draft = Draft(changed, cells={(reaction, "gene_reaction_rule"): rule})
    return Faulty(draft, Loaded(changed, warned=(reaction,)))


@register_fault(*DOCUMENTS)
def draw_rule_that_is_a_number(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """The gene's number, as Entrez has it."""
    reaction = _ruled(draw, network)
    changed = network.change_reaction(reaction, lambda row: replace(row, rule="945803"))
    draft = Draft(changed, cells={(reaction, "gene_reaction_rule"): 945803})
    return Faulty(draft, Loaded(changed, is_quiet=False))


@register_fault(*_TEXT)
def draw_rule_in_other_words(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """`AND`, `&`, `||`: read as they are meant."""
    reaction = _ruled(draw, network)
    rule = network.reaction(reaction).rule
    words = draw(st.sampled_from([("AND", "OR"), ("And", "Or"), ("&", "|"), ("&&", "||")]))
    text = draw(st.sampled_from(["", " "])) + write_rule(rule, words)
    draft = Draft(network, cells={(reaction, "gene_reaction_rule"): text})
    return Faulty(draft, Loaded(network, is_quiet=False))


@register_fault(*ALL)
def draw_gene_with_an_odd_id(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """Numbers, words of Python, dots and dashes are ids as good as any."""
    odd = draw(st.sampled_from(["1234.1", "lambda", "if", "STM-17", "g:3", "fig_83333.1.peg.4", "None"]))
    reaction = _ruled(draw, network)
    rule: Rule = ("or", odd, "b0001")
    changed = network.change_reaction(reaction, lambda row: replace(row, rule=rule))
    return Faulty(Draft(changed), Loaded(changed, is_quiet=False))


@register_fault("sbml3-fbc2")
def draw_empty_association(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    reaction = _ruled(draw, network)
    inner = draw(st.sampled_from(["", "<fbc:and/>", "<fbc:or></fbc:or>", "<fbc:or><fbc:and/></fbc:or>"]))
    text = f"<fbc:geneProductAssociation>{inner}</fbc:geneProductAssociation>"
    changed = _forget(network, reaction)
    draft = Draft(changed, cells={(reaction, "gene_reaction_rule"): text})
    return Faulty(draft, Loaded(changed, is_quiet=False))


@register_fault("sbml3-fbc2")
def draw_association_of_one(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """`and` or `or` with a single operand means that operand."""
    reaction = _ruled(draw, network)
    gene = network.genes[0]
    changed = network.change_reaction(reaction, lambda row: replace(row, rule=gene))
    word = draw(st.sampled_from(["and", "or"]))
    spare = replace(changed.reactions[0], id="EX_spare", rule=gene, lower=0.0)
    reference = f'<fbc:geneProductRef fbc:geneProduct="G_{gene}"/>'
    text = f"<fbc:geneProductAssociation><fbc:{word}>{reference}</fbc:{word}></fbc:geneProductAssociation>"
    changed = replace(
        changed,
        reactions=(*changed.reactions, spare),
    )
    draft = Draft(changed, cells={(reaction, "gene_reaction_rule"): text})
    return Faulty(draft, Loaded(changed, is_quiet=False))


@register_fault("sbml3-fbc2")
def draw_association_of_an_undeclared_gene(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    reaction = _ruled(draw, network)
    reference = '<fbc:geneProductRef fbc:geneProduct="G_nowhere"/>'
    text = f"<fbc:geneProductAssociation>{reference}</fbc:geneProductAssociation>"
    draft = Draft(network, cells={(reaction, "gene_reaction_rule"): text})
    return Faulty(draft, Refused(("G_nowhere", reaction)))
