"""Values of fields, whatever form a program gave them, in the one form that a model has."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from pydantic import JsonValue

from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.remarks import Remarks

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(inf|infinity)", re.ASCII | re.IGNORECASE)
_COBRA_INFINITIES = {"inf", "-inf"}
"""cobra itself writes these as text."""

_NOT_KNOWN = {"", "nan", "NaN", "none", "None", "null", "N/A", "?", "unknown"}
"""What programs write for a formula that is not known; `Na` is one that is."""

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]")
_MAX_ID_BYTES = 255
"""What GLPK takes as a name."""

_NOTE = re.compile(r"<(?:\w+:)?p[^>]*>(.*?)</(?:\w+:)?p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SHOWN_CHARACTERS = 80
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: a field of an element of the file."""

    kind: str
    """`reaction`, `metabolite`, `gene`, `group`, `model`."""
    id: str
    field: str

    def __str__(self) -> str:
        return f"'{self.field}' of {self.kind} '{self.id}'"


def is_missing(value: object) -> bool:
    """Whether the value says nothing: None, NaN, or empty text, list or table."""
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str | list | tuple | dict) and not value)
    )


def read_table(value: object, where: str = "one list") -> dict[str, object] | None:
    """The table that a value is; RAVEN writes one as a list of single pairs. None if it is no table."""
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    if not isinstance(value, list):
        return None
    table: dict[str, object] = {}
    for item in value:
        pair = next(iter(item.items())) if isinstance(item, dict) and len(item) == 1 else item
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str | int)):  # noqa: PLR2004
            return None
        key = str(pair[0])
        if key in table:
            raise RefusedFileError(f"names {show(key)} twice in {where}: leave one of the two out")
        table[key] = pair[1]
    return table


def read_number(value: object, place: Place, remarks: Remarks) -> float:
    """The number; whole numbers stay whole. Text that is a number is read, with a remark.

    Raises:
        RefusedFileError: It is no number.
    """
    if is_number(value):
        try:
            float(value)
        except OverflowError:
            raise RefusedFileError(f"has a number beyond 1e308 as {place}: write Infinity") from None
        if not math.isnan(value):
            return value
    text = value.strip() if isinstance(value, str) else ""
    if not _NUMBER.fullmatch(text):
        raise RefusedFileError(f"has no number as {place} but {show(value)}: write a number there")
    if text not in _COBRA_INFINITIES:
        remarks.add("number_as_text", place.id, f"{place} is {show(value)}")
    number = float(text)
    return int(number) if text.lstrip("+-").isdigit() and number.is_integer() else number


def read_id(value: object, kind: str, index: int, remarks: Remarks) -> str:
    """The id as text; a number becomes text, with a remark.

    Raises:
        RefusedFileError: There is none, or one that a solver cannot name.
    """
    if is_number(value) and math.isfinite(value):
        text = str(int(value)) if value == int(value) else repr(value)
        remarks.add("id_as_number", text, f"{kind} {text}")
        return text
    if not isinstance(value, str) or not value:
        raise RefusedFileError(f"has no text as 'id' of {kind} number {index + 1} but {show(value)}: name it")
    if kind != "gene" and _UNPRINTABLE.search(value):
        raise RefusedFileError(
            f"has a blank or control character in the id of {kind} {show(value)}: rename it"
        )
    if kind != "gene" and len(value.encode()) > _MAX_ID_BYTES:
        raise RefusedFileError(
            f"has an id of more than {_MAX_ID_BYTES} bytes, {kind} {show(value)}: shorten it"
        )
    return value


def read_text(value: object, place: Place, remarks: Remarks, separator: str = "; ") -> str:
    """The text; numbers and lists of text become text, and anything else is left out with a remark."""
    if isinstance(value, str):
        return value
    if is_missing(value):
        return ""
    if is_number(value):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) or is_missing(item) for item in value):
        return separator.join(item for item in value if isinstance(item, str) and item)
    remarks.add("text_left_out", place.id, f"{place} is {show(value)}")
    return ""


def read_charge(value: object, place: Place, remarks: Remarks) -> int | None:
    """The charge in elementary charges; None if it is not known; a remark if something else stands there."""
    if value is None or value in ("", []):
        return None
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d{1,9}(\.0*)?\s*", value, re.ASCII):
        remarks.add("number_as_text", place.id, f"{place} is {show(value)}")
        return int(float(value))
    if is_number(value) and math.isfinite(value) and value == int(value):
        return int(value)
    remarks.add("charge_unknown", place.id, f"{place} is {show(value)}")
    return None


def read_formula(value: object, place: Place, remarks: Remarks) -> str | None:
    """The formula; None if it is not known, with a remark if something that is no text stands there."""
    if isinstance(value, str):
        return None if value.strip() in _NOT_KNOWN else value.strip()
    if value is not None and value != []:
        remarks.add("formula_unknown", place.id, f"{place} is {show(value)}")
    return None


def read_notes(value: object, place: Place, remarks: Remarks) -> dict[str, JsonValue]:
    """The notes as a table: text and HTML have the lines `key: value`, or are one note called `notes`."""
    if isinstance(value, str):
        lines = [_TAG.sub("", line) for line in _NOTE.findall(value)]
        pairs = [line.split(":", 1) for line in lines if ":" in line]
        return {key.strip(): text.strip() for key, text in pairs} or {"notes": value}
    table = read_table(value) if not is_missing(value) else {}
    if table is not None:
        return {key: clean_json(item) for key, item in table.items()}
    text = read_text(value, place, remarks)
    return {"notes": text} if text else {}


def read_annotation(value: object, place: Place, remarks: Remarks) -> dict[str, JsonValue]:
    """The annotation as a table of databases; old cobra wrote pairs of a database and an address."""
    if is_missing(value):
        return {}
    if isinstance(value, dict):
        return {str(key): clean_json(item) for key, item in value.items() if not is_missing(item)}
    pairs = value if isinstance(value, list) else []
    annotation: dict[str, list[JsonValue]] = {}
    for pair in pairs:
        item = next(iter(pair.items())) if isinstance(pair, dict) and len(pair) == 1 else pair
        if not (isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str)):  # noqa: PLR2004
            remarks.add("text_left_out", place.id, f"{place} is {show(pair)}")
            continue
        items = item[1] if isinstance(item[1], list) else [item[1]]
        annotation.setdefault(item[0], []).extend(clean_json(each) for each in items if not is_missing(each))
    if not isinstance(value, list):
        remarks.add("text_left_out", place.id, f"{place} is {show(value)}")
    return {key: items[0] if len(items) == 1 else list(items) for key, items in annotation.items() if items}


def clean_json(value: object, depth: int = 0) -> JsonValue:
    """The value without what JSON cannot hold; NaN and infinite numbers become None."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {str(key): clean_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [clean_json(item, depth + 1) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether the value is a number and no truth value; it may be NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def show(value: object) -> str:
    """The value as a message shows it."""
    text = f"'{value}'" if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
