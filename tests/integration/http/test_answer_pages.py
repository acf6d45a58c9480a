"""The pages to which links in messages lead: to look decides nothing, a confirmed form decides once."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis
from starlette.testclient import TestClient
from tests.support.channel_place import CHANGE, INTERVIEW, SIGN_OFF, ChannelPlace, build_settings
from tests.support.http_api import build_api

from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.people.actions import Action
from fluxagents.scheduler.channels.answer_link import AnswerLink, sign_link
from fluxagents.workers.machine.clock import SystemClock

DAY_MS = 86_400_000
MAIL = {"smtp_url": SecretStr("smtp://127.0.0.1:9"), "mail_address": "flux@lab.example"}


@dataclass(frozen=True)
class Pages:
    """The API, and links to it."""

    place: ChannelPlace
    client: TestClient
    key: bytes

    def link(self, request: HumanRequest, *, person: str = "bob", lasts_ms: int = DAY_MS) -> str:
        """The path of the link that was sent to a person."""
        link = AnswerLink(request=request.id, digest=request.digest, person=person, channel="email")
        return sign_link(link, self.key, "http://x", expires_ms=SystemClock().now_ms() + lasts_ms)[8:]

    def status(self, request: HumanRequest) -> str:
        return str(self.place.store.load(request.id.rpartition(".")[0]).status)


@pytest.fixture
def pages(redis: Redis, redis_url: str, key_prefix: str, tmp_path: Path) -> Iterator[Pages]:
    place = ChannelPlace(redis, tmp_path, build_settings(redis_url, key_prefix, tmp_path, **MAIL))
    place.add_person("bob", email="bob@lab.example")
    app, ports = build_api(redis_url, key_prefix, tmp_path, **MAIL)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Pages(place, client, ports.answer_key)


APPROVE = {"decision": "approve", "confirm": "yes"}


def test_looking_and_prefetching_decide_nothing(pages: Pages) -> None:
    request = pages.place.ask()
    path = pages.link(request)
    for headers in ({}, {"Sec-Purpose": "prefetch"}, {"X-Moz": "prefetch"}):
        shown = pages.client.get(path, headers=headers)
        assert shown.status_code == 200
        assert "Go on with &lt;b&gt;this&lt;/b&gt;?" in shown.text
        assert request.digest in shown.text
    assert pages.client.head(path).status_code == 200
    assert pages.client.get(f"{path}?decision=approve&confirm=yes").status_code == 200
    assert pages.client.put(path, data=APPROVE).status_code == 405
    assert pages.status(request) == "waiting"


def test_a_form_that_is_not_confirmed_decides_nothing(pages: Pages) -> None:
    request = pages.place.ask()
    path = pages.link(request)
    for form in ({}, {"decision": "approve"}, {"confirm": "yes"}, {"decision": "perhaps", "confirm": "yes"}):
        answer = pages.client.post(path, data=form)
        assert (answer.status_code, "nothing has been decided" in answer.text) == (422, True)
    assert pages.status(request) == "waiting"


def test_a_confirmed_answer_counts_once_and_the_log_says_whose_it_is(pages: Pages) -> None:
    request = pages.place.ask()
    path = pages.link(request)
    answer = pages.client.post(path, data=APPROVE)
    assert (answer.status_code, "is approved" in answer.text) == (200, True)
    late = pages.client.post(path, data={"decision": "reject", "confirm": "yes"})
    assert (late.status_code, "was answered already by &#39;bob&#39;" in late.text) == (409, True)
    assert pages.client.get(path).status_code == 409
    (entry,) = [
        entry.act
        for entry in pages.place.store.audit_log.entries()
        if entry.act.action in {Action.REQUEST_APPROVE, Action.REQUEST_REJECT}
    ]
    assert (entry.by, entry.channel, str(entry.proof)) == ("bob", "page", "link email bob")
    assert entry.shown == request.digest


def test_a_refusal_carries_its_reason(pages: Pages) -> None:
    request = pages.place.ask()
    form = {"decision": "reject", "reason": "not before Monday", "confirm": "yes"}
    assert pages.client.post(pages.link(request), data=form).status_code == 200
    events = pages.place.store.events(request.id.rpartition(".")[0])
    assert any(getattr(event, "reason", "") == "not before Monday" for event in events)


def test_an_answer_that_does_not_fit_is_asked_for_again(pages: Pages) -> None:
    request = pages.place.ask(INTERVIEW)
    path = pages.link(request)
    wrong = pages.client.post(path, data={"decision": "reply", "answer": "some", "confirm": "yes"})
    assert (wrong.status_code, pages.status(request)) == (422, "waiting")
    right = pages.client.post(path, data={"decision": "reply", "answer": "10", "confirm": "yes"})
    assert right.status_code == 200


def test_arguments_are_edited_in_a_form_and_asked_for_again(pages: Pages) -> None:
    pages.place.add_person("ann", email="ann@lab.example")
    request = pages.place.ask(CHANGE)
    path = pages.link(request)
    shown = pages.client.get(path).text
    assert '<textarea id="argument.bounds"' in shown
    assert "growth, 1/h: 0.8739" in shown
    edit = {"decision": "edit", "confirm": "yes", "argument.bounds": '{"EX_glc__D_e": -8}'}
    bad = pages.client.post(path, data={**edit, "argument.bounds": "{-8"})
    assert (bad.status_code, "it is no object" in bad.text, "{-8</textarea>" in bad.text) == (422, True, True)
    unfit = pages.client.post(path, data=edit)
    assert (unfit.status_code, "bounds" in unfit.text) == (422, True)
    new = '{"EX_glc__D_e": {"lower_mmol_per_gdw_h": -8}}'
    done = pages.client.post(path, data={**edit, "argument.bounds": new})
    assert (done.status_code, "asks for the new arguments now" in done.text) == (200, True)
    run = pages.place.store.load(request.id.rpartition(".")[0])
    assert run.waiting_for is not None
    assert run.waiting_for.call is not None
    assert run.waiting_for.call.args["bounds"] == {"EX_glc__D_e": {"lower_mmol_per_gdw_h": -8}}
    late = pages.client.post(path, data=APPROVE)
    assert late.status_code == 409


def test_one_can_ask_back_abstain_and_step_out(pages: Pages) -> None:
    pages.place.add_person("ann", email="ann@lab.example")
    request = pages.place.ask(SIGN_OFF.replace("assignees: [ASSIGNEES]", "policy: {all_of: [bob, ann]}"))
    path = pages.link(request)
    assert 'value="abstain"' in pages.client.get(path).text
    for _ in range(2):
        asked = pages.client.post(path, data={"decision": "ask", "reason": "Why now?", "confirm": "yes"})
        assert (asked.status_code, "The agent answers" in asked.text) == (200, True)
    run = pages.place.store.load(request.id.rpartition(".")[0])
    assert run.waiting_for is not None
    assert [remark.text for remark in run.waiting_for.thread] == ["Why now?"]
    assert "bob: Why now?" in pages.client.get(path).text
    out = pages.client.post(path, data={"decision": "recuse", "confirm": "yes"})
    assert (out.status_code, "stepped out" in out.text) == (200, True)


def test_a_link_that_is_old_altered_or_of_another_key_leads_nowhere(pages: Pages) -> None:
    request = pages.place.ask()
    path = pages.link(request)
    content, signature = path.split(".")
    links = [
        pages.link(request, lasts_ms=-1),
        f"{content}A.{signature}",
        f"{content}.{'0' * 64}",
        "/answer/x",
        Pages(pages.place, pages.client, b"another key").link(request),
    ]
    for link in links:
        assert pages.client.get(link).status_code == 404
        assert pages.client.post(link, data=APPROVE).status_code == 404
    assert pages.status(request) == "waiting"


def test_a_link_gives_its_person_no_more_rights(pages: Pages) -> None:
    pages.place.add_person("ann", email="ann@lab.example")
    request = pages.place.ask(assignees="ann")
    answer = pages.client.post(pages.link(request, person="bob"), data=APPROVE)
    assert (answer.status_code, "is assigned to ann" in answer.text) == (403, True)
    nobody = pages.client.post(pages.link(request, person="carl"), data=APPROVE)
    assert nobody.status_code == 403
    assert pages.status(request) == "waiting"


def test_a_page_lets_no_script_in_and_is_kept_nowhere(pages: Pages) -> None:
    shown = pages.client.get(pages.link(pages.place.ask()))
    policy = shown.headers["content-security-policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", shown.text, re.DOTALL)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "<script" not in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"


def test_the_log_of_requests_holds_no_link(pages: Pages, capsys: pytest.CaptureFixture[str]) -> None:
    path = pages.link(pages.place.ask())
    capsys.readouterr()
    pages.client.get(path)
    logged = capsys.readouterr().out
    assert "/answer/***" in logged
    assert path not in logged
