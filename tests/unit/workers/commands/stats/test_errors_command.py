"""`fluxagents errors`: what goes wrong most often, and what helps."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.remedies import ErrorCase, RemedyTrial
from fluxagents.workers.commands.stats.errors import errors
from fluxagents.workers.redis.remedy_book import RedisRemedyBook

Call = Callable[..., Result]

MEDIUM = FluxError(ErrorClass.MEDIUM, "exchange 'EX_x' is not in model 'm'").info("run_metabolic_fba")
SLOW = FluxError(ErrorClass.TIMEOUT, "10 s are over").info("run_flux_sampling")


@pytest.fixture
def call(redis_url: str, key_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)

    def run(*words: str) -> Result:
        done = CliRunner().invoke(errors, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done

    return run


@pytest.fixture
def learned(redis: Redis, key_prefix: str) -> None:
    book = RedisRemedyBook(redis, prefix=key_prefix)
    helped = RemedyTrial("call run_metabolic_fba with another 'medium_changes'", helped=True)
    book.record_outcome(
        "r1", [ErrorCase(MEDIUM, 2, (RemedyTrial("ask a human", helped=False), helped))], at_ms=10
    )
    book.record_outcome("r2", [ErrorCase(MEDIUM, 1, (helped,)), ErrorCase(SLOW, 1, ())], at_ms=20)


def test_without_errors_it_says_so(call: Call) -> None:
    assert call("top").output == "no ended run had an error\n"
    assert json.loads(call("top", "--json").output) == []


@pytest.mark.usefixtures("learned")
def test_the_most_frequent_error_comes_first_with_what_helps(call: Call) -> None:
    first, second = json.loads(call("top", "--json").output)
    assert (first["fingerprint"], first["times"], first["cases"]) == (MEDIUM.fingerprint, 3, 2)
    assert first["resolved"] == 2
    assert first["suggested"] == "call run_metabolic_fba with another 'medium_changes'"
    assert (second["kind"], second["suggested"]) == ("timeout", None)
    (only,) = json.loads(call("top", "--kind", "timeout", "--json").output)
    assert only == second
    assert len(json.loads(call("top", "--most", "1", "--json").output)) == 1
    assert MEDIUM.fingerprint in call("top").output


@pytest.mark.usefixtures("learned")
def test_an_error_is_shown_with_the_success_rate_of_each_remedy(call: Call) -> None:
    found = json.loads(call("show", MEDIUM.fingerprint, "--json").output)
    assert found["remedies"] == {
        "ask a human": {"tried": 1, "helped": 0, "success_rate": 0.0},
        "call run_metabolic_fba with another 'medium_changes'": {
            "tried": 2,
            "helped": 2,
            "success_rate": 1.0,
        },
    }
    told = call("show", MEDIUM.fingerprint).output
    assert told.startswith("medium at run_metabolic_fba: exchange 'EX_x' is not in model 'm'\n")
    assert "100%" in told


def test_what_there_is_not_is_said_with_the_way_out(call: Call) -> None:
    with pytest.raises(FluxError, match="no error with fingerprint 'abc' is remembered"):
        call("show", "abc")
    with pytest.raises(FluxError, match="there is no kind of error 'time_out'; nearest: timeout"):
        call("top", "--kind", "time_out")
