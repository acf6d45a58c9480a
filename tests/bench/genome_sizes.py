"""Memory and time of a draft by the size of its genome, phase by phase, and alignment in shards.

`python -m tests.bench.genome_sizes 500 1000 2000 4321` drafts cuts of E. coli; each phase runs in a process
of its own, as on a worker. `--shards 4321` aligns all proteins by one program and, in turns, by two at a time
with half each. `--refuse MB` reads a file of that size, plain and packed.
"""

from __future__ import annotations

import argparse
import gzip
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.bench.genomes import read_processor_time
from tests.support.genomes import read_benchmark_proteins, write_fasta

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.genomes.alignment import align, find_aligner
from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reading.genome_file import read_genome_file
from fluxagents.tasks.fba.genomes.reference_set import find_reference
from fluxagents.tasks.fba.genomes.stored_genome import store_genome
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.composition import build_sources
from fluxagents.workers.settings import Settings

GENOME = "Ecoli_K12_MG1655"
UNIVERSE = "universe_gramneg"

Facts = Mapping[str, Any]


def measure(count: int, time_limit_s: float, settings: Settings) -> None:
    file = write_fasta(settings.data_dir / f"{count}.faa", read_benchmark_proteins(GENOME, count))
    genome = store_genome(build_sources(settings).artifacts, read_genome_file(file)).digest
    annotated = run_phase(count, "annotate_proteins", {"genome": genome}, settings)
    evidence = {"annotation": annotated["annotation"]["digest"], "time_limit_s": time_limit_s}
    built = run_phase(count, "build_metabolic_model", evidence, settings)
    draft = {"draft": built["draft"]["digest"]}
    run_phase(count, "validate_model_draft", draft, settings)
    run_phase(count, "apply_model_draft", draft, settings)


def run_phase(count: int, name: str, args: Mapping[str, Any], settings: Settings) -> Facts:
    """What the tool found; prints what it took."""
    facts: dict[str, Any] = in_new_process(partial(carry_out, name, dict(args), settings))
    print(f"{count:,} proteins, {name}: {facts.pop('took')}; {summarise(facts)}", flush=True)
    return facts


def carry_out(name: str, args: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """One step as a worker does it: models and files from the store, and what comes of them into it."""
    sources, tool = build_sources(settings), tool_named(name)
    model = None
    if name != "annotate_proteins":
        model = sources.models.load(sources.models.resolve(UNIVERSE))
    started, used = time.perf_counter(), read_processor_time()
    result = tool.carry_out(model, tool.parse(args), sources)
    seconds, of_processor = time.perf_counter() - started, read_processor_time() - used
    own, started_ones = (
        resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    store: ArtifactStore = sources.artifacts
    for stored in result.files():
        store.put_file(stored, tool=name)
    took = (
        f"{seconds:.0f} s, {of_processor:.0f} s of the processor, {own} MB and {started_ones} MB of programs"
    )
    return {**result.display(3), "took": took}


def summarise(facts: Facts) -> str:
    counts = {key: value for key, value in facts.items() if key.endswith("_count") or key == "status"}
    return ", ".join(f"{key} {value}" for key, value in counts.items())


def in_new_process(work: Callable[[], Any]) -> Any:
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work).result()


def measure_shards(count: int, rounds: int) -> None:
    """Seconds by the clock and of the processor, whole and in two halves, in turns."""
    proteins = [Protein(protein=name, sequence=body) for name, body in read_benchmark_proteins(GENOME, count)]
    halves = [proteins[::2], proteins[1::2]]
    program, reference = find_aligner(), find_reference().proteins
    whole = None
    for _ in range(rounds):
        for label, shards in (("whole", [proteins]), ("two shards", halves)):
            started, used = time.perf_counter(), read_processor_time()
            with ThreadPoolExecutor(len(shards)) as pool:
                found = pool.map(lambda shard: align(shard, reference, program), shards)
            hits = sorted(hit.model_dump_json() for part in found for hit in part)
            whole = whole or hits
            print(
                f"{label} by {program}: {time.perf_counter() - started:.1f} s, "
                f"{read_processor_time() - used:.1f} s of the processor, {len(hits)} hits, "
                f"{'the same' if hits == whole else 'others'}",
                flush=True,
            )


def measure_refusal(megabytes: int, folder: Path) -> None:
    """A file that is too large, plain and packed."""
    for name, opener in (("plain.fna", open), ("packed.fna.gz", gzip.open)):
        file = folder / name
        with opener(file, "wb") as out:
            out.write(b">contig\n")
            for _ in range(megabytes):
                out.write(b"ACGT" * 250_000)
        print(
            f"{megabytes} MB, {name} ({file.stat().st_size:,} bytes): {in_new_process(partial(refuse, file))}"
        )


def refuse(file: Path) -> str:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    try:
        read_genome_file(file)
    except FluxError as error:
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        return f"{time.perf_counter() - started:.2f} s, {more} MB more: {error.message}"
    return "it was taken"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int)
    parser.add_argument("--time-limit", type=float, default=480.0, help="of a search, s")
    parser.add_argument("--shards", type=int, metavar="PROTEINS", help="align so many")
    parser.add_argument("--rounds", type=int, default=3, help="of the shards")
    parser.add_argument("--refuse", type=int, metavar="MB")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        if asked.refuse:
            measure_refusal(asked.refuse, Path(folder))
        for count in asked.counts:
            measure(count, asked.time_limit, settings)
    if asked.shards:
        measure_shards(asked.shards, asked.rounds)


if __name__ == "__main__":
    main()
