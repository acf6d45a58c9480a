"""The map of core carbon metabolism, laid upon what a model has of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fluxagents.tasks.fba.maps.placement import Drawing, FluxMap, Point, Side, Way

if TYPE_CHECKING:
    from cobra import Metabolite, Model, Reaction

_PACKAGE = "fluxagents.tasks.fba.maps"
_COMPARTMENT = re.compile(r"(_[a-z]\d?|\[[a-z]\d?\])$", re.IGNORECASE)
_OUTSIDE = "out"
_EXCHANGE_LENGTH = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreReaction:
    """A reaction of the map: the BiGG ids that it goes by, and its way between named places."""

    ids: tuple[str, ...]
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    at: Point | None
    along: Point | None
    bend: float
    side: Side


@dataclass(frozen=True, slots=True)
class CoreMap:
    """The whole map, as it is written down."""

    places: Mapping[str, Point]
    labelled_left: frozenset[str]
    """Places whose name stands at the left, since something else runs at the right."""
    reactions: tuple[CoreReaction, ...]


@cache
def read_core_map() -> CoreMap:
    """The map of this package."""
    text = files(_PACKAGE).joinpath("core_map.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    return CoreMap(
        places={name: (float(x), float(y)) for name, (x, y) in content["places"].items()},
        labelled_left=frozenset(content["labels"]["left"]),
        reactions=tuple(_read(ids, entry) for ids, entry in content["reactions"].items()),
    )


def _read(ids: str, entry: Mapping[str, Any]) -> CoreReaction:
    return CoreReaction(
        ids=tuple(ids.split()),
        sources=_names(entry["from"]),
        targets=_names(entry["to"]),
        at=_point(entry.get("at")),
        along=_point(entry.get("along")),
        bend=float(entry.get("bend", 0.0)),
        side=entry.get("side", "right"),
    )


def _names(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _point(value: list[float] | None) -> Point | None:
    return None if value is None else (float(value[0]), float(value[1]))


def lay_core_map(model: Model) -> FluxMap | None:
    """The core map with the reactions that the model has, its exchanges included; None if it has none.

    A reaction is known by its BiGG id, and is drawn if the metabolites of its places are on either side of
    it; it runs as the model writes it.
    """
    core = read_core_map()
    by_id = {reaction.id.removeprefix("R_"): reaction for reaction in model.reactions}
    sheet = _Sheet(core, Drawing("core metabolism"))
    for entry in core.reactions:
        reaction = next((by_id[name] for name in entry.ids if name in by_id), None)
        if reaction is not None:
            sheet.draw(entry, reaction)
    sheet.draw_exchanges(model)
    drawn = sheet.drawing.finish()
    return drawn if drawn.reactions else None


class _Sheet:
    """The map being drawn: places are put where a reaction asks for them first."""

    def __init__(self, core: CoreMap, drawing: Drawing) -> None:
        self.drawing = drawing
        self._core = core
        self._placed: dict[str, int] = {}
        self._standing: dict[str, str] = {}
        """Place -> id of the metabolite that was put there."""
        self._outside: dict[str, tuple[str, Point]] = {}

    def draw(self, entry: CoreReaction, reaction: Reaction) -> None:
        """Draw a reaction, if its metabolites are those of the map."""
        sources = _match(entry.sources, reaction)
        targets = _match(entry.targets, reaction)
        if sources is None or targets is None:
            return
        signs = {_sign(reaction, sources), -_sign(reaction, targets)}
        if signs not in ({-1}, {1}):
            return
        is_forward = signs == {-1}
        starts, ends = (entry.sources, entry.targets) if is_forward else (entry.targets, entry.sources)
        known = dict(zip((*entry.sources, *entry.targets), (*sources, *targets), strict=True))
        if any(self._standing.get(name, met.id) != met.id for name, met in known.items()):
            return  # one of another compartment stands there
        turn = 1.0 if is_forward else -1.0
        side: Side = entry.side if is_forward else ("left" if entry.side == "right" else "right")
        self.drawing.draw(
            Way(
                reaction=reaction.id,
                sources=tuple(self._place(name, known[name]) for name in starts),
                targets=tuple(self._place(name, known[name]) for name in ends),
                stoichiometry={m.id: float(amount) for m, amount in reaction.metabolites.items()},
                at=entry.at,
                along=entry.along and (entry.along[0] * turn, entry.along[1] * turn),
                bend=entry.bend * turn,
                side=side,
            )
        )
        self._note_outside(entry)

    def draw_exchanges(self, model: Model) -> None:
        """Draw the exchange of each metabolite that stands outside, away from its transport."""
        outer = {
            base_id(metabolite): reaction
            for reaction in model.boundary
            for metabolite in reaction.metabolites
            if reaction.id.removeprefix("R_").startswith("EX_")
        }
        for name, (other, at) in self._outside.items():
            reaction = outer.get(name.partition(":")[0])
            if reaction is None:
                continue
            inner = self._core.places[other]
            length = ((at[0] - inner[0]) ** 2 + (at[1] - inner[1]) ** 2) ** 0.5
            along = ((at[0] - inner[0]) / length, (at[1] - inner[1]) / length)
            middle = (at[0] + along[0] * _EXCHANGE_LENGTH, at[1] + along[1] * _EXCHANGE_LENGTH)
            self.drawing.draw_exchange(reaction.id, self._placed[name], middle, along, _amount(reaction))

    def _place(self, name: str, metabolite: Metabolite) -> int:
        if name not in self._placed:
            side: Side = "left" if name in self._core.labelled_left else "right"
            self._placed[name] = self.drawing.place(metabolite.id, self._core.places[name], label=side)
            self._standing[name] = metabolite.id
        return self._placed[name]

    def _note_outside(self, entry: CoreReaction) -> None:
        names = (*entry.sources, *entry.targets)
        for name in names:
            if name.endswith(f":{_OUTSIDE}"):
                other = next(other for other in names if other != name)
                self._outside.setdefault(name, (other, self._core.places[name]))


def base_id(metabolite: Metabolite) -> str:
    """The id without prefix and compartment: `g6p` of `M_g6p_c`."""
    return _COMPARTMENT.sub("", metabolite.id.removeprefix("M_"))


def _match(names: Sequence[str], reaction: Reaction) -> list[Metabolite] | None:
    """The metabolites of the reaction that stand at these places; None if one is missing."""
    found = [_find(name, reaction.metabolites) for name in names]
    return None if any(metabolite is None for metabolite in found) else [m for m in found if m is not None]


def _find(name: str, metabolites: Iterable[Metabolite]) -> Metabolite | None:
    base, _, mark = name.partition(":")
    named = [metabolite for metabolite in metabolites if base_id(metabolite) == base]
    if len(named) < 2:  # noqa: PLR2004
        return named[0] if named else None
    is_inside = [_is_inside(metabolite) for metabolite in named]
    wanted = mark != _OUTSIDE
    return next((m for m, inside in zip(named, is_inside, strict=True) if inside is wanted), None)


def _is_inside(metabolite: Metabolite) -> bool:
    return metabolite.compartment in {"c", "c0", "cytosol", "C_c"}


def _sign(reaction: Reaction, metabolites: Sequence[Metabolite]) -> int:
    """-1 if all are substrates, 1 if all are products, 0 if they are on both sides."""
    signs = {1 if reaction.metabolites[metabolite] > 0 else -1 for metabolite in metabolites}
    return signs.pop() if len(signs) == 1 else 0


def _amount(reaction: Reaction) -> float:
    return float(next(iter(reaction.metabolites.values())))
