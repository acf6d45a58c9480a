"""Sentences about models beside observed phenotypes, and about their correction."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.answers.change_answers import (
    NEW_MODEL,
    describe_growth_after,
)
from fluxagents.workers.chat_models.planner.reporting.phrases import count_things, join_words
from fluxagents.workers.chat_models.planner.reporting.reported_finding import ReportedFinding


def describe_corrections(finding: ReportedFinding) -> Iterator[str]:
    """How many observations the model shares, which not, and the best correction."""
    values = finding.values
    if not values["compared_count"]:
        yield f"No observation could be compared: {_explain(finding)}."
        return
    yield (
        f"The model shares {values['agreeing_count']} of "
        f"{count_things(values['compared_count'], 'observation')}."
    )
    wrong, unmapped = values["disagreements"], values["unmapped"]
    if wrong["count"]:
        more = f" and {wrong['count'] - wrong['shown']} more" if wrong["count"] > wrong["shown"] else ""
        yield f"Not shared: {join_words(wrong['ids'])}{more}."
    if unmapped["count"]:
        yield f"The model knows nothing of {count_things(unmapped['count'], 'observation')}."
    best = finding.get("best")
    if best is not None:
        # an empty list is left out of the finding
        number = count_things(values["proposals"]["count"], "correction")
        yield f"Of {number} the best is: {best['name']}; {best['evidence']}."
    elif wrong["count"]:
        yield "No correction was found that puts more right than wrong."


def _explain(finding: ReportedFinding) -> str:
    reasons = {
        "optimal": "the model knows nothing of what was observed, or grows too slowly",
        "unbounded": "the model makes biomass from nothing",
        "no_objective": "the model has no objective, so there is no growth",
    }
    return reasons.get(finding.status, "the model does not grow in its own medium")


def describe_correction(finding: ReportedFinding) -> Iterator[str]:
    """Growth of a corrected model, and what was changed."""
    yield describe_growth_after(finding, "with the correction")
    yield f"The correction: {finding.values['correction']}."
    if finding.get("evidence"):
        yield f"What speaks for it: {finding.values['evidence']}."
    yield NEW_MODEL
