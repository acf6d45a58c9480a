"""The tools and flows that are nearest to a question that none of them answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from fluxagents.workers.chat_models.planner.rules.intents import IDLE_TAGS, load_intents, sum_weights
from fluxagents.workers.chat_models.planner.words.examples import FLOW, load_flows, load_idle_words
from fluxagents.workers.chat_models.planner.words.lexicon import fold
from fluxagents.workers.chat_models.planner.words.phrase import Phrase
from fluxagents.workers.chat_models.planner.words.tagger import tag_question

COUNT = 3
_USUAL = ("run_metabolic_fba", "analyze_essentiality", "find_minimal_media")
"""What is named where nothing is near."""


def describe_nearest(question: str, purposes: Mapping[str, str]) -> str:
    """One line with the three tools or flows that share most with the question.

    Args:
        question: What was asked.
        purposes: The tools that are offered, each with what it does.
    """
    flows = {f"{FLOW}{name}": flow.purpose for name, flow in load_flows().items()}
    texts = {**purposes, **flows}
    shared = Counter({name: 0 for name in _USUAL if name in texts})
    tags = Phrase(tag_question(question)).tags - IDLE_TAGS
    for name, intent in load_intents().items():
        common = tags & intent.along.union(*intent.asked_by)
        key = intent.tool if intent.tool in texts else name
        if common and key in texts:
            shared[key] = max(shared[key], sum_weights(common))
    words = _list_content_words(question)
    for name, text in texts.items():
        shared[name] += len(words & _list_content_words(text))
    nearest = [f"{name} ({texts[name].rstrip('.')})" for name, _ in shared.most_common(COUNT)]
    return f"Nearest: {'; '.join(nearest)}."


def _list_content_words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{3,}", fold(text))) - load_idle_words()
