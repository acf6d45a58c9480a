"""Who signed what comes in: the examples that senders publish, and what was altered, repeated or is old."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from pydantic import TypeAdapter

from fluxagents.scheduler.webhooks.incoming import (
    GithubScheme,
    Headers,
    HmacScheme,
    Scheme,
    SlackScheme,
    StandardScheme,
)
from fluxagents.scheduler.webhooks.signature import TOLERANCE_S, build_headers, create_secret

GITHUB_SECRET = "It's a Secret to Everybody"
GITHUB_BODY = b"Hello, World!"
GITHUB: Headers = {
    "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
}
"""The example of GitHub's documentation."""

SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SLACK_TIME = 1_531_420_618
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK: Headers = {
    "x-slack-request-timestamp": str(SLACK_TIME),
    "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
}
"""The example of Slack's documentation."""


def test_the_example_of_github() -> None:
    scheme = GithubScheme()
    assert scheme.is_signed([GITHUB_SECRET], GITHUB, GITHUB_BODY, now_s=0)
    assert not scheme.is_signed([GITHUB_SECRET], GITHUB, GITHUB_BODY + b" ", now_s=0)
    assert not scheme.is_signed(["other"], GITHUB, GITHUB_BODY, now_s=0)
    assert not scheme.is_signed([GITHUB_SECRET], {}, GITHUB_BODY, now_s=0)


def test_the_example_of_slack() -> None:
    scheme = SlackScheme()
    assert scheme.is_signed([SLACK_SECRET], SLACK, SLACK_BODY, now_s=SLACK_TIME)
    assert not scheme.is_signed([SLACK_SECRET], SLACK, SLACK_BODY + b"&", now_s=SLACK_TIME)
    later = {**SLACK, "x-slack-request-timestamp": str(SLACK_TIME + 1)}
    assert not scheme.is_signed([SLACK_SECRET], later, SLACK_BODY, now_s=SLACK_TIME)


@pytest.mark.parametrize("off_s", [-TOLERANCE_S - 1, TOLERANCE_S + 1])
def test_an_old_request_of_slack_is_not_taken_again(off_s: int) -> None:
    assert not SlackScheme().is_signed([SLACK_SECRET], SLACK, SLACK_BODY, now_s=SLACK_TIME + off_s)


def test_what_this_installation_sends_another_one_takes() -> None:
    secret, body = create_secret(), b'{"type":"run.finished"}'
    headers = build_headers([secret], "msg_1", SLACK_TIME, body)
    scheme = StandardScheme()
    assert scheme.is_signed([create_secret(), secret], headers, body, now_s=SLACK_TIME)
    assert not scheme.is_signed([secret], {}, body, now_s=SLACK_TIME)
    assert scheme.find_delivery(headers, body) == "msg_1"


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_sender_of_its_own_kind(algorithm: str, encoding: str) -> None:
    scheme: Scheme = TypeAdapter[Scheme](Scheme).validate_python(
        {"kind": "hmac", "header": "x-sig", "algorithm": algorithm, "encoding": encoding, "prefix": "s="}
    )
    digest = hmac.new(b"key", b"body", getattr(hashlib, algorithm)).digest()
    text = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    assert scheme.is_signed(["other", "key"], {"x-sig": f"s={text}"}, b"body", now_s=0)
    assert not scheme.is_signed(["key"], {"x-sig": text}, b"body", now_s=0)
    assert not scheme.is_signed([], {"x-sig": f"s={text}"}, b"body", now_s=0)


def test_a_repetition_under_another_unsigned_id_is_the_same_delivery() -> None:
    again = {**GITHUB, "x-github-delivery": "another"}
    scheme = GithubScheme()
    assert scheme.is_signed([GITHUB_SECRET], again, GITHUB_BODY, now_s=0)
    assert scheme.find_delivery(again, GITHUB_BODY) == scheme.find_delivery(GITHUB, GITHUB_BODY)


def test_a_repeated_delivery_has_one_id_and_one_with_other_content_another() -> None:
    own = HmacScheme(header="x-sig", delivery_header="x-id")
    for scheme, headers in (
        (GithubScheme(), GITHUB),
        (SlackScheme(), SLACK),
        (own, {"x-id": "1"}),
        (HmacScheme(header="x-sig"), {}),
    ):
        assert scheme.find_delivery(headers, b"a") == scheme.find_delivery(headers, b"a")
        assert scheme.find_delivery(headers, b"a") != scheme.find_delivery(headers, b"b")
