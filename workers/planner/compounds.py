"""Words for compounds and the ids that BiGG and ModelSEED give them. Data, not judgement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compound:
    """A nutrient or product.

    Attributes:
        bigg: Its BiGG id without compartment.
        seed: Its ModelSEED id.
        carbon: Whether a cell may grow on it as the only source of carbon.
        names: What people call it, lower case; the first one is shown.
    """

    bigg: str
    seed: str
    carbon: bool
    names: tuple[str, ...]


def _table(text: str, *, carbon: bool) -> tuple[Compound, ...]:
    rows = (line.split("|") for line in text.strip().splitlines())
    return tuple(
        Compound(bigg.strip(), seed.strip(), carbon, tuple(name.strip() for name in names.split(",")))
        for bigg, seed, names in rows
    )


_CARBON = """
glc__D  | cpd00027 | glucose, d-glucose, dextrose, glc
fru     | cpd00082 | fructose, d-fructose
gal     | cpd00108 | galactose, d-galactose
man     | cpd00138 | mannose, d-mannose
xyl__D  | cpd00154 | xylose, d-xylose
arab__L | cpd00224 | arabinose, l-arabinose
rib__D  | cpd00105 | ribose, d-ribose
sucr    | cpd00076 | sucrose, saccharose
lcts    | cpd00208 | lactose
malt    | cpd00179 | maltose
tre     | cpd00794 | trehalose
mnl     | cpd00314 | mannitol
sbt__D  | cpd00588 | sorbitol, d-sorbitol
glyc    | cpd00100 | glycerol, glycerin
ac      | cpd00029 | acetate, acetic acid
succ    | cpd00036 | succinate, succinic acid
pyr     | cpd00020 | pyruvate, pyruvic acid
etoh    | cpd00363 | ethanol, alcohol
for     | cpd00047 | formate, formic acid
lac__D  | cpd00221 | d-lactate, lactate, lactic acid
lac__L  | cpd00159 | l-lactate
fum     | cpd00106 | fumarate, fumaric acid
mal__L  | cpd00130 | l-malate, malate, malic acid
akg     | cpd00024 | alpha-ketoglutarate, 2-oxoglutarate, oxoglutarate, ketoglutarate, akg
cit     | cpd00137 | citrate, citric acid
acald   | cpd00071 | acetaldehyde
meoh    | cpd00116 | methanol
ch4     | cpd01024 | methane
glcn    | cpd00222 | gluconate
ppa     | cpd00141 | propionate, propanoate
but     | cpd00211 | butyrate, butanoate
gln__L  | cpd00053 | l-glutamine, glutamine
glu__L  | cpd00023 | l-glutamate, glutamate, glutamic acid
ala__L  | cpd00035 | l-alanine, alanine
arg__L  | cpd00051 | l-arginine, arginine
asn__L  | cpd00132 | l-asparagine, asparagine
asp__L  | cpd00041 | l-aspartate, aspartate, aspartic acid
cys__L  | cpd00084 | l-cysteine, cysteine
gly     | cpd00033 | glycine
his__L  | cpd00119 | l-histidine, histidine
ile__L  | cpd00322 | l-isoleucine, isoleucine
leu__L  | cpd00107 | l-leucine, leucine
lys__L  | cpd00039 | l-lysine, lysine
met__L  | cpd00060 | l-methionine, methionine
phe__L  | cpd00066 | l-phenylalanine, phenylalanine
pro__L  | cpd00129 | l-proline, proline
ser__L  | cpd00054 | l-serine, serine
thr__L  | cpd00161 | l-threonine, threonine
trp__L  | cpd00065 | l-tryptophan, tryptophan
tyr__L  | cpd00069 | l-tyrosine, tyrosine
val__L  | cpd00156 | l-valine, valine
"""

_OTHER = """
o2      | cpd00007 | oxygen, o2
co2     | cpd00011 | carbon dioxide, co2
nh4     | cpd00013 | ammonium, ammonia, nh4, nh3
no3     | cpd00209 | nitrate
no2     | cpd00075 | nitrite
pi      | cpd00009 | phosphate, pi
so4     | cpd00048 | sulfate, sulphate
h2      | cpd11640 | hydrogen, h2
h2o     | cpd00001 | water, h2o
h2s     | cpd00239 | hydrogen sulfide, h2s
fe2     | cpd10515 | iron, ferrous iron, fe2
fe3     | cpd10516 | ferric iron, fe3
k       | cpd00205 | potassium
mg2     | cpd00254 | magnesium
ca2     | cpd00063 | calcium
na1     | cpd00971 | sodium
cl      | cpd00099 | chloride
zn2     | cpd00034 | zinc
mn2     | cpd00030 | manganese
cu2     | cpd00058 | copper
cobalt2 | cpd00149 | cobalt
thm     | cpd00305 | thiamine, thiamin, vitamin b1
ribflv  | cpd00220 | riboflavin, vitamin b2
nac     | cpd00218 | niacin, nicotinate, nicotinic acid
pnto__R | cpd00644 | pantothenate, vitamin b5
btn     | cpd00104 | biotin
fol     | cpd00393 | folate, folic acid
urea    | cpd00073 | urea
"""

COMPOUNDS = (*_table(_CARBON, carbon=True), *_table(_OTHER, carbon=False))

BY_NAME: Mapping[str, Compound] = {name: compound for compound in COMPOUNDS for name in compound.names}

_NAMES = "|".join(re.escape(name) for name in sorted(BY_NAME, key=len, reverse=True))

EXCHANGE_ID = r"EX_[A-Za-z0-9_]+(?:\([A-Za-z0-9]+\)|\[[A-Za-z0-9]+\])?"

MENTION = re.compile(rf"(?<![\w-])(?:(?P<id>{EXCHANGE_ID})|(?P<name>(?i:{_NAMES})))(?![\w-])")
"""A compound in a question: an exchange reaction's id, or a name."""

DEFAULT_CARBON = BY_NAME["glucose"]
OXYGEN = BY_NAME["oxygen"]


def exchange_of(compound: Compound, known: Iterable[str]) -> str:
    """The id of the exchange reaction, in the style of the ids that were seen.

    Args:
        compound: What is exchanged.
        known: Ids of exchange reactions of the model, as far as they have been seen.
    """
    seen = list(known)
    styles = (
        f"EX_{compound.bigg}_e",
        f"EX_{compound.bigg}(e)",
        f"EX_{compound.seed}_e0",
        f"EX_{compound.seed}_e",
    )
    for style in styles:
        if style in seen:
            return style
    if any(identifier.startswith("EX_cpd") for identifier in seen):
        return (
            styles[3] if any(re.fullmatch(r"EX_cpd\d+_e", identifier) for identifier in seen) else styles[2]
        )
    return styles[1] if any(identifier.endswith("(e)") for identifier in seen) else styles[0]


def compound_of(exchange: str) -> Compound | None:
    """The compound that an exchange reaction's id speaks of, if it is in the table."""
    base = re.sub(r"^EX_|(?:_e0?|\(e\)|\[e0?\])$", "", exchange)
    return next((compound for compound in COMPOUNDS if base in (compound.bigg, compound.seed)), None)
