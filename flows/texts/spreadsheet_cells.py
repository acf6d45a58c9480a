"""Text cells that no spreadsheet takes for a formula.

A name in a model or the words of a user may begin like a formula, and a spreadsheet that opens the table
would carry it out. OWASP, "CSV Injection": text that begins so gets an apostrophe in front; numbers stay
numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = re.compile(r"(?![-+][\d.,eE+-]*$)[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How a formula begins, also in full width; signed numbers that are kept as text and a lone dash are none."""


_CARRIAGE_RETURN = re.compile(r"\r\n?")


def is_like_formula(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula."""
    return _FORMULA.match(text) is not None


def disarm_cell(value: object) -> object:
    """A value as a cell of a CSV or TSV file.

    A lone carriage return would not be quoted there and begin a new row, and so a new cell, for many readers.
    """
    if not isinstance(value, str):
        return value
    text = _CARRIAGE_RETURN.sub("\n", value)
    return f"'{text}" if is_like_formula(text) else text


def disarm_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table as it goes into a CSV or TSV file, its headings included."""
    harmless = table.copy()
    for name in table.select_dtypes(exclude=["number", "bool"]):
        harmless[name] = table[name].map(disarm_cell)
    return harmless.rename(columns=disarm_cell)
