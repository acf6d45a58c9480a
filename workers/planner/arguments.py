"""Arguments of a tool beside the medium: ids, thresholds, fractions and products that a question names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fluxagents.workers.planner.compounds import MENTION
from fluxagents.workers.planner.intents import KNOCK_OUT
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

_LOCUS = re.compile(r"\b(?:b\d{4}|[A-Z][A-Za-z]{1,5}_?\d{4,})\b")
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
    del text
    yield {}


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
    "essentiality": essentiality,
    "variability": variability,
    "growth": balance,
    "fluxes": balance,
    "minimal_medium": minimal_medium,
    "production": production,
    "structure": nothing,
}
"""By intent: one set of arguments for each call that a clause asks for."""
