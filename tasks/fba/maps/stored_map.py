"""The flux map of a stored result, or of two laid over each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.maps.state_comparison import name_state
from fluxagents.tasks.ports.artifacts import EFFECT, JSON, ArtifactStore, Manifest

if TYPE_CHECKING:
    import pandas as pd

_TABLES = ("reactions", "curves", "places")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMap:
    """A map with the fluxes of one or two states.

    Attributes:
        title: What is drawn.
        conditions: What it is drawn for.
        source: Digests of the results.
        states: What the two states are called; the second is empty where there is one.
        escher: The map in Escher's format.
        tables: `reactions`, `curves` and `places`, as `draw_flux_map` gives them.
    """

    title: str
    conditions: str
    source: str
    states: tuple[str, str]
    escher: Any
    tables: Mapping[str, pd.DataFrame]


def has_map(manifest: Manifest) -> bool:
    """Whether a result has a flux map; one without an optimum has none."""
    return manifest.tables.keys() >= set(_TABLES) and _find_file(manifest) is not None


def read_map(store: ArtifactStore, digest: str) -> StoredMap:
    """The map of one result.

    Raises:
        FluxError: `BAD_ARGUMENT` for a result that has none.
    """
    manifest = store.manifest(digest)
    file = _find_file(manifest)
    if file is None or not has_map(manifest):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"a result of '{manifest.provenance.tool}' has no flux map",
            suggestions=("call draw_flux_map",),
        )
    return StoredMap(
        title=f"Fluxes: {manifest.result.get('map', 'reactions')}",
        conditions=f"model {manifest.provenance.model_id}",
        source=f"result {digest}",
        states=_name_states(manifest),
        escher=json.loads(store.get(file)),
        tables={name: store.table(manifest.tables[name].digest) for name in _TABLES},
    )


def read_maps(store: ArtifactStore, first: str, second: str) -> StoredMap:
    """The first map with the fluxes of both results: what the second has beside it is not drawn.

    Raises:
        FluxError: `BAD_ARGUMENT` if one has no map.
    """
    here, there = read_map(store, first), read_map(store, second)
    reactions = here.tables["reactions"]
    others = there.tables["reactions"].set_index("reaction")["flux_mmol_per_gdw_h"]
    compared = reactions["reaction"].map(others).astype("float64")
    joined = reactions.assign(
        compared_flux_mmol_per_gdw_h=compared,
        difference_mmol_per_gdw_h=reactions["flux_mmol_per_gdw_h"] - compared,
    )
    missing = len(set(others.index) - set(reactions["reaction"]))
    note = f"; {missing} reactions that only the map of B has are not drawn" if missing else ""
    return StoredMap(
        title=here.title,
        conditions=f"A: {here.conditions}; B: {there.conditions}{note}",
        source=f"{here.source}, {there.source}",
        states=(f"A: {here.states[0]}", f"B: {there.states[0]}"),
        escher=here.escher,
        tables={**here.tables, "reactions": joined},
    )


def _find_file(manifest: Manifest) -> str | None:
    """The digest of its map in Escher's format."""
    return next((file.digest for file in manifest.files.values() if file.media_type == JSON), None)


def _name_states(manifest: Manifest) -> tuple[str, str]:
    tool, args = manifest.provenance.tool, manifest.provenance.args
    if tool == EFFECT:
        return f"after {args['tool']}", "before"
    compared = args.get("compared_with")
    return name_state(args), name_state(compared) if isinstance(compared, dict) else ""
