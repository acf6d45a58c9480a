"""Signatures of Standard Webhooks: the published example, and what is not taken."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.webhooks.signature import (
    TOLERANCE_S,
    build_headers,
    create_secret,
    decode_secret,
    is_signed,
    sign_message,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIME = 1_614_265_330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""Of the tests of the reference libraries."""


def test_the_published_example() -> None:
    assert sign_message(SECRET, ID, TIME, BODY) == SIGNATURE
    assert is_signed([SECRET], ID, str(TIME), SIGNATURE, BODY, now_s=TIME)


def test_while_a_secret_is_rotated_both_sign_and_either_is_enough() -> None:
    old, new = create_secret(), create_secret()
    headers = build_headers([new, old], ID, TIME, BODY)
    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (old, new):
        assert is_signed([secret], ID, str(TIME), headers["webhook-signature"], BODY, now_s=TIME)
    assert not is_signed([create_secret()], ID, str(TIME), headers["webhook-signature"], BODY, now_s=TIME)


@pytest.mark.parametrize(
    ("message_id", "timestamp", "signatures", "body"),
    [
        ("msg_other", str(TIME), SIGNATURE, BODY),
        (ID, str(TIME + 1), SIGNATURE, BODY),
        (ID, str(TIME), SIGNATURE, BODY + b" "),
        (ID, str(TIME), SIGNATURE.replace("v1,", "v1a,"), BODY),
        (ID, str(TIME), SIGNATURE.removeprefix("v1,"), BODY),
        (ID, str(TIME), "", BODY),
        (ID, str(TIME), "v1,ü", BODY),
        (ID, "", SIGNATURE, BODY),
        (ID, "-1", SIGNATURE, BODY),
        (ID, "١٦١٤٢٦٥٣٣٠", SIGNATURE, BODY),
        (ID, f"{TIME}.0", SIGNATURE, BODY),
    ],
)
def test_what_was_altered_is_not_signed(
    message_id: str, timestamp: str, signatures: str, body: bytes
) -> None:
    assert not is_signed([SECRET], message_id, timestamp, signatures, body, now_s=TIME)


@pytest.mark.parametrize("late_s", [-TOLERANCE_S - 1, TOLERANCE_S + 1])
def test_an_old_message_is_not_taken_again(late_s: int) -> None:
    assert not is_signed([SECRET], ID, str(TIME), SIGNATURE, BODY, now_s=TIME + late_s)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_AAAA", "whsec_!!!!", "password", "whsec_" + "A" * 100]
)
def test_a_bad_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(FluxError, match="no secret of a webhook") as caught:
        decode_secret(secret)
    assert not secret or secret == "whsec_" or secret not in str(caught.value)


def test_a_new_secret_has_256_bits() -> None:
    assert len(decode_secret(create_secret())) == 32
    assert create_secret() != create_secret()
