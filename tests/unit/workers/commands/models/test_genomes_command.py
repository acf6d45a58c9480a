"""`fluxagents genomes`: a genome is stored under the digest of what is in it."""

from __future__ import annotations

from click.testing import CliRunner
from tests.support.genomes import GENOME

from fluxagents.workers.cli import cli
from fluxagents.workers.commands.artifacts.address import artifact_store


def test_a_genome_is_stored_as_it_is() -> None:
    added = CliRunner().invoke(cli, ["genomes", "add", str(GENOME)], catch_exceptions=False)
    assert artifact_store().get(added.stdout.strip()) == GENOME.read_bytes()
