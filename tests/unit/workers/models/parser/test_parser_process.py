"""Each way in which a file is no model has its own words; ids stay printable."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
import json
from pathlib import Path

import pytest
from cobra.io import model_to_dict

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.parser import parser_process
from fluxagents.workers.models.parser.parser_process import decompress
from fluxagents.workers.models.parser.parsing_request import ORIGINAL, ParsingRequest
from fluxagents.workers.models.reading.model_reader import read_model
from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.sbml.sbml_ids import decode_id


def data_folder() -> Path:
    spec = importlib.util.find_spec("cobra")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"


def messages(warned: list[ModelWarning]) -> list[str]:
    return [warning.message for warning in warned]


@pytest.fixture(scope="module")
def sbml() -> bytes:
    return gzip.decompress((data_folder() / "textbook.xml.gz").read_bytes())


@pytest.mark.parametrize(
    ("written", "prefix", "identifier"),
    [
        ("R_EX_glc__45__D_e", "R_", "EX_glc-D_e"),
        ("R_a__10__b", "R_", "a__10__b"),
        ("M_x__0__", "M_", "x__0__"),
        ("R_a__8364__", "R_", "a__8364__"),
        ("PGI", "R_", "PGI"),
    ],
)
def test_only_printable_ascii_is_decoded(written: str, prefix: str, identifier: str) -> None:
    assert decode_id(written, prefix) == identifier


def test_ids_that_make_the_solver_abort_are_read(
    sbml: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model, _ = read_model(
        sbml.replace(b'R_PGI"', b'R_PG__10__I"').replace(b'M_f6p_c"', b'M_x__4__y"'), ".xml"
    )
    assert "PG__10__I" in model.reactions
    assert "x__4__y" in model.metabolites
    assert model.slim_optimize() == pytest.approx(686440 / 785471)


@pytest.mark.parametrize(
    ("suffix", "content", "says"),
    [
        (".xml", b"hello", "is not SBML: syntax error"),
        (".xml", b"<html></html>", "is not SBML: the outermost element is 'html'"),
        (".xml", b"<sbml><model>", "is truncated"),
        (".xml", b'<!DOCTYPE a [<!ENTITY b "c">]><sbml/>', "declares a document type"),
        (".json", b"{", "is no readable JSON model"),
        (".json", b'{"a": 1}', "is no readable model: it has no list of reactions"),
        (".json", b"\xff", "is no text in UTF-8: byte 1 is 0xff"),
        (".yml", b"reactions: []", "is no readable model"),
        (".mat", b"x", "is no readable MATLAB model"),
    ],
)
def test_what_is_no_model(suffix: str, content: bytes, says: str) -> None:
    with pytest.raises(RefusedFileError, match=says):
        read_model(content, suffix)


def changed(sbml: bytes, *replacements: tuple[bytes, bytes]) -> bytes:
    for before, after in replacements:
        assert before in sbml
        sbml = sbml.replace(before, after, 1)
    return sbml


def test_faults_of_sbml_are_named(sbml: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    second = sbml[sbml.index(b"<reaction ") : sbml.index(b"</reaction>")] + b"</reaction>"
    faults = {
        "declares the reaction 'R_ACALD' more than once": changed(
            sbml, (b"<listOfReactions>", b"<listOfReactions>" + second)
        ),
        "refers to the species 'M_gone_c' in reaction 'R_ACALD' and does not declare it": changed(
            sbml, (b'species="M_acald_c"', b'species="M_gone_c"')
        ),
        "refers to the parameter 'gone' in reaction 'R_ACALD'": changed(
            sbml, (b'FluxBound="cobra_default_lb"', b'FluxBound="gone"')
        ),
        "refers to the gene product 'G_gone' in reaction": changed(
            sbml,
            (b'fbc:geneProductRef fbc:geneProduct="G_', b'fbc:geneProductRef fbc:geneProduct="G_gone" x="'),
        ),
        "refers to the reaction 'R_gone' in the objective": changed(
            sbml, (b'fbc:reaction="R_Biomass_Ecoli_core"', b'fbc:reaction="R_gone"')
        ),
    }
    for says, data in faults.items():
        with pytest.raises(RefusedFileError, match=says):
            read_model(data, ".xml")


def test_bounds_that_may_change_are_read_as_written_and_told(
    sbml: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    moving = changed(sbml, (b'constant="true" id="R_ATPM_lower', b'constant="false" id="R_ATPM_lower'))
    model, said = read_model(moving, ".xml")
    assert [(warning.kind, warning.elements) for warning in said] == [("bound_not_constant", ("R_ATPM",))]
    assert model.slim_optimize() == pytest.approx(686440 / 785471)


def test_remarks_on_sbml(sbml: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    more = (
        b'</fbc:listOfFluxObjectives></fbc:objective><fbc:objective fbc:id="two" fbc:type="minimize">'
        b'<fbc:listOfFluxObjectives><fbc:fluxObjective fbc:reaction="R_ATPM" fbc:coefficient="1"/>'
    )
    begin = sbml.index(b"<fbc:listOfFluxObjectives>")
    end = sbml.index(b"</fbc:listOfFluxObjectives>", begin)
    several = sbml[:end] + more + sbml[end:]
    model, said = read_model(several, ".xml")
    assert messages(said) == ["the file has 2 objectives: 'obj', the active one, is used"]
    assert model.slim_optimize() == pytest.approx(686440 / 785471)
    dangling = changed(sbml, (b'<unitDefinition id="mmol_per_gDW_per_hr"', b'<unitDefinition id="other"'))
    _, said = read_model(dangling, ".xml")
    assert messages(said) == [
        "the file does not declare its unit 'mmol_per_gDW_per_hr': mmol/gDW/h is assumed"
    ]
    unbounded = changed(sbml, (b' fbc:upperFluxBound="cobra_default_ub"', b""))
    _, said = read_model(unbounded, ".xml")
    assert [(warning.kind, warning.elements) for warning in said] == [("bound_assumed", ("R_ACALD",))]


def test_lower_bounds_above_the_usual_upper_one(
    sbml: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    high = (
        b'<listOfParameters><parameter id="low" value="1500" constant="true"/>'
        b'<parameter id="high" value="2000" constant="true"/>'
    )
    data = changed(sbml, (b"<listOfParameters>", high))
    place = data.index(b' id="R_PGI"')
    data = data[:place] + changed(
        data[place:],
        (b'fbc:lowerFluxBound="cobra_default_lb"', b'fbc:lowerFluxBound="low"'),
        (b'fbc:upperFluxBound="cobra_default_ub"', b'fbc:upperFluxBound="high"'),
    )
    model, _ = read_model(data, ".xml")
    assert model.reactions.PGI.bounds == (1500, 2000)
    assert model.reactions.PFK.bounds == (0, 1000)
    described = model_to_dict(model)
    assert read_model(json.dumps(described).encode(), ".json")[0].reactions.PGI.bounds == (1500, 2000)
    row = next(row for row in described["reactions"] if row["id"] == "PGI")
    row["upper_bound"] = 1400
    with pytest.raises(
        RefusedFileError, match="'lower_bound' 1500 above the 'upper_bound' 1400 in reaction 'PGI'"
    ):
        read_model(json.dumps(described).encode(), ".json")


def test_faults_of_json_are_named() -> None:
    mini = json.loads((data_folder() / "mini.json").read_bytes())
    mini["reactions"].append(mini["reactions"][0])
    with pytest.raises(RefusedFileError, match="declares the reaction 'ATPM' more than once"):
        read_model(json.dumps(mini).encode(), ".json")
    mini["reactions"].pop()
    mini["reactions"][0]["metabolites"]["gone"] = 1
    with pytest.raises(RefusedFileError, match="refers to the metabolite 'gone' in reaction 'ATPM'"):
        read_model(json.dumps(mini).encode(), ".json")


def test_boundary_metabolites_of_old_files_are_the_surroundings() -> None:
    old = json.loads((data_folder() / "mini.json").read_bytes())
    for row in old["reactions"]:
        if row["id"].startswith("EX_"):
            (inside,) = row["metabolites"]
            outside = f"{inside.removesuffix('_e')}_b"
            row["metabolites"][outside] = 1.0
            old["metabolites"].append({"id": outside, "name": "", "compartment": "e"})
    model, said = read_model(json.dumps(old).encode(), ".json")
    assert messages(said)[0] == "3 boundary metabolites ('glc__D_b') are left out, as old files mean them"
    straight, _ = read_model((data_folder() / "mini.json").read_bytes(), ".json")
    assert model.medium == straight.medium
    assert model.reactions.EX_glc__D_e.reaction == straight.reactions.EX_glc__D_e.reaction


def test_boundary_species_of_old_sbml_are_the_surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model, said = read_model(LEGACY, ".xml")
    assert [reaction.id for reaction in model.exchanges] == ["EX_a_e"]
    assert model.medium == {"EX_a_e": 7.0}
    assert model.slim_optimize() == pytest.approx(7.0)
    assert "1 boundary metabolites ('a_b') are left out, as old files mean them" in messages(said)


LEGACY = b"""<?xml version="1.0"?>
<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="old">
<listOfCompartments><compartment id="c"/><compartment id="e"/></listOfCompartments>
<listOfSpecies><species id="M_a_c" compartment="c"/><species id="M_a_e" compartment="e"/>
<species id="M_a_b" compartment="e" boundaryCondition="true"/></listOfSpecies>
<listOfReactions>
<reaction id="R_EX_a_e"><listOfReactants><speciesReference species="M_a_e"/></listOfReactants>
<listOfProducts><speciesReference species="M_a_b"/></listOfProducts>
<kineticLaw><listOfParameters><parameter id="LOWER_BOUND" value="-7"/>
<parameter id="UPPER_BOUND" value="1000"/></listOfParameters></kineticLaw></reaction>
<reaction id="R_At"><listOfReactants><speciesReference species="M_a_e"/></listOfReactants>
<listOfProducts><speciesReference species="M_a_c"/></listOfProducts></reaction>
<reaction id="R_growth" reversible="false">
<listOfReactants><speciesReference species="M_a_c"/></listOfReactants>
<kineticLaw><listOfParameters><parameter id="LOWER_BOUND" value="0"/>
<parameter id="OBJECTIVE_COEFFICIENT" value="1"/></listOfParameters></kineticLaw></reaction>
</listOfReactions></model></sbml>
"""


def test_gene_rules_that_cannot_be_read_are_remarked_on() -> None:
    mini = json.loads((data_folder() / "mini.json").read_bytes())
    mini["reactions"][0]["gene_reaction_rule"] = "b0001 and (b0002"
    _, said = read_model(json.dumps(mini).encode(), ".json")
    assert said[0].message.startswith("the gene rule of reaction 'ATPM' is left out")
    assert "'b0001 and (b0002' has a parenthesis that is not closed" in said[0].message


@pytest.mark.parametrize(
    ("suffix", "content", "says"),
    [
        (".xml.gz", gzip.compress(b"x" * 10_000, mtime=0)[:20], "is truncated"),
        (".xml.gz", b"plain", "cannot be decompressed"),
        (".xml.gz", gzip.compress(b"", mtime=0), "is empty when decompressed"),
        (".xml.gz", gzip.compress(b"\0" * 5_000_000, mtime=0), "is larger than 1 MB when decompressed"),
        (".xml.bz2", bz2.compress(b"\0" * 5_000_000), "is larger than 1 MB when decompressed"),
        (".xml.bz2", b"plain", "cannot be decompressed"),
    ],
)
def test_what_cannot_be_decompressed(tmp_path: Path, suffix: str, content: bytes, says: str) -> None:
    path = tmp_path / "original"
    path.write_bytes(content)
    with pytest.raises(RefusedFileError, match=says):
        decompress(path, suffix, 1_000_000)


def test_c_code_that_fails_without_a_reason_wants_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise SystemError("<built-in function f> error return without exception set")

    (tmp_path / ORIGINAL).write_bytes(b"{}")
    monkeypatch.setattr(parser_process, "read_model", fail)
    request = ParsingRequest(
        folder=str(tmp_path), suffix=".json", seconds=1.0, memory_bytes=150_000_000, expanded_bytes=1_000
    )
    assert parser_process._parse(tmp_path, request) == {
        "error": "needs more than 150 MB of memory to parse",
        "passing": True,
    }
