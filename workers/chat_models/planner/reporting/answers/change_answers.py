"""Changes of a model that a human approved, or that were computed without making them."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    count_things,
    describe_change,
    format_limit,
    format_number,
    format_rate,
    join_words,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import ReportedFinding

NEW_MODEL = "A new model was made with a human's approval; the old one is unchanged."


def describe_medium_change(finding: ReportedFinding) -> Iterator[str]:
    """Growth in the changed medium of a new model."""
    before = finding.values.get("uptakes_before_mmol_per_gdw_h", {}).get("values", {})
    after = finding.values.get("uptakes_after_mmol_per_gdw_h", {}).get("values", {})
    write = finding.names.write
    changes = [
        f"{write(name)} from {format_limit(before.get(name))} to {format_number(limit)}"
        for name, limit in after.items()
    ]
    yield describe_growth_after(finding, "with the new medium")
    if changes:
        yield f"Greatest uptakes changed: {join_words(changes)} {FLUX}."
    yield NEW_MODEL


def describe_growth_after(finding: ReportedFinding, when: str) -> str:
    """Growth before a change and after it, or why there is none."""
    before, after = finding.get("growth_before_per_h"), finding.growth
    reasons = {
        "unbounded": f"Growth is unbounded {when}: the model makes biomass from nothing.",
        "no_objective": f"The model has no objective, so there is no growth to compute {when}.",
    }
    if finding.status in reasons:
        return reasons[finding.status]
    if before is None and after is None:
        return f"The model is infeasible {when}, as it was before: no fluxes satisfy all its bounds."
    if before is None:
        return f"The model grows {when}, at {format_rate(after)}; it did not before."
    return f"Growth {describe_change(before, after)} {when}."


def describe_knock_out(finding: ReportedFinding) -> Iterator[str]:
    """Growth of a new model without genes or reactions."""
    genes = finding.values["genes_knocked_out"]["ids"]
    closed = finding.values["closed_reactions_bounds_mmol_per_gdw_h"]
    reactions = list(closed["before_and_after"])
    named = [*genes, *(finding.args.get("reactions") or ())] or reactions
    lost = join_words(map(finding.names.write_short, named))
    yield describe_growth_after(finding, f"without {lost}" if lost else "with nothing knocked out")
    if closed["count"]:
        rest = f", and the rest in the tables of {finding.id}" if closed["count"] > len(reactions) else ""
        yield f"Closed: {join_words(map(finding.names.write, reactions))}{rest}."
    yield from finding.list_all("genes_without_effect", "gene", "without effect, as other genes do the same")
    yield NEW_MODEL


def describe_bounds(finding: ReportedFinding) -> Iterator[str]:
    """Growth of a new model with other bounds."""
    changes = finding.values["bounds_mmol_per_gdw_h"]["before_and_after"]
    yield describe_growth_after(finding, "with the new bounds")
    parts = [
        f"{finding.names.write_reaction(name)} from {_write_range(before)} to {_write_range(after)}"
        for name, (before, after) in changes.items()
    ]
    if parts:
        yield f"Bounds changed: {join_words(parts)} {FLUX}."
    yield NEW_MODEL


def _write_range(bounds: tuple[float | None, float | None]) -> str:
    return f"[{format_limit(bounds[0])}, {format_limit(bounds[1])}]"


def describe_added_reactions(finding: ReportedFinding) -> Iterator[str]:
    """Growth of a new model with more reactions."""
    added = finding.values["added_reactions"]
    yield describe_growth_after(finding, f"with {count_things(added['count'], 'new reaction')}")
    equations = [f"{reaction['id']} ({reaction['equation']})" for reaction in added["reactions"][:10]]
    if equations:
        yield f"Added: {'; '.join(equations)}."
    if added.get("unbalanced"):
        yield f"{count_things(added['unbalanced'], 'of them is', 'of them are')} not balanced."
    for name, noun in (("new_metabolites", "metabolite"), ("new_genes", "gene")):
        yield from finding.list_all(name, noun, "new")
    yield NEW_MODEL


def describe_medium_words(finding: ReportedFinding) -> Iterator[str]:
    """Growth in a medium that words changed; the model stays as it was."""
    yield describe_growth_after(finding, "in the changed medium")
    changes = [text.partition(" ") for text in finding.values["changes"]["ids"]]
    if changes:
        listed = join_words(f"{finding.names.write(name)} {limits}" for name, _, limits in changes)
        yield f"Greatest uptakes changed: {listed} {FLUX}."
    yield from finding.list_all("untouched", "word", "not understood")


def describe_gap_filling(finding: ReportedFinding) -> Iterator[str]:
    """Which reactions another model would have to give."""
    verdict, target = finding.get("verdict"), finding.get("min_growth_per_h")
    universal = finding.get("universal")
    found = finding.values["alternatives"]
    if verdict == "grows_already":
        yield f"Nothing is missing: the model grows already, at {format_rate(finding.growth)}."
    elif found["count"]:
        first = join_words(map(str, found["reactions"][0] if found["reactions"] else ()))
        growth = found["growth_per_h"][0] if found["growth_per_h"] else None
        ways = count_things(found["count"], "way")
        size = len(found["reactions"][0]) if found["reactions"] else 0
        what = count_things(size, "reaction")
        yield f"{what} of {universal} would let the model grow, at {format_rate(growth)}: {first}."
        yield f"{ways} to fill the gap {'was' if found['count'] == 1 else 'were'} found."
    else:
        reasons = {
            "unbounded": "the model makes biomass from nothing",
            "no_objective": "the model has no objective, so there is no growth to reach",
        }
        why = reasons.get(finding.status)
        at_least = f" at {format_rate(target)}" if target is not None else ""
        yield (
            f"No gap can be filled: {why}."
            if why
            else f"No reactions of {universal} let the model grow{at_least}."
        )
        best = finding.get("best_growth_with_all_per_h")
        if best is not None and finding.get("candidates"):
            yield f"With all {finding.values['candidates']} candidates growth is {format_rate(best)}."
    equations = finding.get("chosen_equations") or {}
    if equations:
        start = "Added" if finding.tool == "gapfill_model" else "They are"
        yield f"{start}: {'; '.join(f'{name} ({equation})' for name, equation in equations.items())}."
        yield NEW_MODEL if finding.tool == "gapfill_model" else ""
