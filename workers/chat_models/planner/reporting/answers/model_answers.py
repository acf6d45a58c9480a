"""What a model is: its size, its faults, its score, how it compares with others and what a format keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fluxagents.workers.chat_models.planner.reporting.conditions import (
    describe_failure,
    describe_growth_reaction,
    refer_to_model,
)
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


def describe_structure(finding: ReportedFinding) -> Iterator[str]:
    """Sizes, objective, growth and medium."""
    counts = (("reactions", "reaction"), ("metabolites", "metabolite"), ("genes", "gene"))
    parts = [count_things(finding.values[key], noun) for key, noun in counts if key in finding.values]
    yield f"{finding.get('model') or 'The model'} has {join_words(parts)}."
    yield from _describe_growth(finding)
    exchanges, ruled = finding.get("exchange_reactions"), finding.get("reactions_with_genes")
    details = []
    if exchanges is not None:
        details.append(f"{count_things(exchanges, 'reaction')} {verb_of(exchanges)} exchanges")
    if ruled is not None:
        details.append(f"{ruled} {'has' if ruled == 1 else 'have'} a gene rule")
    if details:
        yield f"{join_words(details)[:1].upper()}{join_words(details)[1:]}."
    compartments = finding.get("compartments")
    if compartments:
        yield f"Compartments: {join_words(f'{name} ({key})' for key, name in compartments.items())}."
    if finding.count("medium_mmol_per_gdw_h"):
        yield (
            f"Its medium allows an uptake of {finding.write_fluxes(finding.values['medium_mmol_per_gdw_h'])}."
        )
    counted = (
        ("dead_end_metabolites", "dead-end metabolite", ""),
        ("orphan_reactions", "reaction without a gene", "reactions without a gene"),
    )
    faults = [count_things(finding.values[name], *nouns) for name, *nouns in counted if finding.get(name)]
    if faults:
        yield f"It has {join_words(faults)}."
    yield from describe_growth_reaction(finding)


def _describe_growth(finding: ReportedFinding) -> Iterator[str]:
    failure = list(describe_failure(finding))
    yield from failure
    if not failure and finding.growth is not None:
        objective = finding.get("objective")
        aim = f" (objective {objective})" if objective else ""
        yield f"Growth {refer_to_model(finding.own_medium)} is {format_rate(finding.growth)}{aim}."


_BALANCES = (("mass", "mass_imbalanced_reactions"), ("charge", "charge_imbalanced_reactions"))


def describe_validation(finding: ReportedFinding) -> Iterator[str]:
    """Whether the model is sound, and where it is not."""
    checked = finding.get("reactions_checked_for_mass") or 0
    asked = [kind for kind, _ in _BALANCES if finding.asks(kind)] if finding.asks("balanc") else []
    asked = asked or (["mass", "charge"] if finding.asks("balanc") else [])
    if asked:
        yield from _describe_balance(finding, asked, checked)
        yield from list(_describe_energy(finding)) or ["No energy carrier can be charged from nothing."]
        return
    problems = list(_list_problems(finding, checked))
    start = ("Yes: the" if not problems else "No: the") if finding.asks_yes_or_no else "The"
    if not problems:
        yield f"{start} model is sound in all that was checked."
    elif len(problems) == 1:
        yield f"{start} model has one problem: {problems[0]}"
    else:
        yield f"{start} model has several problems."
        yield from problems
    yield from _describe_growth(finding)
    yield from finding.list_all("blocked_reactions", "reaction", f"blocked {finding.own_medium}")


def _describe_balance(finding: ReportedFinding, kinds: list[str], checked: int) -> Iterator[str]:
    wrong = {kind: finding.values[key] for kind, key in _BALANCES if kind in kinds and finding.count(key)}
    by = join_words(kinds)
    if not checked:
        yield "No reaction could be checked: formulas are missing."
    elif not wrong:
        yield f"Yes: all {count_things(checked, 'internal reaction')} checked are balanced by {by}."
    for at, (kind, listing) in enumerate(wrong.items()):
        count = listing["count"]
        start = "No: " if at == 0 else ""
        yield (
            f"{start}{count} of {count_things(checked, 'internal reaction')} {verb_of(count)} not "
            f"balanced by {kind}: "
            f"{finding.write_ids(listing)}."
        )
    for kind in kinds:
        if kind not in wrong and wrong and checked:
            yield f"By {kind} all are balanced."
    for name, noun in (("reactions_without_formulas", "formulas"), ("reactions_without_charges", "charges")):
        count = finding.get(name) or 0
        if count and (noun == "formulas" or "charge" in kinds):
            yield f"{count_things(count, 'reaction')} could not be checked for want of {noun}."


def _list_problems(finding: ReportedFinding, checked: int) -> Iterator[str]:
    for kind, key in _BALANCES:
        count = finding.count(key)
        if count:
            of = count_things(checked, "internal reaction")
            yield f"{count} of {of} {verb_of(count)} not balanced by {kind}: {finding.list_ids(key)}."
    yield from _describe_energy(finding)
    yield from finding.list_all("precursors_not_made", "biomass precursor", "not made")
    yield from finding.list_all(
        "blocked_with_open_exchanges", "reaction", "blocked even with all exchanges open"
    )
    masses = finding.get("biomass_mass_g_per_mmol") or {}
    if finding.get("biomass_mass_is_consistent") is False and masses:
        weights = (
            f"{name} weighs {format_number(mass)} g/mmol" for name, mass in masses.items() if mass is not None
        )
        yield (
            f"{join_words(weights) or 'A biomass reaction has no mass'} instead of 1, so growth rates "
            "are off by that."
        )


def _describe_energy(finding: ReportedFinding) -> Iterator[str]:
    """Which energy carriers are charged from nothing, if any is."""
    charged = finding.get("energy_carriers_charged") or 0
    if charged:
        carriers = join_words(map(str, finding.get("energy_generating_cycles") or {}))
        noun = count_things(charged, "energy carrier")
        yield f"{noun} can be charged from nothing{f': {carriers}' if carriers else ''}."


def describe_score(finding: ReportedFinding) -> Iterator[str]:
    """The total score and its sections."""
    total = finding.values["total_score_fraction"]
    yield f"The total score is {format_number(total)} of 1 (memote's scale)."
    sections = finding.get("section_score_fraction") or {}
    if sections:
        scores = (
            f"{name.replace('_', ' of ', 1)} {format_number(score)}" for name, score in sections.items()
        )
        yield f"By section: {join_words(scores)}."
    for name, listing in (finding.get("failing") or {}).items():
        if listing["count"]:
            yield f"Failing {name.replace('_', ' ')}: {finding.write_ids(listing)}."
    yield from _describe_growth(finding)


def describe_comparison(finding: ReportedFinding) -> Iterator[str]:
    """What models share and where they differ."""
    shared, models = finding.values["shared_by_all"], finding.values["models"]
    differs = {kind: listing for kind, listing in finding.values["not_in_all"].items() if listing["count"]}
    count = finding.values["models_compared"]
    if differs:
        parts = [count_things(differs[kind]["count"], kind[:-1].replace("_", " ")) for kind in differs]
        yield f"The {count} models differ in {join_words(parts)}."
    else:
        kinds = join_words(kind.replace("_", " ") for kind in shared if shared[kind] is not None)
        yield f"The {count} models have the same {kinds}."
    rates = [f"{model['model']} {_write_rate(model)}" for model in models]
    yield f"Growth: {join_words(rates)}."
    all_of = [
        count_things(shared[kind], kind[:-1].replace("_", " ")) for kind in shared if shared[kind] is not None
    ]
    yield f"All share {join_words(all_of)}."
    for kind, listing in differs.items():
        if listing["ids"]:
            yield f"{kind.replace('_', ' ').capitalize()} not in all: {finding.write_ids(listing)}."
    yield from _describe_effects(finding)


_CHANGES = {
    "removed": "without",
    "added": "with",
    "bounds": "with the bounds of the other one for",
    "stoichiometry": "with the stoichiometry of the other one for",
}


def _describe_effects(finding: ReportedFinding) -> Iterator[str]:
    """Which differences in reactions change a prediction."""
    tested = finding.get("differences_tested")
    if tested is None:
        return
    listing = finding.values["effects"]
    count = listing["count"]
    matter = "none changes" if not count else f"{count} {'changes' if count == 1 else 'change'}"
    differences = count_things(tested, "difference in reactions", "differences in reactions")
    verb = "was" if tested == 1 else "were"
    yield capitalise(f"{differences} {verb} tested, each alone: {matter} a prediction.")
    for row in listing["effects"][:MAX_LISTED]:
        is_growth = row["quantity"] == "growth"
        what = "growth" if is_growth else f"the greatest flux of {row['quantity']}"
        ends = [
            "nothing feasible" if row[end] is None else format_number(row[end]) for end in ("before", "after")
        ]
        yield (
            f"{row['model']} {_CHANGES[row['change']]} {finding.names.write_short(row['reaction'])}: {what} "
            f"goes from {ends[0]} to {ends[1]} {'1/h' if is_growth else FLUX}."
        )


def _write_rate(model: Mapping[str, object]) -> str:
    growth = model.get("growth_per_h")
    if isinstance(growth, int | float):
        return format_rate(growth)
    return f"none ({str(model.get('status')).replace('_', ' ')})"


def describe_round_trip(finding: ReportedFinding) -> Iterator[str]:
    """Whether formats keep a model as it is."""
    trips = finding.values["round_trips"]
    changed = [trip for trip in trips if not trip["is_unchanged"]]
    formats = join_words(str(trip["format"]).upper() for trip in trips)
    if not changed:
        yield (
            f"{'Yes' if finding.get('is_compatible') else 'No'}: written as {formats} and read again, "
            "the model is unchanged."
        )
    for at, trip in enumerate(changed):
        kept = "growth is the same" if trip.get("growth_is_unchanged") else "growth is not the same"
        start = "No: " if at == 0 else ""
        differences = count_things(trip["differences"], "place")
        yield f"{start}{str(trip['format']).upper()} changes the model in {differences}; {kept}."
    first = finding.get("first_differences")
    if first:
        yield f"First differences: {'; '.join(map(str, first))}."
    shares = [
        f"{format_number(finding.values[f'{kind}_with_modelseed_id_fraction'])} of the {kind}"
        for kind in ("metabolites", "reactions")
        if finding.get(f"{kind}_with_modelseed_id_fraction") is not None
    ]
    if shares:
        yield f"Fractions with a ModelSEED id: {join_words(shares)}."
    yield from describe_failure(finding)
