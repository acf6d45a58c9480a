"""`fluxagents up` and its services, as processes, with a Redis of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from redis import Redis
from tests.support.waiting import eventually

from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.celery.nodes.live_nodes import live_nodes
from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.host import run_file
from fluxagents.workers.host.launch import SUPERVISOR_VARIABLE
from fluxagents.workers.host.run_file import RunStatus, ServiceStatus, State
from fluxagents.workers.machine.process import ProcessId, end_all, find_marked
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis
from fluxagents.workers.settings import Settings

TASKS = """
import time
from celery import current_app, shared_task
from redis import Redis
from fluxagents.workers.celery.nodes.heartbeat import current_owner

def tell(key, value):
    with Redis.from_url(current_app.conf.broker_url) as client:
        client.rpush(key, value)

@shared_task(name="probe.owner")
def owner(key):
    tell(key, current_owner())

@shared_task(name="probe.nap")
def nap(key, seconds):
    tell(key, "began")
    time.sleep(seconds)
    tell(key, "ended")

@shared_task(name="probe.mark")
def mark(key, value):
    tell(key, value)

@shared_task(name="probe.fail")
def fail(text):
    tell("failed", 1)
    raise ValueError(f"{text} refused")

@shared_task(name="control.reconcile")
def reconcile():
    tell("ticks", 1)
"""


class Machine:
    """One data folder, its environment and the commands run on it."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        (folder / "modules").mkdir(parents=True)
        (folder / "modules" / "probe_tasks.py").write_text(TASKS)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FLUXAGENTS_")}
        self.environment = kept | {
            "PYTHONPATH": os.pathsep.join(
                (str(folder / "modules"), *filter(None, [os.environ.get("PYTHONPATH")]))
            ),
            "FLUXAGENTS_DATA_DIR": str(folder / "data"),
            "FLUXAGENTS_TASK_MODULES": "probe_tasks",
            "FLUXAGENTS_CONCURRENCY_TOOLS": "2",
            "FLUXAGENTS_HEARTBEAT_EVERY_S": "0.5",
            **variables,
        }
        self.settings = Settings(data_dir=folder / "data", task_modules=(), concurrency_tools=2)
        self.said = ""
        """What the last `up` printed."""

    def call(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fluxagents.workers.cli", *arguments],
            env=self.environment | variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "spawned.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "fluxagents.workers.cli", *arguments],
                env=self.environment | {"PROBE": str(self.folder)},
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def up(self) -> RunStatus:
        done = self.call("up", "--detach")
        assert done.returncode == 0, done.stderr + self.logs()
        self.said = done.stdout
        return self.status()

    def status(self) -> RunStatus:
        found = run_file.read(self.settings.run_file)
        assert found is not None
        return found

    def service(self, name: str) -> ServiceStatus:
        return next(service for service in self.status().services if service.name == name)

    def pid(self, name: str) -> int:
        process = self.service(name).process
        assert process is not None
        return process.pid

    def redis(self) -> Redis:
        return Redis.from_url(EmbeddedRedis(self.settings.redis_dir).url, decode_responses=True)

    def logs(self) -> str:
        return "\n".join(log.read_text() for log in sorted((self.folder / "data" / "logs").glob("*.log")))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Everything runs; the tests of this module share it."""
    found = Machine(tmp_path_factory.mktemp("up"))
    started = found.up()
    yield found
    found.call("down")
    end_all(find_marked(SUPERVISOR_VARIABLE, started.mark), patience_s=5.0)


@pytest.fixture
def redis(machine: Machine) -> Iterator[Redis]:
    with machine.redis() as client:
        yield client


@pytest.fixture
def app(machine: Machine) -> Iterator[FluxApp]:
    found = create_app(machine.settings)
    yield found
    found.close()


def node_of(redis: Redis, pool: str) -> str:
    (key,) = redis.keys(f"flux:node:{pool}@*")
    return str(key)


def flower(
    machine: Machine, method: str, path: str, *, host: str | None = None, login: bool = True
) -> tuple[int, bytes]:
    address = urlsplit(machine.status().flower)
    assert address.hostname == "127.0.0.1"
    headers = {"Host": host or address.netloc}
    if login:
        user = f"fluxagents:{(machine.folder / 'data' / 'flower.password').read_text()}"
        headers["Authorization"] = f"Basic {b64encode(user.encode()).decode()}"
    connection = HTTPConnection(address.hostname, address.port or 0, timeout=10.0)
    try:
        connection.request(method, path, body=b"{}" if method == "POST" else None, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_status_shows_every_service_running(machine: Machine) -> None:
    done = machine.call("status", "--json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["running"]
    assert told["ready"]
    names = [service["name"] for service in told["services"]]
    assert names == ["redis", "decide", "tools", "long", "control", "beat", "flower", "api"]
    password = (machine.settings.redis_dir / "password").read_text()
    assert password not in done.stdout + machine.call("status").stdout
    assert password not in machine.logs()


def test_a_second_up_says_that_it_runs(machine: Machine) -> None:
    before = machine.status().supervisor
    for arguments in (["up"], ["up", "--detach"]):
        done = machine.call(*arguments)
        assert done.returncode == 0
        assert f"running already (process {before.pid})" in done.stdout
    assert machine.status().supervisor == before


def test_the_doctor_finds_everything_in_order(machine: Machine) -> None:
    done = machine.call("doctor", "--json")
    told = json.loads(done.stdout)
    assert told["ok"], told
    assert done.returncode == 0
    assert {check["verdict"] for check in told["checks"]} == {"ok"}, told


def test_beat_ticks_and_the_control_worker_hears_it(redis: Redis) -> None:
    before = redis.llen("ticks")
    eventually(lambda: redis.llen("ticks") >= before + 2)


def test_owners_of_leases_are_proven_alive_by_their_node(redis: Redis, app: FluxApp) -> None:
    served = [queue for queue in QUEUES if queue != "control"]
    for queue in served:
        app.send_task("probe.owner", args=["owners"], queue=queue)
    eventually(lambda: redis.llen("owners") == len(served))
    owners = [str(owner) for owner in redis.lrange("owners", 0, -1)]
    for owner in owners:
        node, _, pid = owner.partition("|")
        assert redis.hexists(f"flux:node:{node}", pid), (owner, redis.hgetall(f"flux:node:{node}"))
    redis.delete("owners")


def test_a_node_tells_what_it_serves(redis: Redis) -> None:
    nodes = {node.hostname.partition("@")[0]: node for node in live_nodes(redis, "flux:")}
    assert set(nodes) == {"decide", "tools", "long", "control"}
    assert nodes["tools"].queues == ("tools", "tools.bulk", "tools.bulk.new", "tools.new")
    assert nodes["tools"].concurrency == 2
    assert all(node.ready for node in nodes.values())


def test_a_killed_child_is_forgotten_and_its_successor_known(machine: Machine, redis: Redis) -> None:
    key = node_of(redis, "tools")
    before = set(redis.hkeys(key))
    victim = psutil.Process(machine.pid("tools")).children()[0]
    assert str(victim.pid) in before
    victim.kill()
    eventually(lambda: not redis.hexists(key, str(victim.pid)))
    eventually(lambda: len(redis.hkeys(key)) == len(before))


def test_flower_is_well_and_sees_the_workers(machine: Machine) -> None:
    assert flower(machine, "GET", "/healthcheck") == (200, b"OK")

    def listed() -> bool:
        code, body = flower(machine, "GET", "/api/workers?refresh=1")
        return code == 200 and {name.partition("@")[0] for name in json.loads(body)} >= {"decide", "tools"}

    eventually(listed)


@pytest.mark.parametrize(
    "path",
    ["/api/task/send-task/probe.mark", "/api/task/async-apply/probe.mark", "/api/worker/shutdown/tools"],
)
def test_flower_lets_nobody_start_or_stop_anything(machine: Machine, path: str) -> None:
    code, _ = flower(machine, "POST", path)
    assert code in {401, 403, 405}


def test_the_login_is_said_once(machine: Machine) -> None:
    password = machine.settings.flower_password_file.read_text()
    assert machine.said.count(f"user fluxagents, password {password}") == 1
    assert password not in machine.call("up").stdout + machine.call("status").stdout


@pytest.mark.parametrize("path", ["/", "/tasks", "/broker", "/api/workers", "/metrics", "/api/task/types"])
def test_flower_asks_for_the_login(machine: Machine, path: str) -> None:
    assert flower(machine, "GET", path, login=False)[0] == 401
    assert flower(machine, "GET", path)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5555", "127.0.0.1.evil.example", "0.0.0.0"])
def test_flower_answers_under_its_own_names_only(machine: Machine, host: str) -> None:
    for path in ("/", "/healthcheck", "/metrics", "/api/workers", "/static/css/flower.css", "/nowhere"):
        assert flower(machine, "GET", path, host=host)[0] == 421
    assert flower(machine, "GET", "/", host="localhost:5555")[0] == 200
    assert flower(machine, "GET", "/", host="[::1]:5555")[0] == 200


def pages(machine: Machine, *first: str) -> dict[str, bytes]:
    """Every page that links lead to from the first ones."""
    found: dict[str, bytes] = {}
    ahead = [*first]
    while ahead:
        path = ahead.pop()
        code, body = flower(machine, "GET", path)
        found[path] = body
        if code == 200 and not path.startswith("/static"):
            links = re.findall(rb"(?:href|src)=\"(/[^\"#]*)\"", body)
            ahead += {link.decode() for link in links} - found.keys() - set(ahead)
    return found


def test_no_page_and_no_file_shows_a_secret(machine: Machine, app: FluxApp) -> None:
    """The password of Redis and that of Flower, in whatever Celery, Flower, commands and logs show."""
    secrets = [
        path.read_text()
        for path in (machine.settings.redis_dir / "password", machine.settings.flower_password_file)
    ]
    with machine.redis() as client:
        app.send_task("probe.fail", args=[app.conf.redbeat_redis_url], queue="tools", task_id="leaky")
        eventually(lambda: client.llen("failed"))
    eventually(lambda: flower(machine, "GET", "/api/task/info/leaky")[0] == 200)
    eventually(lambda: b"ValueError" in flower(machine, "GET", "/task/leaky")[1])
    workers = eventually(lambda: json.loads(flower(machine, "GET", "/api/workers?refresh=1")[1]))
    names = [f"/worker/{name}" for name in workers]
    api = ["/api/workers?refresh=1", "/api/tasks", "/api/task/types", "/api/queues/length", "/metrics"]
    shown = pages(machine, "/", "/tasks", "/broker", "/task/leaky", *names, *api)
    assert len(shown) > 20
    assert any(b"redbeat_redis_url" in body for body in shown.values())
    with app.connection() as broker:
        inspect = app.control.inspect(connection=broker)
        inspected = json.dumps([inspect.conf(), inspect.stats()]).encode()
    assert b"redbeat_redis_url" in inspected
    printed = "".join(
        done.stdout + done.stderr
        for command in (["status"], ["doctor"], ["doctor", "--json"], ["runs"])
        for done in [machine.call(*command)]
    )
    files = {
        str(path): path.read_bytes()
        for path in machine.settings.data_dir.rglob("*")
        if path.is_file()
        and path.name not in {"password", "redis.conf", "flower.password"}
        and "appendonlydir" not in path.parts
    }
    assert any(b"redis://***@" in content for content in files.values()), "the failure is in a log"
    everything = {**shown, **files, "inspect": inspected, "commands": printed.encode()}
    for secret in secrets:
        assert [name for name, content in everything.items() if secret.encode() in content] == []


def test_nobody_else_reads_the_data_folder(machine: Machine) -> None:
    data = machine.settings.data_dir
    open_paths = [path for path in (data, *data.rglob("*")) if path.lstat().st_mode & 0o077]
    assert open_paths == []


def test_the_url_of_a_service_has_its_login(machine: Machine) -> None:
    with Redis.from_url(machine.call("url").stdout.strip()) as client:
        assert client.ping()
    address = urlsplit(machine.call("url", "flower").stdout.strip())
    assert address.username == "fluxagents"
    assert address.password == machine.settings.flower_password_file.read_text()
    assert f"http://127.0.0.1:{address.port}" == machine.status().flower


def test_a_killed_worker_is_started_again_and_leaves_no_children(machine: Machine, redis: Redis) -> None:
    before = machine.pid("tools")
    children = [ProcessId.of(child.pid) for child in psutil.Process(before).children()]
    assert children
    os.kill(before, signal.SIGKILL)
    eventually(lambda: machine.service("tools").restarts >= 1)
    eventually(lambda: machine.service("tools").state is State.RUNNING)
    assert machine.pid("tools") != before
    assert not any(child.alive() for child in children)
    eventually(lambda: len(redis.keys("flux:node:tools@*")) == 1)
    assert "starts again" in machine.logs()


def test_a_killed_redis_comes_back_with_its_data_and_the_workers_find_it(
    machine: Machine, app: FluxApp
) -> None:
    with machine.redis() as client:
        client.set("kept", "yes")
        client.wait(0, 0)
    before = machine.status().redis
    os.kill(machine.pid("redis"), signal.SIGKILL)
    eventually(lambda: machine.service("redis").restarts >= 1)
    eventually(lambda: machine.service("redis").state is State.RUNNING)
    assert machine.status().redis == before
    with machine.redis() as client:
        assert client.get("kept") == "yes"
        app.send_task("probe.mark", args=["after", "x"], queue="tools")
        eventually(lambda: client.llen("after") == 1)


@pytest.mark.long
def test_down_leaves_nothing_running(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    status = machine.up()
    done = machine.call("down", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["stopped"]) == {service.name for service in status.services}
    assert find_marked(SUPERVISOR_VARIABLE, status.mark) == []
    assert not status.supervisor.alive()
    assert not any(each.process and each.process.alive() for each in status.services)
    assert run_file.read(machine.settings.run_file) is None
    again = machine.call("down")
    assert again.returncode == 0
    assert "nothing runs" in again.stdout
    assert machine.call("status").returncode == 1


@pytest.mark.long
def test_what_a_killed_supervisor_leaves_is_seen_and_ended(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    status = machine.up()
    os.kill(status.supervisor.pid, signal.SIGKILL)
    assert status.supervisor.wait(10.0)
    shown = machine.call("status")
    assert shown.returncode == 1
    assert "supervisor was killed" in shown.stdout
    assert find_marked(SUPERVISOR_VARIABLE, status.mark)
    done = machine.call("down")
    assert "tools" in done.stdout
    assert find_marked(SUPERVISOR_VARIABLE, status.mark) == []
    assert EmbeddedRedis(machine.settings.redis_dir).instance is None


@pytest.mark.long
def test_up_in_the_foreground_ends_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    process = machine.spawn("up")
    eventually(lambda: machine.settings.run_file.exists() and machine.status().ready, within_s=60.0)
    status = machine.status()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert find_marked(SUPERVISOR_VARIABLE, status.mark) == []
    assert "http://127.0.0.1:" in (tmp_path / "spawned.log").read_text()


@pytest.mark.long
def test_up_without_its_redis_is_one_error_and_leaves_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, FLUXAGENTS_REDIS_URL="redis://:hunter2@127.0.0.1:1/0")
    for arguments in (["up", "--detach"], ["up"], ["worker", "--pool", "tools"], ["beat"], ["flower"]):
        done = machine.call(*arguments)
        assert done.returncode == 1
        progress, _, error = done.stderr.partition("error: ")
        assert error.startswith("Redis at redis://***@127.0.0.1:1/0 cannot be reached"), done.stderr
        assert all("waiting for" in line for line in progress.splitlines())
        assert "Traceback" not in done.stderr
    assert run_file.read(machine.settings.run_file) is None


@pytest.mark.long
def test_a_worker_that_cannot_start_is_named_with_its_reason(tmp_path: Path) -> None:
    machine = Machine(tmp_path, FLUXAGENTS_TASK_MODULES="no_such_module")
    done = machine.call("up", "--detach", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)["error"]
    assert "stays down" in told["message"]
    assert "no_such_module" in told["message"]
    assert told["suggestions"]
    assert run_file.read(machine.settings.run_file) is None
    assert EmbeddedRedis(machine.settings.redis_dir).instance is None


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Machine]:
    """A machine with a Redis and nothing else."""
    found = Machine(tmp_path)
    with EmbeddedRedis(found.settings.redis_dir):
        yield found
    end_all(find_marked("PROBE", str(tmp_path)), patience_s=5.0)


def ended(process: subprocess.Popen[bytes]) -> int:
    """Tell a service to stop; its exit status."""
    process.terminate()
    return process.wait(30)


@pytest.mark.long
def test_a_worker_told_to_stop_ends_its_task_and_its_node(alone: Machine) -> None:
    worker = alone.spawn("worker", "--pool", "tools")
    app = create_app(alone.settings)
    with alone.redis() as client:
        eventually(lambda: [node for node in live_nodes(client, "flux:") if node.ready])
        app.send_task("probe.nap", args=["nap", 2.0], queue="tools")
        eventually(lambda: client.llen("nap") == 1)
        assert ended(worker) == 0
        assert client.lrange("nap", 0, -1) == ["began", "ended"]
        assert client.keys("flux:node:*") == []
        assert client.hgetall("flux:nodes") == {}
        assert client.llen("tools") == 0
    app.close()


def test_somebody_who_waits_comes_before_a_batch(alone: Machine) -> None:
    app = create_app(alone.settings)
    with alone.redis() as client:
        for number in range(200):
            app.send_task("probe.mark", args=["order", f"bulk {number}"], queue="tools.bulk")
        app.send_task("probe.mark", args=["order", "interactive"], queue="tools")
        worker = alone.spawn("worker", "--pool", "tools", "--concurrency", "1")
        eventually(lambda: client.llen("order") == 201)
        assert client.lrange("order", 0, -1).index("interactive") <= 3
        ended(worker)
    app.close()


@pytest.mark.long
def test_one_beat_ticks_while_another_waits(alone: Machine) -> None:
    first, second = alone.spawn("beat"), alone.spawn("beat")
    worker = alone.spawn("worker", "--pool", "control")
    with alone.redis() as client:
        eventually(lambda: client.llen("ticks") >= 2)
        eventually(lambda: client.get("flux:redbeat::lock"))
        assert ended(first) == 0
        seen = client.llen("ticks")
        eventually(lambda: client.llen("ticks") >= seen + 2, within_s=120)
        assert ended(second) == 0
        ended(worker)
