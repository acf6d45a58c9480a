"""What one id or name means: the compound or reaction, or all that it could mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, JsonValue

from fluxagents.flows.errors import nearest
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

_CANDIDATES = 200
"""Matches of a first word among which the nearest name is sought."""


class Args(LookupArgs):
    """What is looked up."""

    query: str = Field(
        min_length=1,
        max_length=200,
        description="An id of any database or a name, such as C00031 or D-glucose.",
    )


class Result(ToolResult):
    """All things that the query may mean; nothing is chosen among several."""

    query: str
    outcome: Literal["found", "ambiguous", "not_found"]
    matched_by: Literal["id", "name"] | None
    matches: int = Field(description="Count of different compounds and reactions.")
    nearest: tuple[str, ...]
    sources: tuple[str, ...] = Field(description="Where was looked.")
    entities: EntityTable

    max_findings: ClassVar[int | None] = 10

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"entities": self.entities.frame()}

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            "query": cut_text(self.query),
            "outcome": self.outcome,
            "matched_by": self.matched_by,
            "matches": {
                "count": self.matches,
                "shown": min(limit, self.matches),
                "entities": self._display_match(limit),
            },
            "nearest": [cut_text(hint) for hint in self.nearest],
            "sources": [cut_text(source) for source in self.sources[:limit]],
        }

    def _display_match(self, limit: int) -> list[JsonValue]:
        shown: dict[int, dict[str, JsonValue]] = {}
        ids: dict[int, dict[str, list[JsonValue]]] = {}
        columns = self.entities.model_dump().values()
        for number, kind, _, _, name, formula, obsolete, space, identifier in zip(*columns, strict=True):
            if number > limit:
                continue
            shown.setdefault(
                number, {"kind": kind, "name": cut_text(name), "formula": formula, "is_obsolete": obsolete}
            )
            known = ids.setdefault(number, {}).setdefault(space, [])
            if identifier not in known:
                known.append(identifier)
        return [{**entity, "ids": dict(ids[number])} for number, entity in shown.items()]


def run(model: Model, args: Args, gathered: Iterable[Biochem]) -> Result:
    """Find what the query means: an id of any namespace, else a name."""
    known = libraries(model, gathered)
    matches = known.by_id(args.query, None, args.kind)
    by: Literal["id", "name"] = "id"
    if not matches:
        matches, by = known.by_name(args.query, args.kind), "name"
    return Result(
        query=args.query,
        outcome=outcome(matches),
        matched_by=by if matches else None,
        matches=len(matches),
        nearest=() if matches else _nearest(args, known.all),
        sources=known.sources(),
        entities=table(matches),
    )


def outcome(matches: Iterable[EntityMatch]) -> Literal["found", "ambiguous", "not_found"]:
    """Whether the matches mean one thing; obsolete ones count only if there are no others."""
    all_matches = list(matches)
    current = [match for match in all_matches if not match.is_obsolete] or all_matches
    if not current:
        return "not_found"
    return "found" if len(current) == 1 else "ambiguous"


def _nearest(args: Args, all_libraries: Iterable[Biochem]) -> tuple[str, ...]:
    """Names and ids close to the query, among those with the same beginning."""
    names: dict[str, None] = {}
    for library in all_libraries:
        for start in (args.query, args.query[:4], args.query[:2]):
            entities, _ = library.search(start, args.kind, _CANDIDATES)
            for entity in entities:
                names.update(dict.fromkeys((entity.id, *entity.names)))
    return nearest(args.query, names)


TOOL = Tool(
    name="resolve_biochem_entity",
    purpose="What an id or a name of a compound or reaction means, with its ids in all databases known here.",
    answers=("database ids",),
    args=Args,
    result=Result,
    run=run,
    rests_on=frozenset({Concern.COMPOUNDS}),
    gather=gather,
    reference="Moretti et al. 2021 (MetaNetX), doi:10.1093/nar/gkaa992; Seaver et al. 2021 (ModelSEED), "
    "doi:10.1093/nar/gkaa746",
    example={"query": "glc__D", "kind": "compound"},
)
