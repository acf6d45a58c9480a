"""The reference proteins, gene rules and universal models that come with the package `carveme`.

Its files are read where they lie; none of its code is imported. They are proteins of the curated models of
BiGG (King et al. 2016, doi:10.1093/nar/gkv1049) and universal models made from these (Machado et al. 2018,
doi:10.1093/nar/gky537).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.lazy_libraries import pd

PACKAGE = "carveme"

UNIVERSES: Mapping[str, str] = {
    "universe_bacteria": "universe_bacteria.xml.gz",
    "universe_gramneg": "universe_gramneg.xml.gz",
    "universe_grampos": "universe_grampos.xml.gz",
    "universe_archaea": "universe_archaea.xml.gz",
    "universe_cyanobacteria": "universe_cyanobacteria.xml.gz",
}
"""Models of all reactions that an organism of a kind may have, with its biomass: name -> file."""

EXTRA_LIBRARIES = ("Bio", "pyrodigal", "highspy")
"""What reads genomes, calls genes and chooses reactions, beside the reference."""

INSTALL = "pip install 'fluxagents[genome]'"

SPONTANEOUS = frozenset({"s0001", "S0001", "s_0001", "S_0001", "KPN_SPONT", "PP_s0001"})
"""Genes that stand for no gene in models of BiGG."""


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """Where the files are, and which version they have."""

    folder: Path
    version: str

    @property
    def proteins(self) -> Path:
        """The sequences as FASTA; an id is `model.gene`."""
        return self.folder / "bigg_proteins.faa"

    def universe(self, name: str) -> Path:
        """The SBML file of a universal model."""
        return self.folder / UNIVERSES[name]


def find_reference() -> ReferenceSet:
    """The installed reference set; raises `BAD_ARGUMENT` with the way to get it if there is none."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        message = "the reference proteins are not installed: the package 'carveme' brings them"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(INSTALL,))
    folder = Path(spec.submodule_search_locations[0]) / "data" / "generated"
    return ReferenceSet(folder, version(PACKAGE))


@cache
def read_gene_rules(reference: ReferenceSet) -> pd.DataFrame:
    """Which proteins catalyse which reactions, one row per gene of a complex.

    Returns:
        The columns `model`, `gene`, `complex` (the same text for all genes of one complex) and `reaction`, as
        BiGG writes them.
    """
    rules = pd.read_csv(reference.folder / "bigg_gprs.csv.gz", dtype=str)
    return pd.DataFrame(
        {
            "model": rules["model"],
            "gene": rules["gene"].str.removeprefix("G_"),
            "complex": rules["protein"].str.removeprefix("P_"),
            "reaction": rules["reaction"].str.removeprefix("R_"),
        }
    )
