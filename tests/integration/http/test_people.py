"""Feedback, comments, claims, hand-over and the inbox over HTTP, and what is told of them as it happens."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import yaml
from tests.support.event_stream import STREAM, next_named, read_events
from tests.support.http_api import Api

from fluxagents.flows.people.members import Group
from fluxagents.flows.people.remarks import ExpectedCall, ExpectedValue
from fluxagents.flows.people.roles import Role
from fluxagents.workers.clients.http.http_client import HttpClient
from fluxagents.workers.clients.local import LocalClient

START: dict[str, Any] = {"question": "How fast does it grow?", "model": "e_coli_core"}
ASK: dict[str, Any] = {
    "flow": "ask_someone",
    "version": 1,
    "purpose": "Asks one thing, for tests.",
    "start": "first",
    "facts": {"what": {"type": "string"}},
    "nodes": {
        "first": {
            "kind": "ask",
            "question": "What?",
            "fact": "what",
            "assignees": ["rob", "group:curators"],
            "next": "end",
        },
        "end": {"kind": "end", "message": "done"},
    },
}


def ask(api: Api) -> tuple[LocalClient, str]:
    """A run that waits for rob or a curator, and the id of its request."""
    (api.folder / "ask_someone.yaml").write_text(yaml.safe_dump(ASK, sort_keys=False))
    local = LocalClient(api.folder / "store", store=api.ports.client.store, flow_folders=(api.folder,))
    local.models.add_named("e_coli_core")
    run = local.start("ask_someone", model="e_coli_core", session="mine")
    request = run.state.waiting_for
    assert request is not None
    return local, request.id


def post(api: Api, path: str, who: dict[str, str], **body: Any) -> Any:
    return api.client.post(f"/v1/{path}", json=body, headers=who)


def test_a_run_is_rated_corrected_and_commented_on(
    api: Api, rob: dict[str, str], ana: dict[str, str]
) -> None:
    run = post(api, "runs", rob, **START).json()["run_id"]
    rated = post(api, f"runs/{run}/ratings", rob, stars=2, on="step:0", reason="slow")
    assert rated.status_code == 201, rated.text
    assert (rated.json()["by"], rated.json()["body"]["stars"]) == ("rob", 2)
    calls = [{"tool": "run_metabolic_fba", "args": {}}]
    corrected = post(
        api, f"runs/{run}/corrections", ana, calls=calls, value={"name": "growth_per_h", "number": 0.87}
    )
    assert corrected.status_code == 201, corrected.text
    commented = post(api, f"runs/{run}/comments", ana, text="@rob look")
    assert commented.json()["body"]["mentions"] == ["rob"]
    page = api.client.get(f"/v1/runs/{run}/remarks?limit=2", headers=rob)
    assert [item["body"]["kind"] for item in page.json()["items"]] == ["rating", "correction"]
    rest = api.client.get(page.links["next"]["url"], headers=rob)
    assert [item["number"] for item in rest.json()["items"]] == [3]
    for wrong in ({"stars": 6}, {"stars": 3, "on": "growth"}):
        assert post(api, f"runs/{run}/ratings", rob, **wrong).status_code == 422
    assert (
        post(api, f"runs/{run}/ratings", rob, stars=3, on="step:77").json()["type"] == "/problems/unknown_id"
    )
    guest = api.bearer("guest", Role.VIEWER, place="session:other")
    for act, body in (
        ("ratings", {"stars": 3}),
        ("comments", {"text": "hm"}),
        ("watch", {}),
        ("presence", {}),
    ):
        assert post(api, f"runs/{run}/{act}", guest, **body).json()["type"] == "/problems/unknown_id"
    assert api.client.get(f"/v1/runs/{run}/remarks", headers=guest).status_code == 404


def test_a_request_is_claimed_taken_released_and_assigned(
    api: Api, rob: dict[str, str], ana: dict[str, str]
) -> None:
    _, request = ask(api)
    cleo = api.bearer("cleo", Role.RUNNER)
    directory = api.ports.client.authority.directory
    directory.save_group(Group(name="curators", members=("cleo",)), before=None)
    claimed = post(api, f"requests/{request}/claim", rob, seconds=60)
    assert (claimed.status_code, claimed.json()["by"]) == (200, "rob"), claimed.text
    refused = post(api, f"questions/{request}/reply", cleo, answer="that")
    assert (refused.status_code, "claimed by 'rob'" in refused.json()["detail"]) == (409, True)
    (waiting,) = api.client.get("/v1/inbox", headers=cleo).json()["requests"]
    assert waiting["claimed_by"] == "rob"
    assert post(api, f"requests/{request}/claim", cleo).status_code == 409
    assert post(api, f"requests/{request}/claim", cleo, force=True).json()["by"] == "cleo"
    assert post(api, f"requests/{request}/release", cleo).json()["body"]["kind"] == "release"
    assigned = post(api, f"requests/{request}/assign", ana, assignees=["rob"])
    assert assigned.json()["waiting_for"]["assignees"] == ["rob"], assigned.text
    assert api.client.get("/v1/inbox", headers=cleo).json()["requests"] == []
    assert post(api, f"questions/{request}/reply", cleo, answer="that").status_code == 403
    assert post(api, f"questions/{request}/reply", rob, answer="this").status_code == 200
    assert post(api, "requests/NOTHING.3/claim", rob).status_code == 404


def test_a_session_is_handed_over_with_its_requests(api: Api, rob: dict[str, str]) -> None:
    post(api, "sessions", rob, name="mine")
    _, request = ask(api)
    cleo = api.bearer("cleo", Role.RUNNER)
    assert post(api, "sessions/mine/hand-over", cleo, person="cleo").status_code == 403
    moved = post(api, "sessions/mine/hand-over", rob, person="cleo")
    assert moved.status_code == 200, moved.text
    assert (moved.json()["session"]["owner"], moved.json()["requests"]) == ("cleo", [request])
    (waiting,) = api.client.get("/v1/inbox", headers=cleo).json()["requests"]
    assert waiting["request"]["assignees"] == ["cleo", "group:curators"]


def test_what_people_do_is_told_as_it_happens_and_who_looks_is_seen(served: tuple[Api, str]) -> None:
    api, address = served
    rob, cleo = api.bearer("rob", Role.RUNNER), api.bearer("cleo", Role.RUNNER)

    async def follow() -> None:
        async with httpx2.AsyncClient(base_url=address, headers=rob, timeout=30) as client:
            run = (await client.post("/v1/runs", json={**START, "session": "mine"})).json()["run_id"]
            async with (
                client.stream("GET", f"/v1/runs/{run}/events", headers=STREAM) as of_run,
                client.stream("GET", "/v1/sessions/mine/events") as of_session,
            ):
                events, in_session = read_events(of_run), read_events(of_session)
                assert (await next_named(events))["event"] == "RunStarted"
                await anext(in_session)
                audience = (await client.get(f"/v1/runs/{run}/presence", headers=cleo)).json()
                assert [each["person"] for each in audience["present"]] == ["rob"]
                await client.post(f"/v1/runs/{run}/comments", json={"text": "@rob look"}, headers=cleo)
                told = await next_named(events)
                assert "id" not in told, "whoever comes back begins after the last event"
                assert told["event"] == "remark"
                remark = json.loads(told["data"])
                assert (remark["by"], remark["body"]["text"]) == ("cleo", "@rob look")
                in_all = await next_named(in_session)
                assert in_all["event"] == "remark"
                assert json.loads(in_all["data"]) == {"run_id": run, "session": "mine", "remark": remark}
                await client.post(f"/v1/runs/{run}/cancel", json={})
                assert (await next_named(events))["event"] == "RunCancelled"
            missed = {**STREAM, "Last-Event-ID": in_all["id"]}
            await client.post(f"/v1/runs/{run}/ratings", json={"stars": 5})
            async with client.stream("GET", "/v1/sessions/mine/events", headers=missed) as again:
                late = read_events(again)
                assert (await next_named(late))["event"] == "RunCancelled"
                assert json.loads((await next_named(late))["data"])["remark"]["body"]["stars"] == 5

    asyncio.run(follow())


def test_the_client_over_http_does_the_same(served: tuple[Api, str]) -> None:
    api, address = served
    local, request = ask(api)
    run_id = request.rpartition(".")[0]
    with HttpClient(address, api.key("rob", Role.RUNNER)) as client:
        client.feedback.rate(run_id, 4, reason="clear")
        value = ExpectedValue(name="growth_per_h", number=0.87)
        client.feedback.correct(run_id, calls=[ExpectedCall(tool="run_metabolic_fba")], value=value)
        assert client.feedback.ratings(run_id) == {"run": {"rob": 4}}
        client.collaboration.comment(run_id, "@rob see this", on="step:0")
        assert [client.collaboration.watch(run_id) for _ in range(2)] == [True, False]
        client.collaboration.look_at(run_id)
        assert client.collaboration.watchers(run_id) == ["rob"]
        assert list(client.collaboration.present(run_id)) == ["rob"]
        claim = client.collaboration.claim(request, for_ms=60_000)
        assert local.collaboration.find_claim(request) == client.collaboration.find_claim(request) == claim
        client.collaboration.release(request)
        assert client.collaboration.find_claim(request) is None
        client.collaboration.look_away(run_id)
        assert not client.collaboration.present(run_id)
        client.reply(request, answer="this")
        local.tick()
        shown = client.inbox.look()
        assert (len(shown.mentions), [each.run_id for each in shown.ended]) == (1, [run_id])
        assert client.inbox.mark_read(shown.at_ms) == shown.at_ms
        assert not client.inbox.look().mentions
        assert client.collaboration.remarks(run_id) == local.collaboration.remarks(run_id)


def test_skills_are_noted_by_an_admin_and_an_absence_by_oneself(
    api: Api, rob: dict[str, str], ana: dict[str, str]
) -> None:
    def put(who: dict[str, str], path: str, **body: Any) -> Any:
        return api.client.put(f"/v1/people/rob/{path}", json=body, headers=who)

    assert put(rob, "skills", skills=["yeast"]).status_code == 403
    assert put(ana, "skills", skills=["yeast", "flux-analysis"]).json()["skills"] == [
        "flux-analysis",
        "yeast",
    ]
    assert put(ana, "skills", skills=["Not A Skill"]).status_code == 422
    away = put(rob, "absence", to="ana", ends="2099-01-01").json()["away"]
    assert (away["to"], away["until_ms"]) == ("ana", 4_070_908_800_000)
    assert put(rob, "absence", to="rob", ends="2099-01-01").status_code == 422
    back = api.client.delete("/v1/people/rob/absence", headers=rob)
    assert back.json()["away"] is None
