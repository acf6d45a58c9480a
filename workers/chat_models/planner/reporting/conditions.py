"""Under which conditions a result holds, and what is said where there is no growth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    capitalise,
    format_number,
    join_words,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import (
    MAX_LISTED,
    OWN_MEDIUM,
    ReportedFinding,
)

_EVIDENCE: Mapping[str, str] = {
    "user": "as the run names it",
    "sbo": "found by its SBO term",
    "name": "found by its name",
    "composition": "found by what it consumes",
}


def describe_conditions(finding: ReportedFinding) -> str:
    """The conditions as a phrase: `with up to 20 mmol/gDW/h of acetate and without D-glucose`."""
    lost = [finding.names.write_short(str(name)) for name in finding.args.get("knock_outs") or ()]
    strain = [f"without {join_words(lost)}"] if lost else []
    medium = _describe_medium(finding)
    return " ".join([*strain, medium]) if medium != OWN_MEDIUM or not lost else strain[0]


def _describe_medium(finding: ReportedFinding) -> str:
    changed = finding.get("changed_uptakes_mmol_per_gdw_h")
    if not isinstance(changed, Mapping) or not changed.get("values"):
        return "in the medium of the run" if finding.args.get("medium") else finding.own_medium
    limits = list(changed["values"].items())[:MAX_LISTED]
    write = finding.names.write
    opened = [f"up to {format_number(limit)} {FLUX} of {write(name)}" for name, limit in limits if limit]
    closed = [write(name) for name, limit in limits if not limit]
    parts = [f"with {join_words(opened)}"] if opened else []
    parts += [f"without {join_words(closed, 'or')}"] if closed else []
    parts += ["with more changes of the medium"] if len(limits) < changed["count"] else []
    return " and ".join(parts)


def refer_to_model(phrase: str) -> str:
    """The phrase as it stands in a sentence that has named the model: `in its own medium`."""
    return phrase.replace("the model's own", "its own")


def describe_failure(finding: ReportedFinding, consequence: str = "") -> Iterator[str]:
    """Why there is no growth, as the first sentence; nothing where there is growth.

    Args:
        finding: What was found.
        consequence: What can therefore not be said, as a clause.
    """
    reason = _find_reason(finding)
    if reason is None:
        return
    if consequence:
        yield capitalise(f"{reason}, so {consequence}.")
    elif finding.asks_whether_it_grows and finding.status in {"zero_growth", "infeasible"}:
        yield f"No: {reason}."
    elif finding.status == "no_objective":
        yield f"{capitalise(reason)}, so there is no growth to compute."
    else:
        yield f"{capitalise(reason)}."


def _find_reason(finding: ReportedFinding) -> str | None:
    conditions = refer_to_model(describe_conditions(finding))
    reasons = {
        "zero_growth": f"the model does not grow {conditions} (0 1/h)",
        "infeasible": f"the model cannot grow {conditions}: no fluxes satisfy all its bounds",
        "unbounded": f"the model makes biomass from nothing {conditions}: its growth is unbounded",
        "no_objective": "the model has no objective",
    }
    problem = finding.get("growth_problem")
    return reasons.get(finding.status) or (f"growth is not known: {problem}" if problem else None)


def describe_failure_beside(finding: ReportedFinding) -> Iterator[str]:
    """As `describe_failure`, after an answer that does not need growth."""
    if finding.status != "optimal":
        yield from describe_failure(finding)


def describe_growth_reaction(finding: ReportedFinding) -> Iterator[str]:
    """What growth and the objective are, where the one is not simply the other."""
    value = finding.get("objective_value")
    if value is not None:
        sense = "least" if finding.get("objective_direction") == "min" else "greatest"
        objective = finding.values["objective"]
        yield f"The model's objective is {objective}; its {sense} value is {format_number(value)}."
    if finding.get("biomass_found_by") not in {None, "objective"} and "biomass_reaction" in finding.values:
        evidence = _EVIDENCE.get(str(finding.values["biomass_found_by"]), "found")
        yield f"Growth is the flux of {finding.values['biomass_reaction']}, {evidence}."
