"""Sets of knock-outs: what is lethal only together, and what leaves a cell no other way."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.conditions import (
    describe_conditions,
    describe_failure,
    describe_failure_beside,
)
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    count_things,
    format_number,
    format_rate,
    join_words,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import ReportedFinding

_SIZES = (("synthetic_lethal_triples", "sets of three"), ("synthetic_lethal_pairs", "pairs of"))


def describe_synthetic_lethals(finding: ReportedFinding) -> Iterator[str]:
    """Sets of genes or reactions that are lethal only together, the largest first."""
    if not finding.get("targets"):
        yield from describe_failure(finding, "no set is lethal only together")
        return
    kind, condition = str(finding.values["kind"]), f" {describe_conditions(finding)}"
    for field, name in _SIZES:
        if field not in finding.values:
            continue
        count = finding.count(field)
        singular = name.replace("s of", " of", 1)
        what = f"{singular} {kind} is" if count == 1 else f"{name} {kind} are"
        if count:
            yield f"{count} {what} lethal only together{condition}: {finding.list_ids(field)}."
        elif finding.get("is_complete") is False:
            yield f"No {singular} {kind} was found that is lethal only together{condition}."
        else:
            yield f"No {singular} {kind} is lethal only together{condition}."
        condition = ""
    if finding.get("is_complete") is False:
        limit = format_number(finding.values["time_limit_s"])
        yield f"The search ended at its limit of {limit} s and is not complete: there may be more."
    yield from finding.list_all("lethal_alone", kind.removesuffix("s"), "lethal alone")


def describe_cut_sets(finding: ReportedFinding) -> Iterator[str]:
    """Minimal cut sets, what they are for, and whether there are more."""
    if not finding.get("targets"):
        yield from describe_failure(finding, "there is nothing to cut")
        return
    count, most = int(finding.values["cut_sets_found"]), finding.values["most_knock_outs"]
    limit = f"of up to {count_things(most, 'knock-out')}"
    aim = f"no {finding.values['unwanted']} {describe_conditions(finding)}"
    stays = f", and {finding.values['wanted']} stays possible" if finding.get("wanted") else ""
    if count:
        leaves = "leaves" if count == 1 else "leave"
        yield f"{count_things(count, 'minimal cut set')} {limit} {leaves} {aim}{stays}."
        rows = [_describe_row(row) for row in finding.values["cut_sets"][:5]]
        yield f"The cheapest: {join_words(rows)}."
        verified = finding.values["verified"]
        yield f"Flux balance analysis of each strain agrees for {verified} of {count}."
    else:
        yield f"No minimal cut set {limit} was found that leaves {aim}{stays}."
    if finding.get("is_complete"):
        yield "There are no others."
    else:
        proved = format_number(finding.values["proved_cost"])
        why = "the limit of time" if finding.get("stopped_by") == "time" else "the asked count of sets"
        yield f"The search ended at {why}: others may cost {proved} or more, none costs less."
    yield from describe_failure_beside(finding)


def _describe_row(row: list[object]) -> str:
    name, _, growth, least_yield = row
    rate = "infeasible" if growth is None else f"growth up to {format_rate(float(str(growth)))}"
    made = "" if least_yield is None else f", at least {format_number(float(str(least_yield)))} mol/mol"
    return f"{name} ({rate}{made})"
