"""Real workers ask providers that are busy, away or limited: every run comes to its decision."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import pytest
from tests.chaos.cluster import STARTS_WITHIN_S, Cluster
from tests.support.chat_endpoint import ChatEndpoint, Reply, calling, refused, serving, using

from fluxagents.flows import events as e

pytestmark = pytest.mark.long

DONE = {"answer": "done"}
WORKERS = ("decide", "decide2")


@pytest.fixture
def anthropic() -> Iterator[ChatEndpoint]:
    with serving("anthropic") as endpoint:
        endpoint.replies = [using("finish", DONE)]
        yield endpoint


@pytest.fixture
def openai() -> Iterator[ChatEndpoint]:
    with serving("openai") as endpoint:
        endpoint.replies = [calling("finish", '{"answer": "done"}')]
        yield endpoint


def decide_workers(cluster: Cluster, endpoint: ChatEndpoint, *names: str, **variables: str) -> None:
    for name in names:
        cluster.spawn(
            name,
            "worker",
            f"--hostname={name}@%h",
            "--pool=threads",
            "--concurrency=4",
            "--queues=decide,decide.new",
            "--loglevel=INFO",
            **{
                "FLUXAGENTS_CHAT_MODEL": f"{endpoint.provider}:tiny",
                "FLUXAGENTS_CHAT_BASE_URL": endpoint.url,
                "FLUXAGENTS_CHAT_API_KEY": "sk-1",
                **variables,
            },
        )
    cluster.eventually(
        lambda: set(names) <= {name.partition("@")[0] for name in cluster.ready()}, within_s=STARTS_WITHIN_S
    )


def finished(cluster: Cluster, run: str) -> tuple[e.Event, ...]:
    assert cluster.store.load(run).status == "finished"
    return cluster.store.events(run)


def kinds(events: tuple[e.Event, ...]) -> list[str]:
    """What became of the decision, in order."""
    wanted = (e.DecisionMade, e.DecisionRefused, e.DecisionDeferred, e.RetryScheduled)
    return [event.type for event in events if isinstance(event, wanted)]


def test_an_overloaded_provider_is_asked_again_when_it_says(
    cluster: Cluster, anthropic: ChatEndpoint
) -> None:
    pause_s = 3
    anthropic.replies.insert(0, refused("overloaded_error", "Overloaded", 529, retry_after=str(pause_s)))
    decide_workers(cluster, anthropic, "decide")
    (run,) = cluster.start("asking")
    cluster.settle()
    cluster.kill("decide")
    events = finished(cluster, run.run_id)
    assert kinds(events) == ["DecisionRefused", "RetryScheduled", "DecisionMade"]
    first, second = anthropic.times_s
    assert second - first >= pause_s
    made = next(event for event in events if isinstance(event, e.DecisionMade))
    assert (made.prompt.chat_model, made.prompt.tokens_in) == ("anthropic:tiny", 123)


def test_the_fallback_decides_when_the_first_one_is_out(
    cluster: Cluster, anthropic: ChatEndpoint, openai: ChatEndpoint
) -> None:
    anthropic.replies = [Reply({"error": {"message": "oops"}}, 500)]
    decide_workers(
        cluster,
        anthropic,
        "decide",
        FLUXAGENTS_CHAT_FALLBACK_MODEL="openai:other",
        FLUXAGENTS_CHAT_FALLBACK_BASE_URL=openai.url,
    )
    (run,) = cluster.start("asking")
    cluster.settle()
    cluster.kill("decide")
    events = finished(cluster, run.run_id)
    assert kinds(events) == ["DecisionRefused", "RetryScheduled"] * 2 + ["DecisionMade"]
    made = next(event for event in events if isinstance(event, e.DecisionMade))
    assert (made.prompt.chat_model, made.prompt.instead_of) == ("openai:other", "anthropic:tiny")
    assert (len(anthropic.requests), len(openai.requests)) == (3, 1)
    # The key of one provider never goes to another.
    assert openai.headers[0]["authorization"] == "Bearer none"


def test_the_limit_holds_over_workers_and_every_run_finishes(
    cluster: Cluster, anthropic: ChatEndpoint
) -> None:
    runs, limit, window_ms = 24, 5, 1_500
    decide_workers(
        cluster,
        anthropic,
        *WORKERS,
        FLUXAGENTS_CHAT_REQUESTS_PER_MINUTE=str(limit),
        CHAOS_CHAT_WINDOW_MS=str(window_ms),
    )
    begun_s = monotonic()
    started = cluster.start("asking", runs)
    cluster.settle(within_s=120)
    for name in WORKERS:
        cluster.kill(name)
    assert len(anthropic.times_s) == runs
    # However late a request arrives: this many windows have to pass before the last one may go.
    assert max(anthropic.times_s) - begun_s >= (runs - 1) // limit * window_ms / 1_000
    deferrals = 0
    for run in started:
        events = finished(cluster, run.run_id)
        found = kinds(events)
        assert found[-1] == "DecisionMade"
        assert set(found[:-1]) <= {"DecisionDeferred"}
        deferrals += len(found) - 1
    assert runs - limit <= deferrals <= 4 * runs


def test_a_request_that_was_answered_before_is_not_sent_again(
    cluster: Cluster, anthropic: ChatEndpoint
) -> None:
    decide_workers(cluster, anthropic, "decide", FLUXAGENTS_CHAT_CACHE_DAYS="1")
    for _ in range(2):
        cluster.start("asking")
        cluster.settle()
    cluster.kill("decide")
    assert len(anthropic.requests) == 1
    uses = [
        event.prompt
        for run in cluster.started
        for event in cluster.store.events(run)
        if isinstance(event, e.DecisionMade) and event.prompt.chat_model == "anthropic:tiny"
    ]
    assert max((use.cached, use.tokens_in, use.tokens_out) for use in uses) == (True, 0, 0)
