"""Gene rules as files write them: read as written, or left out with the reason."""

from __future__ import annotations

import itertools
import time
import warnings

import pytest
from cobra.core import GPR
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.tasks.ports.models import Concern
from fluxagents.workers.models.reading.gene_rules import name_genes, read_gene_rule, warn_of_left_out


@pytest.mark.parametrize(
    "value", [None, float("nan"), "", "  ", [], (), [""], [None], "[]", "[ ]", "()", "( )", "''"]
)
def test_nothing_is_no_rule(value: object) -> None:
    assert read_gene_rule(value) == ("", None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("g1", "g1"),
        (["g1 and g2"], "g1 and g2"),
        (1234, "1234"),
        (1234.0, "1234"),
        (1234.1, "1234.1"),
        ("1234.1 and 5678.2", "1234.1 and 5678.2"),
        ("lambda or if", "lambda or if"),
        ("g1 AND g2 Or g3", "(g1 and g2) or g3"),
        ("g1&g2|g3", "(g1 and g2) or g3"),
        ("g1 && (g2 || g3)", "g1 and (g2 or g3)"),
        ("a | b and c", "a or (b and c)"),
        ("((a))", "a"),
        ("(a or b) or c", "(a or b) or c"),
        ("'g1' and \"g2\"", "g1 and g2"),
        ("'g1 and g2'", "g1 and g2"),
        ("ARO3' or YAL-1:b/c=d\\e", "ARO3' or YAL-1:b/c=d\\e"),
        ("b1 \n or\tb2\N{NO-BREAK SPACE}or b3", "b1 or b2 or b3"),
    ],
)
def test_readable_rule_keeps_its_meaning(value: object, text: str) -> None:
    assert read_gene_rule(value) == (text, None)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("g1 and (g2 or", "'g1 and (g2 or' ends where a gene should follow"),
        ("(g1 and g2", "'(g1 and g2' has a parenthesis that is not closed"),
        ("g1) and g2", "'g1) and g2' closes a parenthesis that is not open"),
        ("g1,g2;g3", "'g1,g2;g3' has ',', which no gene id may have here"),
        ("foo(g1)", "'foo(g1)' has 'foo' before a parenthesis, like a call"),
        ("g2 or (foo(g1))", "'g2 or (foo(g1))' has 'foo' before a parenthesis, like a call"),
        ("see the paper", "'see the paper' has no 'and' or 'or' before 'the'"),
        ("(g1) (g2)", "'(g1) (g2)' has no 'and' or 'or' before '('"),
        ("g1 and or g2", "'g1 and or g2' has 'or' where a gene should stand"),
        ("not g1", "'not g1' has no 'and' or 'or' before 'g1'"),
        (["g1", "g2"], "'['g1', 'g2']' is a list of 2 that says neither 'and' nor 'or'"),
        ({"g1": 1}, "'{'g1': 1}' is no text"),
        (True, "'True' is no text"),
        ("None", "'None' stands for a missing rule"),
        (
            "\N{MICRO SIGN}1",
            "'\N{MICRO SIGN}1' has the gene id '\N{MICRO SIGN}1', which cannot be kept as written",
        ),
        (
            "(" * 101 + "g" + ")" * 101,
            f"'{'(' * 101}g{')' * 18}…' has more than 100 parentheses in one another",
        ),
    ],
)
def test_other_rule_is_left_out_with_its_reason(value: object, problem: str) -> None:
    assert read_gene_rule(value) == ("", problem)


_IDS = st.text("ab1_.-':/=\\", min_size=1, max_size=6)
_RULES = st.recursive(
    _IDS,
    lambda inner: st.builds(
        lambda parts, operator, is_enclosed: (
            f"({operator.join(parts)})" if is_enclosed else operator.join(parts)
        ),
        st.lists(inner, min_size=1, max_size=3),
        st.sampled_from([" and ", " or ", " AND ", "&", " | ", ",", " "]),
        st.booleans(),
    ),
    max_leaves=8,
)


@given(st.one_of(_RULES, st.text(max_size=20)))
def test_cobra_reads_what_is_read(written: str) -> None:
    text, problem = read_gene_rule(written)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gpr = GPR.from_string(text)
    assert gpr.to_string() == text
    assert (problem is None) or not text
    assert all(gene in written for gene in gpr.genes)


@given(_RULES.filter(lambda text: not set(text) & set(",& |ADNOR'\"\\")))
def test_rule_of_and_and_or_is_as_cobra_alone_reads_it(written: str) -> None:
    text, problem = read_gene_rule(written)
    assert problem is None
    assert text == GPR.from_string(written).to_string()


def test_long_chain_of_signs_takes_no_time() -> None:
    """cobra alone doubles its time with each `|`."""
    genes = [f"g{index}" for index in range(200)]
    began = time.perf_counter()
    text, problem = read_gene_rule("|".join(genes))
    assert problem is None
    assert GPR.from_string(text).genes == set(genes)
    assert time.perf_counter() - began < 1


def test_nested_pairs_of_one_operator_become_a_list() -> None:
    written = "g0"
    for index in range(1, 40):
        written = f"({written} or g{index})"
    text, problem = read_gene_rule(written)
    assert problem is None
    assert text == " or ".join(f"g{index}" for index in range(40))


def test_rule_too_deep_for_cobra_is_left_out() -> None:
    written = "g0"
    for index, operator in zip(range(1, 40), itertools.cycle(["and", "or"]), strict=False):
        written = f"({written} {operator} g{index})"
    text, problem = read_gene_rule(written)
    assert not text
    assert problem is not None
    assert problem.endswith("nests 'and' and 'or' more than 12 deep")


def test_rules_of_indices_name_genes() -> None:
    genes = ["b1", "b2", "10090.1"]
    assert read_gene_rule(name_genes("(x(1) & x(2)) | x( 3 )", genes)) == ("(b1 and b2) or 10090.1", None)
    assert name_genes([], genes) == []
    beyond = "'x(4)' has 'x' before a parenthesis, like a call"
    assert read_gene_rule(name_genes("x(4)", genes)) == ("", beyond)


def test_one_warning_for_all_that_is_left_out() -> None:
    assert warn_of_left_out({}) == []
    [warning] = warn_of_left_out({"rAB": "'g1,' is odd"})
    assert warning.kind == "gene_rule_left_out"
    assert warning.concerns == (Concern.GENES,)
    assert warning.message == (
        "the gene rule of reaction 'rAB' is left out, no knock-out reaches it: 'g1,' is odd; "
        "correct the file to use it"
    )
    [warning] = warn_of_left_out({f"r{index}": "'g1,' is odd" for index in range(30)})
    assert (warning.count, len(warning.elements)) == (30, 10)
    assert warning.message.startswith("30 gene rules are left out")
    assert "reaction 'r0': 'g1,' is odd" in warning.message
