"""Which flow of the library answers a question, and with which inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.calls.communities import COMMUNITY_INTENTS
from fluxagents.workers.chat_models.planner.calls.quantities import (
    asks_for_genes,
    find_share,
)
from fluxagents.workers.chat_models.planner.clauses.clause import match_intent
from fluxagents.workers.chat_models.planner.conditions.alternatives import find_conditions
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.conditions.uptakes import is_carbon_source
from fluxagents.workers.chat_models.planner.rules.intents import (
    IntentMatch,
    find_tool,
    load_intents,
    load_weights,
)
from fluxagents.workers.chat_models.planner.rules.orders import OPENINGS, is_order
from fluxagents.workers.chat_models.planner.rules.set_size import find_set_size
from fluxagents.workers.chat_models.planner.words.examples import FLOW, load_flows
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMMA,
    COMPOUNDS,
    END,
    GENE,
    MODEL,
    Phrase,
    Token,
)
from fluxagents.workers.chat_models.planner.words.tagger import tag_question

ANALYSIS = "metabolic_analysis"
"""The flow that puts a question to the chat model, which picks the tools."""


COMPARISON = "model_comparison"
"""The flow that puts a question to each of several models."""

_QUOTED = re.compile(
    r"(?:(?<!\w)['\"]|[\u00ab\u201c\u201e\u2018])(?P<text>[^'\"\u00bb\u201d\u2019]+)(?:['\"](?!\w)|[\u00bb\u201d\u2019])"
)
"""A question in quotation marks."""

_LISTED_CONDITIONS = 3

DESIGN, CUT_SETS = "strain_design", "minimal_cut_sets"
"""The flows that look for knock-outs: by trying all, and by proof, which goes further."""

_MOST_SCREENED = 2
"""Knock-outs of a strain that trying all can look for."""

_COMPARING = frozenset({"compare", "differ", "versus", "than"})

HYPOTHESES = f"{FLOW}hypothesis_test"
"""The intent to test what is supposed, which the question states."""

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
    if match is not None and _asks_for_more(phrase, match):
        match = None
    models = phrase.list_values(MODEL)
    if match is None and len(models) > 1 and not phrase.tags & _COMPARING and not _grow_together(phrase):
        asked = _drop_models(question, models)
        if not _takes_models(asked):
            return FlowChoice(COMPARISON, {"models": list(models), "question": asked})
    if match is None and not _only_lists_conditions(phrase):
        return analysis
    flow = match.name.removeprefix(FLOW) if match else SURVEY
    if flow == DESIGN and (find_set_size(phrase) or 0) > _MOST_SCREENED:
        flow = CUT_SETS
    inputs = _read_inputs(flow, phrase, question)
    required = (name for name, spec in load_flows()[flow].inputs.items() if spec.required)
    return FlowChoice(flow, inputs) if all(name in inputs for name in required) else analysis


def _asks_for_more(phrase: Phrase, match: IntentMatch) -> bool:
    """Whether a question asks for what the examples of a flow do not speak of, such as "essential"."""
    tool = match_intent(phrase)
    if match.name == HYPOTHESES:
        return False  # It may speak of anything.
    flow = load_intents()[match.name]
    spoken = flow.along.union(*flow.asked_by)
    return tool is not None and tool.score > match.score and bool(tool.tags & load_weights().keys() - spoken)


def _grow_together(phrase: Phrase) -> bool:
    """Whether it asks of a community of the models that it names."""
    match = match_intent(phrase)
    return match is not None and match.name in COMMUNITY_INTENTS


def _takes_models(question: str) -> bool:
    """Whether the tool that a question asks for reads other models than the one at hand."""
    match = match_intent(Phrase(tag_question(question)))
    entry = TOOLS.entries.get(find_tool(match.name)) if match else None
    return entry is not None and bool(
        {"models", "universal"} & entry.schema["parameters"]["properties"].keys()
    )


def _drop_models(question: str, models: Sequence[str]) -> str:
    """What is asked of each of the models, without their names: "Ask A and B: how fast do they grow?"."""
    quoted = _QUOTED.search(question)
    if quoted:
        return quoted["text"]
    names = "|".join(map(re.escape, models))
    listed = rf"(?:{names})(?:\s*(?:,|&|and|und|et|y)\s*(?:{names}))*"
    return re.sub(rf"^\s*\w+\s+{listed}\s*:\s*|\s*\b(?:\w{{1,4}}\s+)?{listed}", "", question).strip()


def _only_lists_conditions(phrase: Phrase) -> bool:
    """Whether it lists conditions and asks for nothing of its own: "glucose 5, glucose 10, anaerobic".

    A list of three after a colon is one as well: "growth under: glucose 5, acetate 5, anaerobic".
    """
    if match_intent(phrase) is None:
        asks = phrase.tokens[:1] and phrase.tokens[0].tag in OPENINGS
        return not asks and not is_order(phrase) and len(_read_conditions(phrase)) > 1
    colon = next((at for at, token in enumerate(phrase.tokens) if token.text == ":"), 0)
    asked, listed = Phrase(phrase.tokens[:colon]), Phrase(phrase.tokens[colon + 1 :])
    is_growth = "growth" in asked.tags and asked.tokens[-1].tag not in {"with", "on", "in"}
    own = match_intent(listed)
    # "Try these conditions: …, and tabulate growth" says last what is asked.
    is_growth = is_growth or (match_intent(asked) is None and own is not None and own.name == "growth")
    is_list = len(_read_conditions(listed)) >= _LISTED_CONDITIONS
    return is_growth and is_list and (own is None or own.name == "growth")


def _read_inputs(flow: str, phrase: Phrase, question: str) -> dict[str, Any]:
    """The inputs of a flow that a question gives."""
    alternatives, places = find_conditions(phrase)
    medium = KnownMedium({}, (), {})
    changes = {} if "conditions" in load_flows()[flow].inputs else medium.compute_changes(alternatives[0])
    named = [token for at, token in enumerate(phrase.tokens) if token.tag in COMPOUNDS and at not in places]
    every = _list_compounds(phrase)
    exchanges = [medium.find_exchange(token) for token in named or every]
    given: dict[str, Any] = {
        "question": question,
        "product": exchanges[-1] if exchanges else None,
        "substrate": medium.find_exchange(every[0]) if len(every) > 1 else None,
        "medium_changes": changes,
        "kind": "genes" if GENE in phrase.tags or asks_for_genes(phrase) else None,
        "models": list(phrase.list_values(MODEL)),
        "min_growth_fraction": find_share(phrase),
        "most_knock_outs": find_set_size(phrase),
        "conditions": _read_conditions(phrase),
    }
    if "substrate" in load_flows()[flow].inputs:
        given["product"] = medium.find_exchange(every[-1]) if len(every) > 1 else None
        given["medium_changes"] = {}
    inputs = load_flows()[flow].inputs
    return {name: value for name, value in given.items() if name in inputs and value}


def _list_compounds(phrase: Phrase) -> list[Token]:
    """The compounds of a phrase, what something is made from before what is made."""
    tokens = phrase.tokens
    named = [at for at, token in enumerate(tokens) if token.tag in COMPOUNDS]
    return [tokens[at] for at in sorted(named, key=lambda at: not (at and tokens[at - 1].tag == "on"))]


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
