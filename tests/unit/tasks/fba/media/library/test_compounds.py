"""The table of compounds agrees with itself and with the annotations of published models."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from fluxagents.tasks.fba.media.library.compounds import (
    classes_by_name,
    compounds,
    compounds_by_name,
    compounds_in,
    structure_of,
)

SIZES = {"amino acids": 20, "nucleobases": 5, "vitamins": 14}


@pytest.mark.parametrize("field", ["bigg", "seed", "kegg"])
def test_no_id_stands_for_two_compounds(field: str) -> None:
    counts = Counter(value for compound in compounds() if (value := getattr(compound, field)))
    assert [value for value, count in counts.items() if count > 1] == []


def test_no_name_stands_for_two_compounds_or_for_a_class() -> None:
    names = [name for compound in compounds() for name in compound.names]
    assert len(names) == len(set(names)) == len(compounds_by_name())
    assert not set(names) & set(classes_by_name())
    assert all(name == name.lower() for name in (*names, *classes_by_name()))


@pytest.mark.parametrize("group", SIZES)
def test_classes_have_their_members(group: str) -> None:
    assert len(compounds_in(group)) == SIZES[group]


def test_every_class_of_the_table_can_be_named() -> None:
    assert {compound.group for compound in compounds()} - {""} <= set(classes_by_name().values())


def test_ids_agree_with_the_annotations_of_salmonella(salmonella: Any) -> None:
    seen = 0
    for compound in compounds():
        identifier = f"{compound.bigg}_e"
        if identifier not in salmonella.metabolites:
            continue
        notes = salmonella.metabolites.get_by_id(identifier).annotation
        seeds, keys = notes.get("seed.compound"), notes.get("inchi_key")
        if seeds and compound.bigg not in {"arab__L", "ni2", "cd2"}:  # annotated with another form
            assert compound.seed in ([seeds] if isinstance(seeds, str) else seeds), compound
            seen += 1
        if keys and compound.inchikey and compound.bigg != "thm":  # annotated as its chloride
            assert structure_of(keys) == structure_of(compound.inchikey), compound
    assert seen > 100
