"""The pages: who comes in, what a form may do, and that no text becomes markup."""

from __future__ import annotations

import re
from html import unescape
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient
from tests.support.hostile import INJECTIONS
from tests.support.http_api import Api
from tests.support.page_visits import ORIGIN, enter, open_browser, send

from fluxagents.flows.people.actions import Scope
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.pages.navigation import SECTIONS

CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"

CONSULTATION = """
flow: uptake_limit
version: 1
purpose: Asks two for the glucose uptake to assume.
facts:
  uptake: {type: number, unit: mmol/gDW/h}
start: experts
nodes:
  experts:
    kind: consult
    question: "How much glucose does the culture take up at most?"
    assignees: [ana, bob]
    fact: uptake
    minimum: 0
    maximum: 20
    wanted: 2
    next: done
  done: {kind: end, message: "{uptake} mmol/gDW/h"}
"""


@pytest.fixture
def browser(api: Api) -> TestClient:
    return open_browser(api)


def test_nobody_sees_a_page_who_is_not_signed_in(browser: TestClient) -> None:
    for path in ("/", "/runs?status=failed", "/requests", "/runs/x", "/live"):
        sent = browser.get(path)
        assert sent.status_code == 303, path
        assert sent.headers["location"].startswith("/enter?next=%2F")
    part = browser.get("/runs", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (204, "/enter?next=%2Fruns")
    refused = browser.post("/enter", data={"key": "flux_00000000_" + "x" * 43, "next": "//evil.example"})
    assert refused.status_code == 403
    assert "evil.example" not in refused.text


def test_a_session_ends_with_the_key_that_began_it(api: Api, browser: TestClient) -> None:
    enter(api, browser)
    assert browser.get("/runs").status_code == 200
    (key,) = api.client.get("/v1/keys", headers=api.bearer("ana", Role.ADMIN)).json()[1:]
    api.client.delete(f"/v1/keys/{key['prefix']}", headers=api.bearer("ana", Role.ADMIN))
    assert browser.get("/runs").status_code == 303


def test_a_session_may_do_no_more_than_its_key(api: Api, browser: TestClient) -> None:
    api.key("ana", Role.ADMIN)
    text = api.key("ana", Role.ADMIN, scopes=frozenset({Scope.READ}))
    assert browser.post("/enter", data={"key": text, "next": "/"}).status_code == 303
    assert 'action="/ask"' not in browser.get("/").text
    status, page = send(browser, "/ask", question="How fast does it grow?", model="textbook")
    assert (status, "scope" in page) == (403, True)


def test_a_link_signs_its_person_in_once(api: Api, browser: TestClient) -> None:
    api.key("ana", Role.RUNNER)
    ana = Actor(name="ana", channel="command line", proof=Proof(kind="os-user", id="7"))
    once = api.ports.browser_sessions.sign_in.create_link(ana)
    assert browser.get(f"/enter/link?once={once}").status_code == 303
    assert ">ana<" in browser.get("/").text
    assert send(browser, "/leave")[0] == 303
    assert browser.get("/").status_code == 303
    again = browser.get(f"/enter/link?once={once}")
    assert (again.status_code, "followed before" in again.text) == (403, True)


def test_no_other_site_sends_a_form(api: Api, browser: TestClient) -> None:
    enter(api, browser)
    token = re.search(r'name="csrf_token" value="(\w+)"', browser.get("/").text)
    assert token
    fields = {"question": "How fast does it grow?", "model": "textbook"}
    host = {"Host": "127.0.0.1:8100"}
    for headers, sent in (
        ({}, token[1]),
        ({"Origin": "https://evil.example"}, token[1]),
        ({"Origin": "null"}, token[1]),
        ({"Origin": ORIGIN}, ""),
        ({"Origin": "http://evil.example:8100", "Host": "evil.example:8100"}, token[1]),
    ):
        refused = browser.post("/ask", data={**fields, "csrf_token": sent}, headers={**host, **headers})
        assert refused.status_code == 403, headers
    assert api.ports.client.store.runs() == []


def test_a_page_loads_nothing_of_another_server_and_runs_no_script_that_stands_in_it(
    api: Api, browser: TestClient
) -> None:
    enter(api, browser)
    for section in SECTIONS:
        page = browser.get(section.path)
        assert page.status_code == 200, section
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        assert re.findall(r"(?:src|href|action)=\"(?!/|#|\?)", page.text) == []
        assert re.findall(r"<script(?![^>]* src=)|<style| on\w+=| style=", page.text) == []
        for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
            assert "immutable" in browser.get(address).headers["cache-control"]


@pytest.mark.parametrize(
    "text", [*INJECTIONS.values(), "<img src=x onerror=alert(1)>", '"><script>alert(1)</script>']
)
def test_no_text_becomes_markup(api: Api, browser: TestClient, text: str) -> None:
    enter(api, browser)
    run = api.local().start("metabolic_analysis", model="textbook", stepwise=True, question=text, session="s")
    api.ports.client.acting_as(run_by("ana")).cancel(run.id, reason=text)
    for path in ("/", "/runs", f"/runs/{run.id}", f"/runs/{run.id}/steps/0", f"/runs/{run.id}/fork"):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert "<img src=x" not in page.text
        assert "<script>" not in page.text
        assert "</findings>" not in page.text
        assert not set("\x00\x1b\x85\u2028\u202e") & set(unescape(page.text))


def test_what_is_asked_has_changed_since_the_form_was_shown(api: Api, browser: TestClient) -> None:
    enter(api, browser)
    run = api.local().ask(CHANGE, model="textbook")
    request = run.state.waiting_for
    assert request is not None
    path = f"/requests/{request.id}"
    shown = browser.get(path)
    assert "0.8739" in shown.text
    status, page = send(browser, path, act="approve", digest="0" * 64)
    assert (status, "nothing was decided" in page) == (409, True)
    status, page = send(browser, path, act="reject", digest=request.digest)
    assert (status, "a refusal needs a reason" in page) == (422, True)
    field = "arg.medium_changes"
    status, page = send(browser, path, act="edit", digest=request.digest, **{field: '{"EX_glc__D_e": '})
    assert (status, "no JSON" in page) == (422, True)
    before = {f"was.{field[4:]}": '{"EX_glc__D_e": 18.5}'}
    edit = {"act": "edit", "digest": request.digest, field: '{"EX_glc__D_e": 12}', **before}
    assert send(browser, path, **edit) == (303, path)
    status, page = send(browser, path, act="reject", digest=request.digest, comment="too much", **before)
    told = "<strong>ana</strong> asked for other arguments"
    assert (status, told in page, ">too much</textarea>" in page) == (409, True, True)
    # Somebody who has left that argument alone does not set it back.
    now = api.ports.client.request(request.id).digest
    stale = {"act": "edit", "digest": now, field: '{"EX_glc__D_e": 18.5}', **before}
    status, page = send(browser, path, **stale)
    assert (status, "no argument differs" in page) == (422, True)
    status, to = send(browser, path, act="reject", digest=now, comment="too much")
    assert (status, to) == (303, f"/runs/{run.id}")
    closed = browser.get(path)
    told = "was answered already by &#39;ana&#39;"
    assert (closed.status_code, told in closed.text) == (200, True)
    status, page = send(browser, path, act="approve", digest=now, comment="after all")
    assert (status, told in page, "after all" in page) == (409, True, True)


def test_the_box_says_what_a_question_will_take_and_starts_it_in_a_medium(
    api: Api, browser: TestClient
) -> None:
    enter(api, browser)
    asked = {"question": "How fast does it grow?", "model": "textbook"}
    status, page = send(browser, "/ask", **asked, act="estimate")
    assert (status, "nobody knows how long" in page) == (200, True)
    assert api.ports.client.store.runs() == []
    api.local().ask(asked["question"], model="textbook")
    page = send(browser, "/ask", **asked, act="estimate", medium="M9_acetate")[1]
    assert "One run of it on this model took" in page
    assert "Chat models cost nothing" in page
    assert "selected>M9_acetate<" in page
    status, page = send(browser, "/ask", **asked, medium="M9_acetat")
    assert (status, "M9_acetate" in page) == (422, True)
    status, to = send(browser, "/ask", **asked, medium="M9_acetate")
    medium = api.ports.client.store.load(to.rpartition("/")[2]).inputs["medium"]
    assert status == 303
    assert isinstance(medium, dict)
    assert "EX_ac_e" in medium
    assert "EX_glc__D_e" not in medium


def test_two_models_are_laid_side_by_side(api: Api, browser: TestClient) -> None:
    enter(api, browser)
    status, page = send(browser, "/models/textbook/compare", other="iJO136")
    assert (status, "iJO1366" in page) == (422, True)
    status, to = send(browser, "/models/textbook/compare", other="iJO1366")
    state = api.ports.client.store.load(to.rpartition("/")[2])
    assert (status, state.flow.name) == (303, "model_comparison")
    assert state.inputs["models"] == ["textbook", "iJO1366"]


def test_experts_answer_for_themselves(api: Api, browser: TestClient, tmp_path: Path) -> None:
    enter(api, browser)
    enter(api, bob := TestClient(api.app, base_url=str(browser.base_url), follow_redirects=False), "bob")
    flow = tmp_path / "uptake.yaml"
    flow.write_text(CONSULTATION, encoding="utf-8")
    run = api.local().start(str(flow), model="textbook")
    assert run.state.waiting_for is not None
    path = f"/requests/{run.state.waiting_for.id}"
    page = browser.get(path).text
    assert re.search(r'name="answer" type="number" required step="any" min="0.0" max="20.0"', page)
    status, page = send(browser, path, act="reply", answer="30")
    assert (status, "out of range" in page) == (422, True)
    assert send(browser, path, act="reply", answer="11.25") == (303, path)
    page = browser.get(path).text
    assert "You answered" in page
    assert 'value="reply"' not in page
    page = bob.get(path).text
    assert "ana has answered" in page
    assert "11.25" not in page
    assert send(bob, path, act="reply", answer="12.75") == (303, f"/runs/{run.id}")
    assert "12 mmol" in browser.get(f"/runs/{run.id}").text


ONE_CALL = """
flow: one_call
version: 1
purpose: Calls one tool.
start: grow
nodes:
  grow:
    kind: tool
    tool: run_metabolic_fba
    args: {medium_changes: {EX_glc__D_e: 8}}
    next: done
    on_error: done
  done: {kind: end, message: done}
"""


def test_the_next_call_of_a_paused_run_is_changed(api: Api, browser: TestClient, tmp_path: Path) -> None:
    enter(api, browser)
    flow = tmp_path / "one_call.yaml"
    flow.write_text(ONE_CALL, encoding="utf-8")
    run = api.local().start(str(flow), model="textbook", stepwise=True)
    page = f"/runs/{run.id}/call"
    assert f'href="{page}"' in browser.get(f"/runs/{run.id}").text
    field = "medium_changes"
    shown = re.search(rf'name="was.{field}" value="([^"]+)"', browser.get(page).text)
    assert shown
    before = unescape(shown[1])
    status, text = send(browser, page, **{f"arg.{field}": "{8", f"was.{field}": before})
    assert (status, "no JSON" in text, ">{8</textarea>" in text) == (422, True, True)
    # What nobody has touched stays, whatever it was when the form was shown.
    status, text = send(browser, page, **{f"arg.{field}": "{}", f"was.{field}": "{}"})
    assert (status, "no argument differs" in text) == (422, True)
    after = '{"EX_glc__D_e": 12}'
    assert send(browser, page, **{f"arg.{field}": after, f"was.{field}": before}) == (303, f"/runs/{run.id}")
    assert "12" in browser.get(page).text
    api.ports.client.acting_as(run_by("ana")).cancel(run.id, reason="enough")
    status, text = send(browser, page, **{f"arg.{field}": before, f"was.{field}": after})
    assert (status, "What you wrote" in text, "EX_glc__D_e" in text) == (409, True, True)


def test_a_fork_is_asked_for_in_fields_that_hold_what_the_run_was_given(
    api: Api, browser: TestClient
) -> None:
    enter(api, browser)
    run = api.local().start(
        "metabolic_analysis", model="textbook", question="How fast does it grow?", stepwise=True
    )
    path = f"/runs/{run.id}/fork"
    page = browser.get(path).text
    assert ">null<" not in page
    assert 'name="arg.medium"' in page
    shown = {"was.question": "How fast does it grow?", "was.medium": ""}
    typed = {"arg.question": "How fast does it grow?", "arg.medium": "EX_glc__D_e 5"}
    status, page = send(browser, path, at="0", **shown, **typed)
    assert (status, "expected a name, a colon and a value" in page, ">EX_glc__D_e 5</textarea>" in page) == (
        422,
        True,
        True,
    )
    status, to = send(browser, path, at="0", **shown, **typed | {"arg.medium": "EX_glc__D_e: 5"})
    forked = api.ports.client.store.load(to.rpartition("/")[2])
    assert (status, forked.inputs) == (303, {**run.state.inputs, "medium": {"EX_glc__D_e": 5}})


def test_a_flow_shows_what_runs_did_and_what_its_scenarios_cover(api: Api, browser: TestClient) -> None:
    enter(api, browser)
    question = "How fast does it grow?"
    api.local().start("metabolic_analysis", model="textbook", stepwise=True, question=question)
    page = browser.get("/flows/metabolic_analysis?over=runs").text
    assert "Moves of 1 run<" in page
    (version,) = re.findall(r'href="/flows/([0-9a-f]{64})\?over=runs"', page)
    assert "Moves of 1 run<" in browser.get(f"/flows/{version}?over=runs").text
    page = browser.get("/flows/metabolic_analysis?over=scenarios").text
    assert re.search(r"(\d+) of \1 hold", page)
    assert re.search(r'<td class="number-cell">[1-9]', page)
    drawing = browser.get("/flows/metabolic_analysis/drawing.svg?over=scenarios")
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    assert re.search(r">\d+ times<", drawing.text)
    assert browser.get("/flows/metabolic_analysis?over=all").status_code == 422


def test_a_flow_that_is_written_is_checked_and_not_kept(api: Api, browser: TestClient) -> None:
    enter(api, browser)
    page = browser.get("/flow-check?flow=model_check").text
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found
    text = unescape(found[1]).replace("flow: model_check", "flow: my_check")
    status, page = send(browser, "/flow-check", text=text)
    assert (status, "my_check</strong> v" in page, "can run" in page) == (200, True, True)
    status, page = send(browser, "/flow-check", text=re.sub(r"(\n\s+)next: \w+", r"\1next: nowhere", text))
    assert (status, "which is no node" in page, "the text:" in page, "nowhere" in page) == (
        200,
        True,
        True,
        True,
    )
    assert browser.get("/flows/my_check").status_code == 404


def run_by(name: str) -> Actor:
    return Actor(name=name, channel="http", proof=Proof(kind="os-user", id="1"))


def test_runs_are_compared_and_exported_from_the_list(api: Api, browser: TestClient) -> None:
    enter(api, browser)
    local = api.local()
    runs = [local.ask("How fast does it grow?", model="textbook").id for _ in range(2)]
    here = "/runs?status=finished"
    status, page = send(browser, "/runs", act="compare", run=runs[0], here=here)
    assert (status, "Two runs are compared, not 1" in page) == (422, True)
    assert re.search(rf'value="{runs[0]}" checked', page)
    assert "<option selected>finished</option>" in page
    status, page = send(browser, "/runs", act="export", here=here)
    assert (status, "No run is chosen" in page) == (422, True)
    token = re.search(r'name="csrf_token" value="(\w+)"', browser.get("/").text)
    assert token
    fields = {"csrf_token": token[1], "act": "export", "run": runs, "here": here}
    sent = browser.post("/runs", data=fields, headers={"Origin": ORIGIN, "Host": "127.0.0.1:8100"})
    assert (sent.status_code, sent.headers["content-disposition"]) == (200, 'attachment; filename="runs.zip"')
    with ZipFile(BytesIO(sent.content)) as whole:
        assert sorted(whole.namelist()) == sorted(f"{run}.run.zip" for run in runs)
        assert ZipFile(BytesIO(whole.read(f"{runs[0]}.run.zip"))).testzip() is None


def test_a_proof_calls_a_model_as_its_reader_does(api: Api, browser: TestClient, tmp_path: Path) -> None:
    enter(api, browser)
    path = tmp_path / "my_strain.xml.gz"
    path.write_bytes(files("cobra").joinpath("data", "textbook.xml.gz").read_bytes())
    run = api.local().ask("How fast does it grow?", model=str(path))
    page = browser.get(f"/runs/{run.id}/numbers/0").text
    assert re.search(r'<dt>Model</dt><dd><a href="/models/sha256:\w+">my_strain</a>', page)
