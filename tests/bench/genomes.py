"""Models of the genomes that come with carveme, beside what it made of them and beside experiments.

`python -m tests.bench.genomes ecol bsub` annotates, builds and tests each; the tables of growth on single
nutrients and of essential genes, and the models that CarveMe made of the same proteins with CPLEX, lie in its
package. `--carve PROGRAM` also runs CarveMe of another environment, with SCIP and the limits of time and gap
that it sets itself.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from fluxagents.tasks.fba.genomes import annotate_proteins, build_metabolic_model
from fluxagents.tasks.fba.genomes.draft_model import reduce_to_draft
from fluxagents.tasks.fba.genomes.reading.genome_file import read_genome_file
from fluxagents.tasks.fba.genomes.reading.protein_reading import read_proteins
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.ports.media import Component, LibraryMedium
from fluxagents.workers.models.model_store import ModelFiles

CARVEME_LIMIT_S = 3_600
MAX_UPTAKE = 10.0
LEAST_GROWTH = 0.1


@dataclass(frozen=True)
class Organism:
    """A genome of the package, and what it says about it."""

    fasta: str
    universe: str
    biolog_medium: str | None
    sources: str
    essentiality_medium: str | None
    curated: str | None = None

    @property
    def media(self) -> tuple[str, ...]:
        """On which the model is to grow."""
        return tuple(dict.fromkeys(m for m in (self.biolog_medium, self.essentiality_medium) if m))


ORGANISMS = {
    "ecol": Organism("Ecoli_K12_MG1655", "universe_gramneg", "M9", "CNPS", "M9", "iML1515"),
    "bsub": Organism("Bsubtilis_168", "universe_grampos", "M9", "CNPS", "LB", "iYO844"),
    "paer": Organism("Paeruginosa_PAO1", "universe_gramneg", "M9", "C", "M9[succ]"),
    "rsol": Organism("Rsolanacearum_GMI1000", "universe_gramneg", "M9", "CNPS", None),
    "sone": Organism("Soneidensis_MR1", "universe_gramneg", "ShewMM", "CN", "LB"),
    "mgen": Organism("M_genitalium_G37", "universe_gramneg", None, "", None),
}
ELEMENTS = {"C": "carbon", "N": "nitrogen", "P": "phosphorus", "S": "sulfur"}
REPLACED = {"C": {"glc__D", "lac__D", "lac__L"}, "N": {"nh4"}, "P": {"pi"}, "S": {"so4"}}
"""Of the medium, by what a tested compound stands in for."""


def measure(name: str, data: Path, store: ModelFiles, time_limit_s: float, carve: str | None) -> None:
    organism, media = ORGANISMS[name], read_media(data / "benchmark" / "media_db.tsv")
    started, used = time.perf_counter(), read_processor_time()
    proteins = read_proteins(read_genome_file(data / "benchmark" / "fasta" / f"{organism.fasta}.faa"))
    annotated = annotate_proteins.run(None, annotate_proteins.Args(genome="0" * 6), proteins)
    annotated_at = time.perf_counter()
    universal = store.load(
        store.add(data / "generated" / f"{organism.universe}.xml.gz", organism.universe).ref
    )
    loaded_at = time.perf_counter()
    asked = organism.media
    evidence = build_metabolic_model.Evidence(
        annotated.annotation, tuple(to_medium(medium, media[medium]) for medium in asked)
    )
    args = build_metabolic_model.Args(annotation="0" * 6, time_limit_s=time_limit_s)
    result = build_metabolic_model.run(universal, args, evidence)
    built_at = time.perf_counter()
    print(
        f"{name}: annotated {len(proteins)} proteins in {annotated_at - started:.0f} s by "
        f"{annotated.annotation.aligner}, built in {built_at - loaded_at:.0f} s, in all "
        f"{read_processor_time() - used:.0f} s of processor time: {result.status}, gap "
        f"{result.gap_fraction:.5f}, {sum(row.is_in for row in result.draft.reactions)} reactions, "
        f"{result.genes} genes, added {[len(row.added) for row in result.media]} for {asked}; draft "
        f"{result.draft.file.digest[7:19]}; "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB",
        flush=True,
    )
    with universal:
        model = universal.copy()
    reduce_to_draft(model, result.draft)
    models = {
        "ours": model,
        "CarveMe, CPLEX": cobra.io.read_sbml_model(str(data / "benchmark" / "models" / f"{name}.xml")),
    }
    if carve is not None:
        models["CarveMe, SCIP"] = run_carveme(carve, organism, data)
    for label, judged in models.items():
        print(f"  {label}: {describe(judged, organism, name, data, media)}", flush=True)


def run_carveme(program: str, organism: Organism, data: Path) -> Any:
    """The model that CarveMe makes of the same proteins, with the arguments of its own benchmark."""
    benchmark = data / "benchmark"
    started, used = time.perf_counter(), read_processor_time()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "carved.xml"
        # a copy: CarveMe writes its hits beside the proteins
        proteins = shutil.copy(benchmark / "fasta" / f"{organism.fasta}.faa", folder)
        filled = ("-g", ",".join(organism.media), "--mediadb", str(benchmark / "media_db.tsv"))
        command = (
            program, str(proteins), "-o", str(output), "--fbc2",
            "-u", organism.universe.removeprefix("universe_"), "--solver", "scip",
            *(filled if organism.media else ()),
        )  # fmt: skip
        subprocess.run(command, check=True, timeout=CARVEME_LIMIT_S, capture_output=True)
        model = cobra.io.read_sbml_model(str(output))
    print(
        f"  CarveMe, SCIP: {time.perf_counter() - started:.0f} s, {read_processor_time() - used:.0f} s of "
        f"processor time, {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MB",
        flush=True,
    )
    return model


def read_processor_time() -> float:
    """Of this process and of all that it started and that ended, in seconds."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def describe(
    model: Any, organism: Organism, name: str, data: Path, media: Mapping[str, Collection[str]]
) -> str:
    words = [
        f"{len(model.reactions)} reactions, {len(model.metabolites)} metabolites, {len(model.genes)} genes"
    ]
    if organism.curated is not None:
        table = pd.read_csv(data / "generated" / "model_specific_data.csv.gz", dtype=str)
        curated = set(table.loc[table["model"] == organism.curated, "reaction"])
        curated = {
            r.removeprefix("R_") for r in curated if not r.removeprefix("R_").startswith(("EX_", "DM_"))
        }
        own = {r.id for r in model.reactions if not r.boundary}
        words.append(f"Jaccard with {organism.curated} {len(own & curated) / len(own | curated):.3f}")
    if organism.biolog_medium is not None:
        pairs = list(grow_on_sources(model, organism, name, data, media[organism.biolog_medium]))
        words.append(f"growth on sources: {score(pairs)}")
    table_file = data / "benchmark" / "essentiality" / f"{name}.tsv"
    if organism.essentiality_medium is not None and table_file.exists():
        observed = pd.read_csv(table_file, sep="\t").set_index("bigg_id")["phenotype"]
        with model:
            set_medium(model, media[organism.essentiality_medium])
            growth = model.slim_optimize(error_value=0.0)
            words.append(f"growth on {organism.essentiality_medium} {growth:.3f} 1/h")
            essential = set(find_essential(model, growth))
        known = observed[observed.isin(["E", "NE"])]
        has_negatives = bool((known == "NE").any())
        genes = [gene.id for gene in model.genes if gene.id in known.index or not has_negatives]
        words.append(f"essential genes: {score([(known.get(g) == 'E', g in essential) for g in genes])}")
    return "; ".join(words)


def find_essential(model: Any, growth: float) -> Iterator[str]:
    if growth <= 0:
        return
    for gene in list(model.genes):
        with model:
            gene.knock_out()
            if not model.slim_optimize(error_value=0.0) >= LEAST_GROWTH * growth:
                yield gene.id


def grow_on_sources(
    model: Any, organism: Organism, name: str, data: Path, medium: Collection[str]
) -> Iterator[tuple[bool, bool]]:
    """Whether it grows with each source in an experiment, and in the model."""
    for letter in organism.sources:
        file = data / "benchmark" / "biolog" / name / f"biolog_{ELEMENTS[letter]}.tsv"
        table = pd.read_csv(file, sep="\t")[["bigg_id", "growth"]].dropna()
        base = set(medium) - REPLACED[letter]
        for compound, seen in zip(table["bigg_id"], table["growth"], strict=True):
            exchange = f"EX_{compound}_e"
            grows = False
            if exchange in model.reactions:
                with model:
                    set_medium(model, {*base, compound})
                    grows = model.slim_optimize(error_value=0.0) > LEAST_GROWTH
            yield seen in {"+", "++"}, grows


def set_medium(model: Any, compounds: Collection[str]) -> None:
    wanted = {f"EX_{compound}_e" for compound in compounds}
    for reaction in model.exchanges:
        reaction.lower_bound = -MAX_UPTAKE if reaction.id in wanted else 0.0


def score(pairs: Collection[tuple[bool, bool]]) -> str:
    """Accuracy and Matthews correlation of predictions."""
    tp = sum(seen and said for seen, said in pairs)
    tn = sum(not seen and not said for seen, said in pairs)
    fp = sum(not seen and said for seen, said in pairs)
    fn = sum(seen and not said for seen, said in pairs)
    base = ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5
    mcc = f"{(tp * tn - fp * fn) / base:.3f}" if base else "none"
    return f"accuracy {(tp + tn) / len(pairs):.3f}, MCC {mcc} (TP {tp}, TN {tn}, FP {fp}, FN {fn})"


def read_media(file: Path) -> dict[str, set[str]]:
    table = pd.read_csv(file, sep="\t")
    return {str(name): set(group["compound"]) for name, group in table.groupby("medium")}


def to_medium(name: str, compounds: Collection[str]) -> LibraryMedium:
    parts = tuple(
        Component(name=compound, exchange=f"EX_{compound}_e", uptake_mmol_per_gdw_h=MAX_UPTAKE)
        for compound in sorted(compounds)
    )
    return LibraryMedium(
        name=name, title=name, source="carveme", convention="", is_users=False, components=parts
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("organisms", nargs="*", default=list(ORGANISMS), choices=[*ORGANISMS, []])
    parser.add_argument("--time-limit", type=float, default=480.0)
    parser.add_argument("--carve", help="CarveMe's program; not run if not given")
    args = parser.parse_args()
    spec = find_spec("carveme")
    assert spec is not None
    assert spec.submodule_search_locations
    data = Path(spec.submodule_search_locations[0]) / "data"
    with tempfile.TemporaryDirectory() as folder:
        store = ModelFiles(folder)
        for name in args.organisms:
            measure(name, data, store, args.time_limit, args.carve)


if __name__ == "__main__":
    main()
