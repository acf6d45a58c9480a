"""What the planner understands: which words ask for which tool. Data, in the order of precedence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fluxagents.tasks.fba.media_library import MediaLibrary

MEDIA = MediaLibrary().names()
"""Media that have a name and a composition."""


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
        alone: Whether a clause that asks for it asks for nothing else.
    """

    name: str
    tool: str
    words: re.Pattern[str]
    unless: frozenset[str] = frozenset()
    strong: re.Pattern[str] | None = None
    alone: bool = False


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:{alternative})" for alternative in alternatives), re.IGNORECASE)


KNOCK_OUT = (
    r"(?:knock(?:ed|ing)?(?:[ -]?outs?)?|delet(?:e|ed|ing|ions?)|disrupt(?:ed|ing)?|remov(?:e|ed|ing)"
    r"|los(?:e|es|ing|s|t))"
)

SPECIFIC = frozenset({"essentiality", "variability", "minimal_medium", "production"})

LOCUS = r"(?:b\d{4}|[A-Z][A-Za-z]{1,5}_?\d{4,})"
"""A gene's id: a locus tag such as b0720 or STM1234."""

PATHWAY = (
    r"(?:glycolysis|gluconeogenesis|tca(?:\s+cycle)?|citric\s+acid\s+cycle|krebs\s+cycle"
    r"|pentose\s+phosphate(?:\s+pathway)?|oxidative\s+phosphorylation|glyoxylate\s+shunt"
    r"|[a-z-]+\s+(?:metabolism|biosynthesis|degradation))"
)
DATABASE_ID = r"\b(?:[CR]\d{5}|(?:cpd|rxn)\d{5}|MNX[MR]\d+)\b"
DATABASES = {
    "kegg": "kegg",
    "bigg": "bigg",
    "modelseed": "modelseed",
    "seed": "modelseed",
    "metanetx": "metanetx",
    "inchikey": "inchikey",
    "inchi key": "inchikey",
}
"""What people call a database, and what the tool does."""

_DATABASE = "|".join(DATABASES)

MODEL_NAME = r"(?P<model>i[A-Z]{1,4}\d+\w*|[A-Za-z]\w*_\w+|[\w.-]+(?=\s+model\b)|(?<=\bmodel\s)[\w.-]+)"
_TO_COMPARE = rf"\b(?:compar\w+|differ\w*)\b.{{0,40}}\b(?:with|to|from|and)\s+(?:the\s+)?{MODEL_NAME}"

_MEDIA = "|".join(re.escape(name) for name in sorted(MEDIA, key=len, reverse=True))
MEDIUM_NAME = re.compile(rf"(?<![\w-])(?P<medium>{_MEDIA})(?![\w-])")
_IN_A_MEDIUM = rf"\b(?:in|on|versus|vs|and)\s+(?:the\s+)?(?:{_MEDIA})(?![\w-])"

INTENTS = (
    Intent(
        "gene_sets",
        "run_gene_deletion_analysis",
        _words(
            rf"^(?!.*\b(?:essential|permanent|for good|new model))(?=.*(?:{KNOCK_OUT}|mutant|without))"
            rf".*\b{LOCUS}\b.*\b{LOCUS}\b"
        ),
        alone=True,
    ),
    Intent(
        "gene_pairs",
        "run_gene_deletion_analysis",
        _words(
            r"\b(?:double|pairwise)\s+(?:gene\s+)?(?:deletion|knock)\w*",
            r"\bsynthetic(?:ally)?\s+lethal\w*",
            r"\bpairs?\s+of\s+genes?\b|\bgenes?\s+pairs?\b",
        ),
        alone=True,
    ),
    Intent(
        "lasting_knock_out",
        "knock_out",
        _words(
            rf"^(?=.*\b(?:permanent(?:ly)?|for\s+good|lasting|new\s+model)\b)"
            rf"(?=.*(?:{KNOCK_OUT}|without)).*\b{LOCUS}\b"
        ),
        alone=True,
    ),
    Intent("sampling", "run_flux_sampling", _words(r"\bsampl(?:e|es|ing)\b"), alone=True),
    Intent(
        "pathway",
        "analyze_pathway",
        _words(
            rf"\b(?:flux(?:es)?|analy[sz]e|pathway)\b.{{0,40}}\b{PATHWAY}",
            rf"\b{PATHWAY}\s+(?:pathway|flux(?:es)?)\b",
        ),
        alone=True,
    ),
    Intent(
        "media_growth",
        "compare_media_performance",
        _words(
            rf"^(?!.*(?:essential|\bfva\b|variab|produc|envelope|minimal\s+medium))(?=.*\bgrow).*{_IN_A_MEDIUM}"
        ),
        alone=True,
    ),
    Intent(
        "model_comparison",
        "compare_models",
        _words(_TO_COMPARE, r"\bcompare\b.{0,30}\bmodels\b"),
        alone=True,
    ),
    Intent(
        "validation",
        "validate_model",
        _words(
            r"\bvalid(?:ate|ated|ation|ity)?\b",
            r"\b(?:mass|charge)(?:\s+and\s+charge)?[\s-]+balanc\w+|\bunbalanced\b",
            r"\benergy[\s-]generating\s+cycles?\b",
            r"\b(?:check|test)\s+(?:the\s+)?(?:quality\s+of\s+)?(?:the\s+|this\s+)?(?:model|reconstruction)\b",
            r"\b(?:quality|soundness|sound|consistent|consistency)\b.{0,20}\b(?:model|reconstruction)\b"
            r"|\b(?:model|reconstruction)\b.{0,20}\b(?:sound|consistent|quality)\b",
        ),
        alone=True,
    ),
    Intent(
        "auxotrophies",
        "predict_auxotrophies",
        _words(
            r"\bauxotroph\w*",
            r"\b(?:cannot|can'?t|can\s+(?:\w+\s+){1,3}not|unable\s+to|not\s+able\s+to)\s+(?:itself\s+)?"
            r"(?:make|synthesi[sz]e|produce)\b",
        ),
        alone=True,
    ),
    Intent(
        "missing_nutrients",
        "check_missing_media",
        _words(
            r"\b(?:missing|lack(?:s|ing)?)\b.{0,30}\b(?:medium|growth)\b",
            r"\bnutrients?\b.{0,20}\b(?:missing|lack(?:s|ing)?)\b",
            r"\bmedium\b.{0,20}\b(?:missing|lacks?)\b",
        ),
        alone=True,
    ),
    Intent(
        "best_medium",
        "select_optimal_media",
        _words(
            r"\b(?:best|optimal|most\s+suitable)\s+(?:growth\s+|culture\s+|library\s+)?medi(?:um|a)\b",
            r"\b(?:which|what)\s+medi(?:um|a)\b.{0,40}\b(?:best|most|fastest|highest|optimal)\b",
        ),
        alone=True,
    ),
    Intent(
        "fitting_media",
        "analyze_media_compatibility",
        _words(
            r"\b(?:which|what)\s+media\b.{0,40}\b(?:grow\w*|compatible|fit|support)\b",
            r"\bmedia\b.{0,30}\bcompatib\w+|\bcompatib\w+.{0,30}\bmedia\b",
        ),
        alone=True,
    ),
    Intent(
        "translation",
        "translate_database_ids",
        _words(
            rf"\btranslate\b.*\b(?:{_DATABASE})\b",
            rf"\b(?:{_DATABASE})[\s-]+(?:ids?|identifiers?)\b",
        ),
        alone=True,
    ),
    Intent(
        "look_up",
        "resolve_biochem_entity",
        _words(rf"\b(?:what\s+is|look\s*up|resolve|identify)\s+{DATABASE_ID}"),
        alone=True,
    ),
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
            r"\bhow\s+(?:much|far)\s+can\b.{0,60}\bvary\b|\bvary\b.{0,20}\bflux(?:es)?\b",
            r"\b(?:which|what)\s+flux(?:es)?\s+(?:can|may|could)\b|\branges?\b.{0,40}\bflux(?:es)?\b",
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
    (
        re.compile(r"\bexpression\b|\btranscriptom\w+|\brna-?seq\b", re.IGNORECASE),
        "integrate expression data",
    ),
    (re.compile(r"\bannotat\w+", re.IGNORECASE), "annotate genomes"),
    (re.compile(r"\bpH\b|\btemperatures?\b|°C|\bdegrees\b", re.IGNORECASE), "model pH or temperature"),
    (
        re.compile(r"\b(?:prices?|costs?|euros?|dollars?)\b(?!.*\bmedi(?:um|a)\b)", re.IGNORECASE),
        "say prices",
    ),
    (
        re.compile(
            r"\b(?:protein|gene|enzyme)s?\b.{0,30}\b(?:fold(?:ed|s|ing)?|sequences?|crystal)\b", re.IGNORECASE
        ),
        "tell sequences or structures of proteins",
    ),
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
