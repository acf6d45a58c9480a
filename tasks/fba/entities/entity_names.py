"""The names that people use for the ids in a display: gltA of b0720, D-Glucose of EX_glc__D_e."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import JsonValue

from fluxagents.tasks.display import MAX_NAMED, cut_text
from fluxagents.tasks.ports.results import Args

if TYPE_CHECKING:
    from cobra import Model

NAMES = "names"
"""Where key findings hold names: kind (`genes`, `exchanges`, `reactions`, `metabolites`) -> id -> name."""

MAX_BYTES = 600
"""Of the names beside the key findings of one result."""

_NAME_BYTES = 60
_JOINED = " + "
_TYPED_PREFIX = re.compile(r"^R[ _](?=\w)")
"""How old files begin the name of a reaction."""


def find_names(model: Model | None, findings: JsonValue, args: Args) -> dict[str, JsonValue]:
    """The names of what key findings and the arguments of a call list, to stand beside the key findings.

    Args:
        model: That the ids are of; without one there are no names.
        findings: Of a tool.
        args: Of the call.

    Returns:
        `{"names": …}`, or nothing if no id has a name. It takes at most `MAX_BYTES`.
    """
    if model is None:
        return {}
    asked = args.model_dump(mode="json", exclude_unset=True)
    names: dict[str, dict[str, JsonValue]] = {}
    for kind, identifier, name in collect_names(model, [asked, findings]):
        extended = {**names, kind: {**names.get(kind, {}), identifier: name}}
        if len(json.dumps({NAMES: extended})) > MAX_BYTES:
            break
        names = extended
    return {NAMES: {**names}} if names else {}


def collect_names(model: Model, data: JsonValue) -> Iterator[tuple[str, str, str]]:
    """Kind, id and name of what data list; an exchange has the name of what it exchanges.

    An id without a name, or with one that says no more than the id, is left out.
    """
    for text in dict.fromkeys(_list_ids(data)):
        for identifier in text.split(_JOINED):
            kind, name = _find_name(model, identifier)
            if name and _says_more(name, identifier):
                yield kind, identifier, cut_text(name, _NAME_BYTES)


def _list_ids(data: JsonValue) -> Iterator[str]:
    """The texts that may be ids, in their order; of a long list or mapping the first."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for at, (key, value) in enumerate(data.items()):
            if at < MAX_NAMED:
                yield key
            yield from _list_ids(value)
    elif isinstance(data, list):
        for value in data[:MAX_NAMED]:
            yield from _list_ids(value)


def _find_name(model: Model, identifier: str) -> tuple[str, str]:
    if identifier in model.genes:
        return "genes", model.genes.get_by_id(identifier).name or ""
    if identifier in model.reactions:
        reaction = model.reactions.get_by_id(identifier)
        if reaction.boundary and len(reaction.metabolites) == 1:
            return "exchanges", next(iter(reaction.metabolites)).name or ""
        return "reactions", _TYPED_PREFIX.sub("", reaction.name or "")
    if identifier in model.metabolites:
        return "metabolites", model.metabolites.get_by_id(identifier).name or ""
    return "", ""


def _says_more(name: str, identifier: str) -> bool:
    """Whether a name is more than the id, or the id as SBML writes it."""
    return name.lower().removeprefix("g_").removeprefix("r_") != identifier.lower()
