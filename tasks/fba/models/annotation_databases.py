"""Databases that annotations point to, with the form of their ids, as memote 0.17 tests them.

The patterns are those of identifiers.org as memote (Apache-2.0, doi:10.1038/s41587-020-0446-y) has them,
so that scores can be set side by side. Like there an id must begin with what a pattern says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_EC = r"^\d+\.-\.-\.-|\d+\.\d+\.-\.-|\d+\.\d+\.\d+\.-|\d+\.\d+\.\d+\.(n)?\d+$"
_REACTOME = r"(^R-[A-Z]{3}-[0-9]+(-[0-9]+)?$)|(^REACT_\d+(\.\d+)?$)"
_BIGG = r"^[a-z_A-Z0-9]+$"

BIOCYC = "biocyc"
"""Its pattern fits almost every id: of a model's own ids it counts only where no other pattern fits."""

_BIOCYC = r"^[A-Z-0-9]+(?<!CHEBI)(\:)?[A-Za-z0-9+_.%-]+$"


def _compile(patterns: Mapping[str, str]) -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


METABOLITES = _compile(
    {
        "pubchem.compound": r"^\d+$",
        "kegg.compound": r"^C\d+$",
        "seed.compound": r"^cpd\d+$",
        "inchikey": r"^[A-Z]{14}\-[A-Z]{10}(\-[A-Z])?",
        "inchi": r"^InChI\=1S?\/[A-Za-z0-9\.]+(\+[0-9]+)?(\/[cnpqbtmsih][A-Za-z0-9\-\+\(\)\,\/\?\;\.]+)*$",
        "chebi": r"^CHEBI:\d+$",
        "hmdb": r"^HMDB\d{5}$",
        "reactome": _REACTOME,
        "metanetx.chemical": r"^MNXM\d+$",
        "bigg.metabolite": _BIGG,
        BIOCYC: _BIOCYC,
    }
)

REACTIONS = _compile(
    {
        "rhea": r"^\d{5}$",
        "kegg.reaction": r"^R\d+$",
        "seed.reaction": r"^rxn\d+$",
        "metanetx.reaction": r"^MNXR\d+$",
        "bigg.reaction": _BIGG,
        "reactome": _REACTOME,
        "ec-code": _EC,
        "brenda": _EC,
        BIOCYC: _BIOCYC,
    }
)

GENES = _compile(
    {
        "refseq": r"^((AC|AP|NC|NG|NM|NP|NR|NT|NW|XM|XP|XR|YP|ZP)_\d+|(NZ\_[A-Z]{4}\d+))(\.\d+)?$",
        "uniprot": r"^([A-N,R-Z][0-9]([A-Z][A-Z, 0-9][A-Z, 0-9][0-9]){1,2})"
        r"|([O,P,Q][0-9][A-Z, 0-9][A-Z, 0-9][A-Z, 0-9][0-9])(\.\d+)?$",
        "ecogene": r"^EG\d+$",
        "kegg.genes": r"^\w+:[\w\d\.-]*$",
        "ncbigi": r"^(GI|gi)\:\d+$",
        "ncbigene": r"^\d+$",
        "ncbiprotein": r"^(\w+\d+(\.\d+)?)|(NP_\d+)$",
        "ccds": r"^CCDS\d+\.\d+$",
        "hprd": r"^\d+$",
        "asap": r"^[A-Za-z0-9-]+$",
    }
)
