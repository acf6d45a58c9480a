"""compose.yaml, the image and the Redis configuration keep what the README promises."""

from __future__ import annotations

import re
import tomllib
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from tests.support.places import ROOT

from fluxagents.workers.celery.queues import POOLS
from fluxagents.workers.settings import ENV_PREFIX, Settings

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
MONITORING = {"prometheus", "alertmanager", "grafana", "jaeger"}
OURS = sorted(set(SERVICES) - {"redis"} - MONITORING)


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_redis_is_durable_and_never_evicts() -> None:
    config = (ROOT / "deploy" / "redis.conf").read_text().splitlines()
    assert "appendonly yes" in config
    assert "maxmemory-policy noeviction" in config
    redis = SERVICES["redis"]
    assert re.search(r":9\.\d+\.\d+@sha256:[0-9a-f]{64}\}$", redis["image"])
    memory = re.search(r"^maxmemory (\d)gb$", "\n".join(config), re.MULTILINE)
    assert memory is not None
    assert gigabytes(redis["mem_limit"]) >= 2 * int(memory[1])
    assert "./deploy/redis.conf:/usr/local/etc/redis/redis.conf:ro" in redis["volumes"]
    assert "redis:/data" in redis["volumes"]
    assert "redis" in COMPOSE["volumes"]
    assert "/usr/local/etc/redis/redis.conf" in redis["command"][-1]
    assert "--requirepass" in redis["command"][-1]
    assert "ports" not in redis


def gigabytes(text: str) -> float:
    """Of a limit of memory, or of its default."""
    value = re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", text)
    return float(value[:-1]) / {"g": 1, "m": 1024}[value[-1]]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_may_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert not service["user"].startswith(("0", "root"))
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert 0 < gigabytes(service["mem_limit"]) <= 8
    assert all(mount.startswith("/tmp") for mount in service["tmpfs"])


@pytest.mark.parametrize("name", OURS)
def test_a_service_has_the_keys_that_it_needs_and_no_other(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert ("FLUXAGENTS_CHAT_API_KEY" in environment) is (name == "worker-decide")
    assert ("FLUXAGENTS_MESSAGE_KEY" in environment) is (name != "flower")
    assert ("FLUXAGENTS_FLOWER_PASSWORD" in environment) is (name == "flower")
    channels = {"worker-decide", "worker-control", "api", "listener"}
    for secret in ("FLUXAGENTS_SMTP_URL", "FLUXAGENTS_IMAP_URL", "FLUXAGENTS_SLACK_BOT_TOKEN"):
        assert (secret in environment) is (name in channels)


def test_who_shows_pages_or_only_ticks_writes_no_results() -> None:
    assert SERVICES["flower"]["volumes"] == ["flower:/data"]
    assert SERVICES["beat"]["volumes"] == ["store:/data:ro"]
    workers = [name for name in OURS if name.startswith("worker-")]
    assert all(SERVICES[name]["volumes"] == ["store:/data"] for name in workers)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_has_a_healthcheck_and_time_to_stop(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"
    assert seconds(service["stop_grace_period"]) >= 30


@pytest.mark.parametrize("name", OURS)
def test_our_services_share_one_image_and_wait_for_redis(name: str) -> None:
    service = SERVICES[name]
    assert service["image"] == SERVICES["beat"]["image"]
    assert service["build"] == "."
    assert service["depends_on"] == {"redis": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", OURS)
def test_our_services_stop_softly_within_their_grace(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert environment["REMAP_SIGTERM"] == "SIGQUIT"
    soft = float(environment["FLUXAGENTS_SOFT_SHUTDOWN_TIMEOUT_S"])
    assert seconds(SERVICES[name]["stop_grace_period"]) > soft + 10


@pytest.mark.parametrize("name", OURS)
def test_every_variable_means_something(name: str) -> None:
    known = {f"{ENV_PREFIX}{field.upper()}" for field in Settings.model_fields} | {"REMAP_SIGTERM"}
    assert set(SERVICES[name]["environment"]) <= known


def test_every_pool_has_a_worker_that_is_asked_about_its_progress() -> None:
    for pool in POOLS:
        assert SERVICES[f"worker-{pool}"]["command"] == ["worker", "--pool", pool]
    for name in ("beat", *(f"worker-{pool}" for pool in POOLS)):
        port = SERVICES[name]["environment"]["FLUXAGENTS_HEALTH_PORT"]
        assert f"http://127.0.0.1:{port}/readyz" in SERVICES[name]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", sorted(MONITORING))
def test_monitoring_is_wanted_and_reached_from_this_machine_only(name: str) -> None:
    assert SERVICES[name]["profiles"] == ["monitoring"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])
    for mount in SERVICES[name].get("volumes", ()):
        source = mount.partition(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_grafana_asks_the_services_that_compose_starts() -> None:
    folder = ROOT / "deploy" / "grafana" / "provisioning" / "datasources"
    sources = [
        each for file in folder.glob("*.yml") for each in yaml.safe_load(file.read_text())["datasources"]
    ]
    assert {urlsplit(source["url"]).hostname for source in sources} == {"prometheus", "jaeger"}
    traces = re.search(
        r"^FLUXAGENTS_TRACE_URL=$", (ROOT / "deploy" / "example.env").read_text(), re.MULTILINE
    )
    assert traces, "traces are sent only when somebody wants them"


def test_grafana_finds_its_files_where_compose_puts_them() -> None:
    mounts = dict(mount.removesuffix(":ro").split(":") for mount in SERVICES["grafana"]["volumes"])
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    provisioning = ROOT / "deploy" / "grafana" / "provisioning"
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "fluxagents.yml").read_text())["providers"]
    assert provider["options"]["path"] == mounts["./deploy/grafana/dashboards"]
    for file in provisioning.rglob("*.yml"):
        # Grafana reads no other version, and of a file without one nothing.
        assert yaml.safe_load(file.read_text())["apiVersion"] == 1


def test_flower_is_reached_from_this_machine_only() -> None:
    assert SERVICES["flower"]["ports"] == ["127.0.0.1:5555:5555"]
    assert not any("read_only" in argument for argument in SERVICES["flower"]["command"])


def test_flower_has_its_login_and_its_hosts_in_compose_too() -> None:
    command = SERVICES["flower"]["command"]
    assert not any("auth" in argument for argument in command)
    environment = SERVICES["flower"]["environment"]
    assert environment["FLUXAGENTS_FLOWER_PASSWORD"] == "${FLUXAGENTS_FLOWER_PASSWORD:-}"
    assert environment["FLUXAGENTS_FLOWER_HOSTS"] == "${FLUXAGENTS_FLOWER_HOSTS:-}"
    assert (
        environment["FLUXAGENTS_DATA_DIR"] == SERVICES["worker-tools"]["environment"]["FLUXAGENTS_DATA_DIR"]
    )


def test_a_password_must_be_chosen() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert text.count("${FLUXAGENTS_REDIS_PASSWORD:?") == 2
    assert re.search(
        r"^FLUXAGENTS_REDIS_PASSWORD=$", (ROOT / "deploy" / "example.env").read_text(), re.MULTILINE
    )


def test_the_image_is_pinned_unprivileged_and_checks_itself() -> None:
    lines = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^ARG BASE=python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}$", lines, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", lines, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert "--require-hashes" in lines
    (user,) = re.findall(r"^USER (.*)$", lines, re.MULTILINE)
    assert user == SERVICES["beat"]["user"]
    assert re.search(r"^HEALTHCHECK ", lines, re.MULTILINE)


def test_the_image_is_built_from_every_room() -> None:
    copied = (ROOT / "Dockerfile").read_text()
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for room in ("flows", "prompts", "tasks", "scheduler", "workers", "src"):
        assert f"COPY {room} {room}" in copied
        assert f"!{room}" in allowed


def test_the_image_has_the_packages_of_the_lock_and_no_tool_of_development() -> None:
    image, everything = (
        set(re.findall(r"^([a-z0-9-]+==\S+)", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("deploy/requirements.lock", "requirements.lock")
    )
    assert image < everything
    assert not {"pytest", "mypy", "ruff", "moto"} & {package.partition("==")[0] for package in image}


def test_the_image_has_every_package_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    named = {
        re.split(r"[^\w-]", requirement)[0].lower()
        for group in (project["dependencies"], *extras.values())
        for requirement in group
    }
    lock = (ROOT / "deploy" / "requirements.lock").read_text()
    assert named - {"fluxagents"} <= set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
