"""Interprets a question: the calls of tools that answer it, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.calls.arguments import ARGUMENTS
from fluxagents.workers.chat_models.planner.calls.coverage import find_unused_words
from fluxagents.workers.chat_models.planner.calls.lookups import LOOKUPS
from fluxagents.workers.chat_models.planner.calls.schema_arguments import read_schema_arguments
from fluxagents.workers.chat_models.planner.calls.source_screens import plan_source_screen
from fluxagents.workers.chat_models.planner.clauses.clause import OFF_TOPIC, Clause
from fluxagents.workers.chat_models.planner.clauses.clauses import SCREEN, read_clauses
from fluxagents.workers.chat_models.planner.clauses.organisms import explain_foreign_organisms
from fluxagents.workers.chat_models.planner.conditions.alternatives import Alternatives
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.conditions.medium_orders import MediumOrder
from fluxagents.workers.chat_models.planner.conditions.uptakes import is_carbon_source
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE, CHANGE_TOOL, find_tool
from fluxagents.workers.chat_models.planner.situation import Entry, Situation
from fluxagents.workers.chat_models.planner.words.examples import FLOW
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase

_SETTINGS = frozenset(
    {
        "threshold_fraction_of_wild_type",
        "fraction_of_optimum",
        "points",
        "samples",
        "seed",
        "loopless",
        "pool_g_per_gdw",
        "enzyme_table",
    }
)
_MORE = frozenset({"extra", "additional", "with additional", "zusätzlich", "zusätzliches", "adicional"})
_INDIFFERENT: Mapping[str, frozenset[str]] = {
    "growth": frozenset({"method"}),
    "exchanges": frozenset({"method"}),
}
"""Arguments that do not change what a question asks: growth and exchanges do not depend on inner fluxes."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call that answers a part of the question."""

    intent: str
    tool: str
    args: dict[str, Any] = field(default_factory=dict)
    after_change: bool = False
    """Whether it is a question about the model after the change that the question orders."""
    about: frozenset[str] = field(default=frozenset(), compare=False)
    """`genes` or `reactions`, if the question names one of them."""
    part: str = field(default="", compare=False)
    """The words of the question that ask for it."""
    names: tuple[str, ...] = field(default=(), compare=False)
    """What it asks for by name of a result that lists all: which product it secretes."""
    conditions: tuple[Entry, ...] = field(default=(), compare=False)
    """Those that its one result holds side by side, a thing asked each; the source of carbon comes first."""
    problem: str = ""
    """Why it cannot be made, once an error has shown that: a sentence."""

    @property
    def topics(self) -> frozenset[str]:
        """What a report says about its findings."""
        return self.about | {self.intent}

    def is_answered_by(self, finding: Entry, defaults: Entry) -> bool:
        """Whether a finding answers it: the same tool on the same model with the same arguments."""
        if finding["tool"] != self.tool or (finding.get("earlier_model") and self.after_change):
            return False
        return self._drop_defaults(self.args, defaults) == self._drop_defaults(finding["args"], defaults)

    def _drop_defaults(self, args: Entry, defaults: Entry) -> dict[str, Any]:
        """The arguments that change the answer."""
        indifferent = _INDIFFERENT.get(self.intent, frozenset())
        return {
            name: value
            for name, value in args.items()
            if name not in indifferent and value is not None and value != defaults.get(name)
        }


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A question as the planner understands it."""

    asked: tuple[PlannedCall, ...]
    """A call for each thing that it asks for, also one that cannot be made."""
    problems: tuple[str, ...] = ()
    """What it does not understand or cannot do, a sentence each."""
    question_for_human: str | None = None
    """What a human must answer before the next change."""

    @property
    def calls(self) -> tuple[PlannedCall, ...]:
        """Those that can be made."""
        return tuple(call for call in self.asked if not call.problem)


def interpret_question(situation: Situation) -> Interpretation:
    """The calls that the question of a prompt asks for, in its order."""
    foreign = explain_foreign_organisms(situation)
    if foreign:
        return Interpretation((), foreign)
    medium = KnownMedium.from_situation(situation)
    clauses = read_clauses(situation.question)
    change = _plan_change([clause for clause in clauses if clause.intent == CHANGE], situation, medium)
    calls: list[PlannedCall] = []
    is_changed = False
    for clause in clauses:
        if clause.intent == CHANGE:
            calls += [] if is_changed else change
            is_changed = True
        else:
            calls += [
                call for call in _plan_calls(clause, medium, after_change=is_changed) if call not in calls
            ]
    calls = [call for call in calls if not any(_extends(other, call) for other in calls)]
    if calls:
        medium.problems += _name_left_out(clauses)
    calls = [_name_biomass(call, situation.biomass) for call in calls]
    return Interpretation(tuple(calls), tuple(dict.fromkeys(medium.problems)), medium.question_for_human)


def _name_left_out(clauses: Sequence[Clause]) -> Iterator[str]:
    """A sentence for each clause beside the answered ones that asks for nothing known."""
    for clause in clauses:
        is_off_topic = OFF_TOPIC in clause.unsupported_requests
        words = [token.text for token in clause.phrase.tokens if token.value == OFF_TOPIC]
        if not clause.intent and not clause.unsupported_requests:
            words = find_unused_words(clause, ())
        if words and (is_off_topic or not clause.intent):
            yield f"I did not use: {', '.join(words)}."


def _name_biomass(call: PlannedCall, biomass: str | None) -> PlannedCall:
    """The call with the biomass reaction that the run names, if its tool has growth."""
    if biomass is None or call.tool == CHANGE_TOOL or not takes_biomass(call.tool):
        return call
    return replace(call, args={**call.args, "biomass": biomass})


def takes_biomass(tool: str) -> bool:
    """Whether the tool has the argument `biomass`."""
    entry = TOOLS.entries.get(tool)
    return entry is not None and "biomass" in entry.schema["parameters"]["properties"]


def _extends(call: PlannedCall, other: PlannedCall) -> bool:
    """Whether a call only adds settings to another: "essential genes; essential means below 5 %"."""
    added = call.args.keys() - other.args.keys()
    return (
        (call.intent, call.after_change, call.problem) == (other.intent, other.after_change, other.problem)
        and added != frozenset()
        and added <= _SETTINGS
        and all(call.args.get(name) == value for name, value in other.args.items())
    )


def _plan_calls(clause: Clause, medium: KnownMedium, *, after_change: bool) -> Iterator[PlannedCall]:
    problems = [f"I do not understand the condition '{word}'." for word in clause.unknown_conditions]
    problems += [f"No tool here can {what}." for what in clause.unsupported_requests if what != OFF_TOPIC]
    medium.problems += problems
    if problems or clause.unsupported_requests or not clause.intent:
        return
    screen = _plan_screen(clause, medium)
    calls = [replace(screen, after_change=after_change)] if screen else []
    calls = calls or list(_build_calls(clause, medium, after_change=after_change))
    unused = find_unused_words(clause, [call.args for call in calls], medium.fixed_names) if calls else []
    if unused:
        medium.problems.append(f"I did not use: {', '.join(unused)}.")
    yield from calls


def _build_calls(clause: Clause, medium: KnownMedium, *, after_change: bool) -> Iterator[PlannedCall]:
    intent, rest = clause.intent, clause.rest
    if intent.startswith(FLOW):
        medium.problems.append(f"The {intent} answers this: `fluxagents ask` starts it.")
        return
    takes = TOOLS.entries[find_tool(intent)].schema["parameters"]["properties"]
    about = frozenset(f"{kind}s" for kind in ("gene", "reaction") if rest.has(kind))
    names = (
        tuple(token.text for token in rest.tokens if token.tag in COMPOUNDS) if intent == "exchanges" else ()
    )
    for uptakes in _drop_replaced(clause):
        before = len(medium.problems)
        changes = medium.compute_changes(uptakes)
        if len(medium.problems) > before:
            problem = " ".join(medium.problems[before:])
            yield PlannedCall(
                intent, find_tool(intent), {}, after_change, about, clause.text, names, problem=problem
            )
            continue
        conditions = {**medium.base_arguments(), **({"medium_changes": changes} if changes else {})}
        if clause.phrase.has("whole_medium"):
            conditions = {"medium": medium.restrict_to(uptakes)} if uptakes else {}
        if uptakes and "medium_changes" not in takes and intent != CHANGE:
            left_out = ", ".join(uptake.compound.text for uptake in uptakes)
            medium.problems.append(f"{find_tool(intent)} takes no conditions: I did not use {left_out}.")
        if clause.knock_outs and "knock_outs" not in takes:
            left_out = ", ".join(clause.knock_outs)
            medium.problems.append(
                f"{find_tool(intent)} takes no knock-outs: make a model without {left_out} first."
            )
            continue
        if clause.knock_outs:
            conditions["knock_outs"] = list(clause.knock_outs)
        conditions = {name: value for name, value in conditions.items() if name in takes}
        if intent == "growth" and uptakes and not changes and _asks_for_gain(clause):
            # More of what is not used up changes nothing; whether it would help is what limits growth.
            yield PlannedCall(
                "limitations", find_tool("limitations"), conditions, after_change, about, clause.text
            )
            continue
        for args in _read_arguments(intent, rest, medium):
            yield PlannedCall(
                intent, find_tool(intent), conditions | args, after_change, about, clause.text, names
            )


def _plan_screen(clause: Clause, medium: KnownMedium) -> PlannedCall | None:
    """The one call that gives growth on each of several sources; None if the clause asks for more or less."""
    if clause.intent != "growth" or clause.knock_outs or clause.phrase.has("whole_medium"):
        return None
    screen = plan_source_screen(clause.conditions, medium)
    if screen is None:
        return None
    args = medium.base_arguments() | screen.args
    return PlannedCall(SCREEN, find_tool(SCREEN), args, part=clause.text, conditions=screen.conditions)


def _drop_replaced(clause: Clause) -> Alternatives:
    """The conditions; a screen feeds each source instead of the present one, which may stay open."""
    if clause.intent != SCREEN:
        return clause.conditions
    is_nitrogen = "nitrogen_source" in clause.rest.tags
    return tuple(
        tuple(
            uptake
            for uptake in condition
            if uptake.limit
            or uptake.factor
            or not (uptake.compound.value == "nh4" if is_nitrogen else is_carbon_source(uptake.compound))
        )
        for condition in clause.conditions
    )


def _asks_for_gain(clause: Clause) -> bool:
    """Whether it asks what more of a nutrient does: "Would extra phosphate help?"."""
    words = {token.text.casefold() for token in clause.phrase.tokens if token.tag == "with"}
    return "increase" in clause.phrase.tags or bool(words & _MORE)


def _read_arguments(intent: str, rest: Phrase, medium: KnownMedium) -> Iterator[dict[str, Any]]:
    """The arguments by the reader of an intent, or by the schema of the tool that it is called as."""
    readers = ARGUMENTS | LOOKUPS
    if intent in readers:
        return readers[intent](rest, medium)
    tool = find_tool(intent)
    return read_schema_arguments(tool, TOOLS.entries[tool].parameters, rest, medium)


def _plan_change(clauses: Sequence[Clause], situation: Situation, medium: KnownMedium) -> list[PlannedCall]:
    """All changes that a question orders, as one call, which a human approves."""
    finding = next((finding for finding in situation.findings if finding["tool"] == CHANGE_TOOL), None)
    if finding is not None:
        # What was approved may differ from what was asked; the order is carried out either way.
        return [PlannedCall(CHANGE, CHANGE_TOOL, dict(finding["args"]))]
    answers = [str(note["said"]) for note in situation.humans if "uptake should" in str(note.get("about"))]
    changes: dict[str, float] = {}
    for clause in clauses:
        changes |= MediumOrder(clause.phrase, answers).compute_changes(medium)
    if not changes or medium.question_for_human:
        return []
    return [PlannedCall(CHANGE, CHANGE_TOOL, {"medium_changes": changes})]
