"""Queries of Prometheus over one reading: as much of PromQL as the alerts use that need no past."""

from __future__ import annotations

import json
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.observing.metrics.snapshot import Snapshot

Labels = frozenset[tuple[str, str]]
Vector = Mapping[Labels, float]
"""What a query finds: the value of each series, by its labels."""

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SETS = ("and", "unless")
STRENGTHS = {"or": 1, **dict.fromkeys(SETS, 2), **dict.fromkeys(COMPARISONS, 3), "/": 4}
"""Of two operators, the stronger one takes what stands between them."""

AGGREGATIONS: Mapping[str, Callable[[Collection[float]], float]] = {"sum": sum, "min": min, "max": max}

STRING = r'"(?:[^"\\]|\\.)*"'
WORD = re.compile(rf"{STRING}|[A-Za-z_:][\w:]*|[\d.]+(?:e\d+)?|[=!]~|[=!<>]=|\S")


def needs_past(query: str) -> bool:
    """Whether a query speaks of a span of time, such as `rate(…[5m])`."""
    return "[" in re.sub(STRING, "", query)


def run_query(query: str, snapshot: Snapshot) -> Vector:
    """What a query finds in one reading.

    Args:
        query: One that needs no past.
        snapshot: The reading.

    Raises:
        FluxError: If the query uses what is not known here.
    """
    return _Evaluation(query, snapshot).run()


class _Evaluation:
    """Reads a query from left to right and computes it on the way."""

    def __init__(self, query: str, snapshot: Snapshot) -> None:
        self._query = query
        self._words: list[str] = WORD.findall(query)
        self._snapshot = snapshot

    def run(self) -> Vector:
        found = self._read_operation()
        if self._words:
            raise self._unreadable()
        return self._check_vector(found)

    def _read_operation(self, weakest: int = 1) -> Vector | float:
        left = self._read_operand()
        while (strength := STRENGTHS.get(self._next(), 0)) >= weakest:
            symbol = self._take()
            labels = self._read_names() if self._accept("on") else None
            right = self._read_operation(strength + 1)
            left = self._combine(symbol, self._check_vector(left), right, labels)
        return left

    def _read_operand(self) -> Vector | float:
        word = self._take()
        if word == "(":
            inner = self._read_operation()
            self._expect(")")
            return inner
        if word[0].isdigit():
            return float(word)
        if word in AGGREGATIONS:
            by = self._read_names() if self._accept("by") else ()
            return _aggregate(AGGREGATIONS[word], self._read_argument(), by)
        if word == "abs":
            return {labels: abs(value) for labels, value in self._read_argument().items()}
        if word == "absent":
            return {} if self._read_argument() else {frozenset(): 1.0}
        if not word[0].isalpha():
            raise self._unreadable()
        return self._select(word)

    def _read_argument(self) -> Vector:
        self._expect("(")
        argument = self._check_vector(self._read_operation())
        self._expect(")")
        return argument

    def _read_names(self) -> tuple[str, ...]:
        self._expect("(")
        names = []
        while not self._accept(")"):
            names.append(self._take())
            self._accept(",")
        return tuple(names)

    def _select(self, name: str) -> Vector:
        matchers = list(self._read_matchers()) if self._accept("{") else []
        return {
            frozenset(sample.labels.items()): sample.value
            for sample in self._snapshot.list_samples(name)
            if all(matches(sample.labels) for matches in matchers)
        }

    def _read_matchers(self) -> Iterator[Callable[[Mapping[str, str]], bool]]:
        while not self._accept("}"):
            label, symbol, text = self._take(), self._take(), json.loads(self._take())
            if symbol not in {"=", "!=", "=~", "!~"}:
                raise self._unreadable()
            pattern = re.compile(text if "~" in symbol else re.escape(text))
            yield _build_matcher(label, pattern, wanted="!" not in symbol)
            self._accept(",")

    def _combine(
        self, symbol: str, left: Vector, right: Vector | float, on: tuple[str, ...] | None
    ) -> Vector:
        if symbol in COMPARISONS:
            holds = COMPARISONS[symbol]
            return {labels: value for labels, value, other in _pair(left, right) if holds(value, other)}
        if symbol == "/":
            # Prometheus says infinity where nothing divides; every alert keeps that out by a condition.
            return {labels: value / other for labels, value, other in _pair(left, right) if other}
        right = self._check_vector(right)
        keys = {_choose(labels, on) for labels in right}
        if symbol == "or":
            taken = {_choose(labels, on) for labels in left}
            return {
                **left,
                **{labels: value for labels, value in right.items() if _choose(labels, on) not in taken},
            }
        return {
            labels: value
            for labels, value in left.items()
            if (_choose(labels, on) in keys) == (symbol == "and")
        }

    def _next(self) -> str:
        return self._words[0] if self._words else ""

    def _take(self) -> str:
        if not self._words:
            raise self._unreadable()
        return self._words.pop(0)

    def _accept(self, word: str) -> bool:
        is_next = self._next() == word
        if is_next:
            self._take()
        return is_next

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unreadable()

    def _check_vector(self, value: Vector | float) -> Vector:
        if isinstance(value, float):
            raise self._unreadable()
        return value

    def _unreadable(self) -> FluxError:
        where = " ".join(self._words) or "its end"
        return FluxError(
            ErrorClass.INTERNAL,
            f"the query `{self._query}` cannot be computed from one reading, from {where} on",
            suggestions=("Prometheus computes it: `promtool query instant`",),
        )


def _build_matcher(
    label: str, pattern: re.Pattern[str], *, wanted: bool
) -> Callable[[Mapping[str, str]], bool]:
    return lambda labels: (pattern.fullmatch(labels.get(label, "")) is not None) == wanted


def _aggregate(function: Callable[[Collection[float]], float], vector: Vector, by: Collection[str]) -> Vector:
    groups: dict[Labels, list[float]] = defaultdict(list)
    for labels, value in vector.items():
        groups[_choose(labels, by)].append(value)
    return {labels: function(values) for labels, values in groups.items()}


def _pair(left: Vector, right: Vector | float) -> Iterator[tuple[Labels, float, float]]:
    """Each series of the left with the number, or with the series of the same labels."""
    for labels, value in left.items():
        other = right if isinstance(right, float) else right.get(labels)
        if other is not None:
            yield labels, value, other


def _choose(labels: Labels, names: Collection[str] | None) -> Labels:
    """Some of the labels; all for None."""
    return labels if names is None else frozenset(item for item in labels if item[0] in names)
