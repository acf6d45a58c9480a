"""Documents that an older version wrote, in the shape of today: a step for each version that changed one.

What a version only added has a default and needs no step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fluxagents.flows.events import SCHEMA_VERSION

Document = dict[str, Any]


def upcast_state(document: Document) -> Document:
    """The state of a run; `schema_version` says who wrote it."""
    for version in range(int(document["schema_version"]), SCHEMA_VERSION):
        document = _STATE.get(version, _as_it_is)(document)
    return {**document, "schema_version": SCHEMA_VERSION}


def upcast_flow(document: Document) -> Document:
    """The definition of a flow as a store keeps it, which says no version."""
    nodes = {name: _rename(node, "within_s", "timeout_s") for name, node in document["nodes"].items()}
    return {**document, "nodes": nodes}


def _as_it_is(document: Document) -> Document:
    return document


def _to_3(state: Document) -> Document:
    """The time of a node is counted from the last step that is known, and its visits from now."""
    visits = {state["node"]: 1} if "node" in state else {}
    return {**state, "attempt_ms": state.get("updated_ms", 0), "visits": visits}


def _rename(document: Document, old: str, new: str) -> Document:
    if old not in document:
        return document
    rest = {name: value for name, value in document.items() if name != old}
    return rest if document[old] is None else {**rest, new: document[old]}


_STATE: Mapping[int, Callable[[Document], Document]] = MappingProxyType({2: _to_3})
"""From each version to the next."""
