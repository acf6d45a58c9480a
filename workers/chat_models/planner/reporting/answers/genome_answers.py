"""Genomes: what their proteins are, the draft that they speak for, and the model that it becomes."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.phrases import (
    count_things,
    format_number,
    format_rate,
    join_words,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import ReportedFinding


def describe_annotation(finding: ReportedFinding) -> Iterator[str]:
    """How many proteins are like one of a curated model, how much, and what they catalyse."""
    proteins = count_things(finding.values["proteins_count"], "protein")
    yield f"{finding.values['annotated_count']} of {proteins} are like one of a curated model."
    by_confidence = finding.values["by_confidence_count"]
    counts = [f"{by_confidence[level]} of {level} confidence" for level in ("high", "medium", "low")]
    reactions = finding.values["reactions_count"]
    yield f"These are {join_words(counts)}; the best hits catalyse {reactions} reactions."


def describe_draft(finding: ReportedFinding) -> Iterator[str]:
    """How large the draft is, what speaks for it, on which media it grows, and how good the search was."""
    values = finding.values
    genes = count_things(values["genes_count"], "gene")
    yield (
        f"The draft has {values['reactions_count']} reactions and {genes}; of the reactions "
        f"{values['with_evidence_count']} have genes that speak for them."
    )
    for medium, rate in values["growth_per_h"]["values"].items():
        yield f"Growth on {medium}: {'none' if rate is None else format_rate(rate)}."
    yield from finding.list_all("added_for_growth", "reaction", "added for growth")
    yield from finding.list_all("without_evidence", "reaction", "without evidence")
    gap, status = format_number(values["gap_fraction"]), values["status"]
    yield f"The search ended with {status}: no network is better by more than {gap} of the best score."


def describe_draft_tests(finding: ReportedFinding) -> Iterator[str]:
    """Where the draft grows, whether that is as expected, and whether it is sound."""
    values = finding.values
    for medium, rate in values["growth_per_h"]["values"].items():
        yield f"Growth on {medium}: {'none' if rate is None else format_rate(rate)}."
    yield from finding.list_all("unexpected_growth", "medium", "not as expected", "media")
    yield f"Energy carriers charged out of nothing: {values['energy_carriers_charged']}."
    yield from finding.list_all("made_from_nothing", "metabolite", "made out of nothing")
    yield from finding.list_all("mass_imbalanced_reactions", "reaction", "not balanced by mass")
    yield from finding.list_all("auxotrophies", "auxotrophy", "found", "auxotrophies")


def describe_model_of_draft(finding: ReportedFinding) -> Iterator[str]:
    """How large the model is, and whether it grows."""
    values = finding.values
    genes = count_things(values["genes_count"], "gene")
    yield (
        f"The model has {values['reactions_count']} reactions, {values['metabolites_count']} metabolites and "
        f"{genes}; {values['without_evidence_count']} reactions have no gene."
    )
    rate = values["growth_per_h"]
    yield f"Growth in its own medium: {'none' if rate is None else format_rate(rate)}."
