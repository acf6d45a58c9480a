"""Growth on several named sources of carbon, each alone: one screen of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fluxagents.workers.chat_models.planner.calls.quantities import Arguments
from fluxagents.workers.chat_models.planner.conditions.alternatives import Alternatives
from fluxagents.workers.chat_models.planner.conditions.compound_ids import OXYGEN, build_exchange_id
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium

LEAST = 3
"""Two sources are two calls: what each secretes is then at hand as well."""


@dataclass(frozen=True, slots=True)
class SourceScreen:
    """The arguments of one screen, and the conditions that it answers side by side."""

    args: Arguments
    conditions: tuple[Mapping[str, Any], ...]


def plan_source_screen(alternatives: Alternatives, medium: KnownMedium) -> SourceScreen | None:
    """The screen that answers all the conditions; None unless they are sources at one uptake.

    Sources that the model lacks are part of it: the screen says so by name and judges the others.
    """
    oxygen = build_exchange_id(OXYGEN, medium.exchanges)
    is_aerobic = not medium.open or oxygen in medium.open
    sources: dict[str, None] = {}
    states: dict[str, None] = {}
    uptakes: set[float] = set()
    others: list[Mapping[str, float]] = []
    for alternative in alternatives:
        sole = [uptake for uptake in alternative if uptake.role == "sole"]
        if len(sole) != 1 or any(uptake.factor is not None for uptake in alternative):
            return None
        sources[medium.name_exchange(sole[0].compound)] = None
        uptakes.add(medium.find_sole_uptake(sole[0]))
        changes = medium.compute_changes([uptake for uptake in alternative if uptake.role != "sole"])
        states["aerobic" if changes.get(oxygen, is_aerobic) else "anaerobic"] = None
        others.append({name: limit for name, limit in changes.items() if (name, limit) != (oxygen, 0.0)})
    if len(sources) < LEAST or len(uptakes) != 1 or any(other != others[0] for other in others):
        return None
    (uptake,) = uptakes
    return SourceScreen(
        {
            "sources": list(sources),
            "uptake_mmol_per_gdw_h": uptake,
            "oxygen": "both" if len(states) > 1 else next(iter(states)),
            **({"medium_changes": others[0]} if others[0] else {}),
        },
        tuple(
            {source: uptake, **others[0], **({"anaerobic": ""} if state == "anaerobic" else {})}
            for source in sources
            for state in states
        ),
    )
