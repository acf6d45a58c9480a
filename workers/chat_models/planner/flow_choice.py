"""Which flow of the library answers a question, and with which inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fluxagents.workers.chat_models.planner.calls.quantities import find_share
from fluxagents.workers.chat_models.planner.clauses.clause import match_intent
from fluxagents.workers.chat_models.planner.conditions.alternatives import find_conditions
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.conditions.uptakes import is_carbon_source
from fluxagents.workers.chat_models.planner.rules.intents import load_intents
from fluxagents.workers.chat_models.planner.words.examples import FLOW, load_flows
from fluxagents.workers.chat_models.planner.words.phrase import COMMA, COMPOUNDS, END, GENE, MODEL, Phrase
from fluxagents.workers.chat_models.planner.words.tagger import tag_question

ANALYSIS = "metabolic_analysis"
"""The flow that puts a question to the chat model, which picks the tools."""


SURVEY = "condition_survey"
"""The flow that computes growth under each condition of a list."""


@dataclass(frozen=True, slots=True)
class FlowChoice:
    """A flow of the library and its inputs."""

    flow: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


def choose_flow(question: str) -> FlowChoice:
    """The flow whose example questions are like this one, or else the analysis of one model.

    A flow is only chosen if the question gives all of its required inputs. Exchange ids are BiGG's.
    """
    phrase = Phrase(tag_question(question))
    analysis = FlowChoice(ANALYSIS, {"question": question})
    intents = (intent for name, intent in load_intents().items() if name.startswith(FLOW))
    match = max(
        (match for intent in intents if (match := intent.match(phrase.tags))),
        key=lambda match: match.score,
        default=None,
    )
    if match is None and not _only_lists_conditions(phrase):
        return analysis
    flow = match.name.removeprefix(FLOW) if match else SURVEY
    inputs = _read_inputs(flow, phrase, question)
    required = (name for name, spec in load_flows()[flow].inputs.items() if spec.required)
    return FlowChoice(flow, inputs) if all(name in inputs for name in required) else analysis


def _only_lists_conditions(phrase: Phrase) -> bool:
    """Whether it lists conditions and asks for nothing of its own: "glucose 5, glucose 10, anaerobic"."""
    return len(_read_conditions(phrase)) > 1 and match_intent(phrase) is None


def _read_inputs(flow: str, phrase: Phrase, question: str) -> dict[str, Any]:
    """The inputs of a flow that a question gives."""
    alternatives, places = find_conditions(phrase)
    medium = KnownMedium({}, (), {})
    changes = {} if "conditions" in load_flows()[flow].inputs else medium.compute_changes(alternatives[0])
    named = [token for at, token in enumerate(phrase.tokens) if token.tag in COMPOUNDS and at not in places]
    every = [token for token in phrase.tokens if token.tag in COMPOUNDS]
    exchanges = [medium.find_exchange(token) for token in named or every]
    given: dict[str, Any] = {
        "question": question,
        "product": exchanges[-1] if exchanges else None,
        "substrate": medium.find_exchange(every[0]) if len(every) > 1 else None,
        "medium_changes": changes,
        "kind": "genes" if phrase.tags & {"gene", GENE} else None,
        "models": list(phrase.list_values(MODEL)),
        "min_growth_fraction": find_share(phrase),
        "conditions": _read_conditions(phrase),
    }
    if "substrate" in load_flows()[flow].inputs:
        given["product"] = medium.find_exchange(every[-1]) if len(every) > 1 else None
        given["medium_changes"] = {}
    inputs = load_flows()[flow].inputs
    return {name: value for name, value in given.items() if name in inputs and value}


def _read_conditions(phrase: Phrase) -> list[dict[str, Any]]:
    """The conditions of a list, one between each two commas; a source of carbon is the only one."""
    segments: list[list[Any]] = [[]]
    for token in phrase.tokens:
        if token.tag in {COMMA, END, "and"}:
            segments.append([])
        else:
            segments[-1].append(token)
    conditions = []
    for segment in (Phrase(tuple(tokens)) for tokens in segments):
        uptakes = find_conditions(segment)[0][0]
        sole = tuple(
            replace(uptake, role="sole")
            if uptake.limit != 0 and is_carbon_source(uptake.compound)
            else uptake
            for uptake in uptakes
        )
        changes = KnownMedium({}, (), {}).compute_changes(sole)
        if changes:
            name = " ".join(token.text for token in segment.tokens)
            conditions.append({"name": name, "medium_changes": changes})
    return conditions
