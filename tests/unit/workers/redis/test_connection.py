"""What goes wrong with Redis is one line, without the password."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.exceptions import AuthenticationError, OutOfMemoryError, ResponseError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings


def test_the_url_of_the_settings_is_used() -> None:
    assert connection.redis_url(Settings(redis_url="redis://host/1")) == "redis://host/1"


def test_without_any_redis_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(FluxError) as raised:
        connection.redis_url(Settings(data_dir=tmp_path))
    assert str(tmp_path) in raised.value.message
    assert any("fluxagents up" in way for way in raised.value.suggestions)
    assert any("FLUXAGENTS_REDIS_URL" in way for way in raised.value.suggestions)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://:p%40ss@host:6379/0", "redis://***@host:6379/0"),
        ("rediss://me:secret@host/0", "rediss://***@host/0"),
        ("redis+sentinel://:secret@one,two/watched/0", "redis+sentinel://***@one,two/watched/0"),
        ("redis+sentinel://one/watched?sentinel_password=secret", "redis+sentinel://one/watched"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert connection.without_password(url) == shown


def test_an_unreachable_redis_is_explained() -> None:
    with pytest.raises(FluxError) as raised:
        connection.connect(Settings(redis_url="redis://:hunter2@127.0.0.1:1/0"))
    assert raised.value.kind is ErrorClass.PROVIDER_OUTAGE
    assert "cannot be reached" in raised.value.message
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (AuthenticationError("invalid username-password pair"), ErrorClass.PERMISSION),
        (ResponseError("NOAUTH Authentication required."), ErrorClass.PERMISSION),
        (ConnectionRefusedError("refused"), ErrorClass.PROVIDER_OUTAGE),
        (
            ResponseError("OOM command not allowed when used memory > 'maxmemory'."),
            ErrorClass.PROVIDER_OUTAGE,
        ),
        (OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), ErrorClass.PROVIDER_OUTAGE),
        (ResponseError("MISCONF Errors writing to the AOF file: x"), ErrorClass.PROVIDER_OUTAGE),
    ],
)
def test_errors_have_kinds(error: Exception, kind: ErrorClass) -> None:
    assert connection.explain(error, "redis://host/0").kind is kind


def test_a_full_redis_is_named_with_the_ways_out() -> None:
    refused = ResponseError(
        "Error running script (call to f_1): @user_script:9: OOM command not allowed when used memory …"
    )
    error = connection.explain(refused, "redis://host/0")
    assert "redis://host/0 has reached its `maxmemory`" in error.message
    assert any("CONFIG SET maxmemory" in way for way in error.suggestions)
    assert any("fluxagents runs archive" in way for way in error.suggestions)


@pytest.mark.parametrize("end", ["", " script: 3f1a, on @user_script:12."])
def test_a_redis_whose_disk_is_full_is_named_with_the_way_out(end: str) -> None:
    refused = ResponseError(f"MISCONF Errors writing to the AOF file: No space left on device{end}")
    error = connection.explain(refused, "redis://:hunter22@host/0")
    assert error.message == (
        "Redis at redis://***@host/0 cannot write its append-only file and stores nothing more: "
        "No space left on device"
    )
    assert error.suggestions == ("make room on its disk; runs go on by themselves then",)


def test_a_redis_without_memory_is_named_whatever_its_version() -> None:
    """From version 7 on the refusal of a script begins with its code, which the client takes off."""
    refused = OutOfMemoryError(
        "command not allowed when used memory > 'maxmemory'. script: 70 on @user_script:1."
    )
    assert "has reached its `maxmemory`" in connection.explain(refused, "redis://h").message


def test_a_primary_without_replicas_is_named_with_the_way_out() -> None:
    refused = ResponseError("NOREPLICAS Not enough good replicas to write. script: 3f1a, on @user_script:12.")
    error = connection.explain(refused, "redis+sentinel://:hunter22@one,two/watched")
    assert "redis+sentinel://***@one,two/watched has fewer replicas than its `min-replicas-to-write`" in str(
        error
    )
    assert error.suggestions == ("start its replicas; runs go on by themselves then",)


def test_sentinels_that_do_not_answer_are_explained_without_passwords() -> None:
    url = "redis+sentinel://:hunter22@127.0.0.1:1,127.0.0.1:2/watched?sentinel_password=hunter23"
    for ask in (connection.connect, connection.find_url):
        with pytest.raises(FluxError, match="cannot be reached: No master found for 'watched'") as raised:
            ask(Settings(redis_url=url))
        assert "hunter2" not in str(raised.value)


def test_the_url_of_one_redis_is_its_own() -> None:
    assert connection.find_url(Settings(redis_url="redis://:pass@host/1")) == "redis://:pass@host/1"
