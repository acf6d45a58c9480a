"""What changed between two states, as paths with the values before and after. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from fluxagents.flows.state import RunState

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs."""

    path: str
    """`facts.growth_per_h`, `findings[2]`."""
    kind: Kind
    before: JsonValue
    after: JsonValue


def diff_states(before: RunState | None, after: RunState) -> tuple[Change, ...]:
    """What a step changed; for the first step, everything that is there after it."""
    was: JsonValue = {} if before is None else before.model_dump(mode="json", exclude_defaults=True)
    return changes(was, after.model_dump(mode="json", exclude_defaults=True))


def changes(before: JsonValue, after: JsonValue, path: str = "") -> tuple[Change, ...]:
    """The differences of two documents; a list may have lost its first items and got new ones at its end."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return tuple(_in_mapping(before, after, path))
    if isinstance(before, Sequence) and isinstance(after, Sequence) and not _text(before, after):
        return tuple(_in_list(before, after, path))
    if before == after and type(before) is type(after):
        return ()
    return (Change(path, "changed", before, after),)


def _text(*values: object) -> bool:
    return any(isinstance(value, str) for value in values)


def _in_mapping(
    before: Mapping[str, JsonValue], after: Mapping[str, JsonValue], path: str
) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        inner = f"{path}.{name}" if path else name
        if name not in after:
            yield Change(inner, "removed", before[name], None)
        elif name not in before:
            yield Change(inner, "added", None, after[name])
        else:
            yield from changes(before[name], after[name], inner)


def _in_list(before: Sequence[JsonValue], after: Sequence[JsonValue], path: str) -> Iterator[Change]:
    gone = next(at for at in range(len(before) + 1) if list(before[at:]) == list(after[: len(before) - at]))
    kept = len(before) - gone
    if gone and not kept and len(before) == len(after):
        for at, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from changes(old, new, f"{path}[{at}]")
        return
    for at in range(gone):
        yield Change(f"{path}[{at}]", "removed", before[at], None)
    for at in range(kept, len(after)):
        yield Change(f"{path}[{at}]", "added", None, after[at])
