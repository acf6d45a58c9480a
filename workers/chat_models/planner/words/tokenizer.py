"""Splits a text into words, numbers, ids and punctuation; the words have no tag yet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.words.phrase import (
    BIOMASS_CONCENTRATION,
    COMMA,
    DATABASE_ID,
    ENZYME,
    EXCHANGE_ID,
    FEED_RATE,
    GENE,
    MASS_SHARE,
    MASS_YIELD,
    MILLIMOLAR,
    MODEL,
    NUMBER,
    PERCENT,
    UNKNOWN,
    VOLUME,
    YIELD,
    Token,
)

_RATE = r"(?:/\s?h\b|1/h\b|h\s?\^?[-\u2212]1|h⁻¹|per\s+hour|pro\s+Stunde|par\s+heure|por\s+hora)"
_PER = r"(?:/|(?:and|und|et|y)\s+(?:per|pro|par|por)|per|pro|par|por|and|und|et|y|·|\*)"
_DRY = r"dry\s+(?:weight|mass)|Trocken\w+|DW|CDW|(?:de\s+)?(?:poids|peso)\s+sec\w?"
_GRAM_DRY = r"g\s?-?(?:DW|CDW|DCW|TS|TG|TM|BTM|BTS|MS|PS|PSS)"
"""Dry weight, Trockensubstanz, Trockengewicht, Biotrockenmasse, masse sèche, peso seco."""
_MASS_OR_TIME = rf"(?:{_GRAM_DRY}|gram\w*(?:\s+(?:{_DRY}))?|g|h(?:our|r)?|Stunde|heure|hora)"
_FLUX = rf"mmol\w*(?:\s*{_PER}?\s*\(?\s*{_MASS_OR_TIME}\)?(?:\s?\^?[-\u2212]1|⁻¹)?(?![a-z])\)?)*"
_MOL = r"mol(?:es?)?"
_YIELD = rf"{_MOL}\s*(?:/|per|pro|par|por)\s*{_MOL}\b"
_MASS_YIELD = r"g\s*/\s*g\b"
_MASS_SHARE = rf"g\s*(?:/|per)\s*{_GRAM_DRY}\b"
_LITRE = r"(?:L|l(?:it(?:re|er|ro)s?)?)\b"
_BIOMASS_CONCENTRATION = rf"{_GRAM_DRY}\s*(?:/|per|pro|par|por)\s*{_LITRE}"
_VOLUME = rf"m?{_LITRE}(?!\s*(?:/|per|pro|par|por)\b)"
_FEED_RATE = r"m?l\s*(?:/|per|pro|par|por)\s*(?:h(?:our|r)?|Stunde|heure|hora)\b"
_NO_ENZYME = r"(?:(?:in|de)crease|release|\w*base|phase|phrase|case|purchase|please|disease|erase)\b"
_PATTERN = re.compile(
    rf"(?P<EXCHANGE>{EXCHANGE_ID})"
    r"|(?P<DIGEST>sha256:[0-9a-f]+|\b[0-9A-HJKMNP-TV-Z]{26}/\d+)"
    r"|\b(?P<ID>[CR]\d{5}|(?:cpd|rxn)\d{5}|MNX[MR]\d+|[A-Z]{14}-[A-Z]{10}-[A-Z])\b"
    r"|\b(?P<ENZYME>(?:EC\s?:?\s?)?\d+\.\d+\.\d+\.\d+\b|"
    rf"(?:(?:[\w'-]*(?:ate|ose|ine|ide|CoA|ATP|NADH|NADPH|GTP)|\w+-\w[\w-]*)\s)?(?!{_NO_ENZYME})[a-z][\w-]+ase\b)"
    r"|\b(?P<MODEL>i[A-Z]{1,4}\d+\w*)\b"
    r"|\b(?P<GENE>b\d{4}|[A-Z][A-Za-z]{1,5}_?\d{4,})\b"
    rf"|(?<![\w.,-])(?P<NUMBER>\d+(?:[.,]\d+)*|\.\d+)(?P<unit>\s*(?:%|percent\b|per\s+cent\b|Prozent\b|pour\s?cents?\b|por\s?ciento\b)|\s*{_FLUX}|\s*(?:{_YIELD}|{_MASS_SHARE}|{_MASS_YIELD}|{_FEED_RATE}|{_BIOMASS_CONCENTRATION}|{_VOLUME})|\s*{_RATE})?(?!\w|-[a-zA-Z])"
    r"|(?P<WORD>\d+(?:,\d+)*(?=-[a-zA-Z])|[^\W_][\w]*)"
    r"|(?P<COMMA>[,:&+/]|(?<=\s)[-\u2013\u2014](?=\s))|(?P<END>[?!;\n]+|\.(?=\s|$))",
    re.IGNORECASE,
)
_CASED = {
    GENE: re.compile(r"b\d{4}|[A-Z]{2,}[a-z]*_?\d{4,}"),
    MODEL: re.compile(r"i[A-Z]{1,4}\d+\w*"),
    DATABASE_ID: re.compile(r"[CR]\d{5}|(?:cpd|rxn)\d{5}|MNX[MR]\d+|[A-Z-]+"),
}
_PUNCTUATION = {"&": "and", "+": "plus"}


def tokenize(question: str) -> Iterator[Token]:
    """The tokens of a question in their order."""
    for match in _PATTERN.finditer(_normalize(question)):
        kind, text = match.lastgroup or "", match[0]
        if match["NUMBER"]:
            yield _build_number(match)
        elif kind == ENZYME:
            yield Token(ENZYME, text, re.sub(r"^EC\s?:?\s?", "", text))
        elif kind == "WORD" or (kind in _CASED and not _CASED[kind].fullmatch(text)):
            yield Token(UNKNOWN, text)
        elif kind == "COMMA":
            yield Token(_PUNCTUATION.get(text, COMMA), text)
        else:
            yield Token(kind, text, text)


_ABBREVIATED = re.compile(
    r"\b(ess|max|min|approx|ca|resp|vs|conc|conds?|bzw|ggf|inkl|env|cf|temp)\.", re.IGNORECASE
)


_BARE_UNIT = re.compile(
    r"[(\[]\s*(?:(?:all )?in )?(?:mmol[^)\]]*|1/h|h-1)[)\]]"
    r"|(?<=[a-zA-Z,:] )(?:in\s+)?mmol\s?/\s?gDW\s?/\s?h\b",
    re.IGNORECASE,
)
"""A unit without a number; all numbers of the question have it."""
_PER_GRAM_AND_HOUR = re.compile(
    r"\b(?:per|pro|par|por)\s+gram\w*(?:\s+\w+)?\s+(?:and|und|et|y)\s+(?:hour|Stunde|heure|hora)\b",
    re.IGNORECASE,
)
"""The unit of a flux that is asked for, in words; no time passes."""
_ONE_MORE = re.compile(r"\b(more|extra|additional|further)\s+mmol\s?/\s?gDW\s?/\s?h\b", re.IGNORECASE)
"""The unit where it stands for an amount: "one more mmol/gDW/h of glucose"."""
_MILLIMOLAR = re.compile(r"(\d)\s?(?:mM\b|mmol\s?(?:/|per )\s?(?:[lL]\b|lit\w+)|millimolar\b)")
_HOURS = re.compile(r"(\d)\s?(?:h|hrs?)\b(?!\s?(?:\^|-1|\u207b|\u2212))")
_CONCENTRATION = re.compile(
    r"(\d)\s?(?:(?:[\u00b5mn]?g|[\u00b5mn]?mol)\s?(?:/|per )\s?[mM]?(?:[lL]\b|lit\w+)|[\u00b5mn]?M\b)"
)
"""A number with the unit of a concentration, which is no uptake."""
_EXTREMES = re.compile(
    r"\b(min\w*|max\w*|lower|upper|lowest|highest)\s?[/\u2013-]\s?(min\w*|max\w*|lower|upper|lowest|highest)\b",
    re.IGNORECASE,
)
"""Such as "min/max"."""


_NULL_ALLELE = re.compile(
    r"(?<![\w-])([a-z]{3}[A-Z]?)[-\u2212](?=[\s,;?!)]|$)(?!\s(?:[a-z]*ase|and|or|und|oder|et|ou|y|o)\b)"
)
"""A gene with a minus after it, as geneticists write its loss: "pgi- phenotype"."""


def _normalize(text: str) -> str:
    """The text with one spelling of apostrophes, negations, deletions and abbreviations."""
    text = re.sub(r"[\u2018\u2019`\u00b4]", "'", text)
    text = re.sub(r"\bcan't\b", "cannot", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=\w)'s\b", " ", text)
    text = re.sub(r"\u00b0\s?[CF]\b", " degrees", text)
    text = _MILLIMOLAR.sub(rf"\1 {MILLIMOLAR} ", _HOURS.sub(r"\1 hours ", text))
    text = _CONCENTRATION.sub(r"\1 molarity ", text)
    text = _PER_GRAM_AND_HOUR.sub(" ", text) if "mmol" not in text else text
    text = _BARE_UNIT.sub(" ", _ONE_MORE.sub(r"\1 mmol", text))
    text = _EXTREMES.sub(r"\1 and \2", text)
    text = re.sub(r"\b((?:[a-zA-Z]\.\s?)+)(?=[a-z(,])", _drop_dots, text)
    text = re.sub(r"\bw/o(?:ut)?\b", "without", text, flags=re.IGNORECASE)
    text = re.sub(r"\bw/", "with ", text, flags=re.IGNORECASE)
    text = _ABBREVIATED.sub(r"\1 ", text)
    text = re.sub(r"[\u0394\u2206](?=\w)", "knockout ", text)
    text = _NULL_ALLELE.sub(r"knockout gene \1 ", text)
    return re.sub(r"n't\b", " not", text, flags=re.IGNORECASE)


def _drop_dots(match: re.Match[str]) -> str:
    """An abbreviation such as "i.e." or "E. coli" without its dots, which end no sentence."""
    return " " if match[0].islower() else match[0].replace(".", " ")


_RATIOS = (
    (re.compile(_YIELD, re.IGNORECASE), YIELD),
    (re.compile(_MASS_YIELD, re.IGNORECASE), MASS_YIELD),
    (re.compile(_MASS_SHARE, re.IGNORECASE), MASS_SHARE),
    (re.compile(_FEED_RATE, re.IGNORECASE), FEED_RATE),
    (re.compile(_BIOMASS_CONCENTRATION, re.IGNORECASE), BIOMASS_CONCENTRATION),
    (re.compile(_VOLUME, re.IGNORECASE), VOLUME),
)


def _build_number(match: re.Match[str]) -> Token:
    text, unit = match["NUMBER"], (match["unit"] or "").strip().lower()
    value = float(_write_decimal(text))
    ratio = next((name for pattern, name in _RATIOS if pattern.fullmatch(unit)), "")
    if ratio:
        return Token(NUMBER, match[0], value / 1_000 if unit.startswith("ml") else value, ratio)
    if unit and not unit.startswith(("mmol", "/", "1/", "h", "per h", "pro s", "par h", "por h")):
        return Token(PERCENT, match[0], value / 100, "percent")
    return Token(NUMBER, match[0], value, ("flux" if unit.startswith("mmol") else "rate") if unit else "")


def _write_decimal(text: str) -> str:
    """A number with a point: a comma is decimal unless three digits follow it, as in 1,000."""
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", text):
        return text.replace(",", "")
    head, *tail = re.split(r"[.,]", text)
    return f"{head}.{''.join(tail)}" if tail else head
