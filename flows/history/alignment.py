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
    matcher = SequenceMatcher(None, [key(item) for item in a], [key(item) for item in b], autojunk=False)
    pairs: list[tuple[Item | None, Item | None]] = []
    for tag, from_a, to_a, from_b, to_b in matcher.get_opcodes():
        if tag == "equal":
            pairs += zip(a[from_a:to_a], b[from_b:to_b], strict=True)
        else:
            pairs += [(item, None) for item in a[from_a:to_a]]
            pairs += [(None, item) for item in b[from_b:to_b]]
    return pairs
