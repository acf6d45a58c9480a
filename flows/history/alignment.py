"""Two sequences side by side, where their members are of one kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

Item = TypeVar("Item")


def align(
    a: Sequence[Item], b: Sequence[Item], key: Callable[[Item], str]
) -> list[tuple[Item | None, Item | None]]:
    """Both in order, side by side where their keys are the same."""
    matcher = SequenceMatcher(None, [key(one) for one in a], [key(one) for one in b], autojunk=False)
    found: list[tuple[Item | None, Item | None]] = []
    for tag, from_a, to_a, from_b, to_b in matcher.get_opcodes():
        if tag == "equal":
            found += zip(a[from_a:to_a], b[from_b:to_b], strict=True)
        else:
            found += [(one, None) for one in a[from_a:to_a]]
            found += [(None, one) for one in b[from_b:to_b]]
    return found
