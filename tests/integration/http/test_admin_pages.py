"""Pages of what starts runs, what they add up to, and who may do what, for whom."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.hostile import INJECTIONS
from tests.support.http_api import Api
from tests.support.page_visits import enter, open_browser, send

from fluxagents.flows.errors import ErrorClass, ErrorInfo
from fluxagents.flows.people.roles import Role
from fluxagents.flows.remedies import ErrorCase, RemedyTrial
from fluxagents.scheduler.webhooks.signature import build_headers

HOSTILE = '"><script>alert(1)</script>' + "".join(INJECTIONS.values())
RUN: dict[str, Any] = {
    "flow": "metabolic_analysis",
    "model": "e_coli_core",
    "inputs": {"question": f"How fast does it grow? {HOSTILE}"},
}


@pytest.fixture
def admin(api: Api) -> TestClient:
    browser = open_browser(api)
    enter(api, browser)
    return browser


@pytest.fixture
def viewer(api: Api) -> TestClient:
    browser = open_browser(api)
    enter(api, browser, "eve", Role.VIEWER)
    return browser


@pytest.fixture
def runner(api: Api) -> TestClient:
    browser = open_browser(api)
    enter(api, browser, "rob", Role.RUNNER)
    return browser


def read(browser: TestClient, path: str) -> str:
    """A page, of which no text became markup."""
    page = browser.get(path)
    assert page.status_code == 200, (path, page.text)
    assert re.findall(r"<script(?![^>]* src=)|<img src=x|</findings>| on\w+=| style=", page.text) == []
    assert not set("\x00\x1b\x85\u2028\u202e") & set(page.text)
    return page.text


def test_a_schedule_is_run_paused_resumed_and_removed(
    api: Api, admin: TestClient, runner: TestClient, viewer: TestClient, rob: dict[str, str]
) -> None:
    body = {"name": "hourly", "timing": {"kind": "cron", "expression": "0 * * * *"}, **RUN}
    assert api.client.post("/v1/schedules", json=body, headers=rob).status_code == 201
    for browser in (admin, runner, viewer):
        assert "/schedules/hourly" in read(browser, "/schedules")
        assert read(browser, "/schedules/hourly").count("<li><time") == 5
    assert "Run now" not in read(viewer, "/schedules/hourly")
    assert send(viewer, "/schedules/hourly", act="pause")[0] == 403
    status, address = send(runner, "/schedules/hourly", act="run")
    assert (status, address.startswith("/runs/")) == (303, True)
    assert address in read(viewer, "/schedules")
    assert send(runner, "/schedules/hourly", act="pause") == (303, "/schedules/hourly")
    assert "Paused by rob" in read(viewer, "/schedules/hourly")
    assert send(runner, "/schedules/hourly", act="resume")[0] == 303
    assert "Paused by rob" not in read(viewer, "/schedules/hourly")
    assert send(runner, "/schedules/hourly", act="explode")[0] == 422
    assert send(runner, "/schedules/hourly", act="remove") == (303, "/schedules")
    assert runner.get("/schedules/hourly").status_code == 404


def test_what_was_posted_for_a_trigger_is_shown_and_replayed(
    api: Api, runner: TestClient, viewer: TestClient, rob: dict[str, str]
) -> None:
    trigger = {"name": "hook", "source": {"kind": "webhook", "scheme": {"kind": "standard"}}, **RUN}
    secret = api.client.post("/v1/triggers", json=trigger, headers=rob).json()["secret"]
    body, delivery = json.dumps({"model": HOSTILE}).encode(), "msg_1"
    signed = build_headers([secret], delivery, api.ports.clock.now_ms() // 1_000, body)
    sent = {"content-type": "application/json", "user-agent": "<b>lab</b>", **signed}
    assert api.client.post("/v1/hooks/hook", content=body, headers=sent).status_code == 202
    page = read(runner, "/triggers/hook")
    assert delivery in page
    assert "<b>lab" not in page
    assert delivery not in read(viewer, "/triggers/hook")
    assert send(viewer, "/triggers/hook", replay=delivery)[0] == 403
    status, address = send(runner, "/triggers/hook", replay=delivery)
    assert (status, address) == (303, f"/triggers/hook?replayed={delivery}")
    assert "once so far" in read(runner, address)
    assert send(runner, "/triggers/hook", act="pause")[0] == 303
    assert "paused" in read(viewer, "/triggers")
    assert send(runner, "/triggers/hook", act="remove") == (303, "/triggers")
    assert "/triggers/hook" not in read(viewer, "/triggers")


def test_admins_let_people_in_and_others_see_themselves(admin: TestClient, runner: TestClient) -> None:
    fields = {"kind": "service", "name": "robot", "about": HOSTILE, "role": "viewer"}
    assert send(admin, "/people", **fields) == (303, "/people/robot")
    assert send(admin, "/people", **fields)[0] == 422
    assert send(admin, "/people", kind="person", name="<b>x</b>")[0] == 422
    assert send(admin, "/people", kind="group", name="lab", member="robot") == (303, "/people/groups/lab")
    for path in ("/people", "/people/robot", "/people/groups/lab"):
        assert "robot" in read(admin, path)
    act = {"act": "role", "role": "approver", "where": "project", "place": "yeast"}
    assert send(admin, "/people/robot", **act)[0] == 303
    assert send(admin, "/people/groups/lab", **{**act, "where": "nowhere"})[0] == 422
    assert "viewer, approver in project:yeast" in read(admin, "/people/robot")
    assert send(admin, "/people/robot", act="disable")[0] == 303
    assert "disabled" in read(admin, "/people")
    assert send(admin, "/people/ana", act="remove")[0] == 422, "the last admin"
    assert send(admin, "/people/groups/lab", act="take out", member="robot")[0] == 303
    assert "/people/robot" not in read(runner, "/people")
    assert [runner.get(path).status_code for path in ("/people/robot", "/people/groups/lab")] == [403, 403]
    assert send(runner, "/people/rob", act="role", role="admin")[0] == 403
    assert send(runner, "/people", **{**fields, "name": "mine"})[0] == 403


def test_a_key_is_shown_once_and_revoked(
    api: Api, admin: TestClient, runner: TestClient, viewer: TestClient
) -> None:
    status, page = send(viewer, "/keys", scope="read", days="7", purpose=HOSTILE)
    created = re.search(r"<code>(flux_([0-9a-f]{8})_[\w-]{43})</code>", page)
    assert (status, created is not None, "<script>" in page) == (201, True, False)
    assert created
    header = {"Authorization": f"Bearer {created[1]}"}
    assert api.client.get("/v1/me", headers=header).json()["scopes"] == ["read"]
    listed = read(admin, "/keys")
    assert (created[2] in listed, created[1] in listed) == (True, False)
    assert send(viewer, "/keys", scope="read", owner="ana")[0] == 403
    assert send(viewer, "/keys")[0] == 422
    assert send(viewer, "/keys", scope="read", days="0")[0] == 422
    assert send(admin, f"/keys/{created[2]}") == (303, "/keys")
    assert api.client.get("/v1/me", headers=header).status_code == 401
    assert created[2] not in read(runner, "/keys")


def test_the_audit_log_is_read_page_by_page_and_checked(
    api: Api, admin: TestClient, runner: TestClient
) -> None:
    for at in range(60):
        assert send(admin, "/keys", scope="read", purpose=f"{at}")[0] == 201
    newest = read(admin, "/audit")
    (older,) = re.findall(r'href="(/audit\?by=&amp;before=\d+)" rel="next"', newest)
    numbers = [
        int(number)
        for page in (newest, read(admin, unescape(older)))
        for number in re.findall(r'<tr><td class="number-cell"[^>]*>(\d+)</td>', page)
    ]
    head = api.ports.client.authority.log.head().number
    assert numbers == list(range(head, 0, -1))
    by_rob = set(re.findall(r"</time></td><td[^>]*>(\w+)", read(admin, "/audit?by=rob")))
    assert by_rob == {"rob"}
    assert f"{head} entries, whole" in read(admin, "/audit/check")
    assert [runner.get(path).status_code for path in ("/audit", "/audit/check")] == [403, 403]


def test_errors_show_what_helped(api: Api, viewer: TestClient) -> None:
    error = ErrorInfo(
        kind=ErrorClass.SOLVER, where="run_fba", message=HOSTILE, retryable=False, fingerprint="0a1b2c3d4e5f"
    )
    helped, did_not = RemedyTrial(f"relax {HOSTILE}", helped=True), RemedyTrial("run again", helped=False)
    for run in ("a", "b"):
        api.ports.remedies.record_outcome(run, [ErrorCase(error, 2, (did_not, helped))], at_ms=1)
    assert f"/errors/{error.fingerprint}" in read(viewer, "/errors?kind=solver")
    assert f"/errors/{error.fingerprint}" not in read(viewer, "/errors?kind=timeout")
    page = read(viewer, f"/errors/{error.fingerprint}")
    assert re.findall(r'<td class="number-cell">(\d+) %</td>', page) == ["100", "0"]
    assert viewer.get("/errors/0123456789ab").status_code == 404


def test_statistics_add_up_the_runs_of_a_choice(api: Api, viewer: TestClient) -> None:
    question = f"How fast does it grow? {HOSTILE}"
    for session in ("s", "s", "t"):
        api.local().start(
            "metabolic_analysis", model="textbook", stepwise=True, question=question, session=session
        )
    assert ">2 runs<" in read(viewer, "/statistics?session=s")
    page = read(viewer, "/statistics")
    assert (">3 runs<" in page, '<rect class="' in page) == (True, True)
    assert "No run is like this" in read(viewer, "/statistics?since=2099-01-01")
    assert viewer.get("/statistics?since=yesterday").status_code == 422


def test_a_version_of_a_prompt_is_compared_promoted_and_tried(
    api: Api, admin: TestClient, viewer: TestClient, ana: dict[str, str]
) -> None:
    path = "/prompts/tool_selection"
    (first,) = api.client.get(f"/v1{path}", headers=ana).json()["versions"]
    body = api.client.get(f"/v1{path}/versions/{first}", headers=ana).json()["source"].split("---", 2)[2]
    made = api.client.post(
        f"/v1{path}/versions", json={"source": f"{body}\nBe brief. <b>Now</b>"}, headers=ana
    )
    assert made.status_code == 201, made.text
    second = made.json()["version"]
    for page in ("/prompts", path):
        assert "tool_selection" in read(viewer, page)
    assert "+Be brief. &lt;b&gt;Now&lt;/b&gt;" in read(viewer, f"{path}/compare?old={first}&new={second}")
    assert "To production" not in read(viewer, path)
    promotion = {"act": "promote", "version": second, "label": "production"}
    assert send(viewer, path, **promotion)[0] == 403
    assert send(admin, path, **promotion) == (303, path)
    assert api.client.get(f"/v1{path}", headers=ana).json()["runs_get"] == second
    assert send(admin, path, act="begin", **{f"weight.{first}": "1"})[0] == 422
    assert send(admin, path, act="begin", **{f"weight.{first}": "1", f"weight.{second}": "3"})[0] == 303
    assert f"version {second} weight 3" in read(viewer, path)
    assert send(admin, path, act="end")[0] == 303
    assert send(admin, path, act="roll back", label="production")[0] == 303
    assert api.client.get(f"/v1{path}", headers=ana).json()["production"] is None


def test_admins_see_how_the_installation_does(
    api: Api, admin: TestClient, viewer: TestClient, ana: dict[str, str]
) -> None:
    api.local().start(
        "metabolic_analysis", model="textbook", stepwise=True, question="How fast does it grow?"
    )
    for _ in range(3):
        api.client.get("/v1/runs", headers=ana)
    api.ports.metrics.store(listeners=0)
    page = read(admin, "/operations")
    assert re.search(r">paused</th>.*>1</span>", page)
    assert re.search(r">runs</th>.*>3 2xx</span>", page)
    # Nobody looks after this installation.
    assert ("<strong>BeatDown</strong>" in page, "<strong>DiskNearlyFull</strong>" in page) == (True, False)
    assert "Refresh" not in admin.get("/operations").headers
    assert admin.get("/operations?every=15").headers["Refresh"] == "15"
    assert [browser.get("/operations").status_code for browser in (viewer, open_browser(api))] == [403, 303]
    menus = [read(browser, "/") for browser in (admin, viewer)]
    assert ['href="/operations"' in menu for menu in menus] == [True, False]


def test_each_alert_leads_to_its_runbook(admin: TestClient, viewer: TestClient) -> None:
    addresses = set(re.findall(r'href="(/operations/runbooks/[^"]*)"', read(admin, "/operations")))
    assert {"/operations/runbooks/BeatDown.md", "/operations/runbooks/TimerBudgetBurns.md"} < addresses
    for address in addresses:
        page = read(admin, address)
        assert "<code" in page
        # Runbooks name each other as files beside them.
        assert set(re.findall(r'<article.*href="(\w+\.md)"', page, re.DOTALL)) <= {
            each.rpartition("/")[2] for each in addresses
        }
    assert viewer.get("/operations/runbooks/BeatDown.md").status_code == 403
    missing = admin.get("/operations/runbooks/BeatDwn.md")
    assert "BeatDown" in missing.text
    assert missing.status_code == 404
