"""Ids of one database as ids of another; an id with no or several equivalents is reported, never dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.display import cut_text, list_names
from fluxagents.tasks.fba.entities.entity_library import MODEL
from fluxagents.tasks.fba.entities.entity_match import IDENTIFYING, Libraries, LookupArgs, gather, libraries
from fluxagents.tasks.fba.entities.resolve_biochem_entity import outcome
from fluxagents.tasks.ports.biochem import Biochem
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.results import Result as ToolResult
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

Verdict = Literal["mapped", "ambiguous", "no_equivalent", "unknown"]


class Args(LookupArgs):
    """Which ids, from where, to where."""

    ids: tuple[str, ...] = Field(min_length=1, max_length=2_000, description="Ids to translate.")
    to_namespace: str = Field(
        description="bigg, modelseed, kegg, metanetx, inchikey, model (ids of the run's model) or another."
    )
    from_namespace: str | None = Field(default=None, description="Where the ids are from; any if absent.")


class Translation(BaseModel):
    """What became of one id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    verdict: Verdict
    targets: tuple[str, ...] = ()
    meanings: tuple[str, ...] = Field(default=(), description="Names of what the id means.")


class Result(ToolResult):
    """One translation for each id that was asked for, in their order."""

    to_namespace: str
    from_namespace: str | None
    translations: tuple[Translation, ...]
    sources: tuple[str, ...]

    max_findings: ClassVar[int | None] = 40

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [
            (translation.id, translation.verdict, target, "; ".join(translation.meanings))
            for translation in self.translations
            for target in translation.targets or ("",)
        ]
        return {
            "translations": pd.DataFrame(rows, columns=["id", "verdict", "target", "meanings"], dtype=str)
        }

    def display(self, limit: int) -> dict[str, JsonValue]:
        mapped = [translation for translation in self.translations if translation.verdict == "mapped"]
        several = [translation for translation in self.translations if translation.verdict == "ambiguous"]
        values: dict[str, JsonValue] = {
            cut_text(translation.id): ", ".join(translation.targets) for translation in mapped[:limit]
        }
        choices: dict[str, JsonValue] = {
            cut_text(translation.id): [*translation.targets] for translation in several[:limit]
        }
        return {
            "to_namespace": cut_text(self.to_namespace),
            "ids": len(self.translations),
            "mapped": {"count": len(mapped), "shown": len(values), "values": values},
            "ambiguous": {"count": len(several), "shown": len(choices), "values": choices},
            "no_equivalent": list_names(self._with("no_equivalent"), limit),
            "unknown": list_names(self._with("unknown"), limit),
            "sources": [cut_text(source) for source in self.sources[:limit]],
        }

    def _with(self, verdict: Verdict) -> list[str]:
        return [
            cut_text(translation.id) for translation in self.translations if translation.verdict == verdict
        ]


def run(model: Model, args: Args, gathered: Iterable[Biochem]) -> Result:
    """Translate each id by the annotations of models and by what was imported.

    Raises:
        FluxError: `UNKNOWN_ID` for a namespace that no source has.
    """
    known = libraries(model, gathered)
    spaces = known.namespaces()
    for space in (args.to_namespace, args.from_namespace):
        if space is not None and space not in spaces:
            raise _unknown(space, spaces, known)
    return Result(
        to_namespace=args.to_namespace,
        from_namespace=args.from_namespace,
        translations=tuple(_translate(known, identifier, args) for identifier in args.ids),
        sources=known.sources(),
    )


def _unknown(space: str, spaces: frozenset[str], known: Libraries) -> FluxError:
    ordered = [namespace for namespace in (MODEL, *IDENTIFYING) if namespace in spaces]
    namespaces = ", ".join([*ordered, *sorted(spaces - set(ordered))])
    return FluxError(
        ErrorClass.UNKNOWN_ID,
        f"no source has ids of '{space}' ({', '.join(known.sources())})",
        suggestions=(
            *nearest(space, spaces),
            f"namespaces: {namespaces}",
            "fluxagents biochem import compounds.tsv",
        ),
    )


def _translate(known: Libraries, identifier: str, args: Args) -> Translation:
    matches = known.by_id(identifier, args.from_namespace, args.kind)
    current = [match for match in matches if not match.is_obsolete] or matches
    meanings = tuple(match.entities[0].name for match in current)
    targets = tuple(dict.fromkeys(target for match in current for target in match.ids(args.to_namespace)))
    lookup = outcome(matches)
    verdict: Verdict
    if lookup == "not_found":
        verdict = "unknown"
    elif not targets:
        verdict = "no_equivalent"
    elif lookup == "found" and (len(targets) == 1 or args.to_namespace == MODEL):
        # A compound has an id in each compartment of the model: that is no ambiguity.
        verdict = "mapped"
    else:
        verdict = "ambiguous"
    return Translation(id=identifier, verdict=verdict, targets=targets, meanings=meanings)


TOOL = Tool(
    name="translate_database_ids",
    purpose="Ids of compounds or reactions in another database; what has none or several is reported.",
    answers=("database ids",),
    args=Args,
    result=Result,
    run=run,
    rests_on=frozenset({Concern.COMPOUNDS}),
    gather=gather,
    reference="Moretti et al. 2021 (MetaNetX), doi:10.1093/nar/gkaa992; Seaver et al. 2021 (ModelSEED), "
    "doi:10.1093/nar/gkaa746",
    example={"ids": ["glc__D", "pyr", "nonsense"], "to_namespace": "kegg", "kind": "compound"},
)
