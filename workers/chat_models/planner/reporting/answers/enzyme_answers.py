"""Growth under a pool of enzyme, and what of it was assumed."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.conditions import describe_conditions, describe_failure
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    count_things,
    describe_change,
    format_number,
    join_words,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import ReportedFinding

_POOL = "g/gDW"
_LARGEST = 5

_ASSUMED = {
    "assumed_kcat": "the default turnover number{kcat}",
    "assumed_reverse_kcat": "the forward turnover number for the reverse direction",
    "assumed_weight": "the default molecular weight{weight}",
    "without_cost": "no cost, as no turnover number is known",
}


def describe_enzyme_limits(finding: ReportedFinding) -> Iterator[str]:
    """How the pool changes growth, how large it would have to be, and which values are no measured ones."""
    if finding.get("status_with_pool") is None:
        yield from describe_failure(finding, "there is no growth for enzymes to limit")
        return
    yield from describe_failure(finding)
    pool, growth = finding.values["pool_g_per_gdw"], finding.get("growth_with_pool_per_h")
    change = describe_change(finding.growth, growth)
    yield f"With {format_number(pool)} {_POOL} of enzyme growth {describe_conditions(finding)} {change}."
    needed, least = (finding.get(f"{name}_pool_g_per_gdw") for name in ("needed", "least"))
    if finding.get("is_pool_limiting"):
        gain = finding.get("gain_per_g")
        worth = "" if gain is None else f"; {format_number(gain)} 1/h are gained per {_POOL} more"
        yield f"The pool limits growth{worth}. {format_number(needed)} {_POOL} would be enough."
    elif needed is not None:
        yield f"The pool does not limit growth: {format_number(needed)} {_POOL} are enough."
    if growth is None and least is not None:
        yield f"No less than {format_number(least)} {_POOL} keep the cell alive."
    shares = list((finding.values.get("pool_fractions") or {}).get("values", {}).items())[:_LARGEST]
    if shares:
        parts = [f"{finding.names.write_short(name)} {format_number(share)}" for name, share in shares]
        yield f"The largest shares of the pool: {join_words(parts)}."
    yield from _describe_assumptions(finding)
    yield from finding.list_all("unmapped_reactions", "reaction of the table", "not in the model",
                                "reactions of the table")  # fmt: skip


def _describe_assumptions(finding: ReportedFinding) -> Iterator[str]:
    """Which of pool, turnover numbers and molecular weights are defaults."""
    if finding.get("is_default_pool"):
        yield f"The pool of {format_number(finding.values['pool_g_per_gdw'])} {_POOL} is a default."
    kcat, weight = finding.get("default_kcat_per_s"), finding.get("default_molecular_weight_kda")
    values = {
        "kcat": "" if kcat is None else f" of {format_number(kcat)} 1/s",
        "weight": "" if weight is None else f" of {format_number(weight)} kDa",
    }
    every = finding.get("reactions_with_cost")
    for name, what in _ASSUMED.items():
        count = finding.count(name)
        if count and count == every:
            yield f"All {count_things(count, 'reaction')} with a cost have {what.format(**values)}."
        elif count:
            has = f"{count_things(count, 'reaction')} {'has' if count == 1 else 'have'}"
            yield f"{has} {what.format(**values)}: {finding.list_ids(name)}."
