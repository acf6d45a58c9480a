"""The network that the files of `tests/data/conventions` hold, and its structures for MATLAB.

Glucose (at most 10 mmol/gDW/h) is respired with 6 oxygen (at most 6 mmol/gDW/h) to 6 carbon dioxide and 30 of
energy, or fermented to 2 lactate and 2 of energy; growth takes 2 glucose and 10 of energy. Oxygen limits
respiration to 1, so glucose 1 + f + 2 g = 10 and energy 30 + 2 f = 10 g give f = 15/7 and g = 24/7.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.io import savemat  # type: ignore[import-untyped]
from scipy.sparse import csc_matrix  # type: ignore[import-untyped]

GROWTH = 24 / 7

METABOLITES = (
    "glc_e", "glc_c", "o2_e", "o2_c", "co2_e", "co2_c", "lac_e", "lac_c", "energy_c", "biomass_c",
)  # fmt: skip
REACTIONS: dict[str, tuple[dict[str, float], float]] = {
    "exchange of glucose": ({"glc_e": -1}, -10),
    "exchange of oxygen": ({"o2_e": -1}, -6),
    "exchange of carbon dioxide": ({"co2_e": -1}, 0),
    "exchange of lactate": ({"lac_e": -1}, 0),
    "transport of glucose": ({"glc_e": -1, "glc_c": 1}, 0),
    "transport of oxygen": ({"o2_e": -1, "o2_c": 1}, -1_000),
    "transport of carbon dioxide": ({"co2_c": -1, "co2_e": 1}, -1_000),
    "transport of lactate": ({"lac_c": -1, "lac_e": 1}, -1_000),
    "respiration": ({"glc_c": -1, "o2_c": -6, "co2_c": 6, "energy_c": 30}, 0),
    "fermentation": ({"glc_c": -1, "lac_c": 2, "energy_c": 2}, 0),
    "growth": ({"glc_c": -2, "energy_c": -10, "biomass_c": 1}, 0),
    "exchange of biomass": ({"biomass_c": -1}, 0),
}
"""The network: stoichiometry and lower bound; the upper one is 1,000."""

RULES = {
    "transport of glucose": "{0}",
    "respiration": "{1} and {2}",
    "fermentation": "{3} or {4}",
}
SUBSYSTEMS = {
    "exchange": "Exchange/demand reaction",
    "transport": "Transport, extracellular",
    "respiration": "Oxidative phosphorylation",
    "fermentation": "Glycolysis/gluconeogenesis",
    "growth": "Biomass",
}
YEAST_IDS = {
    "glc_e": "s_0565", "glc_c": "s_0563", "o2_e": "s_1277", "o2_c": "s_1275", "co2_e": "s_0458",
    "co2_c": "s_0456", "lac_e": "s_0026", "lac_c": "s_0025", "energy_c": "s_0434", "biomass_c": "s_0450",
    "exchange of glucose": "r_1714", "exchange of oxygen": "r_1992", "exchange of carbon dioxide": "r_1672",
    "exchange of lactate": "r_1546", "transport of glucose": "r_1166", "transport of oxygen": "r_1979",
    "transport of carbon dioxide": "r_1697", "transport of lactate": "r_1138", "respiration": "r_0438",
    "fermentation": "r_0534", "growth": "r_4041", "exchange of biomass": "r_2111",
}  # fmt: skip
YEAST_GENES = ("YHR094C", "YGL187C", "YLR038C", "YKL182W-A", "YPR170W-B")
AGORA_IDS = {
    "glc_e": "glc_D[e]", "glc_c": "glc_D[c]", "o2_e": "o2[e]", "o2_c": "o2[c]", "co2_e": "co2[e]",
    "co2_c": "co2[c]", "lac_e": "lac_L[e]", "lac_c": "lac_L[c]", "energy_c": "atp[c]",
    "biomass_c": "biomass[c]", "exchange of glucose": "EX_glc_D(e)", "exchange of oxygen": "EX_o2(e)",
    "exchange of carbon dioxide": "EX_co2(e)", "exchange of lactate": "EX_lac_L(e)",
    "transport of glucose": "GLCabc", "transport of oxygen": "O2t", "transport of carbon dioxide": "CO2t",
    "transport of lactate": "L_LACt2r", "respiration": "RESP", "fermentation": "FERM",
    "growth": "biomass345", "exchange of biomass": "EX_biomass(e)",
}  # fmt: skip
AGORA_GENES = tuple(f"226186.12.peg.{number}" for number in range(101, 106))


def build_cells(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """A column of MATLAB cells."""
    column = np.empty((len(values), 1), dtype=object)
    column[:, 0] = values
    return column


def build_fields(ids: Mapping[str, str], genes: Sequence[str], objective: str) -> dict[str, Any]:
    """The fields that RAVEN and COBRA Toolbox write alike."""
    stoichiometry = np.array(
        [[columns.get(name, 0.0) for columns, _ in REACTIONS.values()] for name in METABOLITES]
    )
    rules = [RULES.get(name, "").format(*genes) for name in REACTIONS]
    return {
        "rxns": build_cells([ids[name] for name in REACTIONS]),
        "mets": build_cells([ids[name] for name in METABOLITES]),
        "S": csc_matrix(stoichiometry),
        "lb": np.array([[float(lowest)] for _, lowest in REACTIONS.values()]),
        "ub": np.full((len(REACTIONS), 1), 1_000.0),
        "c": np.array([[float(name == objective)] for name in REACTIONS]),
        "b": np.zeros((len(METABOLITES), 1)),
        "rxnNames": build_cells(list(REACTIONS)),
        "metNames": build_cells([name.split("_")[0] for name in METABOLITES]),
        "genes": build_cells(list(genes)),
        "grRules": build_cells(rules),
        "rxnGeneMat": csc_matrix(np.array([[float(gene in rule) for gene in genes] for rule in rules])),
        "subSystems": build_cells([build_cells([SUBSYSTEMS[name.split()[0]]]) for name in REACTIONS]),
    }


def write_raven() -> bytes:
    """As `exportForGit` of RAVEN writes yeast-GEM: numbers as compartments, charges that are not known."""
    charges = {"lac_e": -1.0, "lac_c": -1.0, "energy_c": np.nan, "biomass_c": np.nan}
    miriam = {"name": build_cells(["kegg.compound", "sbo"]), "value": build_cells(["C00031", "SBO:0000247"])}
    model = {
        **build_fields(YEAST_IDS, YEAST_GENES, "exchange of biomass"),
        "id": "smallYeast",
        "name": "A small network in the layout of yeast-GEM",
        "annotation": {"defaultLB": -1_000.0, "defaultUB": 1_000.0, "taxonomy": "taxonomy/559292"},
        "rev": np.array([[float(lowest < 0)] for _, lowest in REACTIONS.values()]),
        "comps": build_cells(["c", "e"]),
        "compNames": build_cells(["cytoplasm", "extracellular"]),
        "metComps": np.array([[1.0 + name.endswith("_e")] for name in METABOLITES]),
        "metCharges": np.array([[charges.get(name, 0.0)] for name in METABOLITES]),
        "metFormulas": build_cells(["C6H12O6"] * 2 + ["O2"] * 2 + ["CO2"] * 2 + ["C3H5O3"] * 2 + ["", ""]),
        "metMiriams": build_cells([miriam, miriam, *(np.zeros((0, 0)) for _ in METABOLITES[2:])]),
        "metSmiles": build_cells([""] * len(METABOLITES)),
        "inchis": build_cells([""] * len(METABOLITES)),
        "eccodes": build_cells([{"respiration": "7.1.1.9;1.9.3.1"}.get(name, "") for name in REACTIONS]),
        "rxnMiriams": build_cells([np.zeros((0, 0)) for _ in REACTIONS]),
        "rxnNotes": build_cells(["2&apos; stands for a prime"] * len(REACTIONS)),
        "rxnReferences": build_cells([""] * len(REACTIONS)),
        "rxnConfidenceScores": np.array([[float("t" in name) or np.nan] for name in REACTIONS]),
        "geneShortNames": build_cells(["HXT1", "COX4", "COX12", "ONE1", "TWO1"]),
    }
    return save_struct(model)


def write_agora() -> bytes:
    """As COBRA Toolbox writes AGORA: `csense`, `osenseStr` and rules by the numbers of genes."""
    numbered = tuple(f"x({number})" for number in range(1, 6))
    model = {
        **build_fields(AGORA_IDS, AGORA_GENES, "growth"),
        "csense": np.array([["E"]] * len(METABOLITES)),
        "osenseStr": "max",
        "rules": build_cells([RULES.get(name, "").format(*numbered).replace("and", "&").replace("or", "|")
                       for name in REACTIONS]),
        "metFormulas": build_cells(["C6H12O6"] * 2 + ["O2"] * 2 + ["CO2"] * 2 + ["C3H5O3"] * 2 + ["", ""]),
        "metCharges": np.array([[-1.0 * name.startswith("lac")] for name in METABOLITES]),
        "modelID": "SmallAgora",
        "description": {"organism": "none", "author": "by hand"},
    }  # fmt: skip
    return save_struct(model)


def save_struct(model: Mapping[str, Any]) -> bytes:
    """A MATLAB file of level 5."""
    file = io.BytesIO()
    savemat(file, {"model": dict(model)}, oned_as="column")
    return file.getvalue()
