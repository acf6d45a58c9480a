"""Arguments of a tool that has no reader of its own, by their names and types in its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fluxagents.workers.chat_models.planner.calls.quantities import Arguments, find_growth_rate, find_share
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.words.lexicon import fold
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, MODEL, NUMBER, Phrase

_CONDITIONS = frozenset({"medium", "medium_changes", "biomass", "objective"})
"""Arguments that the conditions of a clause give."""


def read_schema_arguments(
    tool: str, parameters: Mapping[str, Any], phrase: Phrase, medium: KnownMedium
) -> Iterator[Arguments]:
    """The arguments of one call; a required argument that the question does not give is a problem."""
    properties: Mapping[str, Mapping[str, Any]] = parameters.get("properties", {})
    values = {
        name: _read(name, schema, phrase, medium)
        for name, schema in properties.items()
        if name not in _CONDITIONS
    }
    args = {name: value for name, value in values.items() if value is not None}
    missing = [name for name in parameters.get("required", ()) if name not in args]
    for name in missing:
        medium.problems.append(f"{tool} needs '{name}': {properties[name].get('description', name)}")
    if not missing:
        yield args


def _read(name: str, schema: Mapping[str, Any], phrase: Phrase, medium: KnownMedium) -> Any:
    """The value of one argument; None if the phrase does not give it."""
    exchanges = [medium.find_exchange(token) for token in phrase.tokens if token.tag in COMPOUNDS]
    models = phrase.list_values(MODEL)
    by_name: Mapping[str, Any] = {
        "bounds": _read_bounds(phrase),
        **dict.fromkeys(("product", "product_exchange", "substrate"), next(iter(exchanges), None)),
        "universal": next(iter(models), None),
        "models": list(models) or None,
        "genes": phrase.genes or None,
        "reactions": phrase.reactions or None,
        "knock_outs": phrase.genes + phrase.reactions or None,
    }
    if name in by_name:
        return by_name[name]
    if name.endswith("_per_h"):
        return find_growth_rate(phrase)
    if "fraction" in name:
        return find_share(phrase)
    return _read_choice(schema, phrase) or _read_count(name, phrase)


def _read_choice(schema: Mapping[str, Any], phrase: Phrase) -> str | None:
    """The value of an enumeration whose name a word of the phrase is."""
    words = {fold(token.text).replace("-", "_").replace(" ", "_") for token in phrase.tokens}
    choices = (choice for choice in schema.get("enum", ()) if isinstance(choice, str))
    return next((choice for choice in choices if choice in words), None)


def _read_count(name: str, phrase: Phrase) -> int | None:
    """The number before the word that an argument is called: "50 points"."""
    for at, token in enumerate(phrase.tokens[:-1]):
        after = fold(phrase.tokens[at + 1].text)
        if token.tag == NUMBER and not token.unit and after.rstrip("s") == name.rstrip("s"):
            return int(token.value)
    return None


def _read_bounds(phrase: Phrase) -> dict[str, dict[str, float]] | None:
    """The bounds of the reactions, mmol/gDW/h: "lower" and "upper" name the side, "at most" the upper one.

    Two numbers are both bounds: "at 0 to 2".
    """
    numbers = [float(token.value) for token in phrase.tokens if token.tag == NUMBER]
    if len(numbers) not in {1, 2} or not phrase.reactions:
        return None
    if len(numbers) > 1:
        lower, upper = sorted(numbers)
        both = {"lower_mmol_per_gdw_h": lower, "upper_mmol_per_gdw_h": upper}
        return dict.fromkeys(phrase.reactions, both)
    words = {fold(token.text) for token in phrase.tokens}
    is_lower = bool(words & _LOWER) or "at_least" in phrase.tags
    side = "lower_mmol_per_gdw_h" if is_lower else "upper_mmol_per_gdw_h"
    return {reaction: {side: numbers[0]} for reaction in phrase.reactions}


_LOWER = frozenset({"lower", "untere", "unteren", "inferieure", "inferior", "minimum"})
