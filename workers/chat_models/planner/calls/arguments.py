"""Arguments of analyses other than the medium: ids, thresholds, fractions and products of a clause."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from fluxagents.workers.chat_models.planner.calls.communities import COMMUNITY_INTENTS, read_community
from fluxagents.workers.chat_models.planner.calls.enzyme_limits import read_enzyme_limits
from fluxagents.workers.chat_models.planner.calls.gains import (
    read_limitations,
    read_phase_plane,
    read_robustness,
)
from fluxagents.workers.chat_models.planner.calls.quantities import (
    Arguments,
    asks_for_genes,
    drop_absent,
    find_counts,
    find_growth_rate,
    read_fraction,
    read_threshold,
)
from fluxagents.workers.chat_models.planner.calls.time_courses import read_time_course
from fluxagents.workers.chat_models.planner.clauses.clause import ENZYME_LIMITS
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.conditions.uptakes import is_objective
from fluxagents.workers.chat_models.planner.rules.set_size import find_set_size
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMPOUNDS,
    DATABASE_ID,
    DIGEST,
    MASS_YIELD,
    MODEL,
    NUMBER,
    PATHWAY,
    REACTION,
    YIELD,
    Phrase,
)

FILE_FORMATS = {"sbml": "sbml", "json": "json", "yaml": "yaml", "yml": "yaml", "mat": "mat", "cobra": "mat"}
"""A part of a word -> the format of a model's file."""

ELEMENTS = ("carbon", "nitrogen", "phosphorus", "sulfur")
"""Each has the concept `carbon_source` and so on."""

_OTHER_SOURCES = frozenset(f"{name}_source" for name in ELEMENTS[1:])
_SOURCE = ("source", "quelle", "fuente", "substrat", "sustrato")
_SUGAR = ("sugar", "zucker", "sucre", "azucar", "azúcar")
_PER = re.compile(r"\b(?:yield|by|by UNKNOWN) $")
_PAIR = 2
_BARE_YIELD = r"yield (?:(?:at|at_least|of|than|by|to|on|minimal|more|C|UNKNOWN) )*(?:N|P)\b"
"""A yield without its unit, or as a share, which may be one of carbon."""
_BETWEEN = r"(?:(?:at|at_least|threshold|by|with|on|in|be|use|than|sole|to|maximise|minimal|comma|as) )*"
_AT_OPTIMUM = (
    r"(?:at|in|with|on) (?:(?:best|maximise|optimum) growth|optimum|best(?= ?$| (?:and|or|comma|if)))"
)
"""Such as "at optimal growth", where nothing less than the optimum is meant."""
_NO_LOOPS = r"loopless|(?:without|no|not|absent) (?:UNKNOWN )*loop|loop absent"
_NOT_ESSENTIALITY = r"(?:without|no|not|skip)(?: show| gene| compare| on)* essential"
_KNOCKED_OUT = "knockout|mutant|without|lacking|remove|absent"
_LACKS_SOME = (
    "(?:without|lacking|absent) (?:gene |reaction )*(?:GENE|REACTION|ENZYME)|(?:GENE|REACTION|ENZYME) mutant"
)
"""Such as "the model without pfkA", beside which the model itself is laid."""
_EFFECTS = ("change", "matter", "affect", "explain", "änder", "erklär", "expliqu", "cambia", "explic")
"""How words begin that ask what differences between models do."""
_SAMPLING: Mapping[str, str] = {
    "seed": rf"seed {_BETWEEN}(N)\b",
    "chains": rf"(N) chains|chains {_BETWEEN}(N)\b",
    "thinning": rf"thinning {_BETWEEN}(N)\b|(N) thinning",
}


def read_essentiality(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    genes, reactions = phrase.genes, phrase.reactions
    if (
        len(genes) + len(reactions) > 1
        and phrase.has("knockout|without")
        and not phrase.has("essential|single_each")
    ):
        medium.problems.append("No tool here can knock out several genes or reactions at once.")
        return
    yield drop_absent(genes=genes, reactions=reactions) | read_threshold(phrase)


def read_gene_sets(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    if phrase.has("single_each"):
        yield {"genes": phrase.genes} | _read_deletion_settings(phrase)
    else:
        yield {"kind": "sets", "sets": [phrase.genes]} | _read_deletion_settings(phrase)


def read_gene_pairs(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    if len(phrase.genes) == _PAIR:
        yield from read_gene_sets(phrase, medium)
    else:
        yield {"kind": "double"} | drop_absent(genes=phrase.genes) | _read_deletion_settings(phrase)


def read_synthetic_lethals(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    kind = "genes" if asks_for_genes(phrase) else "reactions"
    yield {"kind": kind, "most_knock_outs": find_set_size(phrase) or _PAIR} | read_threshold(phrase)


def read_minimal_cut_sets(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    kind = "genes" if asks_for_genes(phrase) else None
    named = [token for token in phrase.tokens if token.tag in COMPOUNDS]
    exchange = medium.require_exchange(named[0]) if named else None
    stated = [token for token in phrase.tokens if token.tag == NUMBER and token.unit in {YIELD, MASS_YIELD}]
    if any(token.unit == MASS_YIELD for token in stated) or (not stated and phrase.has(_BARE_YIELD)):
        medium.problems.append("The least yield of cut sets is in mol/mol; give it so, such as 0.3 mol/mol.")
        return
    least = float(stated[0].value) if stated else None
    args = drop_absent(kind=kind, product_exchange=exchange, most_knock_outs=find_set_size(phrase))
    if exchange is None:
        yield args | read_threshold(phrase)
    else:
        yield (
            args
            | drop_absent(min_yield_mol_per_mol=least)
            | read_fraction("min_growth_fraction_of_wild_type", phrase)
        )


def read_single_deletions(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    yield drop_absent(genes=phrase.genes) | _read_deletion_settings(phrase)


def _read_deletion_settings(phrase: Phrase) -> Arguments:
    return read_threshold(phrase) | drop_absent(method="moma" if phrase.has("moma") else None)


def read_variability(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    loopless = True if phrase.has(_NO_LOOPS) else None
    # A reaction is blocked if it carries flux in no state, whether that grows or not.
    kept: Arguments = {"fraction_of_optimum": 0.0} if phrase.has("blocked") else {}
    kept |= {"fraction_of_optimum": 1.0} if phrase.has(_AT_OPTIMUM) else {}
    yield (
        kept
        | read_fraction("fraction_of_optimum", phrase)
        | drop_absent(reactions=phrase.reactions, loopless=loopless)
    )


def read_balance(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    method = next((name for name in ("loopless", "geometric") if phrase.has(name)), None)
    named = [
        token.value
        for at, token in enumerate(phrase.tokens)
        if token.tag == REACTION or is_objective(phrase, at)
    ]
    objective = named[0] if named and phrase.has("maximise|objective") else None
    lost = phrase.genes + ([] if objective else phrase.reactions) if phrase.has(_KNOCKED_OUT) else []
    yield drop_absent(objective=objective, method=method, knock_outs=lost)


def read_minimal_medium(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    growth = drop_absent(min_growth_per_h=find_growth_rate(phrase))
    yield (growth or read_fraction("min_growth_fraction_of_wild_type", phrase)) | drop_absent(
        criterion="least_uptake" if phrase.has("least_uptake") else None,
        alternatives=next(iter(find_counts(phrase)), None)
        if phrase.tags & {"alternatives", "media"}
        else None,
        open_exchanges=True if phrase.has("all_exchanges") else None,
    )


def read_cheapest_medium(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    growth = drop_absent(min_growth_per_h=find_growth_rate(phrase))
    yield (growth or read_fraction("min_growth_fraction_of_optimum", phrase)) | drop_absent(
        criterion="least_cost" if "cheap" in phrase.tags else None
    )


def read_missing_nutrients(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    yield drop_absent(min_growth_per_h=find_growth_rate(phrase))


def read_sampling(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    numbers = {name: list(phrase.find_numbers(pattern)) for name, pattern in _SAMPLING.items()}
    settings = {name: int(values[0]) for name, values in numbers.items() if values}
    free = [count for count in find_counts(phrase) if count not in settings.values()]
    yield (
        drop_absent(samples=next(iter(free), None))
        | settings
        | read_fraction("fraction_of_optimum", phrase)
        | drop_absent(reactions=phrase.reactions)
    )


def read_pathway(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    ranges: Arguments = {}
    if phrase.has("variability|sole"):
        ranges = {"ranges": True} | read_fraction("fraction_of_optimum", phrase)
    pathways: list[Arguments] = [{"pathway": name} for name in phrase.list_values(PATHWAY)]
    named = [*phrase.reactions, *phrase.list_values(DATABASE_ID)]
    for subject in pathways or [{"reactions": named}]:
        yield subject | ranges


def read_model_comparison(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    # The model of the run is compared without being named.
    models = [name for name in phrase.list_values(MODEL) if name not in medium.names]
    without = phrase.genes + phrase.reactions if phrase.has(_LACKS_SOME) else []
    if models or without:
        essentiality = False if phrase.has(_NOT_ESSENTIALITY) else None
        effects = True if phrase.has("differ") and _asks_for_effects(phrase) else None
        yield (
            drop_absent(models=models, without=without, essentiality=essentiality, effects=effects)
            | read_threshold(phrase)
        )
    else:
        medium.problems.append("I cannot tell which model to compare with; give its name.")


def _asks_for_effects(phrase: Phrase) -> bool:
    """Whether it asks which differences change something: "Which differences to iJO1366 matter?"."""
    return any(token.text.casefold().startswith(_EFFECTS) for token in phrase.tokens)


def read_missing_reactions(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    yield drop_absent(universal=next(iter(phrase.list_values(MODEL)), None))


def read_model_export(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    words = [token.text.casefold() for token in phrase.tokens if token.tag == "file_format"]
    formats = (name for word in words for part, name in FILE_FORMATS.items() if part in word)
    yield drop_absent(format=next(formats, None), knock_outs=phrase.genes + phrase.reactions)


def read_flux_export(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    words = [token.text.casefold() for token in phrase.tokens if token.tag == "flux_format"]
    lacking = phrase.genes + phrase.reactions
    yield drop_absent(format="csv" if words and "escher" not in words else None, knock_outs=lacking)


def read_flux_map(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    lacking = phrase.genes + phrase.reactions
    # A strain is laid beside the wild type, which is the model as it is.
    beside: Arguments = {"compared_with": {}} if lacking and phrase.has("optimum|compare|versus") else {}
    for pathway in phrase.list_values(PATHWAY) or [None]:
        yield drop_absent(pathway=pathway, knock_outs=lacking) | beside


def read_nutrient_screen(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    elements = [name for name in ELEMENTS[1:] if f"{name}_source" in phrase.tags]
    # "Stickstoffquelle" is a word for nitrogen and, as a compound of words, one for any source.
    others = {token.text for token in phrase.tokens if token.tag in {f"{name}_source" for name in elements}}
    named = {
        token.text
        for at, token in enumerate(phrase.tokens)
        # "Nitrogen sorces" is one word for nitrogen and one for a source of it.
        if token.tag == "carbon_source" and not (at and phrase.tokens[at - 1].tag in _OTHER_SOURCES)
    } - others
    if elements and any(not text.casefold().startswith(_SOURCE) for text in named):
        elements.insert(0, "carbon")
    sugars = [t for t in phrase.tokens if t.tag == "carbon_source" and t.text.casefold().startswith(_SUGAR)]
    uptakes = [t.value for t in phrase.tokens if t.tag == NUMBER and t.unit == "flux"]
    compounds = [token for token in phrase.tokens if token.tag in COMPOUNDS]
    exchanges = [medium.require_exchange(token) for token in compounds] if len(compounds) > 1 else []
    yield drop_absent(
        elements=elements,
        sources=["sugars"] if sugars else [exchange for exchange in exchanges if exchange],
        uptake_mmol_per_gdw_h=next(iter(uptakes), None),
    )


def read_observed_growth(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    tables = phrase.list_values(DIGEST)
    if not tables and "screen" in phrase.tags:
        # "Screen the sources as on a Biolog plate": nothing is compared.
        yield from read_nutrient_screen(phrase, medium)
    elif not tables:
        medium.problems.append(
            "What was observed comes as a stored table: `fluxagents artifacts add FILE` says its digest; "
            "name that in the question. The flow model_curation also proposes corrections."
        )
    else:
        yield from (args | {"phenotype_table": tables[0]} for args in read_nutrient_screen(phrase, medium))


def read_auxotrophies(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    names = {"amino_acids": "amino acids", "vitamins": "vitamins", "nucleobases": "nucleobases"}
    classes = [name for tag, name in names.items() if phrase.has(tag)]
    yield drop_absent(compound_classes=classes) | read_threshold(phrase)


def read_production(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    # "mol succinate per mol glucose": what follows "per" is what the product is made of.
    before = [phrase.tags_before(at) for at in range(len(phrase.tokens))]
    made_of = [at for at, tags in enumerate(before) if _PER.search(tags)]
    named = [at for at, token in enumerate(phrase.tokens) if token.tag in COMPOUNDS]
    products = [phrase.tokens[at] for at in named if at == named[0] or at not in made_of]
    points = next(iter(find_counts(phrase)), None)
    inner = "ATP" if "atp" in phrase.tags else "biomass" if {"growth", "yield"} <= phrase.tags else None
    # "Biomass yield per gram of glucose" names the substrate after what is produced.
    if inner and (inner == "ATP" or not products or phrase.has(r"growth .*yield .*C")):
        yield drop_absent(product_exchange=inner, points=points)
        return
    if not products:
        medium.problems.append(
            "I cannot tell which product is meant; name a compound or an exchange reaction."
        )
    for token in products:
        exchange = medium.require_exchange(token)
        if exchange is not None:
            yield drop_absent(product_exchange=exchange, points=points)


def read_nothing(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    del phrase
    yield {}


ARGUMENTS: dict[str, Callable[[Phrase, KnownMedium], Iterator[Arguments]]] = {
    "limitations": read_limitations,
    "phase_plane": read_phase_plane,
    "robustness": read_robustness,
    "time_course": read_time_course,
    ENZYME_LIMITS: read_enzyme_limits,
    "essentiality": read_essentiality,
    "gene_pairs": read_gene_pairs,
    "synthetic_lethals": read_synthetic_lethals,
    "minimal_cut_sets": read_minimal_cut_sets,
    "gene_sets": read_gene_sets,
    "single_deletions": read_single_deletions,
    "sampling": read_sampling,
    "pathway": read_pathway,
    "model_comparison": read_model_comparison,
    "validation": read_nothing,
    "annotation": read_nothing,
    "missing_reactions": read_missing_reactions,
    "auxotrophies": read_auxotrophies,
    "model_export": read_model_export,
    "flux_export": read_flux_export,
    "flux_map": read_flux_map,
    "nutrient_screen": read_nutrient_screen,
    "observed_growth": read_observed_growth,
    "missing_nutrients": read_missing_nutrients,
    "variability": read_variability,
    "minimal_medium": read_minimal_medium,
    "cheapest_medium": read_cheapest_medium,
    "production": read_production,
    "exchanges": read_balance,
    "fluxes": read_balance,
    "growth": read_balance,
    "structure": read_nothing,
    "round_trip": read_nothing,
    **dict.fromkeys(COMMUNITY_INTENTS, read_community),
}
"""By intent: one set of arguments for each call that a clause asks for."""
