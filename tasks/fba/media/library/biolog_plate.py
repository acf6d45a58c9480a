"""Plates of the Biolog phenotype microarrays: which compound is in which well."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from fluxagents.tasks.fba.media.library.compounds import read_rows

ROWS = "ABCDEFGH"
COLUMNS = tuple(str(number) for number in range(1, 13))

CONTROL = "A1"
"""The well without a source."""


@cache
def compounds_by_well() -> Mapping[str, str]:
    """Of PM1: well, such as `A2` -> BiGG id without compartment, or the name where there is none."""
    return MappingProxyType({row["well"]: row["bigg"] or row["name"] for row in read_rows("biolog_pm1.tsv")})


def read_well(text: str) -> str | None:
    """A well as `A2`, also if it is written `a02`; None for anything else."""
    row, column = text.strip()[:1].upper(), text.strip()[1:].lstrip("0")
    return f"{row}{column}" if row and row in ROWS and column in COLUMNS else None
