"""Gene rules (of genes, proteins and reactions) of any format, as text that cobra reads as it is written."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

from fluxagents.tasks.ports.models import Concern, ModelWarning

Rule = str | tuple[str, list["Rule"]]
"""A gene's id, or `and` or `or` with what it joins."""

_SYMBOL = re.compile(r"[()]|&&?|\|\|?|[^\s()&|]+")
_OPERATORS = {"and": "and", "&": "and", "&&": "and", "or": "or", "|": "or", "||": "or"}
_QUOTES = "'\""
_NO_RULE = {"", "()", "[]", "{}", "''", '""', "['']", '[""]'}
_PLACEHOLDERS = {"None", "NaN", "nan", "null", "NULL", "N/A", "n/a"}
"""What programs write where a rule is missing."""

_TAKEN_CHARACTERS = re.compile(r"[.'\":/\\=-]")
"""cobra takes these in a gene's id, beside letters, digits and `_`."""

_INDEX = re.compile(r"\bx\s*\(\s*(\d{1,9})\s*\)")
_MAX_DEPTH = 12
"""cobra visits each gene of a rule 2**depth times."""

_MAX_PARENTHESES = 100
_SHOWN_CHARACTERS = 120


class _UnreadableRuleError(Exception):
    """The message is what the text has or does, the end of a sentence about it."""


def read_gene_rule(value: object) -> tuple[str, str | None]:
    """The rule as text of ids, `and`, `or` and parentheses; "" for none.

    The second is None, or why the rule must be left out: a sentence with the rule as it is written.
    `and` binds closer than `or`, whatever their spelling: `AND`, `&`, `&&`, `|`, `||`.
    """
    try:
        text = _find_text(value)
        if "".join(text.split()) in _NO_RULE:
            return "", None
        return _write(_limit_depth(_Parser(text).parse())), None
    except _UnreadableRuleError as error:
        return "", f"'{_shorten(value)}' {error}"


def name_genes(rule: object, genes: Sequence[str]) -> object:
    """A rule out of the `rules` of COBRA Toolbox, where `x(2)` is the second gene, with the genes' ids."""

    def name(index: re.Match[str]) -> str:
        number = int(index[1])
        return f" {genes[number - 1]} " if 1 <= number <= len(genes) else index[0]

    return _INDEX.sub(name, rule) if isinstance(rule, str) else rule


def warn_of_left_out(problems: Mapping[str, str]) -> list[ModelWarning]:
    """One warning for all rules that are left out: reaction id -> the problem that `read_gene_rule` told."""
    if not problems:
        return []
    reaction, problem = next(iter(problems.items()))
    count = len(problems)
    which = f"the gene rule of reaction '{reaction}' is"
    if count > 1:
        which = f"{count} gene rules are"
        problem = f"reaction '{reaction}': {problem}"
    message = f"{which} left out, no knock-out reaches it: {problem}; correct the file to use it"
    if count > 1:
        message = message.replace("reaches it", "reaches their reactions").replace("to use it", "to use them")
    return [
        ModelWarning(
            kind="gene_rule_left_out",
            message=message,
            count=count,
            elements=tuple(problems)[:10],
            concerns=(Concern.GENES,),
        )
    ]


def _find_text(value: object) -> str:
    """The text of a rule that may be a number, or a list of one."""
    if isinstance(value, list | tuple):
        if len(value) > 1:
            raise _UnreadableRuleError(f"is a list of {len(value)} that says neither 'and' nor 'or'")
        return _find_text(value[0]) if value else ""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return str(int(value)) if value == int(value) else repr(value)
    if not isinstance(value, str):
        raise _UnreadableRuleError("is no text")
    if value.strip() in _PLACEHOLDERS:
        raise _UnreadableRuleError("stands for a missing rule")
    return value.strip()


class _Parser:
    """Recursive descent over the symbols of one rule."""

    def __init__(self, text: str) -> None:
        is_quoted = text[0] in _QUOTES and text.find(text[0], 1) == len(text) - 1
        self._symbols: list[str] = _SYMBOL.findall(text[1:-1] if is_quoted else text)
        self._at = 0
        self._open = 0

    def parse(self) -> Rule:
        rule = self._parse_chain("or")
        if self._symbol == ")":
            raise _UnreadableRuleError("closes a parenthesis that is not open")
        self._refuse_neighbour()
        return rule

    def _refuse_neighbour(self) -> None:
        """Refuse a gene or an opening parenthesis right behind a gene or a closing one."""
        before = self._symbols[self._at - 1]
        if self._symbol == "(" and before != ")":
            raise _UnreadableRuleError(f"has '{_shorten(before)}' before a parenthesis, like a call")
        if self._symbol:
            raise _UnreadableRuleError(f"has no 'and' or 'or' before '{_shorten(self._symbol)}'")

    @property
    def _symbol(self) -> str:
        return self._symbols[self._at] if self._at < len(self._symbols) else ""

    @property
    def _operator(self) -> str:
        return _OPERATORS.get(self._symbol.lower(), "")

    def _parse_chain(self, operator: str) -> Rule:
        rules = [self._parse_operand(operator)]
        while self._operator == operator:
            self._at += 1
            rules.append(self._parse_operand(operator))
        return rules[0] if len(rules) == 1 else (operator, rules)

    def _parse_operand(self, operator: str) -> Rule:
        return self._parse_chain("and") if operator == "or" else self._parse_term()

    def _parse_term(self) -> Rule:
        symbol = self._symbol
        if not symbol:
            raise _UnreadableRuleError("ends where a gene should follow")
        if symbol == ")" or self._operator:
            raise _UnreadableRuleError(f"has '{symbol}' where a gene should stand")
        self._at += 1
        if symbol != "(":
            return _check_id(symbol)
        self._open += 1
        if self._open > _MAX_PARENTHESES:
            raise _UnreadableRuleError(f"has more than {_MAX_PARENTHESES} parentheses in one another")
        rule = self._parse_chain("or")
        if self._symbol != ")":
            self._refuse_neighbour()
            raise _UnreadableRuleError("has a parenthesis that is not closed")
        self._at += 1
        self._open -= 1
        return rule


def _check_id(symbol: str) -> str:
    """The gene's id, without quotes around it, if cobra reads it as it is written."""
    identifier = symbol[1:-1] if symbol[0] in _QUOTES and symbol[-1] == symbol[0] else symbol
    plain = _TAKEN_CHARACTERS.sub("_", identifier)
    strange = [character for character in plain if not f"_{character}".isidentifier()]
    if strange:
        raise _UnreadableRuleError(f"has '{strange[0]}', which no gene id may have here")
    is_plain = f"_{plain}".isidentifier() if plain[:1] in set("0123456789") else plain.isidentifier()
    is_escaped = "__cobra_" in identifier.lower()
    if not is_plain or is_escaped or unicodedata.normalize("NFKC", identifier) != identifier:
        raise _UnreadableRuleError(
            f"has the gene id '{_shorten(identifier)}', which cannot be kept as written"
        )
    return identifier


def _limit_depth(rule: Rule) -> Rule:
    if _measure_depth(rule) <= _MAX_DEPTH:
        return rule
    rule = _flatten(rule)
    if _measure_depth(rule) > _MAX_DEPTH:
        raise _UnreadableRuleError(f"nests 'and' and 'or' more than {_MAX_DEPTH} deep")
    return rule


def _measure_depth(rule: Rule) -> int:
    return 0 if isinstance(rule, str) else 1 + max(map(_measure_depth, rule[1]))


def _flatten(rule: Rule) -> Rule:
    """The same with `a or (b or c)` as `a or b or c`."""
    if isinstance(rule, str):
        return rule
    operator, rules = rule
    parts: list[Rule] = []
    for part in map(_flatten, rules):
        parts.extend(part[1] if not isinstance(part, str) and part[0] == operator else [part])
    return operator, parts


def _write(rule: Rule) -> str:
    if isinstance(rule, str):
        return rule
    operator, rules = rule
    parts = [part if isinstance(part, str) else f"({_write(part)})" for part in rules]
    return f" {operator} ".join(parts)


def _shorten(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
