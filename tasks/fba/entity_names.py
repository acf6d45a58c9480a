"""Finds genes and reactions by what people call them: names, EC numbers and ids of databases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cobra import Gene, Reaction

MAX_CANDIDATES = 5


def suggest_named(kind: str, query: str, items: Iterable[Gene | Reaction]) -> tuple[str, ...]:
    """Sentences that name the ids of what a query means; none if it means nothing.

    What is called exactly so goes before what only has all words of the query in its name.
    """
    exact, partial = [], []
    wanted = _split(query)
    for item in items:
        names = [_split(name) for name in _list_names(item)]
        if wanted in names:
            exact.append(item.id)
        elif wanted and any(set(wanted) <= set(name) for name in names):
            partial.append(item.id)
    ids = (exact or partial)[:MAX_CANDIDATES]
    return tuple(f"{kind} '{query}' has the id '{identifier}'" for identifier in ids)


def _list_names(item: Gene | Reaction) -> Iterator[str]:
    """The name, and each annotation: EC numbers, KEGG, BiGG, ModelSEED and other ids."""
    yield item.name or ""
    for value in (item.annotation or {}).values():
        yield from [value] if isinstance(value, str) else map(str, value)


def _split(name: str) -> tuple[str, ...]:
    """Its words in lower case, with one spelling of what has two."""
    name = re.sub(r"\bphospho(glucose|fructose)\b", r"\1-6-phosphate", name.lower())
    return tuple(re.findall(r"[a-z0-9.]+", name))
