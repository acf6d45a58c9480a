"""The application keeps what the step protocol was promised, and connects to nothing."""

from __future__ import annotations

import os
from typing import Any

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers import celery_entry
from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.celery.nodes.heartbeat import Heartbeat
from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.settings import Settings

NOWHERE = "redis://:secret@127.0.0.1:1/0"


@pytest.fixture
def app() -> FluxApp:
    return create_app(Settings(redis_url=NOWHERE, key_prefix="lab:", task_modules=()))


def test_json_is_the_only_language(app: FluxApp) -> None:
    assert app.conf.accept_content == ["json"]
    assert {app.conf.task_serializer, app.conf.event_serializer, app.conf.result_serializer} == {"json"}


def test_a_message_is_acknowledged_after_the_work_one_at_a_time(app: FluxApp) -> None:
    assert app.conf.task_acks_late
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_ignore_result
    assert type(app.backend).__name__ == "DisabledBackend"


def test_no_message_waits_in_a_worker_or_comes_back_by_itself(app: FluxApp) -> None:
    assert not app.conf.task_retry_on_worker_lost
    assert not app.conf.task_reject_on_worker_lost
    assert "eta" not in app.conf.beat_schedule["reconcile"]["options"]


def test_redis_hands_a_task_out_again_only_after_its_hard_limit(app: FluxApp) -> None:
    options = app.conf.broker_transport_options
    assert options["visibility_timeout"] > app.conf.task_time_limit > app.conf.task_soft_time_limit
    assert options["socket_timeout"] > 1
    assert options["socket_keepalive"]


@pytest.mark.parametrize(("days", "most", "archives"), [(30.0, 0, True), (0.0, 100, True), (0.0, 0, False)])
def test_beat_archives_unless_all_bounds_are_off(days: float, most: int, archives: bool) -> None:
    settings = Settings(redis_url=NOWHERE, archive_after_days=days, archive_most=most, audit_most=0)
    assert ("archive" in create_app(settings).conf.beat_schedule) is archives


def test_spans_are_sent_in_large_batches_and_only_where_there_is_a_receiver(app: FluxApp) -> None:
    traced = create_app(Settings(redis_url=NOWHERE, trace_url="http://127.0.0.1:9")).conf.beat_schedule
    assert traced["trace"]["schedule"] == 5 * traced["reconcile"]["schedule"]
    assert "trace" not in app.conf.beat_schedule


def test_every_queue_is_explicit_and_no_other_is_made(app: FluxApp) -> None:
    assert sorted(app.amqp.queues) == sorted(QUEUES)
    assert not app.conf.task_create_missing_queues
    assert {queue.routing_key for queue in app.amqp.queues.values()} == set(QUEUES)


def test_flower_sees_everything(app: FluxApp) -> None:
    assert app.conf.worker_send_task_events
    assert app.conf.task_send_sent_event


def test_beat_keeps_a_short_lock_under_our_prefix(app: FluxApp) -> None:
    assert app.conf.redbeat_key_prefix == "lab:redbeat:"
    assert app.conf.redbeat_lock_timeout <= 10
    assert app.conf.redbeat_redis_url == NOWHERE
    entry = app.conf.beat_schedule["reconcile"]
    assert entry["task"] == "control.reconcile"
    assert entry["options"]["queue"] == "control"
    assert entry["options"]["expires"] < 10


def test_workers_prove_life_with_the_bootstep(app: FluxApp) -> None:
    assert Heartbeat in app.steps["worker"]


def test_our_redis_wins_over_celerys_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://elsewhere/0")
    app = create_app(Settings(redis_url=NOWHERE, task_modules=()))
    assert app.conf.broker_read_url == NOWHERE
    assert app.conf.broker_write_url == NOWHERE


def test_what_tasks_use_is_built_once_per_process(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Settings] = []

    def build(settings: Settings, _: FluxApp) -> Any:
        built.append(settings)
        return object()

    app = create_app(Settings(redis_url=NOWHERE, task_modules=()), build_process=build)
    assert built == []
    assert app.process is app.process
    assert len(built) == 1
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert app.process is app.process
    assert len(built) == 2


def test_an_app_that_only_sends_has_no_process(app: FluxApp) -> None:
    with pytest.raises(FluxError, match="runs no steps"):
        _ = app.process


def test_no_redis_is_a_clear_error() -> None:
    with pytest.raises(FluxError, match="fluxagents up"):
        create_app(Settings())


def test_importing_the_entry_builds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "app" not in vars(celery_entry)
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", NOWHERE)
    celery_entry._app.cache_clear()
    assert celery_entry.app.conf.broker_url == NOWHERE
    with pytest.raises(AttributeError):
        _ = celery_entry.nothing
    celery_entry._app.cache_clear()


def test_sentinels_are_told_to_kombu_and_redbeat_each_in_its_form() -> None:
    url = "redis+sentinel://:secret@one:1,two:2/watched/3"
    app = create_app(Settings(redis_url=url, task_modules=()))
    assert app.conf.broker_url == "sentinel://:secret@one:1/3;sentinel://:secret@two:2/3"
    assert app.conf.broker_transport_options["master_name"] == "watched"
    assert app.conf.redbeat_redis_url.startswith("redis-sentinel")
    options = app.conf.redbeat_redis_options
    assert (options["sentinels"], options["service_name"]) == ([("one", 1), ("two", 2)], "watched")
    assert (options["db"], options["password"]) == (3, "secret")


@pytest.mark.parametrize(
    ("url", "replicas", "wanted"),
    [
        (NOWHERE, None, 0),
        (NOWHERE, 2, 2),
        ("redis+sentinel://one/watched", None, 1),
        ("redis+sentinel://one/watched", 0, 0),
    ],
)
def test_a_step_waits_for_a_replica_behind_sentinel(url: str, replicas: int | None, wanted: int) -> None:
    assert Settings(redis_url=url, redis_replicas=replicas).min_replicas == wanted
