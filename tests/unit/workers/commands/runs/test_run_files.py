"""`fluxagents run` with files of the user's: a genome, and a table of observations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cobra.io import write_sbml_model
from tests.support import plain_cobra
from tests.support.genomes import GENOME

from fluxagents.tasks.fba.genomes.reading.genome_file import read_genome_file
from fluxagents.workers.cli import cli
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.commands.approvals import request_answers
from fluxagents.workers.commands.runs import run as run_module

WAITS = 3
"""Exit status of a run that waits for a human."""

OBSERVED = """kind\tsubject\tobserved\treference
growth\tEX_fru_e\tyes\tplate 1
growth\tEX_succ_e\tno\tplate 2
growth\tEX_akg_e\tyes\tplate 2
essential\tb2926\tyes\tKeio
"""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalClient:
    """Commands act by it, and keep files where it does."""
    found = LocalClient(tmp_path / "store")
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))
    for module in (run_module, request_answers):
        monkeypatch.setattr(module, "CommandClient", lambda: found)
    return found


def call(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def test_a_genome_is_stored_and_becomes_an_input(client: LocalClient) -> None:
    done = call("run", "model_from_genome", "--model", "e_coli_core", "--genome", str(GENOME),
                "--input", "gap_fraction=0.05", "--input", "alternatives=1")  # fmt: skip
    assert done.exit_code == WAITS, done.output
    (run,) = client.store.runs(limit=5)
    assert run.inputs["genome"] == read_genome_file(GENOME).file.digest
    assert run.status == "waiting"
    assert run.facts["annotated"] == 15


def test_what_is_no_genome_starts_nothing(client: LocalClient, tmp_path: Path) -> None:
    file = tmp_path / "letter.faa"
    file.write_text("Dear Ana, the genome is on the server.")
    done = call("run", "model_from_genome", "--model", "e_coli_core", "--genome", str(file))
    assert "genome file 'letter.faa' is no genome" in str(done.exception)
    assert not client.store.runs(limit=5)


def test_corrections_of_a_table_are_accepted_and_refused_one_by_one(
    client: LocalClient, tmp_path: Path
) -> None:
    """The core model without its uptake of fructose, beside four experiments."""
    model, table = plain_cobra.model("e_coli_core"), tmp_path / "observed.tsv"
    model.remove_reactions(["FRUpts2"])
    write_sbml_model(model, str(tmp_path / "gapped.xml"))
    table.write_text(OBSERVED)
    call("run", "model_curation", "--model", str(tmp_path / "gapped.xml"),
         "--input", "universal=e_coli_core", "--table", f"observation_table={table}")  # fmt: skip
    (run,) = client.store.runs(limit=5)
    first = ask(client, run.run_id)
    assert first["correction"] == {"add": ["FRUpts2"]}
    assert "observed: growth on EX_fru_e (plate 1)" in first["evidence"]
    assert "puts right 1 (growth on EX_fru_e); puts wrong none" in first["evidence"]
    answer(client, run.run_id, "approve")
    refused = ask(client, run.run_id)
    assert "no growth on EX_succ_e (plate 2)" in refused["evidence"]
    assert refused["accepted_before"] == ["add FRUpts2"]
    while client.store.load(run.run_id).waiting_for is not None:
        answer(client, run.run_id, "reject", "--reason", "it was measured")

    state = client.store.load(run.run_id)
    assert state.status == "finished", state.error
    assert "accepted: add FRUpts2. Not shared: no growth on EX_succ_e;" in str(state.answer)
    assert state.model is not None
    record = client.models.show(client.models.resolve(state.model))
    assert record.parent == run.model
    assert record.change is not None
    change: dict[str, Any] = dict(record.change.args)
    assert change["correction"]["add"] == ["FRUpts2"]
    corrected = client.models.load(record.ref)
    corrected.medium = {**corrected.medium, "EX_glc__D_e": 0, "EX_fru_e": 10}
    assert corrected.slim_optimize() > 0.1


def ask(client: LocalClient, run: str) -> dict[str, Any]:
    """The arguments of the correction that a human is asked about."""
    request = client.store.load(run).waiting_for
    assert request is not None
    assert request.call is not None
    return dict(request.call.args)


def answer(client: LocalClient, run: str, *words: str) -> None:
    request = client.store.load(run).waiting_for
    assert request is not None
    done = call("approvals", words[0], request.id, *words[1:])
    assert done.exit_code == 0, done.output
