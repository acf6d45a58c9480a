"""SVG elements: text of users goes in as data, never as markup, and numbers are short."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

SVG = "http://www.w3.org/2000/svg"

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, not even as a character code."""


def element(parent: ET.Element | None, tag: str, text: str = "", /, **attributes: str | float) -> ET.Element:
    """A new element, the last child of its parent.

    Underscores in names of attributes stand for hyphens; a name that ends with one, as `class_`, loses it.
    """
    plain = {
        name.rstrip("_").replace("_", "-"): clean(value) if isinstance(value, str) else number(value)
        for name, value in attributes.items()
    }
    node = ET.Element(tag, plain) if parent is None else ET.SubElement(parent, tag, plain)
    if text:
        node.text = clean(text)
    return node


def clean(text: str) -> str:
    """The text without characters that XML forbids."""
    return _FORBIDDEN.sub("\ufffd", text)


def number(value: float) -> str:
    """A coordinate to a tenth, `-0` and trailing zeros aside."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")
