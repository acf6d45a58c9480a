"""Messages on real workers that have a key: what is signed is carried out, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from pydantic import SecretStr
from redis import Redis
from tests.support.hostile import HOSTILE_IDS
from tests.support.places import ROOT
from tests.support.waiting import eventually

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.ports.refused_messages import Refusal
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.signed_messages import HEADER, signed_content
from fluxagents.workers.clients.client import Client
from fluxagents.workers.files.message_keys import MessageKeys
from fluxagents.workers.host import launch
from fluxagents.workers.host.service import Command
from fluxagents.workers.redis.observing.refused_messages import RedisRefusedMessages
from fluxagents.workers.settings import Settings

DATABASE = 10
"""Queues have no prefix: these workers share none with those of other tests."""
KEY, SECOND, FOREIGN = "k" * 32, "s" * 32, "f" * 32
GROWTH = {
    "flow": "metabolic_analysis",
    "model": "e_coli_core",
    "inputs": {"question": "How fast does it grow?"},
}


@dataclass
class Site:
    """A worker for all queues that has two keys, and what may reach its Redis."""

    settings: Settings
    redis: Redis
    plain: Celery
    """Knows nothing of this project."""

    @property
    def refused(self) -> Mapping[Refusal, int]:
        return RedisRefusedMessages(self.redis, prefix=self.settings.key_prefix).counts()

    def client(self, key: str | None = KEY) -> Client:
        secret = None if key is None else SecretStr(key)
        return Client(settings=self.settings.model_copy(update={"message_key": secret}))

    def send(self, task: str, kwargs: dict[str, Any], *, key: str = "", **options: Any) -> None:
        """Send as plain Celery does, signed with a key if one is named."""
        task_id = options.pop("task_id")
        if key:
            signature = MessageKeys(key.encode()).sign(signed_content(task, task_id, (), kwargs))
            options["headers"] = {HEADER: signature}
        options = {"queue": "control", **options}
        self.plain.send_task(task, kwargs=kwargs, task_id=task_id, **options)

    def exists(self, run_id: str) -> bool:
        try:
            self.client().store.load(run_id)
        except FluxError:
            return False
        return True


@pytest.fixture(scope="module")
def site(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("signed")
    url = f"{redis_url.rpartition('/')[0]}/{DATABASE}"
    settings = Settings(redis_url=SecretStr(url), data_dir=folder, message_key=SecretStr(KEY))
    environment = launch.environment(settings) | {
        "FLUXAGENTS_REDIS_URL": url,
        "FLUXAGENTS_MESSAGE_KEY": KEY,
        "FLUXAGENTS_MESSAGE_KEY_SECOND": SECOND,
        "FLUXAGENTS_CONCURRENCY_TOOLS": "1",
    }
    worker = Command(
        launch.worker(settings, "all"), environment=environment, log=folder / "worker.log", folder=folder
    )
    redis: Redis = Redis.from_url(url)
    worker.start()
    try:
        yield Site(settings, redis, Celery(broker=url))
    finally:
        worker.force()
        worker.wait()
        redis.close()


def test_a_client_with_the_key_or_the_second_one_is_served(site: Site) -> None:
    for key in (KEY, SECOND):
        run = site.client(key).start("metabolic_analysis", model="e_coli_core", **GROWTH["inputs"])  # type: ignore[arg-type]
        assert run.wait(120) == "finished"
    assert site.refused == {}


def test_what_is_not_signed_is_dropped_once_and_counted(site: Site) -> None:
    before = dict(site.refused)
    for name in ("u1", "u2"):
        site.send("run.start", GROWTH, task_id=name)
    eventually(lambda: site.refused.get("unsigned", 0) == before.get("unsigned", 0) + 2)
    eventually(lambda: site.redis.llen("control") == 0 and site.redis.hlen("unacked") == 0)
    assert not site.exists("u1")
    assert not site.exists("u2")


def test_a_signature_fits_one_message_only(site: Site) -> None:
    before = dict(site.refused)
    good = MessageKeys(KEY.encode())
    signature = good.sign(signed_content("run.start", "w1", (), GROWTH))
    forged: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("run.start", "w1", {**GROWTH, "lane": "interactive"}, {}),
        ("run.start", "w2", GROWTH, {}),
        ("schedule.tick", "w1", GROWTH, {}),
        # Nothing that follows it is covered.
        ("run.start", "w1", GROWTH, {"link": site.plain.signature("control.archive")}),
    ]
    for task, task_id, kwargs, options in forged:
        options["headers"] = {HEADER: signature}
        site.plain.send_task(task, kwargs=kwargs, task_id=task_id, queue="control", **options)
    site.send("run.start", GROWTH, task_id="w3", key=FOREIGN)
    count = before.get("wrong_signature", 0) + len(forged) + 1
    eventually(lambda: site.refused.get("wrong_signature", 0) == count)
    assert not any(site.exists(name) for name in ("w1", "w2", "w3"))


def test_a_client_without_the_key_cannot_move_a_run_and_its_run_goes_on_once_it_has_it(site: Site) -> None:
    before = site.refused.get("unsigned", 0)
    run = site.client(None).start(
        "metabolic_analysis", model="e_coli_core", question="How fast does it grow?"
    )
    eventually(lambda: site.refused.get("unsigned", 0) == before + 1)
    assert run.state.seq == 1
    app = create_app(site.settings)

    def is_finished() -> bool:
        # What beat does every two seconds.
        app.send_task("control.reconcile", queue="control")
        return run.status == "finished"

    eventually(is_finished)


def test_the_documented_plain_celery_program_starts_a_run(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "security.md").read_text(), re.DOTALL)
    assert site.settings.redis_url is not None
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", site.settings.redis_url.get_secret_value())
    monkeypatch.setenv("FLUXAGENTS_MESSAGE_KEY", KEY)
    program: dict[str, Any] = {}
    exec(code, program)
    eventually(lambda: site.exists(program["run_id"]))
    assert site.client().get(program["run_id"]).wait(120) == "finished"


def test_no_hostile_id_becomes_a_run_or_blocks_one(site: Site) -> None:
    before = len(site.client().store.runs(limit=1_000))
    taken = [text for text in HOSTILE_IDS if text and "\ud800" not in text]
    for number, hostile in enumerate(taken):
        site.send("run.start", {**GROWTH, "run_id": hostile}, task_id=f"h{number}", key=KEY)
    site.send("run.start", GROWTH, task_id="victim", key=KEY)
    eventually(lambda: site.exists("victim"))
    assert site.client().get("victim").wait(120) == "finished"
    assert len(site.client().store.runs(limit=1_000)) == before + 1
    assert site.redis.llen("control") == 0


def test_a_step_message_that_is_none_claims_nothing(site: Site) -> None:
    before = site.refused.get("malformed", 0)
    bad: list[dict[str, Any]] = [
        {"run": "x" * 1_000_000, "seq": 1},
        {"run": "\x1b[2J", "seq": 1},
        {"run": 7, "seq": 1},
        {"run": "a", "seq": -1},
        {"run": "a", "seq": "1"},
        {"run": "a", "seq": True},
        {"run": "a", "seq": 1, "ticket": 1e300},
        {"run": "a", "seq": 1, "state": {"x": 1}},
        {"run": "a", "seq": 1, "state": "x" * 1_000_001},
    ]
    for number, kwargs in enumerate(bad):
        site.send("step.decide", kwargs, task_id=f"m{number}", key=KEY, queue="decide")
    eventually(lambda: site.refused.get("malformed", 0) == before + len(bad))
    # Another run's keys are no run.
    site.send("run.start", GROWTH, task_id="other", key=KEY)
    eventually(lambda: site.exists("other"))
    site.send("step.decide", {"run": "other:events", "seq": 1}, task_id="m-last", key=KEY, queue="decide")
    eventually(lambda: site.redis.llen("decide") == 0 and site.redis.hlen("unacked") == 0)
    assert site.redis.type(f"{site.settings.key_prefix}run:other:events") == b"list"


def test_a_message_names_no_file_of_the_worker(site: Site, tmp_path: Path) -> None:
    flow = tmp_path / "mine.yaml"
    library = ROOT / "flows" / "library" / "metabolic_analysis.yaml"
    flow.write_text(library.read_text().replace("flow: metabolic_analysis", "flow: mine"))
    site.send("run.start", {**GROWTH, "flow": str(flow)}, task_id="file", key=KEY)
    digest = site.client().check_flow(str(flow)).flow.digest
    site.send("run.start", {**GROWTH, "flow": digest}, task_id="digest", key=KEY)
    eventually(lambda: site.exists("digest"))
    assert site.client().get("digest").wait(120) == "finished"
    assert site.client().store.load("digest").flow.name == "mine"
    assert not site.exists("file")
