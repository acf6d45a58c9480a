"""Definitions of flows that an older version stored, in the shape of today."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def upcast_flow(document: Document) -> Document:
    """The definition of a flow as a store keeps it, which says no version."""
    nodes = {name: _rename(node, "within_s", "timeout_s") for name, node in document["nodes"].items()}
    return {**document, "nodes": nodes}


def _rename(document: Document, old: str, new: str) -> Document:
    if old not in document:
        return document
    rest = {name: value for name, value in document.items() if name != old}
    return rest if document[old] is None else {**rest, new: document[old]}
