"""`fluxagents genomes`: drafts of models from genomes."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click
from pydantic import JsonValue

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.texts.spreadsheet_cells import disarm_table
from fluxagents.tasks.fba.genomes import annotate_proteins, build_metabolic_model
from fluxagents.tasks.fba.genomes.draft_model import reduce_to_draft
from fluxagents.tasks.fba.genomes.protein_table import Protein, tabulate_proteins
from fluxagents.tasks.fba.genomes.reading.eggnog_table import add_eggnog
from fluxagents.tasks.fba.genomes.reading.genome_file import read_genome_file
from fluxagents.tasks.fba.genomes.reading.protein_reading import read_proteins
from fluxagents.tasks.fba.genomes.reference_set import UNIVERSES
from fluxagents.tasks.fba.genomes.stored_genome import store_genome
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.workers.commands.artifacts.address import artifact_store
from fluxagents.workers.commands.command_client import record_file_act
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.models.genome_report import report
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings

_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.group(
    epilog=examples(
        "fluxagents genomes add genome.fna.gz",
        "fluxagents genomes build genome.gbk --universe universe_gramneg -o draft.xml --evidence draft.tsv",
    )
)
def genomes() -> None:
    """Read genomes, and draft models from them."""


genomes.add_command(report)


@genomes.command(
    epilog=examples(
        "fluxagents genomes add my_genome.fna.gz",
        "fluxagents run model_from_genome --model universe_gramneg --input genome=3f9a11c02b7e",
    )
)
@click.argument("file", type=_EXISTING)
@json_option
def add(file: Path, as_json: bool) -> None:
    """Store the genome FILE (FASTA, GenBank, GFF3, eggNOG; also .gz) and print the digest that tools take.

    The same genome has the same digest, packed or not. The contigs of a GFF3 file are added likewise.
    """
    genome = read_genome_file(file)
    record_file_act(Settings.load(), Action.ARTIFACT_ADD, Resource(kind="artifact", id=file.name))
    stored = store_genome(artifact_store(), genome)
    if as_json:
        print_json({"digest": stored.digest, "format": stored.format, "bytes": stored.size_bytes})
    else:
        echo(stored.digest)


@genomes.command(epilog=examples("fluxagents genomes proteins contigs.gff --sequences contigs.fna -o p.tsv"))
@click.argument("file", type=_EXISTING)
@click.option("--sequences", type=_EXISTING, help="Nucleotides of a GFF3 file that has none itself.")
@click.option("--annotations", type=_EXISTING, help="Table of eggNOG-mapper for the same proteins.")
@click.option("-o", "--output", type=_OUTPUT, required=True, help="The table to write (tsv).")
def proteins(file: Path, sequences: Path | None, annotations: Path | None, output: Path) -> None:
    """Write the proteins of the genome FILE (FASTA, GenBank, GFF3; also .gz) as a table.

    Genes of nucleotides without marked ones are called.
    """
    known = _read(file, sequences, annotations)
    disarm_table(tabulate_proteins(known)).to_csv(output, sep="\t", index=False)
    echo(f"{len(known)} proteins in {output}")


@genomes.command(
    epilog=examples(
        "fluxagents genomes build proteins.faa --universe universe_grampos -o draft.xml --evidence draft.tsv",
        "fluxagents models add draft.xml",
    )
)
@click.argument("file", type=_EXISTING)
@click.option("--universe", type=click.Choice(list(UNIVERSES)), required=True, help="Of the organism's kind.")
@click.option("--medium", "media", multiple=True, default=("M9_glucose",), help="It must grow on each.")
@click.option("--sequences", type=_EXISTING, help="Nucleotides of a GFF3 file that has none itself.")
@click.option("--annotations", type=_EXISTING, help="Table of eggNOG-mapper for the same proteins.")
@click.option("--time-limit", default=480.0, show_default=True, help="Seconds for the search.")
@click.option(
    "--alternatives", default=0, show_default=True, help="Further networks: how many have each reaction."
)
@click.option("-o", "--output", type=_OUTPUT, required=True, help="The SBML file to write.")
@click.option("--evidence", type=_OUTPUT, required=True, help="The table of decisions to write (tsv).")
@json_option
def build(
    file: Path,
    universe: str,
    media: tuple[str, ...],
    sequences: Path | None,
    annotations: Path | None,
    time_limit: float,
    alternatives: int,
    output: Path,
    evidence: Path,
    as_json: bool,
) -> None:
    """Draft a model of the genome FILE; the evidence says why each reaction is in it or not."""
    settings = Settings.load()
    known = _read(file, sequences, annotations)
    library = MediaLibrary(settings.media_folder)
    genome = annotate_proteins.Args(genome=read_genome_file(file).file.digest)
    found = annotate_proteins.run(None, genome, known)
    store = ModelFiles(settings.artifact_url, hosts=settings.model_hosts)
    universal = store.load(store.resolve(universe)).copy()
    args = build_metabolic_model.Args(
        annotation=found.annotation.file.digest,
        media=media,
        time_limit_s=time_limit,
        alternatives=alternatives,
    )
    given = build_metabolic_model.Evidence(found.annotation, tuple(library.medium(name) for name in media))
    result = build_metabolic_model.run(universal, args, given)
    disarm_table(result.tables()["reactions"]).to_csv(evidence, sep="\t", index=False)
    reduce_to_draft(universal, result.draft)
    import_module("cobra.io").write_sbml_model(universal, str(output))
    shown: dict[str, JsonValue] = {**result.display(5), "aligner": found.annotation.aligner}
    if as_json:
        print_json(shown)
    else:
        print_table(("what", "value"), [(name, str(value)) for name, value in shown.items()])


def _read(file: Path, sequences: Path | None, annotations: Path | None) -> tuple[Protein, ...]:
    known = read_proteins(
        read_genome_file(file), read_genome_file(sequences) if sequences is not None else None
    )
    return known if annotations is None else add_eggnog(known, read_genome_file(annotations))
