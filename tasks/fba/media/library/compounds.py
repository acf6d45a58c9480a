"""Compounds of media: their ids in several namespaces, their classes, and what people call them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

CARBON_SOURCES = "carbon sources"
"""The class of all compounds on which some cells grow as the only source of carbon."""

_PACKAGE = "fluxagents.tasks.fba.media.library"


@dataclass(frozen=True, slots=True)
class Compound:
    """A nutrient or product.

    Attributes:
        bigg: Its BiGG id without compartment.
        seed: Its ModelSEED id.
        kegg: Its KEGG id; empty if it is not known.
        inchikey: Of one protonation state; empty if it is not known.
        group: Its class; empty if it is in none.
        carbon: Whether some cells grow on it as the only source of carbon.
        names: What people call it, lower case; the first one is shown.
    """

    bigg: str
    seed: str
    kegg: str
    inchikey: str
    group: str
    carbon: bool
    names: tuple[str, ...]

    def is_in(self, group: str) -> bool:
        """Whether it belongs to a class."""
        return self.carbon if group == CARBON_SOURCES else self.group == group


@cache
def compounds() -> tuple[Compound, ...]:
    """All compounds of the table `compounds.tsv`, which states its sources."""
    return tuple(
        Compound(
            bigg=row["bigg"],
            seed=row["seed"],
            kegg=row["kegg"],
            inchikey=row["inchikey"],
            group=row["class"],
            carbon=row["carbon"] == "yes",
            names=_split_list(row["names"]),
        )
        for row in read_rows("compounds.tsv")
    )


@cache
def compounds_by_name() -> Mapping[str, Compound]:
    """What people call a compound, lower case -> the compound."""
    return MappingProxyType({name: compound for compound in compounds() for name in compound.names})


@cache
def compounds_by_id() -> Mapping[str, Compound]:
    """BiGG or ModelSEED id -> the compound."""
    return MappingProxyType({identifier: c for c in compounds() for identifier in (c.bigg, c.seed)})


def find_compound(exchange: str) -> Compound | None:
    """The compound of an exchange reaction, such as `EX_ac_e` or `EX_cpd00029_e0`, if the table has it."""
    return compounds_by_id().get(re.sub(r"^EX_|(?:_e0?|\(e\)|\[e0?\])$", "", exchange))


@cache
def classes_by_name() -> Mapping[str, str]:
    """What people call a class of compounds, lower case -> the class."""
    return MappingProxyType(
        {
            name: row["class"]
            for row in read_rows("compound_classes.tsv")
            for name in _split_list(row["names"])
        }
    )


def compounds_in(group: str) -> tuple[Compound, ...]:
    """The compounds of a class, in the order of the table."""
    return tuple(compound for compound in compounds() if compound.is_in(group))


def structure_of(inchikey: str) -> str:
    """The part of an InChIKey that does not change with protonation."""
    return re.sub(r"-[A-Z]$", "", inchikey)


def read_rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table of this package, without its comments."""
    text = files(_PACKAGE).joinpath(name).read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return csv.DictReader(lines, delimiter="\t")


def _split_list(cell: str) -> tuple[str, ...]:
    return tuple(part for item in cell.split(";") if (part := item.strip()))
