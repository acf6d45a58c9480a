"""`fluxagents biochem`: an import is seen by the tools of the same installation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fluxagents.flows.errors import FluxError
from fluxagents.workers.commands.models.biochem import biochem
from fluxagents.workers.commands.tools.tools import tools

TABLE = (
    "id\tname\tformula\tinchikey\tis_obsolete\taliases\n"
    "cpd00027\tD-Glucose\tC6H12O6\tWQZGKKKJIJFFOK-GASJEMHNSA-N\t0\tBiGG: glc__D|KEGG: C00031\n"
)


@pytest.fixture
def call(tmp_path: Path) -> Any:
    def run(command: Any, *words: str) -> Result:
        return CliRunner(env={"FLUXAGENTS_DATA_DIR": str(tmp_path)}).invoke(command, words)

    return run


def test_what_is_imported_is_found_by_the_tools(call: Any, tmp_path: Path) -> None:
    assert json.loads(call(biochem, "status", "--json").stdout) == []
    (tmp_path / "compounds.tsv").write_text(TABLE)
    done = call(biochem, "import", str(tmp_path / "compounds.tsv"), "--json")
    assert json.loads(done.stdout) == [{"kind": "compound", "file": "compounds.tsv", "entities": 1}]
    assert "compounds.tsv" in call(biochem, "status").stdout
    words = (
        "--model",
        "e_coli_core",
        "--arg",
        'ids=["glc__D_e"]',
        "--arg",
        "to_namespace=inchikey",
        "--json",
    )
    found = json.loads(call(tools, "call", "translate_database_ids", *words).stdout)["result"]
    assert found["mapped"]["values"] == {"glc__D_e": "WQZGKKKJIJFFOK-GASJEMHNSA-N"}
    assert found["sources"] == ["model e_coli_core", "ModelSEED"]


def test_a_file_that_is_none_keeps_what_was_imported(call: Any, tmp_path: Path) -> None:
    (tmp_path / "compounds.tsv").write_text(TABLE)
    call(biochem, "import", str(tmp_path / "compounds.tsv"))
    (tmp_path / "bad.tsv").write_text("id\tname\n")
    done = call(biochem, "import", str(tmp_path / "bad.tsv"))
    assert isinstance(done.exception, FluxError)
    assert json.loads(call(biochem, "status", "--json").stdout)[0]["file"] == "compounds.tsv"
