"""The notebook of a session, by HTTP and on its page, and what a link to it shows and does not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.hostile import INJECTIONS
from tests.support.http_api import Api
from tests.support.page_visits import enter, open_browser, send
from tests.support.story import whole

from fluxagents.flows.people.roles import Role
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold

NOTEBOOK = "/v1/sessions/survey/notebook"
PAGE = "/sessions/survey/notebook"
GROWTH = "How fast does it grow?"
HOSTILE = "".join(INJECTIONS.values()) + "<script>alert(1)</script>"


@pytest.fixture
def run(api: Api) -> str:
    """The id of a run that has answered 0.87, in the session."""
    return store_run(api, "first", "survey")


@pytest.fixture
def browser(api: Api) -> TestClient:
    browser = open_browser(api)
    enter(api, browser)
    return browser


def store_run(api: Api, run_id: str, session: str) -> str:
    log = whole(run_id, session=session, inputs={"question": GROWTH})
    state = fold(log)
    api.ports.client.store.create(Commit(log, state, None), state.model_dump_json())
    return run_id


def write(api: Api, headers: dict[str, str], *blocks: dict[str, str], version: int = 0) -> Any:
    return api.client.put(NOTEBOOK, json={"version": version, "blocks": list(blocks)}, headers=headers)


def test_a_notebook_is_written_by_whoever_read_it_last(api: Api, run: str, rob: dict[str, str]) -> None:
    assert api.client.get(NOTEBOOK, headers=rob).json()["blocks"] == []
    told, ran = {"kind": "text", "text": "First glucose."}, {"kind": "run", "run": run}
    assert write(api, rob, told, ran).json()["changed_by"] == "rob"
    stale = write(api, rob, ran)
    assert (stale.status_code, "version 1 now, not 0: rob changed it" in stale.text) == (409, True)
    assert api.client.get(NOTEBOOK, headers=rob).json()["blocks"] == [told, ran]
    viewer = api.bearer("eve", Role.VIEWER)
    assert write(api, viewer, version=1).status_code == 403
    assert api.client.get(NOTEBOOK, headers=viewer).json()["version"] == 1


def test_no_block_names_a_run_of_another_session(api: Api, run: str, rob: dict[str, str]) -> None:
    for name in (store_run(api, "second", "elsewhere"), "nothing"):
        refused = write(api, rob, {"kind": "run", "run": name})
        assert (refused.status_code, "has no run" in refused.text) == (404, True)
    assert write(api, rob, {"kind": "run", "run": run}).status_code == 200


def test_a_link_shows_the_notebook_to_whoever_has_it_until_it_is_revoked(
    api: Api, run: str, ana: dict[str, str], rob: dict[str, str]
) -> None:
    write(api, ana, {"kind": "text", "text": HOSTILE}, {"kind": "run", "run": run})
    made = api.client.post(f"{NOTEBOOK}/links", json={"days": 1}, headers=ana).json()
    shared = api.client.get(made["path"])
    assert (shared.status_code, shared.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "sandbox" in shared.headers["content-security-policy"]
    assert "0.87" in shared.text
    assert re.findall(r"<(?:script|img|link|a|form)\b", shared.text) == []
    assert shared.content == api.client.get(f"{NOTEBOOK}/file", headers=rob).content
    # What the store keeps does not open it.
    (link,) = api.client.get(f"{NOTEBOOK}/links", headers=rob).json()
    assert link == made["link"]
    assert made["path"].rpartition("/")[2] not in str(link)
    assert api.client.get(f"/shared/{link['id']}").status_code == 404
    assert api.client.delete(f"{NOTEBOOK}/links/{link['id']}", headers=rob).status_code == 200
    assert api.client.get(made["path"]).status_code == 404
    assert api.client.get(f"{NOTEBOOK}/links", headers=rob).json() == []
    acts = [str(entry.record["action"]) for entry in api.ports.client.store.audit_log.entries()]
    assert [act for act in acts if act.startswith("notebook.")] == [
        "notebook.write",
        "notebook.share",
        "notebook.revoke",
    ]


@pytest.mark.usefixtures("run")
def test_a_link_shows_no_more_than_who_made_it_may_see(api: Api) -> None:
    header = api.bearer("kim", Role.RUNNER)
    path = api.client.post(f"{NOTEBOOK}/links", headers=header).json()["path"]
    assert api.client.get(path).status_code == 200
    directory = api.ports.client.authority.directory
    kim = directory.find("kim")
    assert kim
    member = kim.member
    assert directory.save(member.model_copy(update={"disabled": True}), before=member)
    assert api.client.get(path).status_code in {403, 404}


def test_the_page_adds_orders_removes_and_shares(api: Api, run: str, browser: TestClient) -> None:
    assert send(browser, PAGE, act="add text", text=f"Before. {HOSTILE}", version="0") == (303, PAGE)
    assert send(browser, PAGE, act="add run", run=run, version="1")[0] == 303
    assert send(browser, PAGE, act="up", place="2", version="2")[0] == 303
    page = browser.get(PAGE).text
    assert page.index(GROWTH) < page.index("Before. ")
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    status, stale = send(browser, PAGE, act="remove", place="1", version="2")
    assert (status, "version 3 now, not 2" in stale) == (409, True)
    assert send(browser, PAGE, act="remove", place="2", version="3")[0] == 303
    assert "Before. " not in browser.get(PAGE).text
    for act in (
        {"act": "down", "place": "1"},
        {"act": "add text", "text": " "},
        {"act": "add run", "run": ""},
    ):
        assert send(browser, PAGE, **act, version="4")[0] == 422
    status, shared = send(browser, PAGE, act="share", days="2")
    path = re.search(r"/shared/[\w-]+", shared)
    assert path, status
    assert "0.87" in api.client.get(path[0]).text
    assert path[0] not in browser.get(PAGE).text
