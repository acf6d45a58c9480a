"""What browsers hold cannot be changed, nor used for another purpose or too late."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.flows.people.cross_site import check_same_site
from fluxagents.flows.people.sign_in import local_path
from fluxagents.flows.people.signed_token import read_token, sign_token

KEY = bytes(32)
TOKEN = sign_token({"id": "x"}, KEY, "session", expires_ms=1_000)


def test_a_token_is_read_with_its_key_for_its_purpose_in_its_time() -> None:
    assert read_token(TOKEN, KEY, "session", now_ms=999) == {"id": "x"}
    assert read_token(TOKEN, KEY, "session", now_ms=1_000) is None
    assert read_token(TOKEN, KEY, "sign-in", now_ms=0) is None
    assert read_token(TOKEN, b"\1" * 32, "session", now_ms=0) is None


@pytest.mark.parametrize("place", range(0, len(TOKEN), 7))
def test_no_character_can_be_changed(place: int) -> None:
    other = "A" if TOKEN[place] != "A" else "B"
    assert read_token(TOKEN[:place] + other + TOKEN[place + 1 :], KEY, "session", now_ms=0) is None


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "é.é", "x" * 10_000, TOKEN[:-1], TOKEN + "0"])
def test_what_is_no_token_is_none(text: str) -> None:
    assert read_token(text, KEY, "session", now_ms=0) is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/runs?status=waiting", "/runs?status=waiting"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_led_to_another_site(text: str, path: str) -> None:
    assert local_path(text) == path


OWN = ("https://flux.example",)


def check(
    method: str = "POST", origin: str | None = OWN[0], referer: str | None = None, token: str = "t"
) -> None:
    check_same_site(method, origin=origin, referer=referer, own=OWN, token=token, expected="t")


def test_a_request_of_this_site_with_its_token_is_taken() -> None:
    check()
    check(origin=None, referer="https://flux.example/runs")
    check("GET", origin="https://evil.example", token="")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "request_of",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://flux.example"},
        {"origin": "https://flux.example.evil.example"},
        {"origin": "null"},
        {"origin": None},
        {"origin": None, "referer": "https://evil.example/https://flux.example"},
        {"token": ""},
        {"token": "T"},
        {"token": "é"},
    ],
)
def test_a_request_that_another_site_may_have_sent_is_refused(
    method: str, request_of: dict[str, str | None]
) -> None:
    with pytest.raises(FluxError, match=r"changes nothing here|has not the token"):
        check(method, **request_of)  # type: ignore[arg-type]
