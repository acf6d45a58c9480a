"""Growth, fluxes, ranges, samples and pathways."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.conditions import (
    describe_conditions,
    describe_failure,
    describe_failure_beside,
    describe_growth_reaction,
)
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    capitalise,
    count_things,
    format_limit,
    format_number,
    format_rate,
    join_words,
    verb_of,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import MAX_LISTED, ReportedFinding

FLUX_TOPICS = frozenset({"fluxes", "exchanges"})

_KINDS = ("blocked", "fixed", "variable", "unbounded")
"""What the range of a reaction makes it."""

_OF_A_RANGE = (("blocked", "blocked"), ("fixed", "fixed to one flux"), ("essential", "never without flux"))
"""The same of reactions that are named, as predicates."""


def describe_balance(finding: ReportedFinding) -> Iterator[str]:
    """Growth, and the fluxes if they are asked for."""
    failure = list(describe_failure(finding))
    if failure:
        yield from failure
        if finding.status == "zero_growth":
            yield from _describe_fluxes(finding)
        yield from describe_growth_reaction(finding)
        return
    best, conditions = finding.get("objective_flux_mmol_per_gdw_h"), describe_conditions(finding)
    if best is not None:
        target = finding.names.write(str(finding.values["objective"]))
        yield f"The greatest flux of {target} is {format_number(best)} {FLUX} {conditions}."
        yield from _describe_fluxes(finding)
    elif finding.topics & FLUX_TOPICS:
        yield from _describe_fluxes(finding)
        yield f"Growth {conditions} is {format_rate(finding.growth)}."
    else:
        yes = "Yes: growth" if finding.asks_whether_it_grows else "Growth"
        yield f"{yes} {conditions} is {format_rate(finding.growth)}."
        if not finding.topics:
            yield from _describe_fluxes(finding)
    yield from describe_growth_reaction(finding)


def _describe_fluxes(finding: ReportedFinding) -> Iterator[str]:
    if finding.topics and not finding.topics & FLUX_TOPICS:
        return
    conditions = f"{describe_conditions(finding)} " if finding.topics else ""
    moving = (finding.get("not_unique_mmol_per_gdw_h") or {}).get("values") or {}
    parts = [
        f"{verb} {finding.write_fluxes(finding.values[key], ranges=moving)}"
        for key, verb in (("secretions_mmol_per_gdw_h", "secretes"), ("uptakes_mmol_per_gdw_h", "takes up"))
        if finding.count(key)
    ]
    subject = capitalise(f"{conditions}it")
    yield f"{subject} {'; it '.join(parts)}." if parts else f"{subject} exchanges nothing."
    if "fluxes" in finding.topics and finding.count("internal_fluxes_mmol_per_gdw_h"):
        inner = finding.values["internal_fluxes_mmol_per_gdw_h"]
        yield f"The largest fluxes inside are {finding.write_fluxes(inner, ranges=moving)}."
    active = finding.get("active_reactions")
    if active is not None:
        several = ", one of several optima" if finding.get("method") == "fba" else ""
        carry = "carries" if active == 1 else "carry"
        yield f"{capitalise(count_things(active, 'reaction'))} {carry} flux{several}."
    yield from _describe_uniqueness(finding)


def _describe_uniqueness(finding: ReportedFinding) -> Iterator[str]:
    """Whether the fluxes that are quoted are the only ones with this optimum."""
    if not finding.get("fluxes_tested_for_uniqueness"):
        return
    if finding.count("not_unique_mmol_per_gdw_h"):
        yield "A flux with a range may be any in it at the same optimum; the others named are fixed."
    else:
        yield "The fluxes named are the same in every optimum."


def describe_variability(finding: ReportedFinding) -> Iterator[str]:
    """Flux ranges."""
    tested = finding.get("reactions_tested")
    if not tested:
        yield from describe_failure(finding, "there are no flux ranges")
        return
    fraction = finding.values["fraction_of_optimum"]
    held = (
        f"while at least {format_number(fraction)} of the best growth is kept"
        if fraction
        else "at any growth"
    )
    condition = f"{describe_conditions(finding)}, {held}"
    widest = finding.get("widest_ranges_mmol_per_gdw_h") or {}
    asked = finding.args.get("reactions") or ()
    if 0 < len(asked) <= MAX_LISTED and widest.get("values"):
        yield f"{capitalise(_list_ranges(finding, widest))}, {condition}."
        for kind, predicate in _OF_A_RANGE:
            yield from finding.list_all(kind, "reaction", predicate)
        yield from describe_failure_beside(finding)
        return
    # At no growth at all one asks for what never carries flux, in whatever language.
    blocked = fraction == 0
    kinds = [kind for kind in _KINDS if finding.asks(kind) or (blocked and kind == "blocked")]
    for kind in kinds:
        count = finding.count(kind)
        ids = f": {finding.list_ids(kind)}" if count else ""
        yield f"{count} of {count_things(tested, 'reaction')} {verb_of(count)} {kind} {condition}{ids}."
    if not kinds:
        counts = [
            f"{finding.count(kind)} {verb_of(finding.count(kind))} {kind}"
            for kind in ("variable", "fixed", "blocked", "unbounded")
            if finding.count(kind)
        ]
        yield f"Of {count_things(tested, 'reaction')} {join_words(counts)}, {condition}."
        if widest.get("values"):
            yield f"The widest ranges: {_list_ranges(finding, widest)}."
    yield from describe_failure_beside(finding)


def _list_ranges(finding: ReportedFinding, listing: dict[str, dict[str, tuple[float, float]]]) -> str:
    names = finding.names
    ranges = [
        f"{names.write_reaction(name, short=len(listing['values']) > 1)} {format_limit(low)} to "
        f"{format_limit(high)}"
        for name, (low, high) in list(listing["values"].items())[:MAX_LISTED]
    ]
    return f"{join_words(ranges)} {FLUX}"


def describe_sampling(finding: ReportedFinding) -> Iterator[str]:
    """Means and deviations of sampled fluxes, and whether they can be relied on."""
    samples = finding.get("samples")
    if not samples:
        yield from describe_failure(finding, "no fluxes were sampled")
        return
    spread = finding.values["most_spread_mean_and_deviation_mmol_per_gdw_h"]
    pairs = [
        f"{finding.names.write_reaction(name, short=True)} {format_number(mean)} ± {format_number(deviation)}"
        for name, (mean, deviation) in list(spread["values"].items())[:MAX_LISTED]
    ]
    held = f"at {format_number(finding.values['fraction_of_optimum'])} of the best growth or more"
    if pairs:
        yield f"Mean flux and deviation {describe_conditions(finding)}, {held}: {join_words(pairs)} {FLUX}."
    else:
        yield f"No flux varies {describe_conditions(finding)}, {held}."
    if finding.get("has_converged") is False:
        worst = format_number(finding.values["worst_r_hat"])
        yield f"The {samples} samples have not converged (largest R-hat {worst}): take more of them."
    elif finding.get("has_converged"):
        yield f"The {samples} samples have converged."
    strongest = (finding.get("strongest_correlations") or {}).get("pairs", ())
    if strongest:
        first, second, correlation = strongest[0]
        yield f"Most correlated are {first} and {second} ({format_number(correlation)})."
    yield from describe_failure_beside(finding)


def describe_pathway(finding: ReportedFinding) -> Iterator[str]:
    """The fluxes of a pathway, and what goes in and out."""
    if finding.get("active_reactions") is None:
        yield from describe_failure(finding, "the pathway carries no flux")
        return
    name, conditions = finding.get("pathway"), describe_conditions(finding)
    fluxes = finding.values["fluxes_mmol_per_gdw_h"]
    active, total = finding.values["active_reactions"], finding.values["reactions"]
    if not total:
        yield f"The model has no reaction of {name}: the pathway carries no flux."
        return
    if fluxes["count"]:
        subject = "" if str(name).endswith("named reactions") else f" of {name}"
        moving = (finding.get("not_unique_mmol_per_gdw_h") or {}).get("values") or {}
        yield f"The fluxes{subject} {conditions} are {finding.write_fluxes(fluxes, ranges=moving)}."
        yield from _describe_uniqueness(finding)
    else:
        yield f"No reaction of {name} carries flux {conditions}."
    yield f"{active} of {count_things(total, 'reaction')} {'carries' if active == 1 else 'carry'} flux."
    for key, verb in (("entering_mmol_per_gdw_h", "enters"), ("leaving_mmol_per_gdw_h", "leaves")):
        if finding.count(key):
            yield f"What {verb}: {finding.write_fluxes(finding.values[key])}."
    yield from finding.list_all("blocked_steps", "step", "blocked")
    yield from finding.list_all("genes", "gene", "behind it")
    yield from describe_failure_beside(finding)


def describe_expression(finding: ReportedFinding) -> Iterator[str]:
    """Growth with the limits that expression sets."""
    if finding.get("status_with_expression") is None:
        yield from describe_failure(finding, "expression has nothing to limit")
        return
    growth = finding.get("growth_with_expression_per_h")
    method = str(finding.values["method"])
    if growth is None:
        status = str(finding.values["status_with_expression"]).replace("_", " ")
        yield f"With the expression data the model is {status}: it does not grow ({method})."
    else:
        yield (
            f"With the expression data growth is {format_rate(growth)} against {format_rate(finding.growth)} "
            f"without them ({method}, {describe_conditions(finding)})."
        )
    measured, without = finding.values["genes_measured"], finding.get("genes_without_level")
    limited = finding.count("limited_reactions")
    levels = f"{count_things(measured, 'gene')} {'has' if measured == 1 else 'have'} a level"
    others = f", {without} {'has' if without == 1 else 'have'} none" if without else ""
    can = count_things(finding.values["reactions_with_level"], "reaction")
    yield f"{levels}{others}; {can} can be limited."
    at_limits = "at its limit" if limited == 1 else "at their limits"
    yield from finding.list_all("limited_reactions", "reaction", at_limits)
    yield from finding.list_all("unmapped_genes", "measured gene", "not in the model")
    yield from describe_failure_beside(finding)
