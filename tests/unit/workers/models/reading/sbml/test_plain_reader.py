"""What is read without libSBML is, to the byte, what libSBML and cobra give; the rest goes to them."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import DEPTH

from fluxagents.workers.models import model_forms
from fluxagents.workers.models.reading.model_reader import read_model
from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.sbml import sbml_reader
from fluxagents.workers.models.reading.sbml.not_plain import NotPlainError
from fluxagents.workers.models.reading.sbml.plain_reader import read_plain

DATA = Path(__file__).parents[5] / "data"
FILES = sorted(path for path in DATA.rglob("*.xml*") if "printed" not in path.parts)
PLAIN = [
    DATA / "conventions" / name for name in ("agora.xml", "gapseq.xml", "human_gem.xml", "modelseed.xml")
]
MODELS = Path(__file__).parents[7] / "shared" / "models"


class Reading(NamedTuple):
    """All that a file becomes."""

    form: bytes
    warnings: tuple[str, ...]
    refused: str = ""


def shipped(name: str) -> bytes:
    spec = importlib.util.find_spec("cobra")
    assert spec is not None
    assert spec.origin is not None
    return gzip.decompress((Path(spec.origin).parent / "data" / name).read_bytes())


def read(data: bytes) -> Reading:
    try:
        model, warned = read_model(data, ".xml")
    except RefusedFileError as refused:
        return Reading(b"", (), str(refused))
    return Reading(model_forms.encode_fast(model), tuple(warning.model_dump_json() for warning in warned))


def read_by_cobra(data: bytes) -> Reading:
    def refuse(*_arguments: object) -> None:
        raise NotPlainError("nothing is plain here")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sbml_reader, "read_plain", refuse)
        return read(data)


def is_plain(data: bytes) -> bool:
    """Whether the file is read without libSBML."""
    kept: list[bool] = []

    def note(*arguments: object) -> object:
        model = read_plain(*arguments)  # type: ignore[arg-type]
        kept.append(True)
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sbml_reader, "read_plain", note)
        read(data)
    return bool(kept)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.getbasetemp())
        yield


@pytest.fixture(scope="module")
def textbook() -> str:
    return shipped("textbook.xml.gz").decode()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_recorded_file_is_read_alike(path: Path) -> None:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    assert read(data) == read_by_cobra(data)


@pytest.mark.parametrize(
    "name",
    [
        "textbook.xml.gz",
        pytest.param("iJO1366.xml.gz", marks=pytest.mark.long),
        pytest.param("salmonella.xml.gz", marks=pytest.mark.long),
    ],
)
def test_shipped_models_are_plain_and_read_alike(name: str) -> None:
    data = shipped(name)
    assert is_plain(data)
    assert read(data) == read_by_cobra(data)


@pytest.mark.long
@pytest.mark.skipif(not MODELS.is_dir(), reason="needs the folder of large models beside the repository")
def test_large_models_are_plain_and_read_alike() -> None:
    paths = sorted(MODELS.glob("*.xml.gz"))
    assert paths
    for path in paths:
        data = gzip.decompress(path.read_bytes())
        assert is_plain(data), path.name
        assert read(data) == read_by_cobra(data), path.name


FLUX = '<fbc:fluxObjective fbc:coefficient="0.25" fbc:reaction="R_PGI"/>'
NOTES = '<notes><html xmlns="http://www.w3.org/1999/xhtml">{}</html></notes>'
RDF = (
    '<annotation><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:{0}="http://biomodels.net/biology-qualifiers/"><rdf:Description rdf:about="{1}">'
    "<{0}:is><rdf:Bag>{2}</rdf:Bag></{0}:is></rdf:Description></rdf:RDF></annotation>"
)
LINK = '<rdf:li rdf:resource="{}"/>'
KEGG = LINK.format("https://identifiers.org/kegg.compound/C00236")


def describe(textbook: str, text: str) -> bytes:
    """The model with this text inside its first species, in place of what that holds."""
    begin = textbook.index("<species ")
    end = textbook.index("</species>", begin)
    start = re.sub(r' metaid="[^"]*"', "", textbook[begin : textbook.index(">", begin)])
    start = start.replace("<species ", '<species metaid="meta" ')
    return f"{textbook[:begin]}{start}>{text}{textbook[end:]}".encode()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (NOTES.format('<p>A: it\'s "b" &lt; c &gt; d</p><p>no colon</p><p>E: </p>'), True),
        (NOTES.format("<p> K : a:b &amp; c </p><p>K: again</p>"), True),
        (NOTES.format("<p>CHARGE: 2</p><p>FORMULA: C6</p>"), True),
        (NOTES.format("<p>A: &amp;lt;</p>"), False),
        (NOTES.format("<p/><p>A: b</p>"), False),
        (NOTES.format("<p>A: <i>b</i></p>"), False),
        (NOTES.format("<pre>A: b</pre><p>C: d</p>"), False),
        (RDF.format("bqbiol", "#meta", KEGG), True),
        (RDF.format("bqbiol", "#meta", KEGG + KEGG), True),
        (RDF.format("bqbiol", "#meta", KEGG + LINK.format("https://identifiers.org/kegg.compound/C2")), True),
        (RDF.format("bqbiol", "#meta", LINK.format("https://identifiers.org/CHEBI:17234")), True),
        (RDF.format("bqbiol", "#meta", LINK.format("urn:miriam:kegg.compound:C00236")), True),
        (RDF.format("bqbiol", "#meta_2", KEGG), False),
        (RDF.format("bqbiol", "#other", KEGG), False),
        (RDF.format("is_about", "#meta", KEGG), False),
        (RDF.format("bqbiol", "#meta", LINK.format("")), False),
        (RDF.format("bqbiol", "#meta", '<rdf:li rdf:resource="a" rdf:about="b"/>'), False),
        (NOTES.format("<p>A: b</p>") * 2, False),
        ("<sbml:unknown xmlns:sbml='http://www.sbml.org/sbml/level3/version1/core'/>", False),
    ],
)
def test_what_stands_in_an_element_is_read_alike(textbook: str, text: str, plain: bool) -> None:
    data = describe(textbook, text)
    assert is_plain(data) is plain
    assert read(data) == read_by_cobra(data)


@pytest.mark.parametrize(
    ("before", "after", "plain"),
    [
        ("", "", True),
        ("encoding='UTF-8'", "encoding='ISO-8859-1'", False),
        ('level="3" sboTerm="SBO:0000624" version="1"', 'level="3" sboTerm="SBO:624" version="1"', True),
        (' fbc:chemicalFormula="', ' fbc:chemicalFormula=" ', True),
        (' constant="false"', ' constant="false" conversionFactor="x"', False),
        ('name="', 'name=" &#233; ', True),
        ("<fbc:fluxObjective ", f"{FLUX}<fbc:fluxObjective ", True),
        ('fbc:type="maximize"', 'fbc:type="minimize"', True),
        ('fbc:type="maximize"', 'fbc:type="Max"', True),
        (' stoichiometry="', ' stoichiometry="0', True),
    ],
)  # fmt: skip
def test_what_stands_in_attributes_is_read_alike(textbook: str, before: str, after: str, plain: bool) -> None:
    assert before in textbook
    data = textbook.replace(before, after, 1).encode()
    assert is_plain(data) is plain
    assert read(data) == read_by_cobra(data)


def test_a_compound_on_both_sides_leaves_the_reaction(textbook: str) -> None:
    begin = textbook.index("<listOfReactants>")
    found = re.search(r'<speciesReference [^>]*species="([^"]*)"[^>]*/>', textbook[begin:])
    assert found is not None
    text = textbook[:begin] + textbook[begin:].replace("<listOfProducts>", f"<listOfProducts>{found[0]}", 1)
    data = text.encode()
    assert is_plain(data)
    assert read(data) == read_by_cobra(data)
    first = json.loads(read(data).form)["reactions"][0]
    assert found[1].removeprefix("M_") not in first["metabolites"]


ODD_VALUES = (
    "", " ", "x", "a b", "0", "-0", "3.5", "NaN", "INF", "true", "TRUE", "SBO:0000001", "sbo:1", "&amp;amp;",
    "it's", "https://identifiers.org/CHEBI:17", "#x", "é", "M_a__45__b", "G_a__SBML_DOT__1", "minimize",
)  # fmt: skip
ATTRIBUTE = re.compile(r'( [\w:]+=")([^"]*)"')


@given(data=st.data())
@settings(max_examples=40 * DEPTH, deadline=None)
def test_files_with_odd_attributes_are_read_alike(data: st.DataObject) -> None:
    """An attribute is given another value, that of another one, or none."""
    text = data.draw(st.sampled_from(PLAIN)).read_text()
    body = text.index("<listOf")
    # libSBML crashes on odd namespaces.
    places = [place for place in ATTRIBUTE.finditer(text, body) if not place[1].startswith(" xmlns")]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from(places))[2]
    value = data.draw(st.sampled_from((*ODD_VALUES, other)) | st.none())
    written = "" if value is None else f'{place[1]}{value}"'
    changed = f"{text[: place.start()]}{written}{text[place.end() :]}".encode()
    assert read(changed) == read_by_cobra(changed)
