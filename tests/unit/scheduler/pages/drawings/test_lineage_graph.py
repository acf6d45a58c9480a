"""The family of a model as a tree: who stands where, and what is left out of a large one."""

from __future__ import annotations

from fluxagents.scheduler.pages.drawings.lineage_graph import MAX_DRAWN, LineageGraph, build_lineage
from fluxagents.tasks.ports.models import ModelChange, ModelFormat, ModelRecord


def model(name: str, parent: str = "") -> ModelRecord:
    return ModelRecord(
        digest=digest(name),
        name=name,
        format=ModelFormat.JSON,
        suffix=".json",
        size_bytes=1,
        parent=digest(parent) if parent else None,
        change=ModelChange(tool="set_bounds", args={}) if parent else None,
    )


def digest(name: str) -> str:
    return f"sha256:{name.encode().hex():0>64}"


def places(graph: LineageGraph) -> dict[str, tuple[int, int]]:
    """Columns and rows."""
    xs = sorted({node.x for node in graph.nodes})
    ys = sorted({node.y for node in graph.nodes})
    return {node.record.name: (xs.index(node.x), ys.index(node.y)) for node in graph.nodes}


FAMILY = [
    model("wild"),
    model("anaerobic", "wild"),
    model("knock_out", "anaerobic"),
    model("rich", "wild"),
    model("other"),
]


def test_a_family_is_drawn_from_the_first_model_to_the_last() -> None:
    graph = build_lineage(FAMILY[1], FAMILY)
    assert places(graph) == {"wild": (0, 0), "anaerobic": (1, 0), "knock_out": (2, 0), "rich": (1, 1)}
    assert [node.record.name for node in graph.nodes if node.is_shown] == ["anaerobic"]
    assert [node.parent.name for node in graph.nodes if node.parent] == ["wild", "anaerobic", "wild"]
    assert (len(graph.lines), graph.left_out) == (3, 0)


def test_no_two_models_stand_at_one_place_and_all_fit() -> None:
    wide = [model("a"), *(model(f"b{number}", "a") for number in range(9))]
    family = [*wide, *(model(f"c{number}", f"b{number % 9}") for number in range(20))]
    graph = build_lineage(family[5], family)
    assert len({(node.x, node.y) for node in graph.nodes}) == len(family)
    assert all(node.x < graph.width and node.y < graph.height for node in graph.nodes)


def test_a_model_whose_parent_is_gone_begins_its_family() -> None:
    graph = build_lineage(FAMILY[2], FAMILY[2:])
    assert places(graph) == {"knock_out": (0, 0)}
    assert graph.lines == ()


def test_of_a_large_family_the_nearest_are_drawn() -> None:
    cousins = [model(f"cousin{number:03}", "wild") for number in range(200)]
    child = model("child", "cousin150")
    graph = build_lineage(cousins[150], [model("wild"), *cousins, child])
    names = set(places(graph))
    assert {"wild", "cousin150", "child"} <= names
    assert (len(names), graph.left_out) == (MAX_DRAWN, 202 - MAX_DRAWN)


def test_of_a_long_line_the_last_are_drawn() -> None:
    line = [model("m0"), *(model(f"m{number}", f"m{number - 1}") for number in range(1, 100))]
    graph = build_lineage(line[-1], line)
    assert graph.nodes[-1].record.name == "m99"
    assert (len(graph.nodes), graph.left_out) == (MAX_DRAWN, 100 - MAX_DRAWN)
