"""Describes findings in sentences; every number is from the finding and has its unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fluxagents.flows.engine.model_warnings import MODEL_WARNINGS
from fluxagents.workers.chat_models.planner.reporting.gain_sentences import (
    describe_limitations,
    describe_phase_plane,
    describe_robustness,
)
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    describe_cut,
    describe_list,
    describe_uptakes,
    format_fluxes,
    format_ids,
    format_limit,
    format_number,
    format_value,
)
from fluxagents.workers.chat_models.planner.situation import Entry

_BALANCED = 1e-3
"""A carbon balance that differs from 1 by more is told."""

Topics = frozenset[str]
"""Intents and entities (`genes`, `reactions`) that a question asks for; empty for everything."""

_STATUS: Mapping[str, str] = {
    "zero_growth": "the model does not grow: its best growth is zero.",
    "infeasible": "the model is infeasible: no fluxes satisfy its bounds.",
    "unbounded": "the objective is unbounded: the model makes it from nothing.",
    "no_objective": "the model has no objective, so there is no growth to compute.",
}


def describe_finding(finding: Entry, topics: Topics) -> list[str]:
    """The sentences of a finding: the conditions first, the artifact last."""
    values = finding["found"]
    write = _WRITERS.get(finding["tool"], _describe_anything)
    sentences = [_describe_outcome(values), *_describe_growth(values), *write(values, topics)]
    if finding.get("artifact"):
        sentences.append(f"Full tables: artifact {finding['artifact']}.")
    return [sentence for sentence in sentences if sentence]


def _describe_outcome(values: Entry) -> str:
    """The conditions, and the optimum of the objective under them."""
    if "growth_before_per_h" in values:
        return ""
    status, growth = str(values.get("status", "optimal")), values.get("growth_per_h")
    if isinstance(growth, Mapping):
        return ""
    best = values.get("objective_flux_mmol_per_gdw_h")
    if status in _STATUS:
        text = _STATUS[status]
    elif best is not None:
        text = f"the best flux of {values['objective']} is {format_number(best)} {FLUX}."
    elif growth is not None:
        text = f"growth is {format_number(growth)} 1/h."
    else:
        return ""
    sentence = f"{_describe_conditions(values)} {text}"
    return f"{sentence[0].upper()}{sentence[1:]}"


def _describe_growth(values: Entry) -> Iterator[str]:
    """What growth and the objective are, where the one is not simply the other."""
    value = values.get("objective_value")
    if value is not None:
        sense = "least" if values.get("objective_direction") == "min" else "greatest"
        yield f"The model's objective is {values['objective']}; its {sense} value is {format_number(value)}."
    if values.get("biomass_found_by") not in {None, "objective"} and "biomass_reaction" in values:
        evidence = _EVIDENCE.get(str(values["biomass_found_by"]), "found")
        yield f"Growth is the flux of {values['biomass_reaction']}, {evidence}."
    if values.get("growth_problem"):
        yield f"Growth is not known: {values['growth_problem']}."


_EVIDENCE: Mapping[str, str] = {
    "user": "as the run names it",
    "sbo": "found by its SBO term",
    "name": "found by its name",
    "composition": "found by what it consumes",
}


def _describe_conditions(values: Entry) -> str:
    changed = values.get("changed_uptakes_mmol_per_gdw_h")
    if isinstance(changed, Mapping):
        return f"with {describe_uptakes(changed)},"
    return "in the medium of the model"


def _describe_balance(values: Entry, topics: Topics) -> Iterator[str]:
    if topics and not topics & {"fluxes", "exchanges"}:
        return
    for key, verb in (("uptakes_mmol_per_gdw_h", "takes up"), ("secretions_mmol_per_gdw_h", "secretes")):
        listing = values.get(key, {})
        if listing.get("values"):
            yield f"It {verb} {format_fluxes(listing)}."
    if values.get("active_reactions") is not None:
        yield f"{values['active_reactions']} reactions carry flux."
    if values.get("method") == "fba" and values.get("active_reactions") is not None:
        yield "These fluxes are one of several optima."


def _describe_essentiality(values: Entry, topics: Topics) -> Iterator[str]:
    kinds = [kind for kind in ("genes", "reactions") if kind in topics] or ["genes", "reactions"]
    for kind in kinds:
        listing, tested = values.get(f"essential_{kind}"), values.get(f"{kind}_tested")
        if listing is not None and tested:
            yield describe_list(listing, f"of {tested} {kind} tested are essential")
    threshold = values.get("threshold_fraction_of_wild_type")
    if threshold is not None:
        share = format_number(threshold)
        yield f"Essential means that growth without it is below {share} of the wild type's."


def _describe_variability(values: Entry, _: Topics) -> Iterator[str]:
    yield f"All flux ranges keep at least {format_number(values['fraction_of_optimum'])} of the best growth."
    for kind in ("blocked", "fixed", "variable", "unbounded"):
        listing = values.get(kind)
        if listing is not None:
            yield describe_list(listing, f"of {values['reactions_tested']} reactions are {kind}")
    widest = values.get("widest_ranges_mmol_per_gdw_h", {})
    if widest.get("values"):
        ranges = (
            f"{name} {format_limit(low)} to {format_limit(high)}"
            for name, (low, high) in widest["values"].items()
        )
        yield f"Widest ranges in {FLUX}: {', '.join(ranges)}{describe_cut(widest)}."


def _describe_production(values: Entry, _: Topics) -> Iterator[str]:
    yield from _describe_yields(values)
    product = f"{values['product']} ({values['product_exchange']})"
    for key, when in (
        ("greatest_secretion_without_growth_mmol_per_gdw_h", "without growth"),
        ("greatest_secretion_at_best_growth_mmol_per_gdw_h", "at the best growth"),
    ):
        if values.get(key) is not None:
            yield _describe_most(values, format_number(values[key]), product, when)
    if values.get("is_growth_coupled") is not None:
        verb = "forces" if values["is_growth_coupled"] else "does not force"
        yield f"The best growth {verb} its secretion."
    curve = values.get("curve", {})
    rates, secretions = curve.get("growth_per_h", ()), curve.get("greatest_secretion_mmol_per_gdw_h", ())
    pairs = [
        f"{format_number(secretion)} at {format_number(rate)} 1/h"
        for rate, secretion in zip(rates, secretions, strict=True)
        if secretion is not None
    ]
    if pairs:
        yield f"At most in {FLUX} by growth: {', '.join(pairs)}{describe_cut(curve)}."


def _describe_most(values: Entry, amount: str, product: str, when: str) -> str:
    if values["product"] == "biomass":
        return f"At most {amount} 1/h of biomass is made {when}."
    verb = "spent" if values["product"] == "ATP" else "secreted"
    return f"At most {amount} {FLUX} of {product} can be {verb} {when}."


def _describe_yields(values: Entry) -> Iterator[str]:
    is_biomass = values["product"] == "biomass"
    units = {
        "best_molar_yield_mol_per_mol": "gDW/mmol" if is_biomass else "mol/mol",
        "best_carbon_yield_mol_c_per_mol_c": "mol carbon per mol carbon taken up",
        "best_mass_yield_g_per_g": "gDW/g" if is_biomass else "g/g",
    }
    parts = [
        f"{format_number(values[name])} {unit}"
        for name, unit in units.items()
        if values.get(name) is not None
    ]
    if parts:
        substrates = values.get("substrates", {})
        on = f" on {format_ids(substrates)}" if substrates.get("count") else ""
        yield f"The best yield{on} is {', '.join(parts)}."
    recovery = values.get("carbon_recovery_fraction")
    if recovery is not None and abs(recovery - 1) > _BALANCED:
        yield f"The carbon does not balance: {format_number(recovery)} of what is taken up is accounted for."


def _describe_minimal_media(values: Entry, _: Topics) -> Iterator[str]:
    target, media = values.get("min_growth_per_h"), values.get("media", {})
    for listing in media.get("uptakes_mmol_per_gdw_h", ()):
        what = f"fewest nutrients ({listing['count']})"
        if values.get("criterion") == "least_uptake":
            what = f"least uptake ({listing['count']} nutrients)"
        uptakes = format_fluxes(listing)
        yield f"A medium with the {what} that reaches {format_number(target or 0.0)} 1/h: {uptakes}."
    if not media.get("count"):
        reached = values.get("best_growth_with_all_per_h")
        yield f"No medium of the {values['candidates']} nutrients considered reaches the growth asked for."
        yield "" if reached is None else f"With all of them growth is {format_number(reached)} 1/h."
    required = values.get("required_components")
    if required and required["count"]:
        yield f"In every such medium: {format_ids(required)}."


def _describe_structure(values: Entry, _: Topics) -> Iterator[str]:
    counts = ("reactions", "metabolites", "genes", "exchange_reactions", "reactions_with_genes")
    parts = [f"{values[name]} {name.replace('_', ' ')}" for name in counts if name in values]
    yield f"The model {values.get('model', '')} has {', '.join(parts)}."
    if values.get("objective"):
        yield f"Its objective is {values['objective']}."
    if values.get("compartments"):
        compartments = (f"{name} ({key})" for key, name in values["compartments"].items())
        yield f"Compartments: {', '.join(compartments)}."
    listing = values.get("medium_mmol_per_gdw_h", {})
    if listing.get("values"):
        yield f"Medium, most uptake: {format_fluxes(listing)}."
    for name in ("orphan_reactions", "dead_end_metabolites"):
        if name in values:
            yield f"{values[name]} {name.replace('_', ' ')}."


def _describe_change(values: Entry, _: Topics) -> Iterator[str]:
    before = values.get("uptakes_before_mmol_per_gdw_h", {}).get("values", {})
    after = values.get("uptakes_after_mmol_per_gdw_h", {})
    changes = (
        f"{exchange} from {format_limit(before.get(exchange))} to {format_number(limit)}"
        for exchange, limit in after.get("values", {}).items()
    )
    yield "With a human's approval a new model was made; the old one is unchanged."
    yield f"Uptakes in {FLUX}: {', '.join(changes)}{describe_cut(after)}."
    rates = (values.get("growth_before_per_h"), values.get("growth_per_h"))
    growth_before, growth_after = ("none" if rate is None else f"{format_number(rate)} 1/h" for rate in rates)
    yield f"Growth before: {growth_before}, after: {growth_after}."


def _describe_deletions(values: Entry, _: Topics) -> Iterator[str]:
    threshold = format_number(values["threshold_fraction_of_wild_type"])
    yield (
        f"{values['lethal_deletions']} of {values['deletions_tested']} deletions tested are lethal: "
        f"they leave less than {threshold} of the wild type's growth."
    )
    for name, what in (
        ("lethal_genes", "genes are lethal alone"),
        ("lethal_sets", "sets are lethal"),
        ("synthetic_lethal_pairs", "pairs are lethal though neither gene is lethal alone"),
    ):
        if values.get(name) is not None:
            yield describe_list(values[name], what)
    yield from _describe_rest(
        values, "lethal_deletions", "lethal_genes", "lethal_sets", "synthetic_lethal_pairs"
    )


def _describe_auxotrophies(values: Entry, _: Topics) -> Iterator[str]:
    yield describe_list(
        values["auxotrophies"], f"auxotrophies among {values['metabolites_tested']} metabolites tested"
    )
    for name, what in (
        ("not_made_and_not_needed", "metabolites are not made and not needed"),
        ("made", "metabolites are made"),
        ("not_in_model", "metabolites are not in the model"),
    ):
        yield describe_list(values[name], what)


def _describe_media_growth(values: Entry, _: Topics) -> Iterator[str]:
    rates = values["growth_per_h"]
    if rates["count"]:
        pairs = ", ".join(f"{format_number(rate)} 1/h in {name}" for name, rate in rates["values"].items())
        yield f"Growth is {pairs}{describe_cut(rates)}."
    best = values.get("best")
    if best is not None:
        yield f"Best by {values['criterion'].replace('_', ' ')}: {format_ids(best) or 'none'}."
    for name in ("media_without_growth", "no_growth"):
        if values.get(name, {}).get("count"):
            yield describe_list(values[name], "media without growth")
    yield from _describe_rest(
        values, "growth_per_h", "best", "criterion", "media_without_growth", "no_growth"
    )


def _describe_file(values: Entry, _: Topics) -> Iterator[str]:
    file = values.get("file")
    if not file:
        yield "There are no fluxes to write."
        return
    name, digest = file["name"], file["digest"]
    yield f"The file {name} ({values['format']}, {file['size_bytes']} bytes) is artifact {digest}."
    yield f"`fluxagents artifacts get {digest} -o {name}` writes it."
    if "is_unchanged" in values:
        count = values["differences"]
        yield (
            "Read again it is the same model."
            if values["is_unchanged"]
            else f"Read again it differs in {count} places: {format_value(values['first_differences'])}."
        )
    if values.get("closed_by_knock_outs"):
        yield f"The knock-outs close {format_ids(values['closed_by_knock_outs'])}."


def _describe_screen(values: Entry, _: Topics) -> Iterator[str]:
    uptake = f"{format_number(values['uptake_mmol_per_gdw_h'])} {FLUX}"
    of = " of its atoms" if values["uptake_of"] == "atoms" else ""
    for name, screen in values["screens"].items():
        element, oxygen = name.split("_")
        growing, tested = screen["sources_with_growth"], screen["sources_tested"]
        yield (
            f"{growing} of {tested} sole sources of {element} support growth "
            f"{'with' if oxygen == 'aerobic' else 'without'} oxygen, each at {uptake}{of}."
        )
        rates = screen["growth_on_per_h"]
        if rates["values"]:
            pairs = (f"{name} {format_number(rate)}" for name, rate in rates["values"].items())
            yield f"Growth in 1/h: {', '.join(pairs)}{describe_cut(rates)}."
        if screen["without_growth"]["count"]:
            yield f"No growth on {format_ids(screen['without_growth'])}."
        control = screen["growth_without_source_per_h"]
        if control:
            yield f"Without any source of {element} growth is {format_number(control)} 1/h."
    if values["not_exchanged"]["count"]:
        yield f"The model does not exchange {format_ids(values['not_exchanged'])}."
    agreed = values.get("agreement")
    if agreed is not None:
        share, mcc = agreed["accuracy_fraction"], agreed["mcc"]
        yield (
            f"Of {agreed['sources_compared']} observed sources {agreed['true_positives']} grow in both, "
            f"{agreed['true_negatives']} in neither, {agreed['false_positives']} in the model only and "
            f"{agreed['false_negatives']} in the experiment only: accuracy "
            f"{'none' if share is None else format_number(share)}, "
            f"MCC {'none' if mcc is None else format_number(mcc)}."
        )


def _describe_rest(values: Entry, *described: str) -> Iterator[str]:
    """The values that no sentence describes yet, by name."""
    skipped = {*described, "kind", "deletions_tested", "threshold_fraction_of_wild_type"}
    rest = {name: value for name, value in values.items() if name not in skipped}
    return _describe_anything(rest, frozenset())


def _describe_anything(values: Entry, _: Topics) -> Iterator[str]:
    """The values of a tool without sentences of its own, by their names, which state the units."""
    skipped = {
        "status", "growth_per_h", "medium", "model", "objective", "changed_uptakes_mmol_per_gdw_h",
        "objective_direction", "objective_value", "biomass_reaction", "biomass_found_by", "growth_problem",
    }  # fmt: skip
    skipped.add(MODEL_WARNINGS)  # the answer ends with them
    for name, value in values.items():
        if (
            name not in skipped or (name == "growth_per_h" and "growth_before_per_h" in values)
        ) and value not in (None, "", [], {}):
            yield f"{name.replace('_', ' ')}: {format_value(value)}."


_WRITERS: Mapping[str, Callable[[Entry, Topics], Iterator[str]]] = {
    "run_metabolic_fba": _describe_balance,
    "analyze_limitations": describe_limitations,
    "run_phase_plane": describe_phase_plane,
    "run_robustness": describe_robustness,
    "analyze_essentiality": _describe_essentiality,
    "run_flux_variability_analysis": _describe_variability,
    "run_production_envelope": _describe_production,
    "find_minimal_media": _describe_minimal_media,
    "analyze_metabolic_model": _describe_structure,
    "apply_medium": _describe_change,
    "run_gene_deletion_analysis": _describe_deletions,
    "predict_auxotrophies": _describe_auxotrophies,
    "compare_media_performance": _describe_media_growth,
    "screen_nutrients": _describe_screen,
    "export_model": _describe_file,
    "export_fluxes": _describe_file,
    "select_optimal_media": _describe_media_growth,
    "analyze_media_compatibility": _describe_media_growth,
}
