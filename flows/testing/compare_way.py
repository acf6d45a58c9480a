"""The way of a rehearsal and where it led, against what its scenario expects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from fluxagents.flows.testing.difference import Difference, alike, is_text, text_in_words
from fluxagents.flows.testing.expectation import Expectation
from fluxagents.flows.testing.moves import Move
from fluxagents.flows.testing.rehearsal import Rehearsal


def way_differences(expected: Expectation, found: Rehearsal) -> Iterator[Difference]:
    """What is another in path, end and facts, the path first."""
    yield from _of_path(expected, found)
    yield from _of_end(expected, found)
    yield from _of_facts(expected, found)


def _way(path: Sequence[str]) -> str:
    return " → ".join(path)


def _of_path(expected: Expectation, found: Rehearsal) -> Iterator[Difference]:
    if expected.path is not None and expected.path != found.path:
        pairs = zip(expected.path, found.path, strict=False)
        shorter = min(len(expected.path), len(found.path))
        place = next((at for at, (one, other) in enumerate(pairs) if one != other), shorter)
        yield Difference(
            f"the path is another from place {place + 1} on",
            _way(expected.path),
            _way(found.path),
            tuple(_why_there(found, place)),
        )
    left = list(found.path)
    for node in expected.passes:
        if node not in left:
            yield Difference(
                f"the run does not pass {node!r}" + (" (in this order)" if node in found.path else ""),
                _way(expected.passes),
                _way(found.path),
                tuple(_told(found)),
            )
            break
        left = left[left.index(node) + 1 :]
    for node in expected.avoids:
        if node in found.path:
            notes = tuple(_why_there(found, found.path.index(node)))
            yield Difference(f"the run comes to {node!r}", f"not {node}", _way(found.path), notes)


def _why_there(found: Rehearsal, place: int) -> Iterator[str]:
    """What led to a place of the path, or kept the run from going on."""
    if 0 < place < len(found.path):
        yield move_in_words(found.moves[place - 1])
    if place >= len(found.path):
        yield f"the run is {found.status} at {found.state.node!r}"
    if found.error is not None:
        yield f"{found.error.kind}: {found.error.message}"


def _told(found: Rehearsal) -> Iterator[str]:
    yield from (move_in_words(move) for move in found.moves if move.seen)
    if found.error is not None:
        yield f"{found.error.kind}: {found.error.message}"


def move_in_words(move: Move) -> str:
    """An edge, with the values that were seen or the error that led along it."""
    seen = ", ".join(f"{name} = {json.dumps(value)}" for name, value in sorted(move.seen.items()))
    error = f"; {move.error.kind}: {move.error.message}" if move.error else ""
    return f"{move.edge}{f'; saw {seen}' if seen else ''}{error}"


def _of_end(expected: Expectation, found: Rehearsal) -> Iterator[Difference]:
    error = f"{found.error.kind}: {found.error.message}" if found.error else "none"
    if expected.status is not None and expected.status != found.status:
        notes = (error,) if found.error else ()
        yield Difference(
            "the status is another", expected.status, f"{found.status} at {found.state.node}", notes
        )
    if expected.error is not None:
        kind, contains = expected.error.kind, expected.error.contains
        other_kind = kind is not None and (found.error is None or found.error.kind is not kind)
        if other_kind or (contains or "") not in error or found.error is None:
            wanted = f"{kind or 'an error'}{f' with {contains!r}' if contains else ''}"
            yield Difference("the error is another", wanted, error)
    if expected.answer is not None and not is_text(expected.answer, found.answer or ""):
        notes = (error,) if found.error else ()
        yield Difference("the answer is another", text_in_words(expected.answer), repr(found.answer), notes)


def _of_facts(expected: Expectation, found: Rehearsal) -> Iterator[Difference]:
    for name, value in expected.facts.items():
        there = found.facts.get(name)
        if not alike(value, there, expected.tolerance):
            known = "" if name in found.facts else " (never found)"
            wanted = json.dumps(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                wanted += f" ± {expected.tolerance:.3g} of it"
            yield Difference(f"fact {name!r} is another", wanted, f"{json.dumps(there)}{known}")
