"""What decisions change, and what was done to their context."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import Finish
from fluxagents.flows.reduction.state_updates import Changes, add_failure
from fluxagents.flows.state import RunState, Summary


def count_decision(state: RunState, prompt: e.PromptUse) -> Changes:
    return {
        **count_prompt(state, prompt),
        "decisions": state.decisions + 1,
        "steps_at_node": state.steps_at_node + 1,
        "cleared": False,
    }


def count_prompt(state: RunState, prompt: e.PromptUse) -> Changes:
    return {
        "tokens_in": state.tokens_in + prompt.tokens_in,
        "tokens_out": state.tokens_out + prompt.tokens_out,
        "prompts": {**state.prompts, prompt.name: prompt.digest},
    }


def on_decision(state: RunState, event: e.DecisionMade) -> Changes:
    changes = {**count_decision(state, event.prompt), **_note_answers(state, event)}
    if isinstance(event.decision, Finish):
        answered = {"outcome": "answer", "streak": None, "failures_at_node": 0}
        return {**changes, **answered, "answer": event.decision.answer, "untraced": event.untraced}
    return {**changes, "outcome": None, "pending": event.decision, "approved": None}


def _note_answers(state: RunState, event: e.DecisionMade) -> Changes:
    """The list of what is asked, which is given once, and the newest answer of each item."""
    answers = {answer.id: answer for answer in (*state.item_answers, *event.answers)}
    return {
        "asked": event.asked if event.asked is not None else state.asked,
        "item_answers": tuple(answers.values()),
    }


def on_refusal(state: RunState, event: e.DecisionRefused) -> Changes:
    return {**count_decision(state, event.prompt), **add_failure(state, event.error), "failed_call": None}


def on_deferral(state: RunState, event: e.DecisionDeferred) -> Changes:
    return {"deferrals": state.deferrals + 1, "not_before_ms": event.not_before_ms}


def on_compaction(_: RunState, __: e.ContextCompacted) -> Changes:
    return {}


def on_summary(state: RunState, event: e.ContextSummarised) -> Changes:
    before = state.summary.ids if state.summary else ()
    kept = {finding.id for finding in state.findings}
    ids = tuple(id_ for id_ in dict.fromkeys((*before, *event.ids)) if id_ in kept)
    return {
        **count_prompt(state, event.prompt),
        "summary": Summary(ids=ids, text=event.text),
        "summaries_refused": 0,
    }


def on_summary_refusal(state: RunState, event: e.SummaryRefused) -> Changes:
    return {**count_prompt(state, event.prompt), "summaries_refused": state.summaries_refused + 1}
