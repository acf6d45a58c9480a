"""Models are found by what is in them; a file that is no model says why; growth survives the stored form."""

from __future__ import annotations

import bz2
import gc
import gzip
import importlib.util
import json
import re
import signal
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import fsspec
import pytest
from cobra.io import read_sbml_model

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.reference_set import find_reference
from fluxagents.tasks.fba.models.model_file import decode_model, encode_model
from fluxagents.tasks.ports.models import SHIPPED, Concern, ModelFormat, ModelRecord, ModelRef
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.files.stored_bytes import StoredBytes
from fluxagents.workers.models import model_forms
from fluxagents.workers.models.model_cache import CachedModel, ModelCache
from fluxagents.workers.models.model_store import _PARSED, ModelFiles
from fluxagents.workers.models.parser.parsing import ParsingLimits, explain_end, parse

WILD = Path(__file__).parents[3] / "data/wild"


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


@pytest.mark.parametrize("name", ["textbook", "iJO1366", pytest.param("salmonella", marks=pytest.mark.long)])
def test_growth_survives_the_stored_form(shared: ModelFiles, name: str) -> None:
    straight: Any = read_sbml_model(str(data_folder() / SHIPPED[name]))
    stored = shared.load(shared.resolve(name))
    assert stored.slim_optimize() == pytest.approx(straight.slim_optimize(), rel=1e-9)
    assert [r.bounds for r in stored.reactions] == [r.bounds for r in straight.reactions]
    assert [r.gene_reaction_rule for r in stored.reactions] == [
        r.gene_reaction_rule for r in straight.reactions
    ]
    for kept, read in zip(stored.reactions, straight.reactions, strict=True):
        # cobra keeps the last of several groups.
        assert kept.subsystem.rpartition("; ")[2] == read.subsystem
    assert stored.medium == straight.medium


def test_a_minimised_objective_survives_the_stored_form(shared: ModelFiles) -> None:
    model = shared.load(shared.resolve("textbook"))
    with model:
        model.objective = "ATPM"
        model.objective_direction = "min"
        again = model_forms.decode_fast(model_forms.encode_fast(model))
        kept = decode_model(encode_model(model, "json"), "json")
    assert again.slim_optimize() == pytest.approx(8.39)
    assert kept.slim_optimize() == pytest.approx(8.39)


@pytest.mark.parametrize("name", ["textbook", "iJO1366", pytest.param("salmonella", marks=pytest.mark.long)])
def test_a_loaded_model_is_the_one_that_cobra_builds(shared: ModelFiles, name: str) -> None:
    fast = shared.load(shared.resolve(name))
    slow = decode_model(encode_model(fast, "json"), "json")
    assert encode_model(fast, "json") == encode_model(slow, "json")
    assert program(fast) == program(slow)
    assert str(fast.objective.expression) == str(slow.objective.expression)
    assert fast.tolerance == slow.tolerance == fast.solver.configuration.tolerances.feasibility
    for kind in ("metabolites", "genes"):
        for one, other in zip(getattr(fast, kind), getattr(slow, kind), strict=True):
            assert {reaction.id for reaction in one.reactions} == {r.id for r in other.reactions}
            assert one.model is fast
    assert all(r.gpr.genes == {gene.id for gene in r.genes} for r in fast.reactions)
    assert fast.copy().slim_optimize() == pytest.approx(slow.slim_optimize(), rel=1e-9)


def program(model: Any) -> Any:
    """Columns, rows and matrix of what the solver holds."""
    columns = [(column.name, column.lb, column.ub) for column in model.variables]
    rows = [
        (row.name, row.lb, row.ub, {v.name: c for v, c in row.get_linear_coefficients(row.variables).items()})
        for row in list(model.constraints)[::50]
    ]
    return columns, rows


def test_changes_of_a_loaded_model_reach_its_solver(shared: ModelFiles) -> None:
    model = shared.load(shared.resolve("textbook"))
    for bounds in ((float("-inf"), float("inf")), (-5.0, 1000.0), (2.0, 3.0)):
        with model:
            model.reactions.EX_o2_e.bounds = bounds
            again = model_forms.decode_fast(model_forms.encode_fast(model))
            assert again.reactions.EX_o2_e.bounds == bounds
            assert program(again)[0] == program(model)[0]
            model.genes.b2415.knock_out()
            silenced = model_forms.decode_fast(model_forms.encode_fast(model))
        assert not silenced.genes.b2415.functional
        assert silenced.reactions.GLCpts.functional is False
    with model:
        model.remove_reactions(["PGI"])
        model.add_boundary(model.metabolites.f6p_c, type="demand")
        assert model.slim_optimize() < 0.87
    assert model.slim_optimize() == pytest.approx(686440 / 785471)


def test_groups_survive_the_stored_form(shared: ModelFiles) -> None:
    model = shared.load(shared.resolve("iJO1366"))
    group = model.groups[0]
    assert len(model.groups) > 30
    for again in (
        model_forms.decode_fast(model_forms.encode_fast(model)),
        decode_model(encode_model(model, "json"), "json"),
    ):
        same = again.groups.get_by_id(group.id)
        assert same.kind == group.kind
        assert {member.id for member in same.members} == {member.id for member in group.members}
        assert all(again.reactions.get_by_id(member.id) is member for member in same.members)


def test_finding_and_adding_import_neither_cobra_nor_libsbml(tmp_path: Path) -> None:
    code = (
        "import sys; from fluxagents.workers.models.model_store import ModelFiles;"
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


def test_universal_models_have_names(store: ModelFiles) -> None:
    ref = store.resolve("universe_cyanobacteria")
    assert ref.name == "universe_cyanobacteria"
    assert store.original(ref) == find_reference().universe(ref.name).read_bytes()


def test_names_of_shipped_models_are_kept(store: ModelFiles, sbml: bytes, tmp_path: Path) -> None:
    with pytest.raises(FluxError, match="comes with cobra"):
        store.add(sbml, "textbook", suffix=".xml")
    path = tmp_path / "iJO1366.xml"
    path.write_bytes(sbml)
    assert store.add(path).name.startswith("iJO1366-")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my.strain.v2.xml", "my.strain.v2"),
        ("UPPER.XML", "UPPER"),
        ("../a/b.xml", ".._a_b"),
        (".xml", "model"),
        ("iJO1366.xml", "iJO1366"),
    ],
)
def test_bytes_are_called_as_their_file(store: ModelFiles, sbml: bytes, file: str, name: str) -> None:
    record = store.add(sbml, file)
    assert (record.name.removesuffix(f"-{record.digest[7:15]}"), record.suffix) == (name, ".xml")


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
    ref = store.add(sbml[:9000], "half", suffix=".xml", unchecked=True).ref
    with pytest.raises(FluxError, match="model 'half' is truncated: the XML ends at line") as raised:
        store.load(ref)
    assert raised.value.kind is ErrorClass.UNREADABLE_MODEL
    monkeypatch.setattr("fluxagents.workers.models.model_store.parse", None)
    with pytest.raises(FluxError, match="is truncated"):
        store.load(ref)


def test_a_refused_file_leaves_nothing_behind(store: ModelFiles, sbml: bytes, tmp_path: Path) -> None:
    sound = store.add(sbml, "mine", suffix=".xml")
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    with pytest.raises(FluxError, match="model 'mine' is truncated"):
        store.add(sbml[:9000], "mine", suffix=".xml")
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before
    assert store.resolve("mine") == sound.ref


def test_a_file_named_for_a_run_is_read_first(store: ModelFiles, tmp_path: Path) -> None:
    with pytest.raises(FluxError, match=re.escape(f"model file '{WILD / 'nan.json'}' ")) as raised:
        store.resolve(str(WILD / "nan.json"))
    assert raised.value.kind is ErrorClass.UNREADABLE_MODEL
    assert "--unchecked" in raised.value.suggestions[0]
    assert not list(tmp_path.rglob("names/*"))


def test_an_unchecked_file_waits_for_its_first_use(store: ModelFiles) -> None:
    record = store.add(WILD / "nan.json", unchecked=True)
    assert not store.is_read(record.ref)
    with pytest.raises(FluxError, match="model 'nan' "):
        store.load(record.ref)
    with pytest.raises(FluxError, match=r"nan\.json"):
        store.add(WILD / "nan.json")
    assert store.resolve("nan") == record.ref


def test_a_suffix_that_was_wrong_is_put_right(store: ModelFiles) -> None:
    data = (WILD / "base.json").read_bytes()
    wrong = store.add(data, "mine", suffix=".xml", unchecked=True)
    with pytest.raises(FluxError):
        store.load(wrong.ref)
    record = store.add(data, "mine", suffix=".json")
    assert (record.digest, record.format) == (wrong.digest, ModelFormat.JSON)
    assert store.load(record.ref).slim_optimize() == pytest.approx(10 / 6)


def test_reading_takes_no_name_from_another_model(store: ModelFiles, sbml: bytes) -> None:
    first = store.add(WILD / "gene_bad.json", "mine", unchecked=True)
    second = store.add(sbml, "mine", suffix=".xml")
    store.load(first.ref)
    assert store.resolve("mine") == second.ref


def test_a_derived_model_keeps_the_warnings_of_its_parent(store: ModelFiles) -> None:
    parent = store.add(WILD / "gene_bad.json")
    record = derive(store, parent.ref)
    assert [warning.kind for warning in parent.warnings] == ["gene_rule_left_out"]
    assert record.warnings == parent.warnings


def derive(store: ModelFiles, parent: ModelRef) -> ModelRecord:
    tool = tool_named("apply_medium")
    args = tool.parse({"medium_changes": {"EX_A_e": 1}})
    model = store.load(parent)
    assert tool.change is not None
    with model:
        tool.change(model, args)
        return store.derive(parent, model, tool.describe_change(args))


def test_records_of_the_last_release_are_read_again(store: ModelFiles, tmp_path: Path) -> None:
    """They hold warnings as sentences, and fast forms of another number."""
    parent = store.add(WILD / "gene_bad.json")
    child = derive(store, parent.ref)
    for record in (parent, child):
        folder = tmp_path / f"models/{record.digest[7:]}"
        (folder / _PARSED).rename(folder / "parsed-2.json")
        written = json.loads((folder / "record.json").read_text())
        written["warnings"] = ["1 gene rules could not be read and are left out"]
        (folder / "record.json").write_text(json.dumps(written))
    again = ModelFiles(str(tmp_path))
    (remark,) = again.show(child.ref).warnings
    assert (remark.kind, remark.concerns) == ("remark", tuple(Concern))
    assert not again.is_read(child.ref)
    assert again.load(child.ref).slim_optimize() == pytest.approx(1 / 6, abs=1)
    assert again.show(child.ref).warnings == again.show(parent.ref).warnings == parent.warnings


def test_a_warning_that_no_longer_holds_goes_with_the_old_form(store: ModelFiles, tmp_path: Path) -> None:
    record = store.add(WILD / "base.json")
    folder = tmp_path / f"models/{record.digest[7:]}"
    (folder / _PARSED).unlink()
    written = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps({**written, "warnings": ["it is odd"]}))
    again = ModelFiles(str(tmp_path))
    again.load(record.ref)
    assert again.show(record.ref).warnings == ()


def test_a_slow_file_may_be_tried_again(tmp_path: Path, sbml: bytes) -> None:
    store = ModelFiles(str(tmp_path), limits=ParsingLimits(seconds=0.05))
    with pytest.raises(FluxError, match=r"model 'slow' takes more than 0\.05 s to parse"):
        store.add(sbml, "slow", suffix=".xml")
    ref = store.add(sbml, "slow", suffix=".xml", unchecked=True).ref
    with pytest.raises(FluxError, match=r"takes more than 0\.05 s to parse"):
        store.load(ref)
    assert ModelFiles(str(tmp_path)).load(ref).slim_optimize() == pytest.approx(686440 / 785471)


def test_a_model_without_an_objective_is_a_warning(store: ModelFiles, sbml: bytes) -> None:
    idle = sbml.replace(b'fbc:coefficient="1"', b'fbc:coefficient="0"')
    record = store.add(idle, "idle", suffix=".xml")
    assert "no objective" in record.warnings[0].message
    assert store.show(record.ref) == record


def test_memory_is_bounded() -> None:
    large = (data_folder() / SHIPPED["iJO1366"]).read_bytes()
    outcome = parse(large, ".xml.gz", ParsingLimits(memory_bytes=150_000_000))
    assert outcome.reason == "needs more than 150 MB of memory to parse"
    assert not outcome.is_final


def test_abort_for_want_of_memory_is_not_the_fault_of_the_file() -> None:
    said = b"terminate called after throwing an instance of 'std::bad_alloc'"
    assert not explain_end(-signal.SIGABRT, said).is_final
    said = b"glp_set_col_name: j = 1: column name contains invalid character(s)"
    outcome = explain_end(-signal.SIGABRT, said)
    assert outcome.is_final
    assert outcome.reason == f"makes libSBML or the solver abort: {said.decode()}"


def test_a_derived_model_has_its_own_digest_and_lineage(shared: ModelFiles) -> None:
    tool = tool_named("apply_medium")
    args = tool.parse({"medium_changes": {"EX_o2_e": 0}})
    parent = shared.resolve("textbook")
    model = shared.load(parent)
    assert tool.change is not None
    with model:
        tool.change(model, args)
        record = shared.derive(parent, model, tool.describe_change(args))
        assert shared.derive(parent, model, tool.describe_change(args)) == record
    assert record.parent == parent.digest != record.digest
    assert record.change is not None
    assert record.change.model_dump() == {
        "tool": "apply_medium",
        "args": {"medium_changes": {"EX_o2_e": 0.0}},
    }
    assert shared.load(record.ref).slim_optimize() == pytest.approx(0.2116629497353, rel=1e-6)
    (Path(shared._bytes._url) / f"models/{record.digest[7:]}/{_PARSED}").unlink()
    shared._cache = ModelCache(1)
    assert shared.load(record.ref).slim_optimize() == pytest.approx(0.2116629497353, rel=1e-6)
    assert shared.load(parent).slim_optimize() == pytest.approx(686440 / 785471, rel=1e-9)
    assert shared.resolve(record.name) == record.ref


def test_the_cache_is_bounded_and_frees_what_it_drops(
    shared: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed: list[Any] = []
    monkeypatch.setattr("fluxagents.workers.models.model_cache._delete_problem", freed.append)
    data = model_forms.encode_fast(shared.load(shared.resolve("textbook")))
    cache = ModelCache(250)

    def parsed() -> CachedModel:
        return CachedModel(model_forms.decode_fast(data), 100)

    first = weakref.ref(cache.get("a", parsed))
    cache.get("b", parsed)
    assert cache.get("a", lambda: pytest.fail("parsed twice")) is first()
    cache.get("c", parsed)
    cache.get("a", lambda: pytest.fail("the least recently used is dropped, not this one"))
    assert (len(cache), len(freed)) == (2, 1)
    cache.get("large", lambda: CachedModel(model_forms.decode_fast(data), 1_000))
    gc.collect()
    assert len(cache) == 1
    assert first() is None
    assert len(freed) == 3


@pytest.mark.parametrize("suffix", [".json.gz", ".json.bz2", ".sbml.bz2", ".yml.gz"])
def test_compressed_formats_are_read(store: ModelFiles, tmp_path: Path, sbml: bytes, suffix: str) -> None:
    pack = gzip.compress if suffix.endswith("gz") else bz2.compress
    plain = {".json": "mini.json", ".yml": "mini.yml"}.get(f".{suffix.split('.')[1]}")
    data = (data_folder() / plain).read_bytes() if plain else sbml
    path = tmp_path / f"packed{suffix}"
    path.write_bytes(pack(data))
    assert len(store.load(store.resolve(str(path))).reactions) == (18 if plain else 95)


def test_a_model_is_read_from_an_object_store(store: ModelFiles, sbml: bytes) -> None:
    with fsspec.open("memory://bucket/cloudy.xml", "wb") as file:
        file.write(sbml)
    ref = store.resolve("memory://bucket/cloudy.xml")
    assert ref.name == "cloudy"
    assert store.load(ref).slim_optimize() == pytest.approx(686440 / 785471)
    with pytest.raises(FluxError, match="there is no model 'memory:"):
        store.resolve("memory://bucket/cloudy.xml", files=False)
    for url, says in (
        ("memory://bucket/gone.xml", "cannot be read: No such file"),
        ("nope://bucket/gone.xml", "cannot be read: Protocol not known: nope"),
        ("memory://bucket/cloudy.txt", "no supported suffix"),
    ):
        with pytest.raises(FluxError, match=says) as raised:
            store.add(url)
        assert raised.value.kind is ErrorClass.UNREADABLE_MODEL


def test_a_store_under_a_url_serves_other_processes(sbml: bytes) -> None:
    url = "memory://models"
    ref = ModelFiles(url).add(sbml, "mine", suffix=".xml").ref
    assert ModelFiles(url).load(ref).slim_optimize() == pytest.approx(686440 / 785471)
    assert ModelFiles(url).resolve("mine") == ref


def test_an_id_that_makes_the_solver_abort_is_refused(store: ModelFiles) -> None:
    mini = (data_folder() / "mini.json").read_bytes().replace(b'"pi_c"', b'"p\\u0001_c"')
    with pytest.raises(FluxError, match="control character in the id of metabolite") as raised:
        store.add(mini, "aborts", suffix=".json")
    assert raised.value.kind is ErrorClass.UNREADABLE_MODEL


def test_a_file_that_makes_libsbml_crash_is_refused(store: ModelFiles) -> None:
    text = (WILD.parent / "conventions" / "modelseed.xml").read_text()
    end = "</fbc:geneProductAssociation>"
    foreign = text.replace(end, f'<x:y xmlns:x="urn:x"/>{end}', 1)
    with pytest.raises(FluxError, match="makes libSBML or the solver crash") as raised:
        store.add(foreign.encode(), "crashes", suffix=".xml")
    assert raised.value.kind is ErrorClass.UNREADABLE_MODEL
    assert store.list() == []


GROWTH_BOUND = 30_000_000
"""Bytes; one leaked iJO1366 takes 10 MB of GLPK alone."""


@pytest.mark.long
def test_twenty_models_through_one_process_stay_within_bounds(shared: ModelFiles, tmp_path: Path) -> None:
    data = model_forms.encode_fast(shared.load(shared.resolve("iJO1366")))
    (tmp_path / "form").write_bytes(data)
    code = """
import sys
from pathlib import Path
import psutil
from fluxagents.workers.files.stored_bytes import StoredBytes
from fluxagents.workers.models import model_forms
from fluxagents.workers.models.model_cache import CachedModel, ModelCache
data = Path(sys.argv[1]).read_bytes()
cache, used = ModelCache(3), []
for number in range(20):
    form = data.replace(b'"id":"iJO1366"', b'"id":"variant%d"' % number)
    model = cache.get(str(number), lambda: CachedModel(model_forms.decode_fast(form), 1))
    assert model.id == f"variant{number}"
    assert number % 5 or model.slim_optimize() > 0.98
    del model
    used.append(psutil.Process().memory_info().rss)
print(used[5], max(used[6:]))
"""
    early, late = map(int, measured(code, str(tmp_path / "form")))
    assert late - early < GROWTH_BOUND


@pytest.mark.long
def test_a_thousand_media_on_one_model_keep_memory_flat(shared: ModelFiles, tmp_path: Path) -> None:
    data = model_forms.encode_fast(shared.load(shared.resolve("textbook")))
    (tmp_path / "form").write_bytes(data)
    code = """
import sys
from pathlib import Path
import psutil
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.files.stored_bytes import StoredBytes
from fluxagents.workers.models import model_forms
model, tool = model_forms.decode_fast(Path(sys.argv[1]).read_bytes()), tool_named("run_metabolic_fba")
used = []
for number in range(1_000):
    args = {"medium_changes": {"EX_glc__D_e": 5 + number / 100, "EX_o2_e": 10 + number / 100}}
    assert tool.run(model, tool.parse(args)).growth_per_h > 0.1
    used.append(psutil.Process().memory_info().rss)
print(used[200], max(used[201:]))
"""
    early, late = map(int, measured(code, str(tmp_path / "form")))
    assert late - early < GROWTH_BOUND / 3


def measured(code: str, *arguments: str) -> list[str]:
    run = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    return run.stdout.split()


def test_a_model_that_is_known_is_not_written_again(store: ModelFiles, tmp_path: Path) -> None:
    def list_times() -> dict[Path, int]:
        files = [path for path in tmp_path.rglob("[!.]*") if path.is_file()]
        return {path: path.stat().st_mtime_ns for path in files}

    first = store.resolve("textbook")
    written = list_times()
    assert len(written) == 3
    assert store.resolve("textbook") == first
    assert list_times() == written


def test_a_whole_digest_is_found_without_listing_the_store(
    store: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = store.resolve("textbook")

    def refuse(_: object, folder: str) -> list[str]:
        raise AssertionError(f"{folder} was listed")

    monkeypatch.setattr(StoredBytes, "names", refuse)
    assert store.resolve(ref.digest) == ref
