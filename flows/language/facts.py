"""Takes the facts of a node out of a document."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_facts


def extract_facts(
    flow: Flow, where: str, paths: Mapping[str, str], document: Mapping[str, JsonValue], *, what: str
) -> dict[str, JsonValue]:
    """The facts that stand at dotted paths of a document.

    Args:
        flow: Declares their types.
        where: The node.
        paths: Fact name -> path.
        document: A tool's summary or an event's data.
        what: What an error calls the document.

    Raises:
        FluxError: `BAD_FLOW` if a path leads nowhere, or a value has another type than declared.
    """
    facts = {fact: _at_path(document, path, f"fact {fact!r}: {what}") for fact, path in paths.items()}
    return check_facts(flow, facts, where=where)


def _at_path(document: Mapping[str, JsonValue], path: str, what: str) -> JsonValue:
    value: JsonValue = dict(document)
    for part in path.split("."):
        if value is None:
            return None
        if not isinstance(value, dict) or part not in value:
            known = list(value) if isinstance(value, dict) else []
            raise FluxError(
                ErrorClass.BAD_FLOW,
                f"{what} has no {part!r} on the way {path!r}",
                suggestions=(*nearest(part, known), f"there: {', '.join(known) or 'nothing'}"),
            )
        value = value[part]
    return value
