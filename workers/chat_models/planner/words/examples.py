"""Example questions of tools and flows, and their words that the lexicon does not have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from fluxagents.flows.language.definition import Flow
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.words.data import load_table
from fluxagents.workers.chat_models.planner.words.lexicon import fold
from fluxagents.workers.chat_models.planner.words.spelling import SHORTEST, closest_word

WORD = "word_"
"""The tag of a word that only example questions give a meaning begins with it."""


FLOW = "flow "
"""What is asked of a flow, not of a tool, has this before the flow's name."""


@cache
def list_examples() -> Mapping[str, tuple[str, ...]]:
    """The example questions of each tool and flow that has some, by name; a flow's begins with `FLOW`."""
    tools = {name: tuple(entry.questions) for name, entry in TOOLS.entries.items()}
    flows = {f"{FLOW}{name}": flow.questions for name, flow in load_flows().items()}
    return {name: questions for name, questions in {**tools, **flows}.items() if questions}


@cache
def load_flows() -> Mapping[str, Flow]:
    """The flows of the library by name."""
    return FlowLibrary().flows()


@cache
def load_idle_words() -> frozenset[str]:
    """Folded words without a content of their own."""
    return frozenset(fold(word) for words in load_table("idle").values() for word in words.split())


def find_example_word(word: str, known: frozenset[str]) -> str | None:
    """The word of an example that a word is, but for its ending or a spelling mistake."""
    folded = fold(word)
    if folded in known:
        return folded
    return closest_word(folded, known, max_mistakes=1) if len(folded) >= SHORTEST else None
