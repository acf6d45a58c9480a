"""A FROG bundle: the format's tables and archive, and the numbers that cobra finds."""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from click.testing import CliRunner
from cobra.flux_analysis import single_gene_deletion, single_reaction_deletion
from cobra.io import load_json_model, read_sbml_model, save_json_model

from fluxagents.flows.errors import FluxError
from fluxagents.workers.commands.models.frog import frog
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.reports.frog.frog_archive import location_of
from fluxagents.workers.reports.frog.frog_report import COLUMNS, SbmlNames, compute_frog_report

NO_NAMES = SbmlNames(location="./m.xml", objective="obj", reactions={}, genes={})


def call(folder: Path, model: str, *words: str) -> tuple[Any, dict[str, bytes]]:
    output = folder / "frog.omex"
    arguments = [model, "-o", str(output), "--json", *words]
    done = CliRunner(env={"FLUXAGENTS_DATA_DIR": str(folder)}).invoke(frog, arguments)
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(output) as archive:
        assert archive.testzip() is None
        return json.loads(done.stdout), {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    said, files = call(tmp_path_factory.mktemp("frog"), "textbook", "--curator", "Ada King Lovelace")
    assert said["objective_value"] == pytest.approx(0.8739215069684, rel=1e-6)
    assert said["rows"] == {
        "01_objective.tsv": 1,
        "02_fva.tsv": 95,
        "03_gene_deletion.tsv": 137,
        "04_reaction_deletion.tsv": 95,
    }
    return files


@pytest.fixture(scope="module")
def model(bundle: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The model in the bundle, read as it lies there: ids with their prefixes."""
    path = tmp_path_factory.mktemp("sbml") / "model.xml"
    path.write_bytes(bundle["e_coli_core.xml"])
    return read_sbml_model(str(path), f_replace={})


def table(bundle: dict[str, bytes], name: str) -> pd.DataFrame:
    found = pd.read_csv(io.BytesIO(bundle[f"FROG/{name}"]), sep="\t", float_precision="round_trip")
    assert tuple(found.columns) == COLUMNS[name]
    assert set(found["model"]) == {"./e_coli_core.xml"}
    assert set(found["objective"]) == {"obj"}
    return found


def test_the_manifest_names_every_file_and_its_format(bundle: dict[str, bytes]) -> None:
    content = list(ET.fromstring(bundle["manifest.xml"]))
    listed = {entry.attrib["location"].removeprefix("./"): entry.attrib for entry in content}
    assert listed.keys() - {"."} == bundle.keys()
    assert listed["e_coli_core.xml"]["master"] == "true"
    assert listed["FROG/02_fva.tsv"]["format"].endswith("combine.specifications:frog-fva-version-1")


def test_the_metadata_name_the_model_and_who_answers_for_it(bundle: dict[str, bytes]) -> None:
    metadata = json.loads(bundle["FROG/metadata.json"])
    model_file = bundle[metadata["model.location"].removeprefix("./")]
    assert metadata["model.md5"] == hashlib.md5(model_file, usedforsecurity=False).hexdigest()
    assert metadata["solver"]["name"] == "GLPK"
    (curator,) = metadata["frog.curators"]
    assert (curator["givenName"], curator["familyName"]) == ("Ada King", "Lovelace")


@pytest.mark.parametrize(
    ("name", "column", "deletion", "of"),
    [
        ("03_gene_deletion.tsv", "gene", single_gene_deletion, "genes"),
        ("04_reaction_deletion.tsv", "reaction", single_reaction_deletion, "reactions"),
    ],
)
def test_deletions_are_those_of_cobra(
    bundle: dict[str, bytes], model: Any, name: str, column: str, *, deletion: Any, of: str
) -> None:
    found = table(bundle, name)
    reference = deletion(model, getattr(model, of), processes=1)
    expected = {next(iter(row.ids)): row for row in reference.itertuples()}
    assert list(found[column]) == sorted(expected)
    for row in found.itertuples():
        other = expected[getattr(row, column)]
        assert row.status == other.status, other
        if row.status == "infeasible":
            assert str(row.value) == "nan"
        else:
            assert row.value == pytest.approx(other.growth, rel=1e-6, abs=1e-6)


def test_ranges_hold_the_flux_of_the_optimum(bundle: dict[str, bytes], model: Any) -> None:
    found = table(bundle, "02_fva.tsv")
    assert list(found["reaction"]) == sorted(reaction.id for reaction in model.reactions)
    assert set(found["fraction_optimum"]) == {1.0}
    assert (found["minimum"] <= found["flux"] + 1e-6).all()
    assert (found["flux"] <= found["maximum"] + 1e-6).all()
    by_id = found.set_index("reaction")
    assert by_id.loc["R_SUCDi", "maximum"] == pytest.approx(1000, rel=1e-6)
    assert by_id.loc["R_PGI", "minimum"] == pytest.approx(4.860861146496815, rel=1e-6)


def test_the_one_json_file_holds_the_same_numbers(bundle: dict[str, bytes]) -> None:
    document = json.loads(bundle["FROG/frog.json"])
    fva = table(bundle, "02_fva.tsv")
    assert [row["maximum"] for row in document["fva"]["fva"]] == fva["maximum"].tolist()
    infeasible = [row for row in document["gene_deletions"]["deletions"] if row["status"] == "infeasible"]
    assert infeasible
    assert all(row["value"] is None for row in infeasible)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path, bundle: dict[str, bytes]) -> None:
    assert call(tmp_path, "textbook", "--curator", "Ada King Lovelace")[1] == bundle


def test_a_model_that_is_no_sbml_gets_an_sbml_file(tmp_path: Path, model: Any) -> None:
    models = ModelFiles(str(tmp_path / "store"))
    small = models.load(models.add_named("textbook").ref)
    save_json_model(small, str(tmp_path / "small.json"))
    assert len(load_json_model(str(tmp_path / "small.json")).reactions) == len(model.reactions)
    _, files = call(tmp_path, str(tmp_path / "small.json"))
    rows = pd.read_csv(io.BytesIO(files["FROG/04_reaction_deletion.tsv"]), sep="\t")
    assert set(rows["reaction"]) == {reaction.id for reaction in model.reactions}


def test_an_infeasible_model_has_rows_without_numbers(model: Any) -> None:
    with model:
        model.reactions.R_ATPM.bounds = (900, 1000)
        report = compute_frog_report(model, NO_NAMES, lambda _: None)
    rows = [row for table in report.tables().values() for row in table]
    assert len(rows) == 1 + 95 + 137 + 95
    assert {row["status"] for row in rows} == {"infeasible"}
    assert {row.get("value") for row in rows} == {row.get("minimum") for row in rows} == {None}


def test_zero_growth_is_an_optimum(model: Any) -> None:
    with model:
        model.reactions.R_Biomass_Ecoli_core.bounds = (0, 0)
        report = compute_frog_report(model, NO_NAMES, lambda _: None)
        reference = single_reaction_deletion(model, model.reactions, processes=1)
    assert report.objective[0] | {} == {**report.objective[0], "status": "optimal", "value": 0.0}
    expected = {next(iter(row.ids)): row.status for row in reference.itertuples()}
    assert {row["reaction"]: row["status"] for row in report.reaction_deletion} == expected
    assert "infeasible" in expected.values()


@pytest.mark.parametrize("kind", ["unbounded", "no_objective"])
def test_what_frog_has_no_word_for_is_an_error(model: Any, kind: str) -> None:
    with model:
        if kind == "unbounded":
            for name in ("R_FRD7", "R_SUCDi"):
                model.reactions.get_by_id(name).upper_bound = math.inf
            model.objective = "R_FRD7"
        else:
            model.objective = {}
        with pytest.raises(FluxError, match=kind):
            compute_frog_report(model, NO_NAMES, lambda _: None)


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", "", "e_coli_core", "/root"])
def test_no_model_lies_outside_of_its_archive(name: str) -> None:
    location = location_of(name)
    assert location.startswith("./")
    assert location.endswith(".xml")
    assert ".." not in location
    assert "/" not in location[2:]
