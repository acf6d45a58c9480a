"""Energy-generating cycles: energy carriers that a closed model charges out of nothing.

Each carrier gets a reaction that discharges it; with all boundary reactions closed none may carry a flux
(Fritzemeier et al. 2017, doi:10.1371/journal.pcbi.1005494).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.solving.cycles import TURNING_MMOL_PER_GDW_H, cycles_of
from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Metabolite, Model

_SEED_IDS: Mapping[str, str] = {
    "atp": "cpd00002", "adp": "cpd00008", "ctp": "cpd00052", "cdp": "cpd00096", "gtp": "cpd00038",
    "gdp": "cpd00031", "utp": "cpd00062", "udp": "cpd00014", "itp": "cpd00068", "idp": "cpd00090",
    "nadh": "cpd00004", "nad": "cpd00003", "nadph": "cpd00005", "nadp": "cpd00006", "fadh2": "cpd00982",
    "fad": "cpd00015", "fmnh2": "cpd01270", "fmn": "cpd00050", "q8h2": "cpd15561", "q8": "cpd15560",
    "mql8": "cpd15499", "mqn8": "cpd15500", "2dmmql8": "cpd15353", "2dmmq8": "cpd15352",
    "accoa": "cpd00022", "coa": "cpd00010", "ac": "cpd00029", "glu__L": "cpd00023", "akg": "cpd00024",
    "nh4": "cpd00013", "h": "cpd00067", "h2o": "cpd00001", "pi": "cpd00009",
}  # fmt: skip
"""BiGG -> ModelSEED."""

_PHOSPHATES = {"h2o": -1.0, "h": 1.0, "pi": 1.0}

DISCHARGES: Mapping[str, Mapping[str, float]] = {
    "ATP": {"atp": -1, "adp": 1, **_PHOSPHATES},
    "CTP": {"ctp": -1, "cdp": 1, **_PHOSPHATES},
    "GTP": {"gtp": -1, "gdp": 1, **_PHOSPHATES},
    "UTP": {"utp": -1, "udp": 1, **_PHOSPHATES},
    "ITP": {"itp": -1, "idp": 1, **_PHOSPHATES},
    "NADH": {"nadh": -1, "nad": 1, "h": 1},
    "NADPH": {"nadph": -1, "nadp": 1, "h": 1},
    "FADH2": {"fadh2": -1, "fad": 1, "h": 2},
    "FMNH2": {"fmnh2": -1, "fmn": 1, "h": 2},
    "ubiquinol-8": {"q8h2": -1, "q8": 1, "h": 2},
    "menaquinol-8": {"mql8": -1, "mqn8": 1, "h": 2},
    "demethylmenaquinol-8": {"2dmmql8": -1, "2dmmq8": 1, "h": 2},
    "acetyl-CoA": {"accoa": -1, "h2o": -1, "ac": 1, "coa": 1, "h": 1},
    "L-glutamate": {"glu__L": -1, "h2o": -1, "akg": 1, "nh4": 1, "h": 2},
    "proton gradient": {"h_outside": -1, "h": 1},
}
"""What discharging a carrier turns over in the cytosol, by BiGG id."""


@dataclass(frozen=True, slots=True)
class EnergyCycle:
    """A carrier that is charged out of nothing, and the shortest set of reactions that does it."""

    carrier: str
    reactions: tuple[str, ...]


def energy_cycles(model: Model) -> tuple[tuple[str, ...], tuple[EnergyCycle, ...]]:
    """The carriers that the model has and that were tested, and those that are charged out of nothing.

    The model is as it was afterwards; bounds count by their sign, so that a forced flux forces nothing.
    """
    result = []
    with model:
        known = _carriers(model)
        first = len(model.reactions)
        tests = {carrier: cobra.Reaction(f"discharge_{index}", carrier, upper_bound=1000.0)
                 for index, carrier in enumerate(known)}  # fmt: skip
        model.add_reactions(list(tests.values()))
        for carrier, reaction in tests.items():
            reaction.add_metabolites(dict(known[carrier]))
        with cycles_of(model) as cycles, cycles.program.hold_bounds(cycles.probes(range(first))):
            for index, carrier in enumerate(tests, start=first):
                with cycles.program.hold_bounds(cycles.probes((index,))):
                    cycles.program.set_objective({index: 1.0}, "max")
                    cycles.program.solve()
                    fluxes = [float(flux) for flux in cycles.program.net_fluxes()]
                if fluxes[index] > TURNING_MMOL_PER_GDW_H:
                    members = cycles.through(index, fluxes)
                    names = tuple(cycles.ids[member] for member, _ in members if member < first)
                    result.append(EnergyCycle(carrier, names))
    return tuple(known), tuple(result)


def _carriers(model: Model) -> dict[str, dict[Metabolite, float]]:
    """The discharge reactions whose metabolites are all in the model."""
    cytosol = _cytosol(model)
    inside: dict[str, Metabolite] = {}
    outside: dict[str, Metabolite] = {}
    by_seed = {seed: bigg for bigg, seed in _SEED_IDS.items()}
    for metabolite in model.metabolites:
        for name in _names(metabolite):
            bigg = by_seed.get(name, name)
            if metabolite.compartment == cytosol:
                inside.setdefault(bigg, metabolite)
            elif bigg == "h":
                outside[str(metabolite.compartment)[:1]] = metabolite
    proton = outside.get("p") or outside.get("e")
    if proton is not None:
        inside["h_outside"] = proton
    return {
        carrier: {inside[name]: value for name, value in discharge.items()}
        for carrier, discharge in DISCHARGES.items()
        if discharge.keys() <= inside.keys()
    }


def _cytosol(model: Model) -> str | None:
    """The compartment whose id begins with c and that has most metabolites."""
    sizes: dict[str, int] = {}
    for metabolite in model.metabolites:
        if str(metabolite.compartment or "").casefold().startswith("c"):
            sizes[metabolite.compartment] = sizes.get(metabolite.compartment, 0) + 1
    return max(sizes, key=lambda name: sizes[name]) if sizes else None


def _names(metabolite: Metabolite) -> set[str]:
    """BiGG and ModelSEED ids of a metabolite, from its own id and its annotation."""
    names = {metabolite.id.rpartition("_")[0], metabolite.id.partition("[")[0]}
    for key in ("bigg.metabolite", "seed.compound"):
        value = metabolite.annotation.get(key, ())
        names.update([value] if isinstance(value, str) else value)
    return names
