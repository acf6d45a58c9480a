"""A run as one file: all of it comes over to another installation, and no hostile file does."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from tests.unit.workers.clients.test_local import (
    CHILD,
    END,
    EVENT,
    GROWTH,
    LIST,
    SURVEY,
    UPTAKES,
    Desk,
    status,
)
from tests.unit.workers.commands.runs.test_rewind import CHANGE, TWICE, TWICE_FIELDS, V1, V1_FACTS

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.runs.run import Run
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.workers.archive import run_bundle
from fluxagents.workers.archive.checked_zip import MANIFEST, SIGNATURE
from fluxagents.workers.archive.run_bundle import BundleFile
from fluxagents.workers.archive.run_export import export_run
from fluxagents.workers.archive.run_import import Imported, import_run
from fluxagents.workers.archive.run_signature import ExportKeys
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.commands.runs import run_details, run_listing, transfer
from fluxagents.workers.commands.runs.runs import runs
from fluxagents.workers.settings import Settings

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store of models for all tests here, so that the model is parsed once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def desk(tmp_path: Path, parsed: Path) -> Desk:
    (tmp_path / "store").symlink_to(parsed)
    return Desk(tmp_path)


@pytest.fixture
def elsewhere(tmp_path: Path, desk: Desk) -> LocalClient:
    """Another installation, with nothing in it."""
    return LocalClient(tmp_path / "elsewhere", clock=desk.clock)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.zip"


def exported(desk: Desk, run: Run, file: Path, **options: Any) -> Path:
    export_run(desk.client.bundle_stores(), run.id, file, **options)
    return file


def take_in(client: LocalClient, file: Path, **options: Any) -> Imported:
    return import_run(client, client.bundle_stores(), file, by="bob", **options)


def test_a_run_that_has_ended_is_the_same_elsewhere(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    run = desk.start(desk.flow("change", CHANGE, facts=GROWTH))
    request = run.state.waiting_for
    assert request is not None
    desk.client.approve(request.id, by="ada")
    found = take_in(elsewhere, exported(desk, run, file, with_models=True))
    assert (found.written, found.missing) == ((run.id,), ())
    assert found.unverified.startswith("signed by the unknown key ")
    assert elsewhere.store.events(run.id)[1:] == run.events()[1:]
    doubted = run.state.model_copy(update={"unverified": found.unverified})
    assert elsewhere.store.load(run.id) == doubted
    assert elsewhere.store.flow(run.state.flow.digest) == desk.client.store.flow(run.state.flow.digest)
    for finding in run.findings:
        assert finding.artifact is not None
        manifest = elsewhere.artifacts.manifest(finding.artifact)
        assert manifest == desk.client.artifacts.manifest(finding.artifact)
        for table in manifest.tables.values():
            assert len(elsewhere.artifacts.table(table.digest)) == table.rows
    made = run.state.model
    assert made is not None
    record = elsewhere.models.show(ModelRef(digest=made, name="m"))
    assert record == desk.client.models.show(ModelRef(digest=made, name="m"))
    assert elsewhere.models.load(record.ref).slim_optimize() == pytest.approx(0, abs=1e-9), (
        "b0720 is essential"
    )
    again = elsewhere.fork(run.id, at=4, by="bob")
    assert elsewhere.get(again.run_id).answer == run.answer


def test_what_people_said_comes_along_and_nobody_here_has_said_it(
    desk: Desk, elsewhere: LocalClient, file: Path, tmp_path: Path
) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    desk.client.feedback.rate(run.id, 2, reason="wrong medium")
    desk.client.collaboration.watch(run.id)
    desk.client.collaboration.comment(run.id, "see the first step", on="step:0")
    person = desk.client.authority.actor.name
    take_in(elsewhere, exported(desk, run, file), new_id="copy")
    said = elsewhere.store.remarks.of("copy")
    assert [(remark.number, remark.body.kind, remark.on) for remark in said] == [
        (1, "rating", "run"),
        (2, "comment", "step:0"),
    ]
    assert {remark.by for remark in said} == {f"{person} (elsewhere)"}
    elsewhere.feedback.rate("copy", 5)
    third = LocalClient(tmp_path / "third", clock=desk.clock)
    export_run(elsewhere.bundle_stores(), "copy", file)
    take_in(third, file)
    assert third.feedback.ratings("copy") == {"run": {f"{person} (elsewhere)": 5}}


def test_the_same_run_gives_the_same_file(desk: Desk, tmp_path: Path) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    files = [exported(desk, run, tmp_path / name) for name in ("a.zip", "b.zip")]
    assert files[0].read_bytes() == files[1].read_bytes()
    with BundleFile(files[0]) as bundle:
        assert bundle.names("models") == ()
        assert bundle.manifest.models[0].name == "e_coli_core"
    assert list(tmp_path.glob("*.draft")) == []


def test_models_that_are_nowhere_are_named(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    (said,) = take_in(elsewhere, exported(desk, run, file)).missing
    assert said == f"model e_coli_core ({run.state.model})"


def test_the_runs_that_it_began_come_along(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    name = desk.flow("survey", {"survey": SURVEY, "end": END}, inputs=UPTAKES, facts=LIST)
    run = desk.start(name, uptakes=[10, 5])
    found = take_in(elsewhere, exported(desk, run, file))
    assert len(found.runs) == 3
    children = elsewhere.store.runs(session=run.id)
    assert {state.parent for state in children} == {run.id, ""}
    assert [state.run_id for state in elsewhere.store.runs()] == [run.id]


def test_what_was_sent_to_a_chat_model_can_be_rendered_elsewhere(
    desk: Desk, elsewhere: LocalClient, file: Path
) -> None:
    run = desk.client.start("metabolic_analysis", model="e_coli_core", question="How fast does it grow?")
    assert status(run) == "finished"
    exported(desk, run, file)
    with BundleFile(file) as bundle:
        texts = {name.rpartition("/")[2]: bundle.read(name) for name in bundle.names("prompts")}
    assert set(texts) == set(run.state.prompts.values())
    take_in(elsewhere, file)
    for name, digest in run.state.prompts.items():
        assert (
            elsewhere.bundle_stores().prompts.versions.find_by_digest(name, digest).source.encode()
            == texts[digest]
        )


def test_a_run_in_mid_flight_arrives_paused_and_asks_again(
    desk: Desk, elsewhere: LocalClient, file: Path
) -> None:
    run = desk.start(desk.flow("asking", V1, facts=V1_FACTS))
    request = run.state.waiting_for
    assert request is not None
    found = take_in(elsewhere, exported(desk, run, file, with_models=True))
    assert [state.status for state in found.runs] == ["paused"]
    there = elsewhere.get(run.id)
    assert fold(there.events()) == there.state
    with pytest.raises(FluxError, match="does not wait for an answer"):
        elsewhere.reply(request.id, by="bob", answer="10")
    desk.wait_s(1)
    there.resume()
    again = there.state.waiting_for
    assert again is not None
    elsewhere.reply(again.id, by="bob", answer="10")
    assert there.answer == "0.873922 1/h"
    assert run.state.waiting_for == request


def test_an_approval_does_not_travel(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    run = desk.client.start(desk.flow("change", CHANGE, facts=GROWTH), model="e_coli_core", stepwise=True)
    request = run.state.waiting_for
    assert request is not None
    desk.client.approve(request.id, by="ada")
    assert run.state.approved is not None
    take_in(elsewhere, exported(desk, run, file, with_models=True))
    there = elsewhere.get(run.id)
    there.resume()
    assert there.state.waiting_for is not None
    assert [event.type for event in there.events()].count("ToolSucceeded") == 0


def test_its_way_here_uses_no_time(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    run = desk.start(desk.flow("event", EVENT, facts=GROWTH, budget={"wall_time_s": 100}))
    exported(desk, run, file)
    desk.wait_s(10_000)
    take_in(elsewhere, file)
    elsewhere.tick()
    there = elsewhere.get(run.id)
    assert status(there) == "paused"
    there.resume()
    elsewhere.signal(run.id, "measured", by="bob", data={"growth": {"per_h": 0.7}})
    assert there.answer == "measured 0.7"


def test_a_run_is_taken_in_once(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    run = desk.start(desk.flow("asking", V1, facts=V1_FACTS))
    exported(desk, run, file)
    assert take_in(elsewhere, file).written == (run.id,)
    before = elsewhere.store.events(run.id)
    assert take_in(elsewhere, file).written == ()
    elsewhere.resume(run.id, by="bob")
    assert take_in(elsewhere, file).written == (), "it has gone on and is still the same"
    assert elsewhere.store.events(run.id)[: len(before)] == before
    assert take_in(desk.client, file).written == ()


def test_another_run_of_the_same_id_stays_and_the_new_one_may_have_another(
    desk: Desk, elsewhere: LocalClient, file: Path
) -> None:
    desk.flow("child", CHILD, facts=GROWTH, inputs={"changes": {"type": "object"}})
    sub = {"kind": "subflow", "flow": "child", "inputs": {"changes": {"EX_glc__D_e": 1}}, "next": "end"}
    name = desk.flow("parent", {"sub": sub, "end": END})
    run = desk.client.start(name, model="e_coli_core", run_id="mine")
    elsewhere.start(
        "metabolic_analysis", model="e_coli_core", question="How fast does it grow?", run_id="mine"
    )
    before = elsewhere.store.events("mine")
    exported(desk, run, file, with_models=True)
    with pytest.raises(FluxError, match="another run has the id 'mine' here; import it under another id"):
        take_in(elsewhere, file)
    assert elsewhere.store.events("mine") == before
    found = take_in(elsewhere, file, new_id="theirs")
    child = found.runs[1].run_id
    assert child.startswith("theirs.")
    for state in found.runs:
        assert fold(elsewhere.store.events(state.run_id)) == state
        elsewhere.resume(state.run_id, by="bob")
    request = elsewhere.store.load(child).waiting_for
    assert request is not None
    elsewhere.approve(request.id, by="bob")
    assert elsewhere.get("theirs").status == "finished"
    assert elsewhere.store.events("mine") == before


def test_a_model_of_another_name_here_keeps_its_name(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    original = desk.client.bundle_stores().models.original(desk.client.models.resolve("e_coli_core"))
    assert original is not None
    desk.client.models.add(original + b"\n", "mine", suffix=".xml.gz", unchecked=True)
    theirs = elsewhere.models.add(b"{}", "mine", suffix=".json", unchecked=True)
    run = desk.client.start(desk.flow("wait", EVENT, facts=GROWTH), model="mine")
    take_in(elsewhere, exported(desk, run, file, with_models=True))
    assert elsewhere.models.resolve("mine").digest == theirs.digest
    digest = run.state.model
    assert digest is not None
    assert elsewhere.models.show(ModelRef(digest=digest, name="m")).name == f"mine-{digest[7:15]}"


# Files that somebody altered, or made to do harm.


def rewritten(file: Path, change: Callable[[Members], None], *, honest: bool = True) -> None:
    """The same file with other members; an honest manifest is made to fit them, and no longer signed."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    if honest:
        del members[SIGNATURE]
        manifest = json.loads(members[MANIFEST])
        manifest["members"] = {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
            for name, data in members.items()
            if name != MANIFEST
        }
        members[MANIFEST] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members.items():
            new.writestr(name, data)


LOG = "runs/0/events.jsonl"


def _first(members: Members, folder: str) -> str:
    return next(name for name in members if name.startswith(f"{folder}/"))


def _change(folder: str, old: bytes, new: bytes) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        name = _first(members, folder)
        assert old in members[name]
        members[name] = members[name].replace(old, new)

    return change


def _put(name: str, data: bytes) -> Callable[[Members], None]:
    return lambda members: members.update({name: data})


def _drop(folder: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        del members[_first(members, folder)]

    return change


def _append_line(line: bytes) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        members[LOG] += line

    return change


BACK = e.RunRolledBack(seq=3, at_ms=1, to_seq=0, kept=1, state={"run_id": "x"}, by="eve", reason="r")


@pytest.mark.parametrize(
    ("change", "honest", "said"),
    [
        (_change("runs", b'"uptake":10', b'"uptake":11'), False, "'runs/0/events.jsonl' has another sha256"),
        (_change("artifacts", b"a", b"b"), True, "has the sha256"),
        (_change("flows", b'"purpose":"p"', b'"purpose":"q"'), True, "is flow 'twice' of digest"),
        (_change("flows", b'"kind":"tool"', b'"kind":"fool"'), True, "is no flow"),
        (
            _change("runs", b'"type":"RunStarted"', b'"type":"RunEnded"'),
            True,
            "line 1 of the history is no event",
        ),
        (_change("runs", b'"seq":1', b'"seq":7'), True, "cannot follow: it belongs to step 7"),
        (_change("runs", b'"schema_version":5', b'"schema_version":99'), True, "reads up to 5; upgrade it"),
        (_append_line(BACK.model_dump_json().encode()), True, "not a run state"),
        (_put(LOG, b""), True, "does not begin with its start"),
        (_put("../../etc/passwd", b"x"), True, "holds '../../etc/passwd', which belongs to no run"),
        (_put("/etc/passwd", b"x"), True, "which belongs to no run"),
        (_put("artifacts/../../x", b"x"), True, "which belongs to no run"),
        (_put("models/" + "a" * 64 + "/parsed-2.json", b"x"), True, "which belongs to no run"),
        (_put("models/" + "a" * 64 + "/record.json", b"{}"), True, "record.json: Field required"),
        (_put("artifacts/" + "a" * 64, b"x"), False, "holds other members than its manifest says"),
        (_drop("artifacts"), False, "holds other members than its manifest says"),
        (_drop("flows"), True, "no flow with digest"),
        (_drop("runs"), True, "lacks 'runs/0/events.jsonl'"),
        (lambda members: members.pop(MANIFEST), False, "lacks 'manifest.json'"),
        (_put(MANIFEST, b"{}"), False, "has no manifest that can be read"),
        (_put(MANIFEST, b"[" * 100_000), False, "has no manifest that can be read"),
    ],
)
def test_a_file_that_is_not_what_it_says_writes_nothing(
    desk: Desk,
    elsewhere: LocalClient,
    file: Path,
    *,
    change: Callable[[Members], None],
    honest: bool,
    said: str,
) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    exported(desk, run, file)
    rewritten(file, change, honest=honest)
    with pytest.raises(FluxError, match=said) as caught:
        take_in(elsewhere, file)
    assert caught.value.kind in {ErrorClass.SCHEMA, ErrorClass.BAD_FLOW}
    assert elsewhere.store.runs() == []
    assert elsewhere.bundle_stores().artifacts.list_files() == []
    assert elsewhere.models.list() == []


def test_a_bomb_is_not_unpacked(
    desk: Desk, elsewhere: LocalClient, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    exported(desk, run, file)
    zeros = bytes(50_000_000)
    rewritten(file, _put(f"artifacts/{hashlib.sha256(zeros).hexdigest()}", zeros))
    assert file.stat().st_size < 200_000
    monkeypatch.setattr(run_bundle, "MAX_MEMBER_BYTES", 10_000_000)
    with pytest.raises(FluxError, match="of 50000000 bytes"):
        take_in(elsewhere, file)
    monkeypatch.setattr(run_bundle, "MAX_BYTES", 40_000_000)
    with pytest.raises(FluxError, match="is larger than 40000000 bytes"):
        take_in(elsewhere, file)


def test_a_member_that_lies_about_its_size_is_refused(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    exported(desk, run, file)
    data = bytearray(file.read_bytes())
    # In the central directory the size after unpacking stands 24 bytes behind its signature.
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    file.write_bytes(data)
    with pytest.raises(FluxError, match=r"cannot be read|has no manifest"):
        take_in(elsewhere, file)


def test_what_is_no_zip_or_cut_off_is_refused(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    with pytest.raises(FluxError, match="there is no file"):
        take_in(elsewhere, file)
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    whole = exported(desk, run, file).read_bytes()
    for part in (b"", b"PK", whole[: len(whole) // 2]):
        file.write_bytes(part)
        with pytest.raises(FluxError, match="is no zip file"):
            take_in(elsewhere, file)


def test_a_run_that_no_run_of_the_file_began_is_refused(
    desk: Desk, elsewhere: LocalClient, file: Path
) -> None:
    run = desk.start(
        desk.flow("survey", {"survey": SURVEY, "end": END}, inputs=UPTAKES, facts=LIST), uptakes=[5]
    )
    exported(desk, run, file)

    def change(members: Members) -> None:
        name = "runs/1/events.jsonl"
        members[name] = members[name].replace(f'"parent":"{run.id}"'.encode(), b'"parent":"other"')

    rewritten(file, change)
    with pytest.raises(FluxError, match="no run of the file began it"):
        take_in(elsewhere, file)
    assert elsewhere.store.runs() == []


def test_the_commands_say_what_they_wrote_and_what_is_missing(
    desk: Desk, elsewhere: LocalClient, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    monkeypatch.setattr(transfer, "CommandClient", lambda: desk.client)
    wrote = CliRunner().invoke(runs, ["export", run.id, "-o", str(file)])
    assert wrote.stdout.startswith(f"{file}: 1 runs, ")
    monkeypatch.setattr(transfer, "CommandClient", lambda: elsewhere)
    first = CliRunner().invoke(runs, ["import", str(file)])
    assert first.stdout == f"run {run.id}: imported; it is finished (unverified)\n"
    assert "unverified: the file is signed by the unknown key" in first.stderr
    assert "not in the file, and not here: model e_coli_core" in first.stderr
    again = json.loads(CliRunner().invoke(runs, ["import", str(file), "--json"]).stdout)
    assert again["runs"] == [{"run_id": run.id, "status": "finished", "written": False}]
    other = CliRunner().invoke(runs, ["import", str(file), "--as", "theirs"])
    assert other.stdout == "run theirs: imported; it is finished (unverified)\n"


# Who wrote a file.


def finished_run(desk: Desk, file: Path) -> Run:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    assert status(run) == "finished"
    exported(desk, run, file)
    return run


def resign(keys: ExportKeys) -> Callable[[Members], None]:
    """What somebody with another key can do to a file: recompute every hash, and sign the result."""

    def change(members: Members) -> None:
        members[LOG] = members[LOG].replace(b'"uptake":10', b'"uptake":11')
        manifest = json.loads(members[MANIFEST])
        digest = hashlib.sha256(members[LOG]).hexdigest()
        manifest["members"][LOG] = {"sha256": digest, "size_bytes": len(members[LOG])}
        members[MANIFEST] = json.dumps(manifest).encode()
        members[SIGNATURE] = keys.sign(members[MANIFEST]).model_dump_json().encode()

    return change


def test_a_run_of_this_installation_comes_back_verified(
    desk: Desk, elsewhere: LocalClient, file: Path
) -> None:
    run = finished_run(desk, file)
    theirs = replace(elsewhere.bundle_stores(), keys=desk.client.bundle_stores().keys)
    assert import_run(elsewhere, theirs, file, by="bob").unverified == ""
    assert elsewhere.store.events(run.id) == run.events()


def test_a_run_of_a_trusted_installation_is_verified(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    run = finished_run(desk, file)
    stores = elsewhere.bundle_stores()
    trusting = replace(stores.keys, trusted=(desk.client.bundle_stores().keys.public,))
    found = import_run(elsewhere, replace(stores, keys=trusting), file, by="bob")
    assert (found.unverified, elsewhere.store.load(run.id).unverified) == ("", "")


def test_a_forged_file_is_refused_while_it_keeps_the_signature(
    desk: Desk, elsewhere: LocalClient, file: Path
) -> None:
    finished_run(desk, file)
    with zipfile.ZipFile(file) as zipped:
        signature = zipped.read(SIGNATURE)
    rewritten(file, _change("runs", b'"uptake":10', b'"uptake":11'))
    with zipfile.ZipFile(file, "a") as zipped:
        zipped.writestr(SIGNATURE, signature)
    with pytest.raises(FluxError, match="was changed after it was signed") as caught:
        take_in(elsewhere, file)
    assert caught.value.kind is ErrorClass.SCHEMA
    assert elsewhere.store.runs() == []


@pytest.mark.parametrize("signature", [b"", b"{}", b'{"key":"00","signature":"00"}'])
def test_a_signature_that_is_none_is_refused(
    desk: Desk, elsewhere: LocalClient, file: Path, signature: bytes
) -> None:
    finished_run(desk, file)
    rewritten(file, _put(SIGNATURE, signature), honest=False)
    with pytest.raises(FluxError, match="has a signature that cannot be read"):
        take_in(elsewhere, file)


def test_a_file_without_a_signature_is_unverified_wherever_it_goes(
    desk: Desk, elsewhere: LocalClient, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_run(desk, file)
    rewritten(file, lambda _: None)
    assert take_in(elsewhere, file).unverified == "not signed"
    there = elsewhere.get(run.id)
    assert there.state.unverified == "not signed"
    monkeypatch.setattr(run_details, "CommandClient", lambda: elsewhere)
    monkeypatch.setattr(run_listing, "open_run_store", lambda _: elsewhere.store)
    monkeypatch.setattr(elsewhere, "settings", Settings(), raising=False)
    shown = CliRunner().invoke(runs, ["show", run.id])
    assert "unverified: not signed" in shown.stdout.splitlines()[0]
    assert "finished (unverified)" in CliRunner().invoke(runs, ["list"]).stdout
    (listed,) = json.loads(CliRunner().invoke(runs, ["list", "--json"]).stdout)
    assert listed["unverified"] == "not signed"
    assert "unverified" in there._repr_html_()
    fork = elsewhere.fork(run.id, at=1, by="bob")
    assert fork.unverified == "not signed", "what follows from it is no better"
    back = elsewhere.rollback(fork.run_id, to=1, by="bob", confirmed=True)
    assert back.unverified == "not signed"
    assert take_in(elsewhere, exported(desk, run, file)).written == (), "it is the same run"
    export_run(elsewhere.bundle_stores(), run.id, file)
    rewound = import_run(elsewhere, elsewhere.bundle_stores(), file, by="bob", new_id="again")
    assert rewound.unverified == ""
    assert rewound.runs[0].unverified == "not signed", "our signature says who exported it, not who ran it"


def test_the_key_of_a_forger_is_not_known(
    desk: Desk, elsewhere: LocalClient, file: Path, tmp_path: Path
) -> None:
    finished_run(desk, file)
    forger = ExportKeys.in_folder(tmp_path / "forger")
    rewritten(file, resign(forger), honest=False)
    found = take_in(elsewhere, file)
    assert found.unverified == f"signed by the unknown key {forger.public[:12]}…"


def test_a_log_cannot_vouch_for_itself(desk: Desk, elsewhere: LocalClient, file: Path) -> None:
    run = finished_run(desk, file)
    washed = run.state.model_copy(update={"unverified": "", "seq": 1}).model_dump(mode="json")
    event = e.RunRolledBack(
        seq=run.state.seq, at_ms=run.state.updated_ms, to_seq=0, kept=1, state=washed, by="eve", reason="r"
    )

    def change(members: Members) -> None:
        members[LOG] += event.model_dump_json().encode() + b"\n"
        manifest = json.loads(members[MANIFEST])
        manifest["runs"][0] |= {"status": "running", "events": manifest["runs"][0]["events"] + 1}
        members[MANIFEST] = json.dumps(manifest).encode()

    rewritten(file, change)
    take_in(elsewhere, file)
    assert elsewhere.store.load(run.id).unverified == "not signed"


@pytest.mark.parametrize("run_id", ["a:b", "../x", "a\x1b[2J", "a\nb", "x" * 201, "a.3.run0", ""])
def test_a_file_brings_no_id_of_another_grammar(
    desk: Desk, elsewhere: LocalClient, file: Path, run_id: str
) -> None:
    run = finished_run(desk, file)

    def change(members: Members) -> None:
        for name in (LOG, MANIFEST):
            members[name] = members[name].replace(json.dumps(run.id).encode(), json.dumps(run_id).encode())

    rewritten(file, change)
    with pytest.raises(FluxError):
        take_in(elsewhere, file)
    assert elsewhere.store.runs() == []
    if run_id:
        assert take_in(elsewhere, file, new_id="mine").written == ("mine",), "it may have another id here"


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    keys = ExportKeys.in_folder(tmp_path)
    public = keys.public
    assert (tmp_path / "export.key").stat().st_mode & 0o777 == 0o600
    assert ExportKeys.in_folder(tmp_path).public == public
    (tmp_path / "export.key").chmod(0o644)
    with pytest.raises(FluxError, match="may be read or written by others"):
        _ = ExportKeys.in_folder(tmp_path).public


def test_the_settings_name_a_key_for_many_machines(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, export_key=SecretStr("7" * 64), trusted_keys=("a" * 64, "b" * 64))
    keys = ExportKeys.of(settings)
    assert ExportKeys.of(settings).public == keys.public
    assert list(tmp_path.iterdir()) == []
    assert keys.trusted == ("a" * 64, "b" * 64)
