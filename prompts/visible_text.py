"""Text of others, such that a reader sees every character of it."""

from __future__ import annotations


def visible(text: str) -> str:
    """The text with the code of each character that is invisible or moves others.

    Names in models and words of users may hold control characters of terminals, or marks that turn the
    direction of the text around.
    """
    return "".join(char if char == "\n" or char.isprintable() else ascii(char)[1:-1] for char in text)
