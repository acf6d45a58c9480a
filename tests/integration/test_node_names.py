"""A name goes from one worker to the next: at once if the first has ended, else when it is silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from fluxagents.workers.celery.nodes.node_name import NameHolder, claim_name, name_key
from fluxagents.workers.machine.process import ProcessId

ME = NameHolder.of_this_process()
ENDED = ProcessId(pid=2**22 + 1, started_at=0.0)
TTL_S = 60.0


@pytest.fixture
def text(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as text:
        yield text


@pytest.mark.parametrize(
    ("before", "left_s"),
    [
        ("", TTL_S),
        (ME.model_copy(update={"process": ENDED}).model_dump_json(), TTL_S),
        ("what another version wrote", TTL_S),
        (NameHolder(machine="elsewhere", process=ENDED).model_dump_json(), 0.3),
    ],
    ids=["free", "ended here", "unreadable", "silent elsewhere"],
)
def test_a_name_is_taken_that_no_live_worker_has(
    text: Redis, key_prefix: str, before: str, left_s: float
) -> None:
    key = name_key(key_prefix, "tools@here")
    if before:
        text.set(key, before, px=int(left_s * 1_000))
    claim_name(text, key, ME, ttl_s=TTL_S)
    assert text.get(key) == ME.model_dump_json()
    assert TTL_S - 30 < float(text.ttl(key)) <= TTL_S


def test_a_name_that_another_took_first_is_not_taken_from_it(
    text: Redis, key_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = name_key(key_prefix, "tools@here")
    rival = NameHolder(machine="elsewhere", process=ENDED)
    text.set(key, ME.model_copy(update={"process": ENDED}).model_dump_json())
    found: list[str] = []

    def look(holder: NameHolder) -> bool:
        found.append(holder.machine)
        if len(found) == 1:
            text.set(key, rival.model_dump_json(), px=300)
        return len(found) == 1

    monkeypatch.setattr(NameHolder, "is_gone", property(look))
    claim_name(text, key, ME, ttl_s=TTL_S)
    assert found[:2] == [ME.machine, rival.machine]
