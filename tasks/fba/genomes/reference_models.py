"""The curated models of the reference set: which reactions each has, and which is nearest to a draft."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from fluxagents.tasks.fba.genomes.reference_set import ReferenceSet
from fluxagents.tasks.fba.solving.lazy_libraries import pd

_BOUNDARY = ("EX_", "DM_", "SK_", "sink_")
"""How ids of reactions with the outside begin in BiGG."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A curated model beside a draft, by the ids of reactions; those with the outside do not count."""

    model: str
    shared: int
    only_model: int
    only_draft: int

    @property
    def jaccard_fraction(self) -> float:
        """Shared by all: 1 for equal sets."""
        return self.shared / (self.shared + self.only_model + self.only_draft)


@dataclass(frozen=True, slots=True)
class PathwayCover:
    """How many of the reactions of a pathway a draft has."""

    pathway: str
    covered: int
    reactions: int
    missing: tuple[str, ...]
    """Ids, sorted."""


@cache
def read_reference_models(reference: ReferenceSet) -> pd.DataFrame:
    """The reactions of every curated model.

    Returns:
        The columns `model`, `reaction` (BiGG id) and `subsystem` (as the model says; empty if it does not).
    """
    table = pd.read_csv(reference.folder / "model_specific_data.csv.gz", dtype=str)
    table["reaction"] = table["reaction"].str.removeprefix("R_")
    table["subsystem"] = table["subsystem"].fillna("")
    inside = ~table["reaction"].str.startswith(_BOUNDARY)
    return table.loc[inside, ["model", "reaction", "subsystem"]]


def rank_reference_models(reactions: Collection[str], reference: ReferenceSet) -> tuple[Likeness, ...]:
    """All curated models, the one that shares the largest part with a draft's reactions first."""
    own = {name for name in reactions if not name.startswith(_BOUNDARY)}
    table = read_reference_models(reference)
    sets: Mapping[str, set[str]] = {str(name): set(rows["reaction"]) for name, rows in table.groupby("model")}
    likenesses = [
        Likeness(name, len(own & theirs), len(theirs - own), len(own - theirs))
        for name, theirs in sets.items()
    ]
    return tuple(sorted(likenesses, key=lambda row: (-row.jaccard_fraction, row.model)))


def cover_pathways(
    reactions: Collection[str], model: str, reference: ReferenceSet
) -> tuple[PathwayCover, ...]:
    """What a draft has of each subsystem of a curated model, the largest subsystem first."""
    table = read_reference_models(reference)
    rows = table[(table["model"] == model) & (table["subsystem"] != "")]
    own = frozenset(reactions)
    covers = []
    for name, group in rows.groupby("subsystem"):
        theirs = set(group["reaction"])
        covers.append(PathwayCover(str(name), len(theirs & own), len(theirs), tuple(sorted(theirs - own))))
    return tuple(sorted(covers, key=lambda cover: (-cover.reactions, cover.pathway)))
