"""Compounds and reactions by words of their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, JsonValue

from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.entities.entity_match import (
    EntityMatch,
    EntityTable,
    LookupArgs,
    gather,
    libraries,
    table,
)
from fluxagents.tasks.ports.biochem import Biochem
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.results import Result as ToolResult
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    import pandas as pd
    from cobra import Model


class Args(LookupArgs):
    """The words, and how many entries are wanted."""

    words: str = Field(
        min_length=1,
        max_length=200,
        description="Each must begin a word of a name or an id, such as glucose.",
    )
    most: int = Field(default=20, ge=1, le=200, description="Count of entries per source, best first.")


class Result(ToolResult):
    """The best matches of each source; counts are of all."""

    words: str
    matches_by_source: dict[str, int] = Field(description="Count of all matches in each source.")
    shown_by_source: dict[str, int] = Field(description="Count of those in the table.")
    entities: EntityTable

    max_findings: ClassVar[int | None] = 15

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"entities": self.entities.frame()}

    def display(self, limit: int) -> dict[str, JsonValue]:
        columns = self.entities.model_dump()
        fields = ("source", "kind", "entry", "name", "formula")
        rows = dict.fromkeys(zip(*(columns[name] for name in fields), strict=True))
        shown: list[JsonValue] = [
            {name: cut_text(value) for name, value in zip(fields, row, strict=True)}
            for row in list(rows)[:limit]
        ]
        return {
            "words": cut_text(self.words),
            "matches_by_source": {
                cut_text(source): count for source, count in self.matches_by_source.items()
            },
            "entities": {
                "count": sum(self.matches_by_source.values()),
                "shown": len(shown),
                "entries": shown,
            },
        }


def run(model: Model, args: Args, gathered: Iterable[Biochem]) -> Result:
    """Search names and ids in the model and in what was imported."""
    counts: dict[str, int] = {}
    by_source: dict[str, list[EntityMatch]] = {}
    for library in libraries(model, gathered).all:
        entities, counts[library.source] = library.search(args.words, args.kind, args.most)
        by_source[library.source] = [EntityMatch((entity,)) for entity in entities]
    return Result(
        words=args.words,
        matches_by_source=counts,
        shown_by_source={source: len(matches) for source, matches in by_source.items()},
        entities=table(match for matches in by_source.values() for match in matches),
    )


TOOL = Tool(
    name="search_biochem",
    purpose="Compounds and reactions whose names or ids hold some words, in the model and what was imported.",
    answers=("database ids",),
    args=Args,
    result=Result,
    run=run,
    rests_on=frozenset({Concern.COMPOUNDS}),
    gather=gather,
    reference="Seaver et al. 2021 (ModelSEED), doi:10.1093/nar/gkaa746; SQLite FTS5 2015",
    example={"words": "glucose", "kind": "compound"},
)
