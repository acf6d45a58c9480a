"""Signing in against an OpenID provider that runs as a process of its own on loopback."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr
from tests.support.waiting import eventually

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.audit_log import MemoryAuditLog
from fluxagents.flows.memory.directory import MemoryDirectory
from fluxagents.flows.memory.key_book import MemoryKeyBook
from fluxagents.flows.memory.session_book import MemorySessionBook
from fluxagents.flows.people.actor import Actor
from fluxagents.flows.people.members import Person
from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.sign_in import SESSION_MS, SignIn, format_cookie
from fluxagents.workers.channels.oidc_provider import OidcProvider

REDIRECT = "https://flux.example/sign-in/done"
NOW_MS = 1_800_000_000_000


class HandClock:
    def __init__(self) -> None:
        self.time_ms = NOW_MS

    def now_ms(self) -> int:
        return self.time_ms


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a provider."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("provider") / "log"
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as provider:
        address = f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: _answers(address), within_s=120)
            yield address
        finally:
            provider.terminate()


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/.well-known/openid-configuration").is_success
    except httpx2.TransportError:
        return False


class Site:
    """An installation whose person ana is known to the provider as `ana-17`."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.clock, self.directory = HandClock(), MemoryDirectory()
        self.log, self.sessions = MemoryAuditLog(self.clock), MemorySessionBook(self.clock)
        self.directory.save(Person(name="ana", sign_ins=(f"{issuer} ana-17",)), before=None)
        self.provider = OidcProvider(issuer, "flux", SecretStr("secret"), REDIRECT)
        self.sign_in = SignIn(
            self.provider,
            api_keys=ApiKeys(MemoryKeyBook(), self.directory, self.clock),
            directory=self.directory,
            log=self.log,
            sessions=self.sessions,
            clock=self.clock,
            key=bytes(range(32)),
        )

    def visit_provider(self, url: str, subject: str = "ana-17") -> tuple[str, str]:
        """As a browser: the person says who they are; the state and code that the provider sends back."""
        answer = httpx2.post(url, data={"sub": subject}, follow_redirects=False)
        assert answer.is_redirect, answer.text
        location = urlsplit(answer.headers["location"])
        assert location._replace(query="").geturl() == REDIRECT
        query = parse_qs(location.query)
        return query["state"][0], query["code"][0]

    def enter(self, subject: str = "ana-17") -> str:
        url, pending = self.sign_in.begin("/runs")
        state, code = self.visit_provider(url, subject)
        return self.sign_in.finish(pending, state=state, code=code)[0]


@pytest.fixture
def site(issuer: str) -> Site:
    return Site(issuer)


def test_whom_the_provider_knows_is_the_person_of_that_sign_in(site: Site) -> None:
    url, pending = site.sign_in.begin("/runs?status=waiting")
    query = parse_qs(urlsplit(url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [REDIRECT]
    state, code = site.visit_provider(url)
    session, path = site.sign_in.finish(pending, state=state, code=code)
    assert path == "/runs?status=waiting"
    actor = site.sign_in.identify(session)
    assert (actor.name, actor.channel, actor.proof.kind, actor.scopes) == ("ana", "page", "sign-in", None)
    (entry,) = site.log.entries()
    assert (entry.act.action, entry.act.by, entry.act.proof) == ("sign_in", "ana", actor.proof)
    assert session not in entry.model_dump_json()


def test_whom_nobody_let_in_is_told_how_to_be(site: Site) -> None:
    with pytest.raises(FluxError, match="is nobody in this installation") as refused:
        site.enter("eve-3")
    assert f"--sign-in '{site.issuer} eve-3'" in str(refused.value)
    assert list(site.log.entries()) == []


def test_a_sign_in_ends_in_the_browser_in_which_it_began(site: Site) -> None:
    url, pending = site.sign_in.begin()
    _, other = site.sign_in.begin()
    state, code = site.visit_provider(url)
    for cookie, said in ((other, state), (pending, "x"), ("", state), (pending[:-1] + "0", state)):
        with pytest.raises(FluxError, match="did not begin in this browser"):
            site.sign_in.finish(cookie, state=said, code=code)
    site.clock.time_ms += 600_000
    with pytest.raises(FluxError, match="took too long"):
        site.sign_in.finish(pending, state=state, code=code)


def test_a_code_is_good_once_and_for_its_own_sign_in(site: Site) -> None:
    url, pending = site.sign_in.begin()
    state, code = site.visit_provider(url)
    site.sign_in.finish(pending, state=state, code=code)
    with pytest.raises(FluxError, match="vouches for nobody") as again:
        site.sign_in.finish(pending, state=state, code=code)
    assert again.value.kind is ErrorClass.PERMISSION
    # The code of another's sign-in, brought into one's own: its nonce is another.
    other_url, _ = site.sign_in.begin()
    _, stolen = site.visit_provider(other_url)
    with pytest.raises(FluxError, match="vouches for nobody"):
        site.sign_in.finish(pending, state=state, code=stolen)


def test_signing_out_ends_the_session_in_every_copy_of_its_cookie(site: Site) -> None:
    session, other = site.enter(), site.enter()
    site.sign_in.end(session)
    with pytest.raises(FluxError, match="nobody is signed in"):
        site.sign_in.identify(session)
    assert isinstance(site.sign_in.identify(other), Actor)
    assert [entry.act.action for entry in site.log.entries()][-1] == "sign_out"


def test_a_session_ends_by_itself_and_is_no_other_kind_of_cookie(site: Site) -> None:
    session = site.enter()
    _, pending = site.sign_in.begin()
    for wrong in (pending, "", session + "0", session.upper()):
        with pytest.raises(FluxError, match="nobody is signed in"):
            site.sign_in.identify(wrong)
    site.clock.time_ms += SESSION_MS
    with pytest.raises(FluxError, match="nobody is signed in"):
        site.sign_in.identify(session)


def test_each_session_has_a_token_of_its_own(site: Site) -> None:
    one, other = site.enter(), site.enter()
    token = site.sign_in.csrf_token(one)
    assert token == site.sign_in.csrf_token(one) != site.sign_in.csrf_token(other)
    assert re.fullmatch("[0-9a-f]{64}", token)
    with pytest.raises(FluxError, match="nobody is signed in"):
        site.sign_in.csrf_token("x")


def test_a_cookie_is_for_this_host_alone_and_for_no_script() -> None:
    cookie = format_cookie("__Host-flux-session", "x", max_age_s=60)
    assert cookie == "__Host-flux-session=x; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"


def test_a_provider_that_calls_itself_otherwise_is_not_believed(issuer: str) -> None:
    port = urlsplit(issuer).port
    site = Site(f"http://127.0.0.1:{port}/")
    with pytest.raises(FluxError, match=rf"calls itself '{issuer}'"):
        site.sign_in.begin()


def test_a_provider_that_is_away_is_named() -> None:
    with pytest.raises(FluxError, match=r"http://127\.0\.0\.1:9 cannot be reached") as away:
        Site("http://127.0.0.1:9").sign_in.begin()
    assert away.value.kind is ErrorClass.PROVIDER_OUTAGE


class ForgedProvider:
    """A provider on loopback that answers with whatever token a test gives it."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "k", "use": "sig", "alg": "RS256"})
        self.id_token = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """A test says nothing."""

            def do_GET(self) -> None:
                keys = {"keys": [provider.key.as_dict(private=False)]}
                known = {
                    "issuer": provider.issuer,
                    "authorization_endpoint": f"{provider.issuer}/authorize",
                    "token_endpoint": f"{provider.issuer}/token",
                    "jwks_uri": f"{provider.issuer}/keys",
                }
                self._answer(keys if self.path == "/keys" else known)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer({"access_token": "a", "token_type": "Bearer", "id_token": provider.id_token})

            def _answer(self, document: object) -> None:
                body = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler

    def sign(self, claims: dict[str, Any], *, alg: str = "RS256", key: Any = None) -> str:
        return jwt.encode({"alg": alg, "kid": "k"}, claims, key or self.key, algorithms=[alg])


@pytest.fixture
def forged() -> Iterator[ForgedProvider]:
    provider = ForgedProvider()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"sub": None},
        {"azp": "another"},
    ],
    ids=str,
)
def test_a_token_is_for_this_service_and_this_sign_in(forged: ForgedProvider, change: dict[str, Any]) -> None:
    site = Site(forged.issuer)
    url, pending = site.sign_in.begin()
    query = parse_qs(urlsplit(url).query)
    now_s = int(time.time())
    claims = {"iss": forged.issuer, "sub": "ana-17", "aud": "flux", "iat": now_s, "exp": now_s + 60}
    claims = {**claims, "nonce": query["nonce"][0], **change}
    forged.id_token = forged.sign({name: value for name, value in claims.items() if value is not None})
    if not change:
        session, _ = site.sign_in.finish(pending, state=query["state"][0], code="c")
        assert site.sign_in.identify(session).name == "ana"
        return
    with pytest.raises(FluxError, match="vouches for nobody"):
        site.sign_in.finish(pending, state=query["state"][0], code="c")
    assert list(site.log.entries()) == []


def test_a_token_that_others_signed_or_nobody_is_none(forged: ForgedProvider) -> None:
    site = Site(forged.issuer)
    url, pending = site.sign_in.begin()
    query = parse_qs(urlsplit(url).query)
    now_s = int(time.time())
    claims = {"iss": forged.issuer, "sub": "ana-17", "aud": "flux", "iat": now_s, "exp": now_s + 60}
    claims["nonce"] = query["nonce"][0]
    right = forged.sign(claims)
    head, body, _ = right.split(".")
    nobody = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    shared = OctKey.import_key("a secret of this service and others")
    tokens = {
        "another key": forged.sign(claims, key=RSAKey.generate_key(2048, parameters={"kid": "k"})),
        "no signature": f"{head}.{body}.",
        "no algorithm": f"{nobody}.{body}.",
        "a shared secret": forged.sign(claims, alg="HS256", key=shared),
        "no token": "x",
    }
    for token in tokens.values():
        forged.id_token = token
        with pytest.raises(FluxError, match="vouches for nobody"):
            site.sign_in.finish(pending, state=query["state"][0], code="c")
    forged.id_token = right
    site.sign_in.finish(pending, state=query["state"][0], code="c")
