"""The address of a Redis behind Sentinel is read once, for redis-py, kombu and redbeat."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers.redis.sentinel.sentinel_address import SentinelAddress

URL = "redis+sentinel://ada:p%40ss@one:26380,two,[::1]:26381/watched/3?sentinel_password=other"


def test_a_url_names_sentinels_primary_database_and_logins() -> None:
    address = SentinelAddress.parse(URL)
    assert address.sentinels == (("one", 26_380), ("two", 26_379), ("::1", 26_381))
    assert (address.primary, address.database) == ("watched", 3)
    assert (address.username, address.password, address.sentinel_password) == ("ada", "p@ss", "other")


def test_the_database_and_logins_may_be_left_out() -> None:
    address = SentinelAddress.parse("redis+sentinel://one/watched")
    assert address.database == 0
    assert address.username is address.password is address.sentinel_password is None


def test_kombu_gets_a_url_for_each_sentinel() -> None:
    address = SentinelAddress.parse(URL)
    first, second, third = address.broker_url.split(";")
    assert first == "sentinel://ada:p%40ss@one:26380/3"
    assert second == "sentinel://ada:p%40ss@two:26379/3"
    assert third == "sentinel://ada:p%40ss@[::1]:26381/3"
    assert address.broker_options["master_name"] == "watched"


@pytest.mark.parametrize("rest", ["one:26379", "one:26379/", "one:x/watched", ",/watched", "one/watched/x"])
def test_another_form_is_an_error_that_shows_the_form_and_no_password(rest: str) -> None:
    with pytest.raises(FluxError, match="names no sentinels") as raised:
        SentinelAddress.parse(f"redis+sentinel://:hunter22@{rest}")
    assert "hunter22" not in str(raised.value)
    assert any("/primary" in way for way in raised.value.suggestions)
