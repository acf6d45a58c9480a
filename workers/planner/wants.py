"""What a question wants: calls of tools with their arguments, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxagents.workers.planner.arguments import ARGUMENTS, genes_in, reactions_in
from fluxagents.workers.planner.changes import Order
from fluxagents.workers.planner.clauses import Clause, clauses_of
from fluxagents.workers.planner.intents import CHANGE, CHANGE_TOOL, INTENTS
from fluxagents.workers.planner.languages import in_english
from fluxagents.workers.planner.medium import Medium
from fluxagents.workers.planner.situation import Entry, Situation
from fluxagents.workers.planner.spelling import spelt

_TOOLS: Mapping[str, str] = {intent.name: intent.tool for intent in INTENTS}

_INDIFFERENT: Mapping[str, frozenset[str]] = {"growth": frozenset({"method"})}
"""Growth is the same whichever way the fluxes are distributed."""


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
    medium = Medium.of(now)
    clauses = clauses_of(spelt(in_english(now.question)))
    change = _change([clause for clause in clauses if CHANGE in clause.intents], now, medium)
    wants: list[Want] = []
    changed = False
    for clause in clauses:
        if CHANGE in clause.intents:
            wants += [] if changed else change
            changed = True
        wants += [want for want in _wants(clause, medium, changed=changed) if want not in wants]
    return Reading(tuple(wants), tuple(dict.fromkeys(medium.troubles)), medium.ask)


def _wants(clause: Clause, medium: Medium, *, changed: bool) -> Iterator[Want]:
    troubles = [f"I do not understand the condition '{word}'." for word in clause.unknown]
    troubles += [f"No tool here can {what}." for what in clause.unsupported]
    medium.troubles += troubles
    if troubles:
        return
    for intent in clause.intents:
        if intent == CHANGE or (intent == "growth" and _knocks_out(clause)):
            continue
        for uptakes in clause.conditions:
            before = len(medium.troubles)
            changes = medium.changes(uptakes)
            if len(medium.troubles) > before:
                continue
            conditions = {**medium.base(), **({"medium_changes": changes} if changes else {})}
            for args in ARGUMENTS[intent](clause.text, medium):
                call = {**conditions, **args}
                yield Want(intent, _TOOLS[intent], call, after_change=changed, about=_about(clause.text))


def _knocks_out(clause: Clause) -> bool:
    """Whether growth is asked of knock-outs that are named: it is in the table of their essentiality."""
    named = genes_in(clause.text) or reactions_in(clause.text)
    return bool(named) and "essentiality" in clause.intents


def _about(text: str) -> frozenset[str]:
    return frozenset(kind for kind in ("genes", "reactions") if kind[:-1] in text.lower())


def _change(clauses: Sequence[Clause], now: Situation, medium: Medium) -> list[Want]:
    """All changes that a question orders, as one call: a human approves them together."""
    done = next((finding for finding in now.findings if finding["tool"] == CHANGE_TOOL), None)
    if done is not None:
        # What was approved may differ from what was asked; the order is carried out either way.
        return [Want(CHANGE, CHANGE_TOOL, dict(done["args"]))]
    told = [str(note["said"]) for note in now.humans if "uptake should" in str(note.get("about"))]
    changes: dict[str, float] = {}
    for clause in clauses:
        changes |= Order(clause.text, clause.conditions, told).changes(medium)
    return [Want(CHANGE, CHANGE_TOOL, {"medium_changes": changes})] if changes and not medium.ask else []
