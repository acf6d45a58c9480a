"""YAML 1.2 as plain values, read by libYAML: a table per mapping and per `!!omap`, no other types."""

from __future__ import annotations

import math
import re

import yaml

from fluxagents.workers.models.reading.refusal import RefusedFileError

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"[-+]?(0|[1-9]\d*)", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_PLAIN = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
"""Scalars without quotes that are no text. `NO` is a formula here, and no truth value as in YAML 1.1."""

_OMAP = "tag:yaml.org,2002:omap"
_MAX_DIGITS = 300


def parse_yaml(text: str) -> object:
    """The values of one document: tables, lists, text, numbers, truth values and None.

    A whole number with leading zeros stays text, as a gene's id may have them.

    Raises:
        RefusedFileError: A table names a key twice, or an alias is inside what it stands for.
        yaml.YAMLError: It is no YAML.
    """
    node = yaml.compose(text, Loader=_LOADER)
    return None if node is None else _Builder().build(node)


class _Builder:
    """Builds the values of the nodes of one document; what an alias stands for is built once."""

    def __init__(self) -> None:
        self._built: dict[int, object] = {}

    def build(self, node: yaml.Node) -> object:
        if isinstance(node, yaml.ScalarNode):
            return _read_scalar(node)
        key = id(node)
        if key not in self._built:
            self._built[key] = _UNFINISHED
            self._built[key] = self._build_collection(node)
        if self._built[key] is _UNFINISHED:
            raise _refuse("has an alias inside what it stands for", node)
        return self._built[key]

    def _build_collection(self, node: yaml.Node) -> object:
        if isinstance(node, yaml.MappingNode):
            return self._build_table(node.value)
        if node.tag != _OMAP:
            return [self.build(item) for item in node.value]
        pairs = []
        for item in node.value:
            if not isinstance(item, yaml.MappingNode) or len(item.value) != 1:
                raise _refuse("has an !!omap with an entry that is no pair", item)
            pairs += item.value
        return self._build_table(pairs)

    def _build_table(self, pairs: list[tuple[yaml.Node, yaml.Node]]) -> dict[object, object]:
        table: dict[object, object] = {}
        for key_node, value_node in pairs:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refuse("has a key that is no text", key_node)
            key = _read_scalar(key_node)
            if key in table:
                raise _refuse(f"names '{key}' twice in one table", key_node)
            table[key] = self.build(value_node)
        return table


_UNFINISHED = object()


def _read_scalar(node: yaml.ScalarNode) -> object:
    text: str = node.value
    if node.style or len(text) > _MAX_DIGITS:
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and not text.lstrip("+-").isdigit():
        return float(text)
    return text


def _refuse(fault: str, node: yaml.Node) -> RefusedFileError:
    line = node.start_mark.line + 1
    return RefusedFileError(
        f"{fault}, at line {line}: correct it, or fetch the file again if it is cut short"
    )
