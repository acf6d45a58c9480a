"""Which of several formats a client prefers (RFC 9110, `Accept`)."""

from __future__ import annotations

from collections.abc import Mapping

from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.tasks.ports.artifacts import JSON, PARQUET

TABLE_FORMATS: Mapping[str, str] = {
    PARQUET: "parquet",
    "text/csv": "csv",
    JSON: "json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
"""Media type -> format of a table."""


def choose_format(accept: str, formats: Mapping[str, str], default: str) -> str:
    """The media type to answer with.

    Args:
        accept: The header; empty for any.
        formats: By media type.
        default: Where any will do.

    Raises:
        ProblemError: If none of them is acceptable; it lists all.
    """
    wishes = sorted(_wishes(accept or "*/*"), key=lambda wish: -wish[1])
    for media_type, quality in wishes:
        if quality <= 0:
            continue
        if media_type in formats:
            return media_type
        if media_type == "*/*":
            return default
        if media_type.endswith("/*"):
            family = media_type.removesuffix("*")
            match = next((each for each in (default, *formats) if each.startswith(family)), None)
            if match:
                return match
    raise ProblemError(
        "not_acceptable", f"there is no answer of the type {accept[:100]}", formats=list(formats)
    )


def _wishes(accept: str) -> list[tuple[str, float]]:
    wishes = []
    for part in accept.split(","):
        media_type, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name == "q":
                quality = _quality(value)
        wishes.append((media_type, quality))
    return wishes


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
