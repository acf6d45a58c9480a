"""Numbers and counted nouns of an answer: few digits, right plurals."""

from __future__ import annotations

from collections.abc import Iterable

FLUX = "mmol/gDW/h"

DASH = " \u2013 "
"""Between the id and the name of a reaction."""

COMMA = ", "

ZERO = 1e-9
"""What is below this is 0 to a reader, 1/h or mmol/gDW/h."""

_MAX_DIGITS = 6
_LONG, _VERY_LONG, _FOUR_DIGITS = 1_000, 1e7, 100


def format_number(value: float) -> str:
    """A number as an answer states it: three significant digits, four above 100; findings have all."""
    if isinstance(value, int):
        return str(value)
    if abs(value) < ZERO:
        return "0"
    if abs(value) >= _LONG:
        return f"{value:.0f}" if abs(value) < _VERY_LONG else f"{value:.3g}"
    return f"{value:.4g}" if abs(value) >= _FOUR_DIGITS else f"{value:.3g}"


def format_limit(value: float | None) -> str:
    """A bound, which may be absent."""
    return "no limit" if value is None else format_number(value)


def format_rate(value: float | None) -> str:
    """A growth rate with its unit; None is that of a model that has none."""
    return "none" if value is None else f"{format_number(value)} 1/h"


def describe_change(before: float | None, after: float | None) -> str:
    """How growth changes, as a predicate: `falls from 0.874 to 0 1/h`.

    Args:
        before: Growth, 1/h; None if it is not known.
        after: Growth, 1/h; None if nothing is feasible.
    """
    if before is None:
        return "is not known" if after is None else f"is {format_rate(after)}"
    if after is None:
        return f"of {format_rate(before)} is lost, as no fluxes satisfy all bounds any more"
    if abs(after - before) <= 1e-6 * max(abs(before), ZERO):
        return f"stays at {format_rate(before)}"
    verb = "falls" if after < before else "rises"
    shown = _format_apart(before, after)
    return f"{verb} from {shown[0]} to {shown[1]} 1/h"


def _format_apart(first: float, second: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ."""
    pair = (format_number(first), format_number(second))
    digits = 4
    while pair[0] == pair[1] and digits <= _MAX_DIGITS:
        pair = (f"{first:.{digits}g}", f"{second:.{digits}g}")
        digits += 1
    return pair


def count_things(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun: `1 gene`, `no genes`, `7 genes`."""
    many = plural or f"{noun}s"
    return f"no {many}" if count == 0 else f"{count} {noun if count == 1 else many}"


def verb_of(count: int) -> str:
    """`is` or `are`."""
    return "is" if count == 1 else "are"


def join_words(words: Iterable[str], word: str = "and") -> str:
    """`A, B and C`; with semicolons where a word has a comma or a dash of its own."""
    *others, last = tuple(words) or ("",)
    mark = find_mark([*others, last])
    if not others:
        return last
    return f"{COMMA.join(others)} {word} {last}" if mark == COMMA else mark.join([*others, last])


def find_mark(words: Iterable[str]) -> str:
    """What stands between the words of a list."""
    return "; " if any("," in word or DASH in word for word in words) else COMMA


def capitalise(sentence: str) -> str:
    """A sentence that begins with a capital, unless it begins with an id."""
    first = sentence.split(" ", 1)[0]
    return f"{sentence[:1].upper()}{sentence[1:]}" if first.isalpha() and first.islower() else sentence
