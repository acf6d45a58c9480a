"""Communities: growth of the members, what they give each other, who depends on whom, and what they need."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    count_things,
    format_number,
    format_rate,
    join_words,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import ReportedFinding

_MAX_TRANSFERS = 5

_NO_GROWTH = {
    "infeasible": "The members cannot all live in this medium: no fluxes satisfy the maintenance of each.",
    "zero_growth": "The community does not grow in this medium (0 1/h).",
    "unbounded": "The members make biomass from nothing: growth of the community is unbounded.",
}


def describe_community(finding: ReportedFinding) -> Iterator[str]:
    """Growth of the community and its members, and what they give each other."""
    if finding.status != "optimal":
        yield _NO_GROWTH[finding.status]
        return
    best, fraction = finding.values["community_growth_per_h"], finding.values["fraction_of_best"]
    yield f"The community grows with at most {format_rate(best)}."
    rates = finding.values["growth_at_fraction_per_h"]
    members = [f"{name} {format_number(rate)}" for name, rate in rates["values"].items()]
    yield f"At {format_number(fraction)} of that the members grow with {join_words(members)} 1/h."
    given = finding.values["given_between_members"]
    if not given["count"]:
        yield "The members give each other nothing."
    for row in given["transfers"][:_MAX_TRANSFERS]:
        amount = format_number(row["amount_mmol_per_gdw_h"])
        yield f"{row['giver']} gives {row['taker']} {row['compound']}: {amount} {FLUX} of the community."
    rest = given["count"] - len(given["transfers"][:_MAX_TRANSFERS])
    if rest > 0:
        yield f"{count_things(rest, 'more exchange')} between members: in the tables of {finding.id}."
    yield from _describe_members(finding)


def describe_missing_members(finding: ReportedFinding) -> Iterator[str]:
    """How the others grow without each member."""
    if finding.status != "optimal":
        yield _NO_GROWTH[finding.status]
        return
    best = finding.values["community_growth_per_h"]
    yield f"With all its members the community grows with at most {format_rate(best)}."
    for missing, rate in finding.values["community_growth_without_per_h"]["values"].items():
        if rate is None:
            yield f"Without {missing} not all the others can live."
            continue
        rows = [row for row in finding.values["member_growth"]["rows"] if row["without"] == missing]
        others = [
            f"{row['member']} {format_number(row['growth_after_per_h'])} instead of "
            f"{format_number(row['growth_before_per_h'])}"
            for row in rows
        ]
        growth = f" ({join_words(others)} 1/h)" if others else ""
        yield f"Without {missing} the community grows with at most {format_rate(rate)}{growth}."
    yield from _describe_members(finding)


def describe_community_medium(finding: ReportedFinding) -> Iterator[str]:
    """What the community needs, and the growth that this keeps."""
    if finding.status != "optimal":
        yield _NO_GROWTH[finding.status]
        return
    components = finding.values["components"]
    yield (
        f"The community needs {count_things(components['count'], 'compound')}: "
        f"{finding.write_fluxes(components)} of the community."
    )
    kept = format_rate(finding.values["verified_growth_per_h"])
    best = format_number(finding.values["community_growth_per_h"])
    yield f"On these alone it grows with {kept}; in its whole medium with {best} 1/h."
    yield from _describe_members(finding)


def _describe_members(finding: ReportedFinding) -> Iterator[str]:
    """The abundances, where they were divided by their sum, and what was left out or relaxed."""
    parts = [
        f"{name} {format_number(part)}"
        for name, part in finding.values["abundance_fractions"]["values"].items()
    ]
    given = finding.values["abundance_sum"]
    divided = "" if abs(given - 1) < 1e-6 else f" (as given they sum to {format_number(given)})"  # noqa: PLR2004
    yield f"Fractions of the dry weight: {join_words(parts)}{divided}."
    if finding.count("left_out"):
        yield f"Left out, as they have no part in the community: {finding.list_ids('left_out')}."
    if finding.count("relaxed"):
        yield f"Forced drains and sources were not forced: {finding.list_ids('relaxed')}."
