"""Findings in words: every number is one of the finding, with its unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    counted,
    cut,
    fluxes,
    limit,
    names,
    number,
    plain,
    uptakes,
)
from fluxagents.workers.chat_models.planner.situation import Entry

Asked = frozenset[str]
"""Intents and the kinds of things (`genes`, `reactions`) that a question asks for; empty for everything."""

_STATUS: Mapping[str, str] = {
    "zero_growth": "the model does not grow: its best growth is zero.",
    "infeasible": "the model is infeasible: no fluxes satisfy its bounds.",
    "unbounded": "the objective is unbounded: the model makes it from nothing.",
    "no_objective": "the model has no objective, so there is no growth to compute.",
}


def sentences(finding: Entry, asked: Asked) -> list[str]:
    """What a finding says: the conditions first, the artifact last."""
    found = finding["found"]
    write = _WRITERS.get(finding["tool"], _anything)
    said = [_outcome(found), *write(found, asked)]
    if finding.get("artifact"):
        said.append(f"Full tables: artifact {finding['artifact']}.")
    return [part for part in said if part]


def _outcome(found: Entry) -> str:
    """The conditions, and how the objective was optimised under them."""
    if "growth_before_per_h" in found:
        return ""
    status, growth = str(found.get("status", "optimal")), found.get("growth_per_h")
    if isinstance(growth, Mapping):
        return ""
    best = found.get("objective_flux_mmol_per_gdw_h")
    if status in _STATUS:
        return _sentence(f"{_conditions(found)} {_STATUS[status]}")
    if best is not None:
        return _sentence(
            f"{_conditions(found)} the best flux of {found['objective']} is {number(best)} {FLUX}."
        )
    return "" if growth is None else _sentence(f"{_conditions(found)} growth is {number(growth)} 1/h.")


def _conditions(found: Entry) -> str:
    changed = found.get("changed_uptakes_mmol_per_gdw_h")
    return f"with {uptakes(changed)}," if isinstance(changed, Mapping) else "in the medium of the model"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _balance(found: Entry, asked: Asked) -> Iterator[str]:
    if asked and not asked & {"fluxes", "exchanges"}:
        return
    for key, verb in (("uptakes_mmol_per_gdw_h", "takes up"), ("secretions_mmol_per_gdw_h", "secretes")):
        shown = found.get(key, {})
        if shown.get("values"):
            yield f"It {verb} {fluxes(shown)}."
    if found.get("active_reactions") is not None:
        yield f"{found['active_reactions']} reactions carry flux."
    if found.get("method") == "fba" and found.get("active_reactions") is not None:
        yield "These fluxes are one of several optima."


def _essentiality(found: Entry, asked: Asked) -> Iterator[str]:
    kinds = [kind for kind in ("genes", "reactions") if kind in asked] or ["genes", "reactions"]
    for kind in kinds:
        shown, tested = found.get(f"essential_{kind}"), found.get(f"{kind}_tested")
        if shown is not None and tested:
            yield counted(shown, f"of {tested} {kind} tested are essential")
    threshold = found.get("threshold_fraction_of_wild_type")
    if threshold is not None:
        yield f"Essential means that growth without it is below {number(threshold)} of the wild type's."


def _variability(found: Entry, _: Asked) -> Iterator[str]:
    yield f"All flux ranges keep at least {number(found['fraction_of_optimum'])} of the best growth."
    for kind in ("blocked", "fixed", "variable", "unbounded"):
        shown = found.get(kind)
        if shown is not None:
            yield counted(shown, f"of {found['reactions_tested']} reactions are {kind}")
    widest = found.get("widest_ranges_mmol_per_gdw_h", {})
    if widest.get("values"):
        ranges = (f"{name} {limit(low)} to {limit(high)}" for name, (low, high) in widest["values"].items())
        yield f"Widest ranges in {FLUX}: {', '.join(ranges)}{cut(widest)}."


def _production(found: Entry, _: Asked) -> Iterator[str]:
    product = f"{found['product']} ({found['product_exchange']})"
    for key, when in (
        ("greatest_secretion_without_growth_mmol_per_gdw_h", "without growth"),
        ("greatest_secretion_at_best_growth_mmol_per_gdw_h", "at the best growth"),
    ):
        if found.get(key) is not None:
            yield f"At most {number(found[key])} {FLUX} of {product} can be secreted {when}."
    best = found.get("best_carbon_yield_mol_c_per_mol_c")
    if best is not None:
        yield f"The best carbon yield is {number(best)} mol carbon per mol carbon taken up."
    if found.get("is_growth_coupled") is not None:
        yield f"The best growth {'forces' if found['is_growth_coupled'] else 'does not force'} its secretion."
    curve = found.get("curve", {})
    growth, most = curve.get("growth_per_h", ()), curve.get("greatest_secretion_mmol_per_gdw_h", ())
    points = zip(growth, most, strict=True)
    pairs = [f"{number(high)} at {number(rate)} 1/h" for rate, high in points if high is not None]
    if pairs:
        yield f"Most secretion in {FLUX} by growth: {', '.join(pairs)}{cut(curve)}."


def _minimal_media(found: Entry, _: Asked) -> Iterator[str]:
    target, media = found.get("min_growth_per_h"), found.get("media", {})
    for shown in media.get("uptakes_mmol_per_gdw_h", ()):
        what = f"fewest nutrients ({shown['count']})"
        if found.get("criterion") == "least_uptake":
            what = f"least uptake ({shown['count']} nutrients)"
        yield f"A medium with the {what} that reaches {number(target or 0.0)} 1/h: {fluxes(shown)}."
    if not media.get("count"):
        reached = found.get("best_growth_with_all_per_h")
        yield f"No medium of the {found['candidates']} nutrients considered reaches the growth asked for."
        yield "" if reached is None else f"With all of them growth is {number(reached)} 1/h."
    required = found.get("required_components")
    if required and required["count"]:
        yield f"In every such medium: {names(required)}."


def _structure(found: Entry, _: Asked) -> Iterator[str]:
    counts = ("reactions", "metabolites", "genes", "exchange_reactions", "reactions_with_genes")
    said = [f"{found[name]} {name.replace('_', ' ')}" for name in counts if name in found]
    yield f"The model {found.get('model', '')} has {', '.join(said)}."
    if found.get("objective"):
        yield f"Its objective is {found['objective']}."
    if found.get("compartments"):
        compartments = (f"{name} ({key})" for key, name in found["compartments"].items())
        yield f"Compartments: {', '.join(compartments)}."
    shown = found.get("medium_mmol_per_gdw_h", {})
    if shown.get("values"):
        yield f"Medium, most uptake: {fluxes(shown)}."
    for name in ("orphan_reactions", "dead_end_metabolites"):
        if name in found:
            yield f"{found[name]} {name.replace('_', ' ')}."


def _change(found: Entry, _: Asked) -> Iterator[str]:
    before = found.get("uptakes_before_mmol_per_gdw_h", {}).get("values", {})
    after = found.get("uptakes_after_mmol_per_gdw_h", {})
    changes = (
        f"{exchange} from {limit(before.get(exchange))} to {number(most)}"
        for exchange, most in after.get("values", {}).items()
    )
    yield "With a human's approval a new model was made; the old one is unchanged."
    yield f"Uptakes in {FLUX}: {', '.join(changes)}{cut(after)}."
    rates = (found.get("growth_before_per_h"), found.get("growth_per_h"))
    said = ["none" if value is None else f"{number(value)} 1/h" for value in rates]
    yield f"Growth before: {said[0]}, after: {said[1]}."


def _deletions(found: Entry, _: Asked) -> Iterator[str]:
    yield (
        f"{found['lethal_deletions']} of {found['deletions_tested']} deletions tested are lethal: they leave "
        f"less than {number(found['threshold_fraction_of_wild_type'])} of the wild type's growth."
    )
    for name, what in (
        ("lethal_genes", "genes are lethal alone"),
        ("lethal_sets", "sets are lethal"),
        ("synthetic_lethal_pairs", "pairs are lethal though neither gene is lethal alone"),
    ):
        if found.get(name) is not None:
            yield counted(found[name], what)
    yield from _rest(found, {"lethal_deletions", "lethal_genes", "lethal_sets", "synthetic_lethal_pairs"})


def _auxotrophies(found: Entry, _: Asked) -> Iterator[str]:
    yield counted(
        found["auxotrophies"], f"auxotrophies among {found['metabolites_tested']} metabolites tested"
    )
    for name, what in (
        ("not_made_and_not_needed", "metabolites are not made and not needed"),
        ("made", "metabolites are made"),
        ("not_in_model", "metabolites are not in the model"),
    ):
        yield counted(found[name], what)


def _media_growth(found: Entry, _: Asked) -> Iterator[str]:
    rates = found["growth_per_h"]
    if rates["count"]:
        pairs = ", ".join(f"{number(rate)} 1/h in {name}" for name, rate in rates["values"].items())
        yield f"Growth is {pairs}{cut(rates)}."
    best = found.get("best")
    if best is not None:
        yield f"Best by {found['criterion'].replace('_', ' ')}: {names(best) or 'none'}."
    for name in ("media_without_growth", "no_growth"):
        if found.get(name, {}).get("count"):
            yield counted(found[name], "media without growth")
    yield from _rest(found, {"growth_per_h", "best", "criterion", "media_without_growth", "no_growth"})


def _rest(found: Entry, told: set[str]) -> Iterator[str]:
    """What has no words yet, by name."""
    known = told | {"kind", "deletions_tested", "threshold_fraction_of_wild_type"}
    return _anything({name: value for name, value in found.items() if name not in known}, frozenset())


def _anything(found: Entry, _: Asked) -> Iterator[str]:
    """A tool that has no words of its own: its findings by their names, which carry the units."""
    skipped = {"status", "growth_per_h", "medium", "model", "objective", "changed_uptakes_mmol_per_gdw_h"}
    for name, value in found.items():
        if (
            name not in skipped or (name == "growth_per_h" and "growth_before_per_h" in found)
        ) and value not in (None, "", [], {}):
            yield f"{name.replace('_', ' ')}: {plain(value)}."


_WRITERS: Mapping[str, Callable[[Entry, Asked], Iterator[str]]] = {
    "run_metabolic_fba": _balance,
    "analyze_essentiality": _essentiality,
    "run_flux_variability_analysis": _variability,
    "run_production_envelope": _production,
    "find_minimal_media": _minimal_media,
    "analyze_metabolic_model": _structure,
    "apply_medium": _change,
    "run_gene_deletion_analysis": _deletions,
    "predict_auxotrophies": _auxotrophies,
    "compare_media_performance": _media_growth,
    "select_optimal_media": _media_growth,
    "analyze_media_compatibility": _media_growth,
}
