"""What the planner understands: which words ask for which tool. Data, in the order of precedence."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that a question may ask for.

    Attributes:
        name: What reports and arguments speak of.
        tool: The tool that answers it.
        words: What asks for it.
        unless: Intents that use the same words for something else: with one of them in the same clause, this
            one is asked for only by its `strong` words.
        strong: Words that ask for it in any company.
    """

    name: str
    tool: str
    words: re.Pattern[str]
    unless: frozenset[str] = frozenset()
    strong: re.Pattern[str] | None = None


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:{alternative})" for alternative in alternatives), re.IGNORECASE)


KNOCK_OUT = (
    r"(?:knock(?:ed|ing)?(?:[ -]?outs?)?|delet(?:e|ed|ing|ions?)|disrupt(?:ed|ing)?|remov(?:e|ed|ing)"
    r"|los(?:e|es|ing|s|t))"
)

SPECIFIC = frozenset({"essentiality", "variability", "minimal_medium", "production"})

INTENTS = (
    Intent(
        "essentiality",
        "analyze_essentiality",
        _words(
            r"\b(?:non-?|in)?essential(?:ity|s)?\b",
            r"\bindispensable\b|\bdispensable\b",
            r"\blethal\w*",
            r"\b(?:genes?|reactions?)\b.{0,60}\b(?:required|needed|necessary|critical|vital|crucial)\b",
            r"\b(?:required|needed|necessary|critical|vital|crucial|key)\s+(?:genes?|reactions?)\b",
            r"\b(?:genes?|reactions?)\b.{0,60}(?:live|grow|survive|do)\s+without\b",
            rf"\b{KNOCK_OUT}\b.{{0,60}}\b(?:genes?|reactions?|b\d{{4}})\b",
            rf"\b(?:genes?|reactions?|b\d{{4}})\b.{{0,60}}\b{KNOCK_OUT}\b",
            r"\bknock[ -]?outs?\b|\bdrug targets?\b",
        ),
        unless=frozenset({"minimal_medium"}),
        strong=_words(r"\b(?:genes?|reactions?)\b"),
    ),
    Intent(
        "variability",
        "run_flux_variability_analysis",
        _words(
            r"\bfva\b",
            r"\bvariab(?:le|ility)\b",
            r"\bflux(?:es)?\s+(?:ranges?|intervals?|bounds?|limits?)\b|\branges?\s+of\s+(?:the\s+)?flux(?:es)?\b",
            r"\bblocked\b|\b(?:cannot|can'?t)\s+carry\b|\bcarry\s+no\s+flux\b|\bdead\s+reactions?\b|\binactive\b",
            r"\bflux(?:es)?\b.{0,40}\b(?:vary|fixed|flexible|change)\b",
            r"\b(?:fixed|flexible|minimum and maximum)\s+flux(?:es)?\b",
            r"\bhow\s+(?:much|far)\s+can\b.{0,60}\bvary\b",
        ),
    ),
    Intent(
        "minimal_medium",
        "find_minimal_media",
        _words(
            r"\bminim(?:al|um)\s+(?:growth\s+|culture\s+|nutrient\s+|set\s+of\s+)?(?:medi(?:um|a)|nutrients?|requirements?|components?)\b",
            r"\b(?:smallest|simplest|cheapest|leanest)\s+(?:growth\s+|possible\s+)?medi(?:um|a)\b",
            r"\bfewest\s+(?:nutrients|components|compounds)\b",
            r"\b(?:nutrients?|compounds?|nutritional|substrates?)\b.{0,40}\b(?:needs?|needed|requires?|required|requirements?|necessary|essential)\b|\bessential\s+(?:nutrients?|compounds?)\b",
            r"\bwhat\s+(?:does|do)\s+(?:it|the\s+\w+|\S+)\s+need\b",
            r"\bneeds?\s+(?:in\s+order\s+)?to\s+grow\b",
        ),
    ),
    Intent(
        "production",
        "run_production_envelope",
        _words(
            r"\benvelopes?\b|\btrade-?offs?\b",
            r"\byields?\b",
            r"\bover-?produc\w+",
            r"(?<!by-)(?<!by)\bproduc(?:e|es|ed|ing|tion)\b",
            r"\bcan\b.{0,40}\b(?:make|secrete|excrete|export)\b",
            r"\bmax\w*\b.{0,30}\b(?:secretion|export|output|titer)\b",
            r"\b(?:make|synthesi[sz]e)\b",
        ),
    ),
    Intent(
        "growth",
        "run_metabolic_fba",
        _words(
            r"\bgrow(?:s|th|ing|n)?\b",
            r"\bbiomass\b|\bdoubling\b|\bviab(?:le|ility)\b|\bsurviv\w*|\balive\b|\blive\b",
            r"\bobjective\s+value\b|\boptimum\b|\boptimi[sz]e\b|\bmaximi[sz]e\b",
        ),
        unless=SPECIFIC,
        strong=_words(
            r"\bgrowth\s+rates?\b",
            r"\bhow\s+(?:fast|quickly|well|slowly)\b",
            r"(?:\band|,|\bplus|\bas\s+well\s+as|\balso)\s+(?:the\s+|its\s+|on\s+)?(?:max\w+\s+|optimal\s+|predicted\s+|specific\s+)?growth\b(?!\s+medi)",
            r"\bgrowth\b\s*(?:,|\band\b|&|\bas\s+well)",
            r"\b(?:does|can|will|would|could)\s+(?:it|the\s+\w+|\S+)\s+(?:still\s+)?(?:grow|survive|live)\b(?!\s+without\s+(?:genes?|reactions?))",
        ),
    ),
    Intent(
        "fluxes",
        "run_metabolic_fba",
        _words(
            r"\bflux(?:es)?\b|\bfba\b|\bflux\s+balance\b",
            r"\bsecret\w+|\bexcret\w+|\bby-?products?\b|\boverflow\b",
            r"\b(?:takes?|taken)\s+up\b|\buptake\s+rates?\b|\bconsum\w+",
        ),
        unless=frozenset({"variability", "production"}),
        strong=_words(r"\bflux\s+balance\b|\bfba\b|\bby-?products?\b"),
    ),
    Intent(
        "structure",
        "analyze_metabolic_model",
        _words(
            r"\b(?:describe|overview|summar\w+|statistics|size|structure|composition)\b",
            r"\btell\s+me\b.{0,20}\babout\b|\binformation\b|\bwhat\s+(?:is|kind\s+of)\b.{0,20}\bmodel\b|\babout\s+(?:the|this)\s+model\b",
            r"\bhow\s+(?:many|big|large)\b|\bnumber\s+of\b|\bcount\s+(?:of|the)\b",
            r"\bcompartments?\b|\bsubsystems?\b|\borphans?\b|\bdead[- ]ends?\b|\bgpr\b|\bgene\s+rules?\b",
            r"\bobjective\b|\bmedi(?:um|a)\b|\bexchange\s+reactions?\b",
        ),
        unless=SPECIFIC | {"growth", "fluxes"},
        strong=_words(
            r"\bhow\s+many\s+(?:reactions|metabolites|compartments|subsystems|genes)\b\s*(?:,|and\s+(?:reactions|metabolites|genes)\b|does|do|are\s+there|are\s+in|in\b)",
            r"\bdescribe\b|\boverview\b|\btell\s+me\s+about\s+(?:the|this)\s+model\b|\bwhat\s+is\s+the\s+objective\b",
        ),
    ),
)

CHANGE = "change"

CHANGE_TOOL = "apply_medium"

IMPERATIVE = re.compile(
    r"^\W*(?:(?:please|now|then|also|and|first|next|can\s+you|could\s+you|would\s+you|will\s+you|i\s+want\s+(?:you\s+)?to|i'?d\s+like\s+(?:you\s+)?to"
    r"|let'?s|kindly)\s+)*(?P<verb>add|supplement|remove|delete|omit|drop|take|set|change|modify|adjust|increase|raise|decrease|reduce|lower|limit"
    r"|restrict|double|triple|halve|replace|switch|apply|close|open|make)\b",
    re.IGNORECASE,
)
"""A clause that asks for a change of the medium begins like this and names a compound."""

UNSUPPORTED = (
    (re.compile(r"\bgap-?fill\w*", re.IGNORECASE), "fill gaps"),
    (re.compile(r"\bsampl(?:e|ing)\b", re.IGNORECASE), "sample fluxes"),
    (
        re.compile(
            r"\b(?:double|pairwise)\s+(?:gene\s+)?(?:deletion|knock)\w*|\bsynthetic\s+lethal\w*",
            re.IGNORECASE,
        ),
        "delete genes in pairs",
    ),
    (
        re.compile(r"\bexpression\b|\btranscriptom\w+|\brna-?seq\b", re.IGNORECASE),
        "integrate expression data",
    ),
    (re.compile(r"\bannotat\w+", re.IGNORECASE), "annotate genomes"),
    (re.compile(r"\bpH\b|\btemperatures?\b|°C|\bdegrees\b", re.IGNORECASE), "model pH or temperature"),
    (re.compile(r"\bcompare\b.{0,30}\bmodels\b", re.IGNORECASE), "compare models"),
)
"""What is asked for by name and no tool of the planner does."""

NAMELESS_KNOCK_OUT = re.compile(r"\bknock\w*|\bdelet(?:e|ed|ing|ions?)\b|\bdisrupt\w*", re.IGNORECASE)

UNKNOWN_MEDIUM = re.compile(
    r"\b(?:in|on)\s+(?:an?\s+)?(?P<medium>LB|M9|TSB|YPD|MOPS|SOB|TB|(?:rich|complete|complex|blood)(?=\s+medi))\b"
)
"""Media that have a name and no composition here."""

NEUTRAL = re.compile(
    r"\b(?:in|on|under|with|using|for)\s+(?:the\s+|a\s+|its\s+|this\s+|that\s+)?(?:own\s+)?(?:default|same|current|minimal|standard|given|present|normal|original"
    r"|model'?s?(?:\s+own)?)\s+(?:\w+\s+)?(?:medium|media|conditions?)\b",
    re.IGNORECASE,
)
"""Conditions that are those of the model."""
