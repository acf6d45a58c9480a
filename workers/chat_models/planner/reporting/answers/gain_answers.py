"""What limits growth: gains of nutrients, phase planes and robustness curves."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.conditions import describe_conditions, describe_failure
from fluxagents.workers.chat_models.planner.reporting.names import write_compound
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    ZERO,
    count_things,
    format_number,
    join_words,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import MAX_LISTED, ReportedFinding

NO_GROWTH = frozenset({"zero_growth", "infeasible", "unbounded", "no_objective"})


def describe_limitations(finding: ReportedFinding) -> Iterator[str]:
    """Which nutrients limit, and by how much."""
    tested = finding.get("nutrients_tested")
    if not tested:
        yield from describe_failure(finding, "nothing can be said to limit it")
        return
    conditions, unit = describe_conditions(finding), _find_unit(finding)
    gains = finding.values.get("limiting_nutrients") or {}
    limiting = finding.values.get("limiting") or {}
    what = "Growth" if unit == "1/h" else f"The flux of {finding.values['objective']}"
    if gains.get("values"):
        names = [finding.names.write(name) for name in list(gains["values"])[:MAX_LISTED]]
        yield f"{what} {conditions} is limited by {join_words(names)}."
        yield f"Worth: {'; '.join(limiting['sentences'][:MAX_LISTED])}."
    else:
        nutrients = count_things(tested, "nutrient")
        yield f"{what} {conditions} is limited by none of {nutrients} tested."
    yield from describe_failure(finding) if finding.status == "zero_growth" else ()
    additions = finding.values.get("additions") or {}
    if additions.get("sentences"):
        yield f"Of what the medium lacks: {'; '.join(additions['sentences'][:MAX_LISTED])}."
    if finding.count("not_limiting"):
        yield f"Not limiting: {finding.write_nutrients(finding.values['not_limiting'])}."
    if finding.count("degenerate"):
        degenerate = finding.write_nutrients(finding.values["degenerate"])
        yield f"More and less of these are worth different amounts: {degenerate}."
    for reaction, gain in (finding.get("limiting_bounds") or {}).get("values", {}).items():
        name = finding.names.write_reaction(reaction)
        yield f"The bound of {name} costs {format_number(gain)} {unit} per {FLUX}."


def describe_phase_plane(finding: ReportedFinding) -> Iterator[str]:
    """The phases over two uptakes, and what limits in each."""
    first, second = (write_compound(str(finding.values[f"{axis}_name"])) for axis in ("first", "second"))
    unit, best = _find_unit(finding), finding.get("highest_growth_per_h")
    if best is None:
        yield from describe_failure(finding, "there is no phase plane")
        yield "" if finding.status in NO_GROWTH else "Nothing is feasible on this plane."
        return
    if best <= ZERO:
        yield f"The model grows nowhere on the plane of {first} and {second}: growth is 0 {unit}."
        return
    ends = [format_number(finding.values[f"{axis}_highest_mmol_per_gdw_h"]) for axis in ("first", "second")]
    phases = finding.values["phases"]
    yield (
        f"With up to {ends[0]} {FLUX} of {first} and {ends[1]} of {second} growth reaches at most "
        f"{format_number(best)} {unit}, in {count_things(phases['count'], 'phase')}."
    )
    for phase in phases["phases"][:MAX_LISTED]:
        gains = [format_number(phase[f"gain_of_{axis}_per_mmol"]) for axis in ("first", "second")]
        yield (
            f"Phase {phase['phase']} ({format_number(phase['area_fraction'])} of the plane), limited by "
            f"{finding.names.write(phase['limited_by'])}: {gains[0]} {unit} more per mmol of {first}, "
            f"{gains[1]} per mmol of {second}."
        )
    line = finding.values["line_of_optimality"]
    pairs = [
        f"{format_number(least)} at {format_number(limit)}"
        for limit, least in zip(
            line["first_uptake_mmol_per_gdw_h"], line["second_uptake_mmol_per_gdw_h"], strict=True
        )
    ][:MAX_LISTED]
    if pairs:
        yield f"Line of optimality, the least {second} that {first} needs ({FLUX}): {join_words(pairs)}."


def describe_robustness(finding: ReportedFinding) -> Iterator[str]:
    """How growth depends on one flux."""
    unit, name = _find_unit(finding), finding.names.write_reaction(str(finding.values["reaction"]))
    ends = (finding.get("least_flux_mmol_per_gdw_h"), finding.get("greatest_flux_mmol_per_gdw_h"))
    if ends[0] is None or ends[1] is None:
        yield from describe_failure(finding, f"{name} has no feasible flux")
        return
    if finding.status == "zero_growth":
        yield f"{next(describe_failure(finding)).rstrip('.')}, at whatever flux through {name}."
        return
    best = [finding.get(f"{end}_best_flux_mmol_per_gdw_h") for end in ("least", "greatest")]
    where = " to ".join(dict.fromkeys(format_number(flux) for flux in best if flux is not None))
    what = "Growth" if unit == "1/h" else "The objective"
    yield f"{what} is best at a flux of {where} {FLUX} through {name}."
    without = finding.get("growth_without_flux_per_h")
    if without is not None:
        yield f"Without this flux {format_number(without)} {unit} are left."
    yield f"It can carry {format_number(ends[0])} to {format_number(ends[1])} {FLUX}."
    stretches = finding.values["stretches"]
    columns = ("from_flux_mmol_per_gdw_h", "to_flux_mmol_per_gdw_h", "from_growth_per_h", "to_growth_per_h")
    rows = [
        f"{start} to {end} {FLUX}: {low} to {high} {unit}"
        for start, end, low, high in zip(
            *([format_number(value) for value in stretches[name]] for name in columns), strict=True
        )
    ][:MAX_LISTED]
    if rows:
        yield f"Between break points: {'; '.join(rows)}."


def _find_unit(finding: ReportedFinding) -> str:
    """The unit of what was optimised."""
    return "1/h" if finding.get("objective_flux_mmol_per_gdw_h") is None else FLUX
