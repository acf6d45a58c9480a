"""Names beside ids: what people call the ids in a display, within the bytes that they may take."""

from __future__ import annotations

import json
from typing import Any

from fluxagents.tasks.fba.entities.entity_names import MAX_BYTES, NAMES, collect_names, find_names
from fluxagents.tasks.registry import tool_named


def test_each_kind_of_id_has_the_name_of_its_file(textbook: Any) -> None:
    data: Any = {"ids": ["b0720", "PGI", "ACALDt"], "values": {"EX_glc__D_e": 1.0, "pyr_c": 2.0}}
    assert set(collect_names(textbook, data)) == {
        ("genes", "b0720", "gltA"),
        ("reactions", "PGI", "glucose-6-phosphate isomerase"),
        ("reactions", "ACALDt", "acetaldehyde reversible - transport"),
        ("exchanges", "EX_glc__D_e", "D-Glucose"),
        ("metabolites", "pyr_c", "Pyruvate"),
    }


def test_a_name_that_says_no_more_than_the_id_is_left_out(textbook: Any) -> None:
    assert not list(collect_names(textbook, ["s0001"]))  # named G_s0001


def test_the_members_of_a_pair_and_the_first_ten_of_a_list_are_named(textbook: Any) -> None:
    genes: Any = [gene.id for gene in textbook.genes if gene.id != "s0001"]
    assert [name[1] for name in collect_names(textbook, [" + ".join(genes[:2])])] == genes[:2]
    assert [name[1] for name in collect_names(textbook, genes)] == genes[:10]


def test_names_take_no_more_than_their_bytes_and_what_was_asked_for_comes_first(ijo1366: Any) -> None:
    tool = tool_named("analyze_essentiality")
    args = tool.parse({"reactions": ["PGI"]})
    full: Any = {"ids": [reaction.id for reaction in ijo1366.reactions]}
    named: Any = find_names(ijo1366, {"a": full, "b": full | {"long": "x" * 2_000}}, args)
    assert len(json.dumps(named)) <= MAX_BYTES
    assert next(iter(named[NAMES]["reactions"])) == "PGI"
