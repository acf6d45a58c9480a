"""What a question wants: calls of tools with their arguments, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxagents.workers.chat_models.planner.calls.arguments import ARGUMENTS
from fluxagents.workers.chat_models.planner.calls.lookups import LOOKUPS
from fluxagents.workers.chat_models.planner.clauses.clause import OFF_TOPIC, Clause
from fluxagents.workers.chat_models.planner.clauses.clauses import clauses_of
from fluxagents.workers.chat_models.planner.clauses.organisms import foreign_organisms
from fluxagents.workers.chat_models.planner.conditions.medium import Medium
from fluxagents.workers.chat_models.planner.conditions.medium_orders import Order
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE, CHANGE_TOOL, tool_for
from fluxagents.workers.chat_models.planner.situation import Entry, Situation
from fluxagents.workers.chat_models.planner.words.phrase import Phrase

_SETTINGS = frozenset(
    {"threshold_fraction_of_wild_type", "fraction_of_optimum", "points", "samples", "seed", "loopless"}
)
_INDIFFERENT: Mapping[str, frozenset[str]] = {
    "growth": frozenset({"method"}),
    "exchanges": frozenset({"method"}),
}
"""Growth, and what is exchanged for it, is found whichever way the fluxes inside are distributed."""


@dataclass(frozen=True, slots=True)
class Want:
    """One call that answers a part of the question."""

    intent: str
    tool: str
    args: dict[str, Any] = field(default_factory=dict)
    after_change: bool = False
    """Whether it is asked of the model that a change before it makes."""
    about: frozenset[str] = field(default=frozenset(), compare=False)
    """`genes` or `reactions`, if the question names one of them."""

    @property
    def asked(self) -> frozenset[str]:
        return self.about | {self.intent}

    def is_met_by(self, finding: Entry, defaults: Entry) -> bool:
        """Whether a finding answers it: the same tool on the same model with the same arguments."""
        if finding["tool"] != self.tool or (finding.get("earlier_model") and self.after_change):
            return False
        return self._told(self.args, defaults) == self._told(finding["args"], defaults)

    def _told(self, args: Entry, defaults: Entry) -> dict[str, Any]:
        indifferent = _INDIFFERENT.get(self.intent, frozenset())
        return {
            name: value
            for name, value in args.items()
            if name not in indifferent and value is not None and value != defaults.get(name)
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as the planner understands it."""

    wants: tuple[Want, ...]
    troubles: tuple[str, ...] = ()
    """What it does not understand or cannot do, a sentence each."""
    ask: str | None = None
    """What a human must say before the next change."""


def reading(now: Situation) -> Reading:
    """What the question of a prompt wants, in the order in which it is asked."""
    foreign = foreign_organisms(now)
    if foreign:
        return Reading((), foreign)
    medium = Medium.of(now)
    clauses = clauses_of(now.question)
    change = _change([clause for clause in clauses if clause.intent == CHANGE], now, medium)
    wants: list[Want] = []
    changed = False
    for clause in clauses:
        if clause.intent == CHANGE:
            wants += [] if changed else change
            changed = True
        else:
            wants += [want for want in _wants(clause, medium, changed=changed) if want not in wants]
    wants = [want for want in wants if not any(_says_more(other, want) for other in wants)]
    return Reading(tuple(wants), tuple(dict.fromkeys(medium.troubles)), medium.ask)


def _says_more(one: Want, other: Want) -> bool:
    """Whether a call is another with a setting: "essential genes; essential means below 5 %" asks for one."""
    added = one.args.keys() - other.args.keys()
    same = (one.intent, one.after_change) == (other.intent, other.after_change)
    return (
        same
        and added != frozenset()
        and added <= _SETTINGS
        and all(one.args.get(name) == value for name, value in other.args.items())
    )


def _wants(clause: Clause, medium: Medium, *, changed: bool) -> Iterator[Want]:
    troubles = [f"I do not understand the condition '{word}'." for word in clause.unread]
    troubles += [f"No tool here can {what}." for what in clause.unsupported if what != OFF_TOPIC]
    medium.troubles += troubles
    if troubles or clause.unsupported or not clause.intent:
        return
    intent, rest = clause.intent, clause.rest
    for uptakes in clause.conditions:
        before = len(medium.troubles)
        changes = medium.changes(uptakes)
        if len(medium.troubles) > before:
            continue
        conditions = {**medium.base(), **({"medium_changes": changes} if changes else {})}
        if clause.phrase.has("whole_medium"):
            conditions = {"medium": medium.only(uptakes)} if uptakes else {}
        if intent in LOOKUPS:
            calls = [*LOOKUPS[intent](rest, medium)]
        else:
            calls = [{**conditions, **args} for args in ARGUMENTS[intent](rest, medium)]
        for call in calls:
            yield Want(intent, tool_for(intent), call, after_change=changed, about=_about(rest))


def _about(phrase: Phrase) -> frozenset[str]:
    return frozenset(f"{kind}s" for kind in ("gene", "reaction") if phrase.has(kind))


def _change(clauses: Sequence[Clause], now: Situation, medium: Medium) -> list[Want]:
    """All changes that a question orders, as one call: a human approves them together."""
    done = next((finding for finding in now.findings if finding["tool"] == CHANGE_TOOL), None)
    if done is not None:
        # What was approved may differ from what was asked; the order is carried out either way.
        return [Want(CHANGE, CHANGE_TOOL, dict(done["args"]))]
    told = [str(note["said"]) for note in now.humans if "uptake should" in str(note.get("about"))]
    changes: dict[str, float] = {}
    for clause in clauses:
        changes |= Order(clause.phrase, told).changes(medium)
    return [Want(CHANGE, CHANGE_TOOL, {"medium_changes": changes})] if changes and not medium.ask else []
