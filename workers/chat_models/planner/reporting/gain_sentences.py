"""Describes gains of nutrients, phase planes and robustness curves in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    describe_cut,
    describe_list,
    format_ids,
    format_number,
)
from fluxagents.workers.chat_models.planner.situation import Entry


def describe_limitations(values: Entry, _: frozenset[str]) -> Iterator[str]:
    unit = find_unit(values)
    limiting, additions = values.get("limiting", {}), values.get("additions", {})
    if limiting.get("count"):
        yield f"Limiting: {'; '.join(limiting['sentences'])}{describe_cut(limiting)}."
    elif values.get("nutrients_tested"):
        yield f"None of the {values['nutrients_tested']} nutrients tested limits it."
    if additions.get("count"):
        yield f"Of what the medium lacks: {'; '.join(additions['sentences'])}{describe_cut(additions)}."
    if values.get("not_limiting", {}).get("count"):
        yield f"Not limiting: {format_ids(values['not_limiting'])}."
    if values.get("degenerate", {}).get("count"):
        yield describe_list(values["degenerate"], "nutrients are worth more or less upwards than downwards")
    bounds = values.get("limiting_bounds", {})
    for reaction, gain in bounds.get("values", {}).items():
        yield f"The bound of {reaction} costs {format_number(gain)} {unit} per {FLUX}."


def describe_phase_plane(values: Entry, _: frozenset[str]) -> Iterator[str]:
    first, second, unit = values["first_exchange"], values["second_exchange"], find_unit(values)
    best = values.get("highest_growth_per_h")
    if best is None:
        yield "Nothing is feasible on this plane."
        return
    ends = [format_number(values[f"{axis}_highest_mmol_per_gdw_h"]) for axis in ("first", "second")]
    yield (
        f"Over up to {ends[0]} {FLUX} of {values['first_name']} ({first}) and {ends[1]} of "
        f"{values['second_name']} ({second}) it reaches {format_number(best)} {unit}."
    )
    phases = values["phases"]
    for phase in phases["phases"]:
        gains = (phase["gain_of_first_per_mmol"], phase["gain_of_second_per_mmol"])
        yield (
            f"Phase {phase['phase']}, limited by {phase['limited_by']}, "
            f"{format_number(phase['area_fraction'])} of the plane: "
            f"{format_number(gains[0])} {unit} per mmol of {first}, {format_number(gains[1])} of {second}."
        )
    line = values["line_of_optimality"]
    pairs = [
        f"{format_number(least)} of {second} at {format_number(limit)} of {first}"
        for limit, least in zip(
            line["first_uptake_mmol_per_gdw_h"], line["second_uptake_mmol_per_gdw_h"], strict=True
        )
    ]
    if pairs:
        cut = describe_cut(line)
        yield f"Line of optimality, the least that is needed ({FLUX}): {', '.join(pairs)}{cut}."


def describe_robustness(values: Entry, _: frozenset[str]) -> Iterator[str]:
    unit, reaction = find_unit(values), values["reaction"]
    ends = (values.get("least_flux_mmol_per_gdw_h"), values.get("greatest_flux_mmol_per_gdw_h"))
    if ends[0] is None or ends[1] is None:
        yield f"No flux of {reaction} is feasible."
        return
    yield f"{reaction} can carry {format_number(ends[0])} to {format_number(ends[1])} {FLUX}."
    best = (values["least_best_flux_mmol_per_gdw_h"], values["greatest_best_flux_mmol_per_gdw_h"])
    where = " to ".join(dict.fromkeys(map(format_number, best)))
    yield f"The best is reached at {where} {FLUX}."
    without = values.get("growth_without_flux_per_h")
    if without is not None:
        yield f"Without its flux {format_number(without)} {unit} are left."
    stretches = values["stretches"]
    columns = ("from_flux_mmol_per_gdw_h", "to_flux_mmol_per_gdw_h", "from_growth_per_h", "to_growth_per_h")
    rows = [
        f"{start} to {end} {FLUX}: {low} to {high} {unit}"
        for start, end, low, high in zip(
            *([format_number(value) for value in stretches[name]] for name in columns), strict=True
        )
    ]
    if rows:
        yield f"Between break points: {'; '.join(rows)}{describe_cut(stretches)}."


def find_unit(values: Entry) -> str:
    """The unit of what was optimised."""
    return "1/h" if values.get("objective_flux_mmol_per_gdw_h") is None else FLUX
