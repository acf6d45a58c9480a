"""Reads flows from YAML; a mistake is named with its line, its node and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.humans.ladders import Calendar, LadderStep
from fluxagents.flows.language import nodes
from fluxagents.flows.language.definition import Budget, FactSpec, Flow, InputSpec
from fluxagents.flows.language.node_base import RequestRules, Retry
from fluxagents.flows.language.upcasting import upcast_flow
from fluxagents.flows.language.yaml_loader import YAML_LOADER

Path = tuple[str | int, ...]
"""Where something stands in a document: keys and places, from the outside in."""


class SourceLines:
    """The lines of a YAML document, by what stands there."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._lines: dict[Path, int] = {}
        self.twice: list[tuple[Path, int]] = []
        """Keys that stand twice in one mapping, where YAML would keep the last."""
        if root is not None:
            self._walk(root, ())

    def _walk(self, node: yaml.Node, path: Path) -> None:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*path, key.value)
                if inner in self._lines:
                    self.twice.append((inner, key.start_mark.line + 1))
                self._lines[inner] = key.start_mark.line + 1
                self._walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._walk(value, (*path, index))

    def of(self, path: Path) -> int | None:
        """The line of a place, or of the nearest place around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self._lines:
                return self._lines[path[:end]]
        return None


def flow_from_yaml(text: str, *, where: str = "the flow") -> Flow:
    """Read a flow.

    Args:
        text: The YAML document.
        where: What an error calls the document, a file's name for instance.

    Raises:
        FluxError: If it is no YAML or no flow; names file, line and node of everything that is wrong.
    """
    return _read_once(text, where)


@lru_cache(maxsize=128)
def _read_once(text: str, where: str) -> Flow:
    """A library reads all its files for each flow that is asked for; a text is parsed once in a process."""
    document, lines = document_with_lines(text, where=where)
    return flow_from_mapping(document, where=where, lines=lines)


def flow_from_json(text: str | bytes) -> Flow:
    """A flow as a store keeps it, also one that an older version stored.

    Raises:
        FluxError: A newer version stored it, with something that this one does not know.
    """
    try:
        return Flow.model_validate(upcast_flow(json.loads(text)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FluxError(
            ErrorClass.SCHEMA,
            f"this version cannot read the stored flow: {where}: {first['msg']}",
            suggestions=("a newer version stored it: upgrade the workers before the clients",),
        ) from error


def document_with_lines(
    text: str, *, where: str, needs: str = "`flow`, `start` and `nodes`"
) -> tuple[Mapping[str, Any], SourceLines]:
    """A YAML mapping and the lines of what stands in it.

    Raises:
        FluxError: If it is no YAML, no mapping, or names a key twice.
    """
    try:
        document, lines = _parse_yaml(text)
    except yaml.YAMLError as error:
        raise FluxError(ErrorClass.BAD_FLOW, f"{where} is not YAML: {error}") from error
    if not isinstance(document, Mapping):
        raise FluxError(ErrorClass.BAD_FLOW, f"{where} is not a mapping with {needs}")
    if lines.twice:
        path, line = lines.twice[0]
        raise FluxError(ErrorClass.BAD_FLOW, f"{where}:{line}: {_describe_path(path)} stands there twice")
    return document, lines


def _parse_yaml(text: str) -> tuple[Any, SourceLines]:
    loader = YAML_LOADER(text)
    try:
        root = loader.get_single_node()
        lines = SourceLines(root)  # before the document: building it writes merged keys into the nodes
        return None if root is None else loader.construct_document(root), lines
    finally:
        loader.dispose()


def flow_from_mapping(
    document: Mapping[str, Any], *, where: str = "the flow", lines: SourceLines | None = None
) -> Flow:
    """Read a flow from plain data.

    Raises:
        FluxError: As `flow_from_yaml`; without lines where there are none.
    """
    try:
        return Flow.model_validate(document)
    except ValidationError as error:
        problems = [_problem(details, document) for details in error.errors(include_url=False)]
        raise collect_mistakes(f"{locate(where, lines, path)}: {text}" for path, text in problems) from error


def collect_mistakes(sentences: Iterable[str]) -> FluxError:
    """Build one error of all that is wrong with a document, each sentence once."""
    first, *others = dict.fromkeys(sentences)
    return FluxError(ErrorClass.BAD_FLOW, first, suggestions=[f"also {sentence}" for sentence in others])


def locate(where: str, lines: SourceLines | None, path: Path) -> str:
    """Write a document's name with the line of a path, if it is known."""
    line = lines.of(path) if lines else None
    return f"{where}:{line}" if line else where


def explain_mistake(error: ErrorDetails, path: Path, fields: Sequence[str]) -> Iterator[str]:
    """Say what is wrong with a value and what to do.

    Args:
        error: As pydantic reports it.
        path: Where the value stands.
        fields: Those that may stand there.
    """
    if error["type"] == "extra_forbidden":
        yield f"there is no such field {str(path[-1])!r}"
        yield from nearest(str(path[-1]), fields) or [f"fields: {', '.join(fields)}"]
    elif error["type"] == "missing":
        yield "it is missing"
    else:
        yield error["msg"].removeprefix("Value error, ")
        if not isinstance(error.get("input"), Mapping):
            yield f"it is {error.get('input')!r:.80}"


def _problem(error: ErrorDetails, document: Mapping[str, Any]) -> tuple[Path, str]:
    """Where something is wrong, and what, with a way out."""
    path = _without_tag(error["loc"])
    return path, f"{_describe_path(path)}: {'; '.join(_explain(error, path, document))}"


def _explain(error: ErrorDetails, path: Path, document: Mapping[str, Any]) -> Iterator[str]:
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        node = error.get("input")
        kind = node.get("kind") if isinstance(node, Mapping) else None
        yield f"its kind is {kind!r}" if kind is not None else "it has no kind"
        yield from nearest(str(kind), nodes.KINDS)
        yield f"kinds: {', '.join(nodes.KINDS)}"
    else:
        yield from explain_mistake(error, path, _fields(path[:-1], document))


def _fields(path: Path, document: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that may stand at a place."""
    if path[:1] == ("nodes",) and len(path) >= 2:  # noqa: PLR2004 - nodes.<name>
        node = document["nodes"].get(path[1], {})
        kind = node.get("kind") if isinstance(node, Mapping) else None
        inner: dict[str, type[BaseModel]] = {
            "cases": nodes.BranchCase,
            "retry": Retry,
            "approval": RequestRules,
            "escalate": nodes.EscalationRule,
            "ladder": LadderStep,
            "calendar": Calendar,
        }
        # The innermost one says which fields there are.
        model = next((inner[str(part)] for part in path[::-1] if part in inner), nodes.KINDS.get(str(kind)))
    else:
        sections: dict[str, type[BaseModel]] = {"inputs": InputSpec, "facts": FactSpec, "budget": Budget}
        model = sections.get(str(path[0])) if path else Flow
    return tuple(model.model_fields) if model else ()


def _without_tag(loc: Path) -> Path:
    """A place as it stands in the document: pydantic names the kind of a node behind the node's name."""
    if loc[:1] == ("nodes",) and len(loc) > 2 and loc[2] in nodes.KINDS:  # noqa: PLR2004 - nodes.<name>.<kind>
        return (*loc[:2], *loc[3:])
    return loc


def _describe_path(path: Path) -> str:
    if path[:1] == ("nodes",) and len(path) >= 2:  # noqa: PLR2004 - nodes.<name>
        inner = ".".join(str(part) for part in path[2:])
        return f"node {str(path[1])!r}{f', {inner}' if inner else ''}"
    return ".".join(str(part) for part in path) or "the document"
