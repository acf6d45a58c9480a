"""A secret is hidden wherever it stands, and nothing else is changed."""

from __future__ import annotations

import io
import json
import logging
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from fluxagents.workers.observing import log
from fluxagents.workers.observing.secret_mask import MASK, SecretMask, build_mask
from fluxagents.workers.settings import Settings

PASSWORD = 'pa:ss/w"rd & more'


@given(
    secret=st.text(min_size=8).filter(lambda text: text not in MASK),
    before=st.text(),
    after=st.text(),
)
def test_no_spelling_of_a_secret_is_left(secret: str, before: str, after: str) -> None:
    mask = SecretMask([secret])
    assert secret not in mask.hide(before + secret + after)
    if "%" not in secret and secret.isascii():
        assert quote(secret, safe="") not in mask.hide(f"{before}redis://:{quote(secret, safe='')}@h{after}")


def test_text_without_secrets_is_as_it_was() -> None:
    text = "run 01JB of redis://127.0.0.1:6379/0 took 3 s: https://example.org/a@b and ada@example.org"
    assert SecretMask(["hunter22"]).hide(text) == text


def test_the_login_of_any_url_is_hidden_though_nobody_named_it() -> None:
    hidden = SecretMask().hide("cannot reach redis://ada:x@h:1/0, nor amqp://:y@i//")
    assert hidden == "cannot reach redis://***@h:1/0, nor amqp://***@i//"


def test_a_short_secret_stays_in_words_and_goes_from_urls() -> None:
    mask = SecretMask(["a"])
    assert mask.hide("a run at redis://:a@h/0") == "a run at redis://***@h/0"


def test_all_secrets_of_the_settings_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret-key")
    settings = Settings(
        redis_url=SecretStr(f"redis://:{quote(PASSWORD, safe='')}@h:6379/0"),
        chat_api_key=SecretStr("sk-first"),
        chat_fallback_api_key=SecretStr("sk-second"),
        flower_password=SecretStr("petals"),
        store_url="https://h/store?token=in-the-query",
    )
    document = {
        "redis": PASSWORD,
        "keys": ["sk-first", "sk-second"],
        "aws-secret-key": {"flower": "petals", "store": "in-the-query"},
    }
    shown = json.dumps(build_mask(settings).hide_within(document))
    assert json.loads(shown) == {
        "redis": MASK,
        "keys": [MASK, MASK],
        MASK: {"flower": MASK, "store": MASK},
    }


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://h/v1?api-key=petals", "petals"),
        ("https://h/v1?sv=2024&sig=petals", "petals"),
        ("https://h/v1?code=0123456789abcdef", "0123456789abcdef"),
        ("https://ada:petals@h/v1", "petals"),
        ("https://petals@h/v1", "petals"),
    ],
)
@pytest.mark.parametrize("field", ["chat_base_url", "chat_fallback_base_url", "api_url", "store_url"])
def test_what_a_url_of_the_settings_holds_is_hidden_alone_too(field: str, url: str, secret: str) -> None:
    mask = build_mask(Settings.model_validate({field: url}))
    assert mask.hide(f"refused: {secret}!") == f"refused: {MASK}!"


def test_an_option_in_a_url_is_no_secret() -> None:
    url = "rediss://default@h:6379/0?ssl_cert_reqs=required&socket_timeout=5000"
    mask = build_mask(Settings(redis_url=SecretStr(url), chat_base_url="https://h/v1?api-version=2026-11-30"))
    text = "2026-11-30 the default model is required and took 5000 ms"
    assert mask.hide(text) == text


@pytest.mark.parametrize("form", ["json", "pretty"])
def test_logs_hold_no_secret_whoever_writes_them(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    stream = io.StringIO()
    settings = Settings(log_format=form, redis_url=SecretStr("redis://:hunter22@h:1/0"))
    log.configure(settings, build_mask(settings), stream)
    try:
        float("redis://:hunter22@h:1/0")
    except ValueError:
        logging.getLogger("kombu").exception("no broker at %s", "redis://:hunter22@h:1/0")
    assert "no broker at redis://***@h:1/0" in stream.getvalue()
    assert "hunter22" not in stream.getvalue()


@pytest.mark.parametrize(
    "token",
    [
        f"flux_0123abcd_{'a1_-Z' * 8}xyz",
        "sk-proj-Abcdefghijklmnop1234",
        "xoxb-123456789012-abcdef",
        "xapp-1-A012-345-abcdef",
        "ghp_abcdefghijklmnopqrst",
        "github_pat_11ABCDEFG0_abcdefghij",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4",
    ],
)
def test_a_token_of_a_known_form_is_hidden_though_nobody_named_it(token: str) -> None:
    assert SecretMask().hide(f"refused: key={token}, try another") == f"refused: key={MASK}, try another"


def test_what_follows_bearer_is_hidden_and_words_that_look_alike_stay() -> None:
    assert SecretMask().hide("Authorization: Bearer abc.def-123") == f"Authorization: Bearer {MASK}"
    text = "flux_balance of task-1 in the graph: AKIA, sk-1, eyJ and ghost"
    assert SecretMask().hide(text) == text
