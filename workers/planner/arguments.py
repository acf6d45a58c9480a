"""Arguments of a tool beside the medium: ids, thresholds, fractions and products that a question names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fluxagents.workers.planner.compounds import MENTION
from fluxagents.workers.planner.intents import (
    DATABASE_ID,
    DATABASES,
    KNOCK_OUT,
    LOCUS,
    MEDIUM_NAME,
    MODEL_NAME,
    PATHWAY,
)
from fluxagents.workers.planner.medium import Medium

_PERCENT = r"(?P<percent>\d+(?:\.\d+)?)\s*(?:%|percent\b)"
_FRACTION = r"(?P<fraction>0?\.\d+|1(?:\.0+)?)"
_OPTIMUM = r"(?:of\s+)?(?:the\s+|its\s+)?(?:optim|max|best|wild|growth)"

THRESHOLD = (
    re.compile(rf"\b(?:threshold|cut-?off|below|less\s+than|under)\D{{0,30}}?{_PERCENT}", re.IGNORECASE),
    re.compile(rf"\b(?:threshold|cut-?off|below|less\s+than|under)\D{{0,30}}?{_FRACTION}", re.IGNORECASE),
    re.compile(rf"{_PERCENT}\s*(?:threshold|cut-?off)", re.IGNORECASE),
)
NEAR_OPTIMUM = (
    re.compile(rf"{_PERCENT}\s*{_OPTIMUM}", re.IGNORECASE),
    re.compile(rf"{_FRACTION}\s*{_OPTIMUM}", re.IGNORECASE),
    re.compile(rf"\bfraction\D{{0,20}}?{_PERCENT}", re.IGNORECASE),
    re.compile(rf"\bfraction\D{{0,20}}?{_FRACTION}", re.IGNORECASE),
)

_LOCUS = re.compile(rf"\b{LOCUS}\b")
_SAMPLING = {
    "samples": re.compile(
        r"\b(\d+)\s+(?:flux\s+)?samples\b|\bsample\b.{0,20}?\b(\d+)\s+times\b", re.IGNORECASE
    ),
    "seed": re.compile(r"\bseed\s+(?:of\s+|=\s*)?(\d+)", re.IGNORECASE),
    "chains": re.compile(r"\b(\d+)\s+chains\b", re.IGNORECASE),
    "thinning": re.compile(r"\bthinning\s+(?:of\s+|=\s*)?(\d+)", re.IGNORECASE),
}
_PATHWAY_NAMES = {
    "tca": "Citric Acid Cycle",
    "tca cycle": "Citric Acid Cycle",
    "krebs cycle": "Citric Acid Cycle",
}
_TO_TRANSLATE = re.compile(
    r"\btranslate\s+(?:the\s+)?(?:ids?\s+)?([\w-]+)|\bids?\s+(?:of|for)\s+(?:the\s+)?([\w-]+)"
    r"|\b(?:does|do)\s+([\w-]+)\s+have\b",
    re.IGNORECASE,
)
_REACTION = re.compile(r"(?<![\w-])(?:EX_\w+(?:\(e\))?|[A-Z][A-Z0-9_]{2,}[a-z0-9_]*)(?![\w-])")
_NO_REACTION = frozenset(
    {
        "FVA",
        "FBA",
        "ATP",
        "ADP",
        "NADH",
        "NADPH",
        "GPR",
        "GEM",
        "TCA",
        "DNA",
        "RNA",
        "SBML",
        "AND",
        "THE",
        "NOT",
    }
)
_OBJECTIVE = re.compile(
    r"\b(?i:maximi[sz]e|optimi[sz]e|maximum|maximal)\s+(?:the\s+)?(?:flux\s+)?(?:of\s+|through\s+|for\s+)?"
    r"(?P<after>[A-Z][A-Z0-9_]{2,}[a-z0-9_]*)|\b(?P<before>[A-Z][A-Za-z0-9_]{2,})\s+as\s+(?:the\s+)?objective"
)
_KNOCKED_OUT = re.compile(KNOCK_OUT, re.IGNORECASE)
_PRODUCT = (
    re.compile(
        r"\b(?:production|yields?|secretion|synthesis|output|formation|envelopes?|export|trade-?offs?\s+(?:between|of|for))"
        r"\s+(?:envelopes?\s+)?(?:of\s+|for\s+|between\s+)?(?:the\s+)?·*\s*$",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:how\s+much|max\w*|most|(?:over-?)?produc(?:e|es|ed|ing)|mak(?:e|es|ing)|synthesi[sz](?:e|es|ing)|excretes?|secretes?)"
        r"\s+(?:the\s+|any\s+|much\s+|theoretical\s+)?$",
        re.IGNORECASE,
    ),
)
_PRODUCT_AFTER = re.compile(
    r"[\s-]+(?:over-?)?(?:production|yields?|secretion|synthesis|output|formation|can|could|envelope|is\s+produced)\b",
    re.IGNORECASE,
)


def fraction_in(text: str, patterns: tuple[re.Pattern[str], ...]) -> float | None:
    """A fraction that is written as one or in percent."""
    for pattern in patterns:
        match = pattern.search(text)
        if match:
            named = match.groupdict()
            return float(named["percent"]) / 100 if named.get("percent") else float(named["fraction"])
    return None


def genes_in(text: str) -> tuple[str, ...]:
    """Ids of genes: locus tags such as b0720 or STM1234."""
    return tuple(dict.fromkeys(_LOCUS.findall(text)))


def reactions_in(text: str) -> tuple[str, ...]:
    """Ids of reactions: words in capitals that are neither genes nor abbreviations."""
    genes = genes_in(text)
    found = (word for word in _REACTION.findall(text) if word not in _NO_REACTION and word not in genes)
    return tuple(dict.fromkeys(found))


def products_in(text: str) -> Iterator[str]:
    """Compounds that a question wants to see made."""
    for match in MENTION.finditer(text):
        left, right = text[: match.start()], text[match.end() :]
        if any(pattern.search(left) for pattern in _PRODUCT) or _PRODUCT_AFTER.match(right):
            yield match[0]


def essentiality(text: str, medium: Medium) -> Iterator[dict[str, Any]]:
    named = {"genes": list(genes_in(text)), "reactions": list(reactions_in(text))}
    if sum(map(len, named.values())) > 1 and _KNOCKED_OUT.search(text) and "essential" not in text.lower():
        medium.troubles.append("No tool here can knock out several genes or reactions at once.")
        return
    threshold = fraction_in(text, THRESHOLD)
    yield {
        **{kind: ids for kind, ids in named.items() if ids},
        **({} if threshold is None else {"threshold_fraction_of_wild_type": threshold}),
    }


def variability(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    fraction = fraction_in(text, NEAR_OPTIMUM)
    reactions = list(reactions_in(text))
    yield {
        **({} if fraction is None else {"fraction_of_optimum": fraction}),
        **({"reactions": reactions} if reactions else {}),
        **({"loopless": True} if re.search(r"\bloop-?less\b|without\s+loops", text, re.IGNORECASE) else {}),
    }


def balance(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    match = _OBJECTIVE.search(text)
    objective = match and (match["after"] or match["before"])
    yield {"objective": objective} if objective and objective not in _NO_REACTION else {}


def minimal_medium(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    half = (
        0.5
        if re.search(r"\bhalf\s+(?:of\s+)?(?:the\s+|its\s+)?(?:growth|optim|max|best)", text, re.IGNORECASE)
        else None
    )
    fraction = fraction_in(text, NEAR_OPTIMUM) or half
    yield {} if fraction is None else {"min_growth_fraction_of_wild_type": fraction}


def gene_sets(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    yield {"kind": "sets", "sets": [list(genes_in(text))]}


def gene_pairs(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    genes = list(genes_in(text))
    threshold = fraction_in(text, THRESHOLD)
    yield {
        "kind": "double",
        **({"genes": genes} if genes else {}),
        **({} if threshold is None else {"threshold_fraction_of_wild_type": threshold}),
    }


def lasting_knock_out(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    named = {"genes": list(genes_in(text)), "reactions": list(reactions_in(text))}
    yield {kind: ids for kind, ids in named.items() if ids}


def sampling(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    counts = {name: pattern.search(text) for name, pattern in _SAMPLING.items()}
    fraction = fraction_in(text, NEAR_OPTIMUM)
    reactions = list(reactions_in(text))
    yield {
        **{name: int(next(filter(None, match.groups()))) for name, match in counts.items() if match},
        **({} if fraction is None else {"fraction_of_optimum": fraction}),
        **({"reactions": reactions} if reactions else {}),
    }


def pathway(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    match = re.search(PATHWAY, text, re.IGNORECASE)
    name = match[0] if match else ""
    yield {"pathway": _PATHWAY_NAMES.get(" ".join(name.lower().split()), name)}


def model_comparison(text: str, medium: Medium) -> Iterator[dict[str, Any]]:
    found = dict.fromkeys(
        match["model"]
        for match in re.finditer(rf"\b(?:with|to|from|and)\s+(?:the\s+)?{MODEL_NAME}", text)
        if match["model"].lower() not in {"this", "the", "it", "model"}
    )
    if found:
        yield {"models": list(found)}
    else:
        medium.troubles.append("I cannot tell which model to compare with; give its name.")


def auxotrophies(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    classes = [name for name in ("amino acids", "vitamins", "nucleobases") if name[:-1] in text.lower()]
    yield {"compound_classes": classes} if classes else {}


def media_growth(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    yield {"media": list(dict.fromkeys(match["medium"] for match in MEDIUM_NAME.finditer(text)))}


def translation(text: str, medium: Medium) -> Iterator[dict[str, Any]]:
    named = re.search("|".join(DATABASES), text, re.IGNORECASE)
    ids = [word for match in _TO_TRANSLATE.finditer(text) for word in match.groups() if word]
    if named and ids:
        yield {"ids": list(dict.fromkeys(ids)), "to_namespace": DATABASES[named[0].lower()]}
    else:
        medium.troubles.append("I cannot tell which id to translate to which database.")


def look_up(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    yield from ({"query": identifier} for identifier in dict.fromkeys(re.findall(DATABASE_ID, text)))


def production(text: str, medium: Medium) -> Iterator[dict[str, Any]]:
    words = list(products_in(text))
    if not words:
        medium.troubles.append(
            "I cannot tell which product is meant; name a compound or an exchange reaction."
        )
    for word in words:
        exchange = medium.exchange(word)
        if exchange is None:
            medium.troubles.append(f"The model has no exchange reaction for '{word}'.")
        else:
            yield {"product_exchange": exchange}


def nothing(text: str, _: Medium) -> Iterator[dict[str, Any]]:
    del text
    yield {}


ARGUMENTS: Mapping[str, Callable[[str, Medium], Iterator[dict[str, Any]]]] = {
    "gene_sets": gene_sets,
    "gene_pairs": gene_pairs,
    "lasting_knock_out": lasting_knock_out,
    "sampling": sampling,
    "pathway": pathway,
    "model_comparison": model_comparison,
    "validation": nothing,
    "auxotrophies": auxotrophies,
    "missing_nutrients": nothing,
    "best_medium": nothing,
    "fitting_media": nothing,
    "media_growth": media_growth,
    "translation": translation,
    "look_up": look_up,
    "essentiality": essentiality,
    "variability": variability,
    "growth": balance,
    "fluxes": balance,
    "minimal_medium": minimal_medium,
    "production": production,
    "structure": nothing,
}
"""By intent: one set of arguments for each call that a clause asks for."""
