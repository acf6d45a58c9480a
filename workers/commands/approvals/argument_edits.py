"""Other values for arguments, also within one: `bounds.PFK.upper_mmol_per_gdw_h=5`."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from fluxagents.workers.commands.display.options import parse_pairs


def read_edits(pairs: tuple[str, ...], args: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The arguments that differ, each whole.

    Args:
        pairs: `NAME=VALUE`, or a path of names with dots between them.
        args: As they are asked for: what a path does not name stays.

    Raises:
        click.BadParameter: If a pair has no `=`.
    """
    edited: dict[str, JsonValue] = {}
    for path, value in parse_pairs(pairs).items():
        name, dot, rest = path.partition(".")
        if dot:
            edited[name] = _put(edited.get(name, args.get(name)), rest, value)
        else:
            edited[name] = value
    return edited


def _put(whole: JsonValue, path: str, value: JsonValue) -> JsonValue:
    """A copy of an object with another value at a path; ids with dots in them are names of their own."""
    inner = whole if isinstance(whole, dict) else {}
    known = next((name for name in inner if path == name or path.startswith(f"{name}.")), None)
    name = known if known is not None else path.partition(".")[0]
    rest = path.removeprefix(name).removeprefix(".")
    return {**inner, name: _put(inner.get(name), rest, value) if rest else value}
