"""The width of text in an unknown font: that of the widest of the likely fonts."""

from __future__ import annotations

import unicodedata
from functools import cache

_WIDTHS = {
    0.38: "ijlI|.,:;' ",
    0.42: "f-/\\()[]!",
    0.5: 'rt"`',
    0.6: "Jcksz?L_",
    0.65: "0123456789abdeghnopquvxyFTEPSY{}$*",
    0.7: "XZ",
    0.79: "ABCDGHKNOQRUV&",
    0.84: "w+=<>^~#",
    1.0: "MWm@%",
}
"""Letters by the width that DejaVu Sans, which is as wide as Verdana, gives them at most, in font sizes."""

_BY_LETTER = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_OTHER = 1.1
BOLD = 1.13
"""How much wider bold letters are at most."""


@cache
def _letter(letter: str) -> float:
    if letter in _BY_LETTER:
        return _BY_LETTER[letter]
    if unicodedata.combining(letter):
        return 0.0
    base = unicodedata.normalize("NFD", letter)[0]
    return _BY_LETTER.get(base, _OTHER)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a line of text that no likely font exceeds, in the unit of `size`."""
    return sum(map(_letter, text)) * size * (BOLD if bold else 1.0)


def cut(text: str, size: float, max_width: float, *, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits with an ellipsis."""
    if width(text, size, bold=bold) <= max_width:
        return text
    while text and width(f"{text}…", size, bold=bold) > max_width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrap(text: str, size: float, max_width: float, lines: int) -> tuple[str, ...]:
    """Break a text between words into lines of at most `max_width`; the last line is cut."""
    result: list[str] = []
    words = text.split()
    while words and len(result) < lines - 1:
        line = words.pop(0)
        while words and width(f"{line} {words[0]}", size) <= max_width:
            line = f"{line} {words.pop(0)}"
        result.append(cut(line, size, max_width))
    return tuple([*result, cut(" ".join(words), size, max_width)] if words else result)
