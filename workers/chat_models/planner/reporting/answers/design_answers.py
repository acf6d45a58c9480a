"""Production: envelopes, pathways and growth-coupled strains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fluxagents.workers.chat_models.planner.reporting.conditions import (
    describe_conditions,
    describe_failure,
    describe_failure_beside,
)
from fluxagents.workers.chat_models.planner.reporting.names import write_compound
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    ZERO,
    count_things,
    format_number,
    format_rate,
    join_words,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import MAX_LISTED, ReportedFinding

_YIELDS = {
    "molar_yield_mol_per_mol": "mol/mol",
    "mass_yield_g_per_g": "g/g",
    "carbon_yield_mol_c_per_mol_c": "mol C/mol C",
}
"""As the curve has them; the best one of each is a value of its own."""

_BIOMASS = "biomass"
_BIOMASS_YIELD = "gDW/mmol"
"""Biomass is no substance of one weight: a mmol of its reaction is a gram."""


def describe_production(finding: ReportedFinding) -> Iterator[str]:
    """How much of a product can be secreted, by growth."""
    product = write_compound(str(finding.values["product"]))
    most = finding.get("greatest_secretion_without_growth_mmol_per_gdw_h")
    at_best = finding.get("greatest_secretion_at_best_growth_mmol_per_gdw_h")
    if most is None:
        yield from describe_failure(finding, f"nothing can be said of {product}")
        return
    conditions = describe_conditions(finding)
    if product == _BIOMASS:
        yield f"Growth {conditions} is at most {format_rate(finding.growth)}."
        yield from _describe_yields(finding, {**_YIELDS, "molar_yield_mol_per_mol": _BIOMASS_YIELD})
        return
    made = max(most, at_best or 0.0)
    if made <= ZERO:
        yield f"No: the model cannot secrete {product} {conditions}."
    elif most <= ZERO:
        yield f"Without growth no {product} can be secreted {conditions}."
    else:
        amount = f"{format_number(most)} {FLUX} of {product}"
        yield f"At most {amount} can be secreted {conditions}, without growth."
    if finding.status == "zero_growth":
        yield "The model does not grow under these conditions."
    elif at_best is not None and made > ZERO:
        best = "none" if abs(at_best) <= ZERO else f"{format_number(at_best)} {FLUX}"
        coupled = finding.get("is_growth_coupled")
        tail = (
            "" if coupled is None else f"; growth {'forces' if coupled else 'does not force'} its secretion"
        )
        yield f"At the best growth ({format_rate(finding.growth)}) it is {best}{tail}."
    if made > ZERO:
        yield from _describe_yields(finding, _YIELDS)
    curve = finding.values.get("curve", {})
    rates, secretions = curve.get("growth_per_h", ()), curve.get("greatest_secretion_mmol_per_gdw_h", ())
    pairs = [
        f"{format_number(secretion)} at {format_number(rate)} 1/h"
        for rate, secretion in zip(rates, secretions, strict=True)
        if secretion is not None
    ][:MAX_LISTED]
    if pairs and finding.growth and made > ZERO:
        yield f"Most secretion by growth, in {FLUX}: {join_words(pairs)}."


def _describe_yields(finding: ReportedFinding, units: Mapping[str, str]) -> Iterator[str]:
    """The best yield in each of its units, on what was taken up for it, and the yield at the best growth."""
    best = {name: finding.get(f"best_{name}") for name in units}
    yields = [f"{format_number(value)} {units[name]}" for name, value in best.items() if value is not None]
    if not yields:
        return
    substrates = [finding.names.write(identifier) for identifier in finding.values["substrates"]["ids"]]
    source = f" on {join_words(substrates)}" if substrates else ""
    yield f"The best yield{source} is {join_words(yields)}."
    ends = {name: (finding.values.get("curve", {}).get(name) or [None])[-1] for name in units}
    at_best = [f"{format_number(value)} {units[name]}" for name, value in ends.items() if value]
    if at_best and at_best != yields and finding.growth:
        yield f"At the best growth it is {join_words(at_best)}."


def describe_production_pathway(finding: ReportedFinding) -> Iterator[str]:
    """Whether a product can be made from a substrate, with which yield and steps."""
    verdict = str(finding.get("verdict"))
    product = write_compound(str(finding.get("product_name") or finding.get("product")))
    substrate = finding.names.write(str(finding.get("substrate_exchange")))
    conditions = describe_conditions(finding)
    if verdict == "made":
        yield from _describe_made(finding, product, substrate)
        return
    reasons = {
        "not_made": f"No: {product} cannot be made from {substrate} {conditions}",
        "not_in_model": f"No: the model has no exchange reaction and no metabolite {product}",
        "unlimited": f"The model makes {product} without limit, so from nothing: its yield means nothing",
        "infeasible": f"No: on {substrate} the model cannot keep itself alive {conditions}: it is infeasible",
    }
    yield f"{reasons.get(verdict, f'No: {verdict}')}."
    with_all = finding.get("production_with_all_uptakes_mmol_per_gdw_h")
    if verdict == "not_made" and with_all is not None:
        if with_all > ZERO:
            yield f"With all nutrients it makes {format_number(with_all)} {FLUX}: the medium lacks one."
        else:
            yield "Also with all nutrients it cannot: steps are missing in the network."
    nearest = finding.get("nearest")
    if nearest:
        yield f"Nearest: {join_words(map(str, nearest))}."


def _describe_made(finding: ReportedFinding, product: str, substrate: str) -> Iterator[str]:
    most = format_number(finding.values["production_mmol_per_gdw_h"])
    uptake = format_number(finding.values["substrate_uptake_mmol_per_gdw_h"])
    ratio = format_number(finding.values["yield_mol_per_mol"])
    carbon = finding.get("carbon_yield_mol_c_per_mol_c")
    in_carbon = "" if carbon is None else f" ({format_number(carbon)} mol C/mol C)"
    conditions = describe_conditions(finding)
    yield (
        f"Yes: at most {most} {FLUX} of {product} can be made from {uptake} of {substrate} {conditions}, "
        f"a yield of {ratio} mol/mol{in_carbon}."
    )
    growth = finding.get("growth_at_production_per_h")
    if growth is not None:
        yield f"Growth is then {format_rate(growth)}."
    steps, count = count_things(finding.values["active_steps"], "step"), finding.count("essential_steps")
    if count:
        yield f"The pathway has {steps}; {count} cannot be left out: {finding.list_ids('essential_steps')}."
    else:
        yield f"The pathway has {steps}, each of which others can replace."
    yield from describe_failure_beside(finding)


def describe_coupled_strains(finding: ReportedFinding) -> Iterator[str]:
    """Knock-outs that force a product out."""
    product = write_compound(str(finding.get("product") or finding.get("product_exchange")))
    found, best, conditions = (
        finding.values["designs_found"],
        finding.get("best"),
        describe_conditions(finding),
    )
    if finding.get("wild_type_least_secretion_mmol_per_gdw_h") is None:
        yield from describe_failure(finding, f"no strain can be coupled to growth for {product}")
        return
    kind = "gene" if finding.get("kind") == "genes" else "reaction"
    if not best:
        complete = "" if finding.get("is_complete") else "; not all pairs were looked at"
        yield f"No single or double {kind} knock-out forces {product} out {conditions}{complete}."
        return
    lost = [str(name) for name in best["knock_outs"]]
    least, greatest = (
        format_number(best[f"{end}_secretion_mmol_per_gdw_h"]) for end in ("least", "greatest")
    )
    without = join_words(map(finding.names.write_short, lost))
    yield (
        f"Without {without} the cell must secrete {least} to {greatest} {FLUX} of {product} {conditions}, "
        f"at its best growth of {format_rate(best['growth_per_h'])}."
    )
    if kind == "reaction":
        yield f"{join_words(map(finding.names.write, lost))}."
    wild = [finding.values[f"wild_type_{end}_secretion_mmol_per_gdw_h"] for end in ("least", "greatest")]
    yield (
        f"The wild type grows with {format_rate(finding.growth)} and secretes "
        f"{format_number(wild[0])} to {format_number(wild[1])} {FLUX}."
    )
    designs = [f"{design[0]} ({format_number(design[2])})" for design in finding.get("designs")[:MAX_LISTED]]
    if found > 1:
        rest = f", and the rest in the tables of {finding.id}" if found > len(designs) else ""
        yield (
            f"{found} strains force it out; the best by least secretion ({FLUX}): {', '.join(designs)}{rest}."
        )
    if finding.get("is_complete") is False:
        yield f"{finding.values['pairs_solved']} of {finding.values['pairs_to_solve']} pairs were solved."
