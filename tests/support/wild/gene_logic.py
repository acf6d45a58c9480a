"""Gene rules as trees: how they are written, and the truth tables of what is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from tests.support.wild.network import Rule

_TOKENS = re.compile(r"[()]|[^\s()]+")


def write_rule(rule: Rule, words: tuple[str, str] = ("and", "or")) -> str:
    """The rule with the two words for its operators, every pair in brackets."""
    if rule is None:
        return ""
    if isinstance(rule, str):
        return rule
    operator, left, right = rule
    word = words[0] if operator == "and" else words[1]
    return f"({write_rule(left, words)} {word} {write_rule(right, words)})"


def tabulate_rule(rule: Rule, genes: Sequence[str]) -> list[bool] | None:
    """Whether the reaction works, for each choice of genes that are there; None without a rule."""
    if rule is None:
        return None
    return [_holds(rule, dict(zip(genes, present, strict=True))) for present in _choices(genes)]


def tabulate_text(text: str, genes: Sequence[str]) -> list[bool] | None:
    """As `tabulate_rule`, of a text of genes, `and`, `or` and brackets; `and` binds closer."""
    if not text:
        return None
    tokens = iter([*_TOKENS.findall(text), ")"])
    rule = _read_or(tokens)
    return tabulate_rule(rule, genes)


def _choices(genes: Sequence[str]) -> Iterator[tuple[bool, ...]]:
    return product((False, True), repeat=len(genes))


def _holds(rule: Rule, present: dict[str, bool]) -> bool:
    assert rule is not None
    if isinstance(rule, str):
        return present[rule]
    operator, left, right = rule
    if operator == "and":
        return _holds(left, present) and _holds(right, present)
    return _holds(left, present) or _holds(right, present)


def _read_or(tokens: Iterator[str]) -> Rule:
    """Up to and with the bracket that closes it."""
    operands: list[list[Rule]] = [[]]
    for token in tokens:
        if token == ")":
            break
        if token == "or":
            operands.append([])
        elif token != "and":
            operands[-1].append(_read_or(tokens) if token == "(" else token)
    terms = [_join("and", operand) for operand in operands]
    return _join("or", terms)


def _join(operator: str, rules: list[Rule]) -> Rule:
    first, *others = rules
    for other in others:
        first = (operator, first, other)
    return first
