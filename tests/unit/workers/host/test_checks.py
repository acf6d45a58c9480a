"""Each check says what it saw and, if that is bad, the way out."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from time import time
from typing import Any, cast
from unittest.mock import Mock

import pytest
from redis import ConnectionPool, Redis

from fluxagents.tasks.fba.genomes import alignment
from fluxagents.workers.celery.nodes.live_nodes import Node
from fluxagents.workers.chat_models.choice import choices, first_choice
from fluxagents.workers.host import checks as doctor
from fluxagents.workers.host import endpoints
from fluxagents.workers.host.checks import CheckResult, CheckStatus
from fluxagents.workers.observing.metrics.node_figures import NodeFigures, figures_key
from fluxagents.workers.redis.connection import connect
from fluxagents.workers.settings import Settings


class FakeRedis:
    def __init__(self, *, skew_s: float = 0.0, lock_ms: int = 9000, **info: Any) -> None:
        self._skew_s = skew_s
        self._lock_ms = lock_ms
        self._info = {"redis_version": "7.2.0", "aof_enabled": 1, "maxmemory_policy": "noeviction"} | info

    connection_pool = ConnectionPool(host="127.0.0.1", port=6379)

    def info(self, _: str) -> dict[str, Any]:
        return self._info

    def time(self) -> tuple[int, int]:
        now = time() + self._skew_s
        return int(now), int(now % 1 * 1e6)

    def pttl(self, _: str) -> int:
        return self._lock_ms


def fake(**options: Any) -> Redis:
    return cast("Redis", FakeRedis(**options))


def node(**changes: Any) -> Node:
    told: dict[str, Any] = {
        "hostname": "tools@h",
        "pid": 1,
        "pool": "prefork",
        "concurrency": 2,
        "queues": ("tools",),
        "version": "0.1.0",
        "visibility_timeout_s": 60,
        "started_at": "now",
        "ready": True,
    }
    return Node(**(told | changes))


def test_a_server_says_by_which_name_it_goes() -> None:
    assert doctor.check_version(fake()).seen == "Redis 7.2.0 at redis://127.0.0.1:6379/0"
    valkey = doctor.check_version(fake(redis_version="7.2.4", valkey_version="9.1.2"))
    assert valkey.verdict is CheckStatus.OK
    assert valkey.seen.startswith("Valkey 9.1.2 at")


def test_a_durable_redis_is_fine() -> None:
    assert doctor.check_persistence(fake()).verdict is CheckStatus.OK
    assert doctor.check_eviction(fake()).verdict is CheckStatus.OK
    assert doctor.check_clock(fake()).verdict is CheckStatus.OK
    assert doctor.check_beat(fake(), Settings()).verdict is CheckStatus.OK


@pytest.mark.parametrize(
    ("replicas", "verdict", "seen"),
    [
        ([], CheckStatus.WARN, "0 in step; 1 wanted"),
        ([("wait_bgsave", 0)], CheckStatus.WARN, "0 in step; 1 wanted"),
        ([("online", 1)], CheckStatus.OK, "1 in step, at most 1 s behind"),
        ([("online", 0), ("online", 3)], CheckStatus.OK, "2 in step, at most 3 s behind"),
    ],
)
def test_replicas_are_counted_that_have_caught_up(
    replicas: list[tuple[str, int]], verdict: CheckStatus, seen: str
) -> None:
    listed = {f"slave{n}": {"state": state, "lag": lag} for n, (state, lag) in enumerate(replicas)}
    client: Any = Mock(info=lambda _: {"role": "master", **listed})
    found = doctor.check_replicas(client, wanted=1)
    assert (found.verdict, found.seen) == (verdict, seen)


@pytest.mark.parametrize(
    ("finding", "verdict", "way_out"),
    [
        (doctor.check_version(fake(redis_version="6.0.16")), CheckStatus.FAIL, "7.2 or later"),
        (doctor.check_version(fake(redis_version="7.0.15")), CheckStatus.WARN, "no more corrections"),
        (doctor.check_persistence(fake(aof_enabled=0)), CheckStatus.FAIL, "appendonly yes"),
        (doctor.check_persistence(fake(aof_last_write_status="err")), CheckStatus.FAIL, "disk"),
        (doctor.check_eviction(fake(maxmemory_policy="allkeys-lru")), CheckStatus.FAIL, "noeviction"),
        (doctor.check_clock(fake(skew_s=3.0)), CheckStatus.WARN, "NTP"),
        (doctor.check_clock(fake(skew_s=-60.0)), CheckStatus.FAIL, "NTP"),
        (doctor.check_beat(fake(lock_ms=-2), Settings()), CheckStatus.FAIL, "fluxagents beat"),
        (doctor.check_queue("tools", []), CheckStatus.FAIL, "fluxagents up"),
        (doctor.check_agreement([node(), node(version="9")]), CheckStatus.WARN, "upgrade"),
        (
            doctor.check_agreement([node(), node(visibility_timeout_s=5)]),
            CheckStatus.FAIL,
            "FLUXAGENTS_VISIBILITY_TIMEOUT_S",
        ),
    ],
)
def test_what_is_wrong_has_a_way_out(finding: CheckResult, verdict: CheckStatus, way_out: str) -> None:
    assert finding.verdict is verdict
    assert way_out in finding.way_out


@pytest.mark.parametrize(("queue", "pool"), [("tools.bulk.new", "tools"), ("tools.long", "long")])
def test_a_queue_without_workers_names_its_pool(queue: str, pool: str) -> None:
    assert f"fluxagents worker --pool {pool}`" in doctor.check_queue(queue, []).way_out


def test_what_a_node_says_of_itself_is_told(redis_url: str, key_prefix: str) -> None:
    settings = Settings(redis_url=redis_url, key_prefix=key_prefix)
    with connect(settings) as redis:
        now_s = redis.time()[0]
        for name, clock_offset_s in (("well@h", 0.2), ("ahead@h", 5.0)):
            figures = NodeFigures(at_s=now_s, node=name, clock_offset_s=clock_offset_s)
            redis.hset(figures_key(key_prefix), name, figures.model_dump_json())
        finding = doctor.check_nodes(redis, settings)
        redis.hdel(figures_key(key_prefix), "ahead@h")
        assert doctor.check_nodes(redis, settings).verdict is CheckStatus.OK
    assert finding.verdict is CheckStatus.WARN
    assert (finding.seen, finding.way_out) == (
        "the clock of ahead@h is +5.0 s off that of Redis",
        "run NTP there",
    )


def test_an_api_that_does_not_answer_is_named() -> None:
    answer = endpoints.api_problem("http://127.0.0.1:1")
    assert (answer.well, answer.needed) == (False, False)
    assert answer.seen.startswith("does not answer at http://127.0.0.1:1")


def test_an_info_without_the_field_is_a_warning() -> None:
    class Silent(FakeRedis):
        def info(self, _: str) -> dict[str, Any]:
            return {}

    finding = doctor._check_safely(doctor.check_eviction, cast("Redis", Silent()))
    assert finding.verdict is CheckStatus.WARN


def test_a_served_queue_names_its_workers() -> None:
    finding = doctor.check_queue("tools", [node()])
    assert finding.verdict is CheckStatus.OK
    assert "tools@h (2 at a time)" in finding.seen


def test_a_mistyped_variable_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_CHATMODEL", "x")
    finding = doctor.check_variables(Settings())
    assert finding.verdict is CheckStatus.WARN
    assert "FLUXAGENTS_CHAT_MODEL" in finding.way_out


def test_celerys_own_variable_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://elsewhere")
    assert "CELERY_BROKER_URL" in doctor.check_variables(Settings()).seen


def test_the_packages_of_this_environment_fit() -> None:
    assert doctor.check_packages().verdict is CheckStatus.OK


def test_tokens_are_counted_without_the_network() -> None:
    assert doctor.check_tokens().verdict is CheckStatus.OK


def test_without_redis_the_other_checks_still_run() -> None:
    findings = list(doctor.examine(Settings(redis_url="redis://127.0.0.1:1/0", flower_port=1)))
    verdicts = {finding.name: finding.verdict for finding in findings}
    assert verdicts["redis"] is CheckStatus.FAIL
    assert verdicts["flower"] is CheckStatus.WARN
    assert verdicts["chat model"] is CheckStatus.OK
    assert "append-only file" not in verdicts


CLAUDE = {"id": "claude-tiny", "type": "model", "display_name": "Tiny", "created_at": "2026-01-01T00:00:00Z"}


class Endpoint(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.headers["Authorization"] != "Bearer sk-right":
            self.send_error(401)
            return
        found = {"/v1/models": {"data": [{"id": "llama"}]}, "/v1/models/claude-tiny": CLAUDE}.get(self.path)
        if found is None:
            self.send_error(404)
            return
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def chat(endpoint: str, model: str = "openai:llama", key: str = "sk-right") -> CheckResult:
    settings = Settings(chat_model=model, chat_base_url=endpoint, chat_api_key=key)
    return doctor.check_chat(first_choice(settings), settings)


def test_a_chat_model_that_is_listed_is_fine(endpoint: str) -> None:
    assert chat(endpoint).verdict is CheckStatus.OK


def test_a_chat_model_that_is_not_listed_is_named(endpoint: str) -> None:
    finding = chat(endpoint, model="openai:gpt-9")
    assert finding.verdict is CheckStatus.FAIL
    assert "'gpt-9'" in finding.seen
    assert "llama" in finding.seen


def test_a_refused_key_is_not_shown(endpoint: str) -> None:
    finding = chat(endpoint, key="sk-wrong")
    assert finding.verdict is CheckStatus.FAIL
    assert "401" in finding.seen
    assert "sk-wrong" not in finding.model_dump_json()


def test_an_endpoint_that_is_down_or_no_web_address_is_named() -> None:
    assert "cannot be read" in chat("http://127.0.0.1:1/v1").seen
    assert "no web address" in chat("file:///etc/passwd").seen


def test_a_chat_model_of_anthropic_is_looked_up(endpoint: str) -> None:
    base = endpoint.removesuffix("/v1")
    assert chat(base, model="anthropic:claude-tiny").verdict is CheckStatus.OK
    unknown = chat(base, model="anthropic:claude-9")
    assert unknown.verdict is CheckStatus.FAIL
    assert "does not know 'claude-9'" in unknown.seen
    refused = chat(base, model="anthropic:claude-tiny", key="sk-wrong")
    assert "401" in refused.seen
    assert "FLUXAGENTS_CHAT_API_KEY" in refused.way_out
    assert "sk-wrong" not in refused.model_dump_json()
    assert "cannot be read" in chat("http://127.0.0.1:1", model="anthropic:claude-tiny").seen


def test_the_package_of_a_provider_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "find_spec", lambda _: None)
    finding = chat("http://127.0.0.1:1", model="anthropic:claude-tiny")
    assert finding.verdict is CheckStatus.FAIL
    assert "extra 'anthropic'" in finding.seen
    assert finding.way_out == "pip install 'fluxagents[anthropic]'"


def test_a_limit_that_no_request_fits_is_named() -> None:
    settings = Settings(
        chat_model="openai:llama", chat_base_url="http://127.0.0.1:1/v1", chat_tokens_per_minute=20_000
    )
    finding = doctor.check_chat(first_choice(settings), settings)
    assert finding.verdict is CheckStatus.FAIL
    assert "FLUXAGENTS_CHAT_TOKENS_PER_MINUTE=20000" in finding.seen
    assert "FLUXAGENTS_CHAT_REQUEST_TOKENS to at most 17500" in finding.way_out


def test_the_fallback_is_looked_at_too() -> None:
    settings = Settings(
        chat_model="openai:llama",
        chat_base_url="http://127.0.0.1:1/v1",
        chat_fallback_model="anthropic:claude-tiny",
        chat_fallback_base_url="http://127.0.0.1:1",
    )
    _, fallback = choices(settings)
    finding = doctor.check_chat(fallback, settings)
    assert finding.name == "fallback chat model"
    assert "FLUXAGENTS_CHAT_FALLBACK_BASE_URL" in finding.way_out


def test_a_key_that_is_missing_is_named() -> None:
    settings = Settings(chat_model="anthropic:claude-tiny")
    finding = doctor.check_chat(first_choice(settings), settings)
    assert finding.verdict is CheckStatus.FAIL
    assert "FLUXAGENTS_CHAT_API_KEY" in finding.way_out


def test_chat_models_without_a_price_are_named(tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text('{"currency": "EUR", "models": {"openai:llama": {"input": 1, "output": 2}}}')
    priced = Settings(chat_model="openai:llama", chat_prices=prices)
    assert doctor.check_prices(priced).verdict is CheckStatus.OK
    finding = doctor.check_prices(Settings(chat_model="openai:other", chat_prices=prices))
    assert finding.verdict is CheckStatus.WARN
    assert "no price of openai:other" in finding.seen
    assert doctor.check_prices(Settings(chat_prices=tmp_path / "none.toml")).verdict is CheckStatus.WARN


def test_traces_that_cannot_be_sent_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(trace_url="http://127.0.0.1:9/v1/traces")
    assert doctor.check_traces(settings).verdict is CheckStatus.OK
    monkeypatch.delitem(sys.modules, "fluxagents.workers.observing.traces.otlp_sender", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    finding = doctor.check_traces(settings)
    assert (finding.verdict, finding.way_out) == (CheckStatus.FAIL, "pip install 'fluxagents[tracing]'")
    assert "FLUXAGENTS_TRACE_URL" in finding.seen


def test_what_genomes_need_is_named_where_they_are_built(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = doctor.check_genomes().seen
    assert "proteins are aligned by" in seen
    assert "genes are called by pyrodigal" in seen
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "apt-get install diamond-aligner" in doctor.check_genomes().seen
    monkeypatch.setattr(alignment, "_find_mmseqs", lambda: None)
    finding = doctor.check_genomes()
    assert finding.verdict is CheckStatus.WARN
    assert "pip install 'fluxagents[genome]' brings MMseqs2; apt-get install diamond" in finding.way_out
    monkeypatch.setitem(sys.modules, "pyrodigal", None)
    finding = doctor.check_genomes()
    assert (finding.verdict, finding.seen) == (CheckStatus.WARN, "not installed: pyrodigal")
    assert finding.way_out == "pip install 'fluxagents[genome]'"
    monkeypatch.setitem(sys.modules, "carveme", None)
    assert doctor.check_genomes().verdict is CheckStatus.OK


def test_a_data_folder_is_private_and_can_be_written(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    assert doctor.check_data_folder(settings).verdict is CheckStatus.OK
    settings.data_dir.mkdir(mode=0o700)
    assert doctor.check_data_folder(settings).seen.endswith("GB free")
    settings.data_dir.chmod(0o755)
    finding = doctor.check_data_folder(settings)
    assert (finding.verdict, finding.way_out) == (CheckStatus.WARN, f"`chmod go= {settings.data_dir}`")
    finding = doctor.check_data_folder(Settings(data_dir=Path("/proc/sys")))
    assert finding.verdict is CheckStatus.FAIL
    assert "cannot be written" in finding.seen


def test_a_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    assert doctor.check_store(Settings(data_dir=tmp_path)).verdict is CheckStatus.OK
    finding = doctor.check_store(Settings(store_url="/proc/store"))
    assert finding.verdict is CheckStatus.FAIL
    assert "the store '/proc/store' cannot be used" in finding.seen


def test_what_the_system_cannot_keep_from_parsers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "list_missing", lambda: ("the network", "other files"))
    result = doctor.check_confinement()
    assert result.verdict is CheckStatus.WARN
    assert result.seen == "their parser cannot be kept from the network, other files"
    monkeypatch.setattr(doctor, "list_missing", lambda: ())
    assert doctor.check_confinement().verdict is CheckStatus.OK
