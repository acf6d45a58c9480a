"""Artifacts, models, schedules, prompts and the rest of what has an address."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.support.http_api import Api

from fluxagents.flows.people.roles import Role
from fluxagents.flows.state import RunState
from fluxagents.scheduler.people.directory import require_member

QUESTION = "Which genes are essential?"
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MODELS = Path(__file__).parents[4] / "shared" / "models"


@pytest.fixture
def result(api: Api, rob: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """The address of the full data of a result, and its manifest."""
    run = api.local().start("metabolic_analysis", model="e_coli_core", question=QUESTION)
    artifacts = api.client.get(f"/v1/runs/{run.id}/artifacts", headers=rob).json()
    (digest,) = [each["digest"] for each in artifacts if each["tool"] == "analyze_essentiality"]
    url = f"/v1/runs/{run.id}/artifacts/{digest}"
    return url, api.client.get(url, headers=rob).json()


def test_a_table_comes_in_the_format_that_is_asked_for(
    api: Api, rob: dict[str, str], result: tuple[str, dict[str, Any]]
) -> None:
    url, manifest = result
    name, ref = next(iter(manifest["tables"].items()))

    def fetch(accept: str) -> Any:
        return api.client.get(f"{url}/tables/{name}", headers={**rob, "Accept": accept})

    parquet = pd.read_parquet(io.BytesIO(fetch("*/*").content))
    assert len(parquet) == ref["rows"]
    csv = fetch("text/csv;q=0.9, text/html")
    assert csv.headers["content-type"].startswith("text/csv")
    assert list(pd.read_csv(io.BytesIO(csv.content)).columns) == list(parquet.columns)
    sheet = pd.read_excel(io.BytesIO(fetch(XLSX).content), sheet_name=name)
    assert len(sheet) == len(parquet)
    document = fetch("application/json").json()
    assert len(document["tables"][name]) == len(parquet)
    assert document["provenance"]["tool"] == "analyze_essentiality"
    refused = fetch("image/png")
    assert (refused.status_code, refused.json()["type"]) == (406, "/problems/not_acceptable")
    assert "text/csv" in refused.json()["formats"]
    unknown = api.client.get(f"{url}/tables/gene", headers=rob)
    assert unknown.status_code == 404


def test_a_part_of_a_table_is_a_range_of_bytes(
    api: Api, rob: dict[str, str], result: tuple[str, dict[str, Any]]
) -> None:
    url, manifest = result
    table = f"{url}/tables/{next(iter(manifest['tables']))}"
    whole = api.client.get(table, headers=rob)
    part = api.client.get(table, headers={**rob, "Range": "bytes=4-11"})
    assert (part.status_code, part.content) == (206, whole.content[4:12])
    assert part.headers["Content-Range"] == f"bytes 4-11/{len(whole.content)}"
    last = api.client.get(table, headers={**rob, "Range": "bytes=-4"})
    assert last.content == whole.content[-4:] == b"PAR1"
    beyond = api.client.get(table, headers={**rob, "Range": f"bytes={len(whole.content)}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.content)}")
    known = api.client.get(table, headers={**rob, "If-None-Match": whole.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_an_artifact_is_read_by_its_run_or_by_who_sees_all(
    api: Api, rob: dict[str, str], result: tuple[str, dict[str, Any]]
) -> None:
    url, manifest = result
    digest = next(iter(manifest["tables"].values()))["digest"]
    assert api.client.get(f"/v1/artifacts/{digest}", headers=rob).content[:4] == b"PAR1"
    guest = api.bearer("guest", Role.VIEWER, place="session:other")
    assert api.client.get(f"/v1/artifacts/{digest}", headers=guest).status_code == 403
    assert api.client.get(url, headers=guest).status_code == 404
    # A digest that is not of this run is not read through it.
    assert api.client.get(f"{url.rpartition('/')[0]}/{digest}", headers=rob).status_code == 404


def test_a_model_is_uploaded_in_parts(api: Api, rob: dict[str, str]) -> None:
    source = next(iter(sorted(MODELS.glob("*.xml.gz"), key=lambda path: path.stat().st_size)))
    data, headers = source.read_bytes(), {**rob, "Content-Type": "application/partial-upload"}
    upload = api.client.post("/v1/uploads", headers=rob)
    url = upload.headers["Location"]
    half = len(data) // 2
    first = api.client.patch(url, content=data[:half], headers={**headers, "Upload-Offset": "0"})
    assert first.json()["size_bytes"] == half
    again = api.client.patch(url, content=data[:half], headers={**headers, "Upload-Offset": "0"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    offset = api.client.head(url, headers=rob).headers["Upload-Offset"]
    assert offset == str(half)
    api.client.patch(url, content=data[half:], headers={**headers, "Upload-Offset": offset})
    body = {"upload": upload.json()["upload"], "name": "sent", "suffix": ".xml.gz"}
    added = api.client.post("/v1/models", json=body, headers=rob)
    assert added.status_code == 201, added.text
    shown = api.client.get("/v1/models/sent", headers=rob).json()
    assert shown == added.json()
    assert api.client.get("/v1/models/sent/file", headers=rob).content == data
    assert api.client.get("/v1/models/sent/lineage", headers=rob).json() == [shown]
    assert api.client.head(url, headers=rob).status_code == 404
    listed = api.client.get("/v1/models", headers=rob).json()["items"]
    assert [each["name"] for each in listed] == ["sent"]


def test_what_is_no_model_is_not_stored(api: Api, rob: dict[str, str]) -> None:
    upload = api.client.post("/v1/uploads", headers=rob).json()["upload"]
    headers = {**rob, "Content-Type": "application/partial-upload", "Upload-Offset": "0"}
    api.client.patch(f"/v1/uploads/{upload}", content=b"<sbml/>", headers=headers)
    body = {"upload": upload, "name": "broken", "suffix": ".xml"}
    answer = api.client.post("/v1/models", json=body, headers=rob)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unreadable_model")
    assert api.client.get("/v1/models", headers=rob).json()["items"] == []
    assert api.client.delete(f"/v1/uploads/{upload}", headers=rob).status_code == 204


def test_the_library_is_described(api: Api, rob: dict[str, str]) -> None:
    tools = api.client.get("/v1/tools", headers=rob).json()
    assert {"run_metabolic_fba", "analyze_essentiality"} <= {tool["name"] for tool in tools}
    tool = api.client.get("/v1/tools/run_metabolic_fba", headers=rob).json()
    assert "medium" in tool["parameters"]["properties"]
    flow = api.client.get("/v1/flows/metabolic_analysis", headers=rob).json()
    assert flow["inputs"]["question"]["required"]
    unknown = api.client.get("/v1/flows/metabolic_analisys", headers=rob).json()
    assert "metabolic_analysis" in unknown["nearest"]
    medium = api.client.get("/v1/media/M9_glucose", headers=rob).json()
    assert any(part["bigg"] == "glc__D" for part in medium["components"])
    assert "textbook" in api.client.get("/v1/models/shipped", headers=rob).json()


def test_a_schedule_is_made_shown_replaced_and_removed(api: Api, rob: dict[str, str]) -> None:
    timing = {"kind": "every", "seconds": 3600}
    content = {"flow": "metabolic_analysis", "model": "e_coli_core", "inputs": {"question": QUESTION}}
    made = api.client.post("/v1/schedules", json={"name": "hourly", "timing": timing, **content}, headers=rob)
    assert made.status_code == 201, made.text
    again = api.client.post(
        "/v1/schedules", json={"name": "hourly", "timing": timing, **content}, headers=rob
    )
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    url, daily = made.headers["Location"], {"kind": "cron", "expression": "@daily"}
    blind = api.client.put(url, json={"timing": daily, **content}, headers=rob)
    assert blind.status_code == 428
    match = {**rob, "If-Match": made.headers["ETag"]}
    replaced = api.client.put(url, json={"timing": daily, **content}, headers=match)
    assert replaced.status_code == 200, replaced.text
    assert api.client.put(url, json={"timing": timing, **content}, headers=match).status_code == 412
    run = api.client.post(f"{url}/trigger", headers=rob)
    assert run.json()["session"] == "schedule:hourly"
    listed = api.client.get("/v1/schedules", headers=rob).json()
    assert [each["last_run"]["run_id"] for each in listed] == [run.json()["run_id"]]
    assert api.client.delete(url, headers=rob).status_code == 204
    assert api.client.get(url, headers=rob).status_code == 404


def test_ticks_are_previewed_in_a_time_zone(api: Api, rob: dict[str, str]) -> None:
    timing = {"kind": "cron", "expression": "30 7 * * *", "timezone": "Europe/Vienna"}
    ticks = api.client.post("/v1/schedules/preview", json={"timing": timing, "count": 3}, headers=rob)
    times = pd.to_datetime(ticks.json()["ticks"]).tz_convert("Europe/Vienna")
    assert [time.strftime("%H:%M") for time in times] == ["07:30"] * 3
    wrong = {**timing, "expression": "99 7 * * *"}
    assert api.client.post("/v1/schedules/preview", json={"timing": wrong}, headers=rob).status_code == 422


def test_a_prompt_is_registered_promoted_and_taken_back(api: Api, ana: dict[str, str]) -> None:
    url = "/v1/prompts/tool_selection"
    before = api.client.get(url, headers=ana).json()
    shipped = api.client.get(f"{url}/versions/latest", headers=ana).json()
    number = int(shipped["version"]) + 1
    source = shipped["source"].replace(f"version: {shipped['version']}", f"version: {number}", 1) + "\n"
    added = api.client.post(f"{url}/versions", json={"source": source}, headers=ana)
    assert added.status_code == 201, added.text
    assert added.headers["Location"] == f"{url}/versions/{number}"
    promoted = api.client.post(f"{url}/promote", json={"version": str(number)}, headers=ana).json()
    assert promoted["runs_get"] == str(number)
    assert api.client.post(f"{url}/rollback", headers=ana).json()["runs_get"] == before["runs_get"]


def test_an_approval_is_answered_by_another_person(api: Api, rob: dict[str, str]) -> None:
    api.local().start("metabolic_analysis", model="e_coli_core", question=CHANGE)
    (open_request,) = api.client.get("/v1/approvals", headers=rob).json()["items"]
    url = f"/v1/approvals/{open_request['id']}"
    shown = api.client.get(url, headers=rob).json()
    assert {name: shown[name] for name in open_request} == open_request
    assert shown["if_nobody_answers"].endswith("and fails")
    assert api.client.post(f"{url}/approve", headers=rob).status_code == 403
    zoe = api.bearer("zoe", Role.APPROVER)
    stale = api.client.post(f"{url}/approve", json={"digest": "0" * 64}, headers=zoe)
    assert stale.status_code == 412
    digest = open_request["request"]["digest"]
    approved = api.client.post(f"{url}/approve", json={"digest": digest}, headers=zoe)
    assert approved.status_code == 200, approved.text
    twice = api.client.post(f"{url}/approve", headers=zoe)
    assert twice.status_code == 409
    assert "answered already by 'zoe'" in twice.json()["detail"]
    assert api.client.get("/v1/approvals", headers=rob).json()["items"] == []


def test_a_page_of_approvals_reads_no_more_runs_than_it_shows(
    api: Api, rob: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    local = api.local()
    waiting = [local.start("metabolic_analysis", model="e_coli_core", question=CHANGE).id for _ in range(4)]
    store = api.ports.client.store
    load, read = store.load, list[str]()

    def note(run_id: str) -> RunState:
        read.append(run_id)
        return load(run_id)

    monkeypatch.setattr(store, "load", note)
    page = api.client.get("/v1/approvals?limit=1", headers=rob).json()
    assert [each["run_id"] for each in page["items"]] == waiting[:1]
    assert set(read) == set(waiting[:2]), "the one more tells whether there is a next page"
    rest = api.client.get(f"/v1/approvals?cursor={page['next_cursor']}", headers=rob).json()
    assert [each["run_id"] for each in rest["items"]] == waiting[1:]


def test_an_answer_moves_no_approval_past_whoever_reads_the_list(api: Api, rob: dict[str, str]) -> None:
    zoe, local = api.bearer("zoe", Role.APPROVER), api.local()
    waiting = [local.start("metabolic_analysis", model="e_coli_core", question=CHANGE).id for _ in range(4)]
    page = api.client.get("/v1/approvals?limit=2", headers=rob).json()
    for each in page["items"]:
        answered = api.client.post(f"/v1/approvals/{each['id']}/reject", headers=zoe)
        assert answered.status_code == 200, answered.text
    rest = api.client.get(f"/v1/approvals?cursor={page['next_cursor']}", headers=rob).json()
    shown = [each["run_id"] for each in page["items"] + rest["items"]]
    assert shown == waiting
    assert rest["next_cursor"] is None


def test_who_one_is_and_who_belongs_here(api: Api, ana: dict[str, str], rob: dict[str, str]) -> None:
    me = api.client.get("/v1/me", headers=rob).json()
    assert (me["name"], me["grants"]) == ("rob", [{"role": "runner", "place": "everywhere"}])
    people = api.client.get("/v1/people", headers=ana).json()
    assert {person["name"] for person in people} == {"ana", "rob"}
    assert api.client.get("/v1/people/rob", headers=ana).json()["kind"] == "person"
    assert api.client.get("/v1/groups", headers=ana).json() == []


def test_errors_are_listed(api: Api, rob: dict[str, str]) -> None:
    assert api.client.get("/v1/errors", headers=rob).json() == []
    assert api.client.get("/v1/errors/0123456789ab", headers=rob).status_code == 404


def test_one_says_oneself_how_one_is_told(api: Api, rob: dict[str, str]) -> None:
    path, digest = "/v1/me/notifications", "Mon-Fri 08:00 Europe/Vienna"
    assert api.client.get(path, headers=rob).json() == {"notify": [], "quiet": "", "digest": ""}
    unknown = api.client.put(path, headers=rob, json={"notify": ["email"]})
    assert (unknown.status_code, "no address is known" in unknown.text) == (422, True)
    directory = api.ports.client.authority.directory
    before = require_member(directory, "rob").member
    directory.save(before.model_copy(update={"email": "rob@lab.example"}), before=before)
    lonely = api.client.put(path, headers=rob, json={"digest": digest})
    assert (lonely.status_code, "told nothing by mail" in lonely.text) == (422, True)
    chosen = {"notify": ["email"], "quiet": "22:00-07:00 UTC", "digest": digest}
    assert api.client.put(path, headers=rob, json=chosen).json() == chosen
    assert api.client.get(path, headers=rob).json() == chosen
    assert api.client.put(path, headers=rob, json={**chosen, "digest": "hourly"}).status_code == 422
