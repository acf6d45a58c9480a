"""Media: growth in several, the smallest, what is missing, and what a cell cannot make itself."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.conditions import describe_conditions, describe_failure
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    capitalise,
    count_things,
    format_number,
    format_rate,
    join_words,
    verb_of,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import MAX_LISTED, ReportedFinding


def describe_media_growth(finding: ReportedFinding) -> Iterator[str]:
    """Growth in each of several media, the best first."""
    rates = finding.values["growth_per_h"]
    tested = finding.get("media_tested") or finding.get("media_compared") or 0
    none = next(
        (name for name in ("media_without_growth", "no_growth", "left_out") if finding.count(name)), None
    )
    names = finding.values[none]["ids"] if none else []
    media = count_things(tested, "medium", "media")
    best = finding.values["best"]["ids"] if finding.count("best") else ()
    if best and finding.get("criterion") == "most_growth":
        tied = " (tied)" if len(best) > 1 else ""
        yield f"Growth is best in {join_words(best)}{tied}: {format_rate(rates['values'].get(best[0]))}."
    elif best:
        what = str(finding.values["criterion"]).replace("_", " ")
        yield f"Best by {what}: {finding.list_ids('best')}."
    elif rates["count"]:
        share = f"all {media}" if rates["count"] == tested > 1 else f"{rates['count']} of {media}"
        yield f"The model grows in {share}."
    elif names and all(name.endswith(("(unbounded)", "(no_objective)")) for name in names):
        yield f"Growth cannot be told in any of {media}: {_write_statuses(names[:MAX_LISTED])}."
        none = None
    elif tested == 1 and names:
        yield f"The model does not grow in {_write_statuses(names)}."
        none = None
    else:
        yield f"The model grows in none of {media}."
    if rates["count"] > 1 or (rates["count"] and not best):
        yield f"Growth: {finding.write_fluxes(rates, '1/h')}."
    if none:
        yield f"No growth in {_write_statuses(names[:MAX_LISTED])}."
    yield from _describe_fit(finding)


def _write_statuses(media: list[str]) -> str:
    """`M9 (infeasible)` for `M9 (infeasible)`, `LB` for `LB (zero_growth)`."""
    return join_words(
        name.replace(" (zero_growth)", "").replace("no_objective", "no objective") for name in media
    )


def _describe_fit(finding: ReportedFinding) -> Iterator[str]:
    """What of the media the model cannot exchange, and what would restore growth."""
    yield from finding.list_all("complete", "medium", "taken up whole", "media")
    missing = finding.count("compounds_without_exchange")
    if missing:
        compounds = finding.list_ids("compounds_without_exchange")
        yield (
            f"{capitalise(count_things(missing, 'compound'))} of these media {verb_of(missing)} not "
            f"exchanged: {compounds}."
        )
    restoring = finding.get("would_restore_growth") or {}
    for medium, listing in restoring.items():
        if listing["ids"]:
            yield f"In {medium} any of these would restore growth: {finding.write_nutrients(listing)}."


def describe_minimal_media(finding: ReportedFinding) -> Iterator[str]:
    """The smallest media that reach a growth."""
    target, media = finding.get("min_growth_per_h"), finding.values.get("media", {})
    if target is None:
        yield from describe_failure(finding, "there is no smallest medium")
        return
    listings = media.get("uptakes_mmol_per_gdw_h", ())
    if not media.get("count"):
        reached = finding.get("best_growth_with_all_per_h")
        with_all = "" if reached is None else f", which together give {format_rate(reached)}"
        yield (
            f"No medium of the {finding.values['candidates']} nutrients considered{with_all} reaches "
            f"{format_rate(target)}."
        )
        return
    least = finding.get("criterion") == "least_uptake"
    for at, listing in enumerate(listings):
        uptakes = finding.write_fluxes(listing)
        what = count_things(listing["count"], "nutrient")
        if at == 0:
            kind = "with the least uptake" if least else "with the fewest nutrients"
            yield f"The medium {kind} that gives {format_rate(target)} has {what}: {uptakes}."
        else:
            yield f"Another has {what}: {uptakes}."
    if media["count"] > len(listings):
        yield f"All {media['count']} media found are in the tables of {finding.id}."
    required = finding.get("required_components")
    if required and required["count"] and media["count"] > 1:
        yield f"All such media hold {finding.write_nutrients(required)}."


def describe_best_media(finding: ReportedFinding) -> Iterator[str]:
    """Media that are best by costs, size or growth."""
    target, media = finding.get("min_growth_per_h"), finding.values.get("media", ())
    if target is None:
        yield from describe_failure(finding, "no medium can be designed")
        return
    if not media:
        yield f"No medium reaches {format_rate(target)}."
        return
    criterion = str(finding.values["criterion"]).replace("_", " ")
    for at, medium in enumerate(media):
        cost = medium.get("cost_per_gdw_h")
        costs = "" if cost is None else f" and costs {format_number(cost)} per gDW and hour"
        uptakes = finding.write_fluxes(medium["uptakes_mmol_per_gdw_h"])
        start = f"The medium of {criterion}" if at == 0 else "Another"
        yield (
            f"{start} has {count_things(medium['components'], 'nutrient')}, gives "
            f"{format_rate(medium['growth_per_h'])}{costs}: {uptakes}."
        )
    yield (
        f"It was to give at least {format_rate(target)}; the medium before has "
        f"{finding.values['components_before']} nutrients."
    )


def describe_missing_nutrients(finding: ReportedFinding) -> Iterator[str]:
    """What a medium lacks for growth."""
    if finding.get("is_growing"):
        yield f"Nothing is missing: growth {describe_conditions(finding)} is {format_rate(finding.growth)}."
        return
    if finding.status in {"unbounded", "no_objective"}:
        yield from describe_failure(finding)
        return
    sets = finding.values.get("alternatives") or {}
    conditions = describe_conditions(finding)
    fewest = finding.get("fewest_missing_nutrients")
    if not sets.get("count") or fewest is None:
        yield f"No nutrient restores growth {conditions}: also with all exchanges open there is none."
        return
    ways = sets["needed_uptakes_mmol_per_gdw_h"]
    if fewest == 1:
        alone = finding.values["sufficient_alone"]
        what = "One nutrient is" if alone["count"] == 1 else f"Any one of {alone['count']} nutrients is"
        yield f"{what} enough to restore growth {conditions}: {finding.write_nutrients(alone)}."
        return
    yield f"At least {count_things(fewest, 'nutrient')} are missing {conditions}."
    if ways:
        yield f"Uptakes that restore growth: {finding.write_fluxes(ways[0])}."
    if sets["count"] > 1:
        yield f"It is one of {sets['count']} sets that would do; {finding.id} lists them."
    if finding.count("missing_in_every_set"):
        yield f"Every set holds {finding.write_nutrients(finding.values['missing_in_every_set'])}."


def describe_auxotrophies(finding: ReportedFinding) -> Iterator[str]:
    """What a cell needs and cannot make."""
    if finding.status in {"infeasible", "unbounded", "no_objective", "zero_growth"}:
        yield from describe_failure(finding, "auxotrophies cannot be told")
        return
    count = finding.count("auxotrophies")
    tested = finding.get("metabolites_tested") or finding.get("nutrients_tested") or 0
    noun = "metabolite" if finding.get("metabolites_tested") is not None else "nutrient"
    absent = "not_in_model" if "not_in_model" in finding.values else "not_exchanged"
    if not tested:
        yield (
            f"No {noun} could be tested: none of them "
            f"{'is in' if absent == 'not_in_model' else 'is exchanged by'} the model."
        )
    elif count:
        yield (
            f"The model is auxotrophic for {count} of {count_things(tested, noun)} tested: "
            f"{finding.list_ids('auxotrophies')}."
        )
    else:
        many = "the one" if tested == 1 else f"the {tested}"
        yield f"The model has no auxotrophy among {many} {noun}{'' if tested == 1 else 's'} tested."
    with_all, without = finding.get("growth_with_all_per_h"), finding.get("growth_without_any_per_h")
    if with_all is not None and without is not None:
        yield (
            f"Growth is {format_number(without)} without and {format_number(with_all)} 1/h with all of them."
        )
    for name, verb in (("made", "made"), ("not_made_and_not_needed", "not made and not needed")):
        yield from finding.list_all(name, noun, verb)
    yield from finding.list_all("restore_growth_alone", noun, "enough alone to restore growth")
    where = "not in the model" if absent == "not_in_model" else "not exchanged by the model"
    yield from finding.list_all(
        absent, "compound", f"{where} and {'was' if finding.count(absent) == 1 else 'were'} not tested"
    )


def describe_screen(finding: ReportedFinding) -> Iterator[str]:
    """Which sole sources of an element support growth."""
    if finding.status in {"unbounded", "no_objective"} or not finding.values["screens"]:
        yield from describe_failure(finding, "no source can be judged")
        return
    of = " of its atoms" if finding.values.get("uptake_of") == "atoms" else ""
    uptake = f"at {format_number(finding.values['uptake_mmol_per_gdw_h'])} {FLUX}{of}"
    is_chosen = bool(finding.args.get("sources"))
    for name, screen in finding.values["screens"].items():
        element, _, oxygen = name.partition("_")
        growing, tested = screen["sources_with_growth"], screen["sources_tested"]
        if is_chosen and not tested:
            continue
        where = "with oxygen" if oxygen == "aerobic" else "without oxygen"
        control = screen.get("growth_without_source_per_h")
        if not tested:
            rest = f"grows {where} at {format_rate(control)}" if control else f"does not grow {where}"
            yield f"The model can take up no source of {element}; without any it {rest}."
            continue
        rates = finding.write_fluxes(screen["growth_on_per_h"], "1/h")
        if is_chosen and growing:
            yield f"Growth {where}, each source of {element} alone {uptake}: {rates}."
        else:
            subject = f"None of {tested}" if growing == 0 else f"{growing} of {tested}"
            support = "supports" if growing in {0, 1} else "support"
            yield f"{subject} sole {element} sources {support} growth {where}, each {uptake}."
        if growing and not is_chosen:
            yield f"Growth on {rates}."
        if screen["without_growth"]["count"] and (growing or is_chosen):
            yield f"No growth on {finding.write_nutrients(screen['without_growth'])}."
        if control:
            yield f"Without any {element} source growth is {format_rate(control)}."
    if finding.count("not_exchanged"):
        yield f"The model does not exchange {finding.list_ids('not_exchanged')}."
    yield from _describe_phenotypes(finding)


def _describe_phenotypes(finding: ReportedFinding) -> Iterator[str]:
    agreed = finding.get("agreement")
    if agreed is None:
        return
    share, mcc = agreed["accuracy_fraction"], agreed["mcc"]
    figures = [f"accuracy {format_number(share)}"] if share is not None else []
    figures += [f"Matthews correlation {format_number(mcc)}"] if mcc is not None else []
    yield (
        f"Of {count_things(agreed['sources_compared'], 'observed source')} {agreed['true_positives']} "
        "grow in both, "
        f"{agreed['true_negatives']} in neither, {agreed['false_positives']} in the model only and "
        f"{agreed['false_negatives']} in the experiment only{f': {join_words(figures)}' if figures else ''}."
    )
