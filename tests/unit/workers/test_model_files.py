"""Models are found by what is in them; a file that is no model says why; growth survives the stored form."""

from __future__ import annotations

import gc
import gzip
import importlib.util
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
from cobra.io import read_sbml_model

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.registry import tool_named, validated
from fluxagents.tasks.models import SHIPPED, ModelFormat, ModelRef
from fluxagents.workers import model_forms
from fluxagents.workers.model_cache import ModelCache
from fluxagents.workers.model_files import ModelFiles
from fluxagents.workers.model_parsing import ParsingLimits, parse


def data_folder() -> Path:
    spec = importlib.util.find_spec("cobra")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"


@pytest.fixture(scope="module")
def sbml() -> bytes:
    return gzip.decompress((data_folder() / SHIPPED["textbook"]).read_bytes())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """A store in which the shipped models are parsed once."""
    return ModelFiles(str(tmp_path_factory.mktemp("store")))


@pytest.fixture
def store(tmp_path: Path) -> ModelFiles:
    return ModelFiles(str(tmp_path))


@pytest.mark.parametrize("name", ["textbook", "iJO1366", "salmonella"])
def test_growth_survives_the_stored_form(shared: ModelFiles, name: str) -> None:
    straight: Any = read_sbml_model(str(data_folder() / SHIPPED[name]))
    stored = shared.load(shared.resolve(name))
    assert stored.slim_optimize() == pytest.approx(straight.slim_optimize(), rel=1e-9)
    assert [r.bounds for r in stored.reactions] == [r.bounds for r in straight.reactions]
    assert [r.gene_reaction_rule for r in stored.reactions] == [
        r.gene_reaction_rule for r in straight.reactions
    ]
    assert [r.subsystem for r in stored.reactions] == [r.subsystem for r in straight.reactions]
    assert stored.medium == straight.medium


def test_a_minimised_objective_survives_the_stored_form(shared: ModelFiles) -> None:
    model = shared.load(shared.resolve("textbook"))
    with model:
        model.objective = "ATPM"
        model.objective_direction = "min"
        again = model_forms.loaded(model_forms.dumped(model))
    assert again.slim_optimize() == pytest.approx(8.39)


def test_finding_and_adding_import_neither_cobra_nor_libsbml(tmp_path: Path) -> None:
    code = (
        "import sys; from fluxagents.workers.model_files import ModelFiles;"
        f"store = ModelFiles({str(tmp_path)!r}); store.resolve('textbook'); store.list();"
        "sys.exit(bool({'cobra', 'libsbml', 'pandas', 'numpy', 'swiglpk'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_model_is_found_by_name_path_digest_and_beginning(
    store: ModelFiles, tmp_path: Path, sbml: bytes
) -> None:
    path = tmp_path / "mine.xml"
    path.write_bytes(sbml)
    ref = store.resolve(str(path))
    assert ref.name == "mine"
    assert store.show(ref).format is ModelFormat.SBML
    digests = {store.resolve(text).digest for text in ("mine", ref.digest, ref.digest[:20], ref.digest[7:17])}
    assert digests == {ref.digest}
    assert [record.digest for record in store.list()] == [ref.digest]


def test_the_two_names_of_the_core_model_mean_one_model(store: ModelFiles) -> None:
    assert store.resolve("textbook").digest == store.resolve("e_coli_core").digest


def test_what_comes_over_a_network_is_no_path(store: ModelFiles, tmp_path: Path, sbml: bytes) -> None:
    path = tmp_path / "mine.xml"
    path.write_bytes(sbml)
    with pytest.raises(FluxError) as raised:
        store.resolve(str(path), files=False)
    assert raised.value.kind is ErrorClass.UNKNOWN_ID


def test_unknown_model_names_the_nearest(store: ModelFiles) -> None:
    with pytest.raises(FluxError, match="no model 'iJO136'; nearest: iJO1366"):
        store.resolve("iJO136")
    with pytest.raises(FluxError, match="no model 'salmonela' comes with cobra; nearest: salmonella"):
        store.add_named("salmonela")
    with pytest.raises(FluxError, match="no model sha256:0"):
        store.load(ModelRef(digest=f"sha256:{'0' * 64}", name="gone"))


def test_names_of_shipped_models_are_kept(store: ModelFiles, sbml: bytes, tmp_path: Path) -> None:
    with pytest.raises(FluxError, match="comes with cobra"):
        store.add(sbml, "textbook", suffix=".xml")
    path = tmp_path / "iJO1366.xml"
    path.write_bytes(sbml)
    assert store.add(path).name.startswith("iJO1366-")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", "sha256:abcdef0", "abcdef0123"])
def test_names_are_plain(store: ModelFiles, sbml: bytes, name: str) -> None:
    with pytest.raises(FluxError, match="cannot name a model"):
        store.add(sbml, name, suffix=".xml")


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("none.xml", None, "cannot be read: No such file"),
        ("empty.xml", b"", "is empty"),
        ("notes.txt", b"x", "no supported suffix"),
    ],
)
def test_what_cannot_be_added(
    store: ModelFiles, tmp_path: Path, file: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(FluxError, match=says) as raised:
        store.add(tmp_path / file)
    assert raised.value.kind is ErrorClass.UNREADABLE_MODEL


@pytest.mark.parametrize("name", ["mini.json", "mini.yml", "mini.mat", "mini_cobra.xml"])
def test_every_format_is_read(store: ModelFiles, name: str) -> None:
    model = store.load(store.resolve(str(data_folder() / name)))
    assert len(model.reactions) == 18


def test_a_refused_file_is_not_parsed_again(
    store: ModelFiles, sbml: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = store.add(sbml[:9000], "half", suffix=".xml").ref
    with pytest.raises(FluxError, match="model 'half' is truncated: the XML ends at line") as raised:
        store.load(ref)
    assert raised.value.kind is ErrorClass.UNREADABLE_MODEL
    monkeypatch.setattr("fluxagents.workers.model_files.parse", None)
    with pytest.raises(FluxError, match="is truncated"):
        store.load(ref)


def test_a_slow_file_may_be_tried_again(tmp_path: Path, sbml: bytes) -> None:
    store = ModelFiles(str(tmp_path), limits=ParsingLimits(seconds=0.05))
    ref = store.add(sbml, "slow", suffix=".xml").ref
    with pytest.raises(FluxError, match=r"takes more than 0\.05 s to parse"):
        store.load(ref)
    assert ModelFiles(str(tmp_path)).load(ref).slim_optimize() == pytest.approx(686440 / 785471)


def test_a_model_without_an_objective_is_a_warning(store: ModelFiles, sbml: bytes) -> None:
    ref = store.add(sbml.replace(b'fbc:coefficient="1"', b'fbc:coefficient="0"'), "idle", suffix=".xml").ref
    store.load(ref)
    assert "no objective" in store.show(ref).warnings[0]


def test_memory_is_bounded(sbml: bytes) -> None:
    outcome = parse(sbml, ".xml", ParsingLimits(memory_bytes=150_000_000))
    assert outcome.reason == "needs more than 150 MB of memory to parse"
    assert not outcome.is_final


def test_abort_for_want_of_memory_is_not_the_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def aborted(command: list[str], **_options: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, -6, b"", stderr)

    monkeypatch.setattr("fluxagents.workers.model_parsing.subprocess.run", aborted)
    stderr = b"terminate called after throwing an instance of 'std::bad_alloc'"
    assert not parse(b"x", ".xml", ParsingLimits()).is_final
    stderr = b"glp_set_col_name: j = 1: column name contains invalid character(s)"
    outcome = parse(b"x", ".xml", ParsingLimits())
    assert outcome.is_final
    assert "abort" in outcome.reason


def test_a_derived_model_has_its_own_digest_and_lineage(shared: ModelFiles) -> None:
    tool = tool_named("apply_medium")
    args = validated(tool, {"medium_changes": {"EX_o2_e": 0}})
    parent = shared.resolve("textbook")
    model = shared.load(parent)
    assert tool.change is not None
    with model:
        tool.change(model, args)
        record = shared.derive(parent, model, tool, args)
        assert shared.derive(parent, model, tool, args) == record
    assert record.parent == parent.digest != record.digest
    assert record.change is not None
    assert record.change.model_dump() == {
        "tool": "apply_medium",
        "args": {"medium_changes": {"EX_o2_e": 0.0}},
    }
    assert shared.load(record.ref).slim_optimize() == pytest.approx(0.2116629497353, rel=1e-6)
    assert shared.load(parent).slim_optimize() == pytest.approx(686440 / 785471, rel=1e-9)
    assert shared.resolve(record.name) == record.ref


def test_the_cache_is_bounded_and_frees_what_it_drops(
    shared: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed: list[Any] = []
    monkeypatch.setattr("fluxagents.workers.model_cache._delete_problem", freed.append)
    data = model_forms.dumped(shared.load(shared.resolve("textbook")))
    cache = ModelCache(1)
    first = weakref.ref(cache.get("a", lambda: model_forms.loaded(data)))
    assert cache.get("a", lambda: pytest.fail("parsed twice")) is first()
    cache.get("b", lambda: model_forms.loaded(data))
    gc.collect()
    assert len(cache) == 1
    assert first() is None
    assert len(freed) == 1
