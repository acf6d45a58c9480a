"""What commands print as tables, in a pipe and on a terminal of 80 columns: `tests/data/printed`.

`make printed` writes the files anew; the difference is then looked at as any other.
"""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import click
import pytest
import yaml
from click.testing import CliRunner
from redis import Redis
from tests.support.called_functions import find_called
from tests.support.command_calls import simulate_terminal
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_schedules import MemorySchedules
from tests.support.memory_triggers import (
    MemoryDeliveries,
    MemoryEndpoints,
    MemoryFeed,
    MemoryFolders,
    MemoryTriggers,
)
from tests.support.places import ROOT
from tests.support.story import Story, asked, decided, entered, notified, split, succeeded, whole

from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import DecisionMade, Event
from fluxagents.flows.humans.standing import ArgumentRange, StandingApproval
from fluxagents.flows.people.actions import Action, Scope
from fluxagents.flows.people.actor import Proof, Resource
from fluxagents.flows.people.api_key import ApiKey
from fluxagents.flows.people.audit import AuditHead, AuditRecord, chain_entry
from fluxagents.flows.people.members import Group, Person, ServiceAccount
from fluxagents.flows.people.remarks import (
    Comment,
    Correction,
    ExpectedCall,
    ExpectedValue,
    Rating,
    Remark,
    RemarkBody,
    RequestClaim,
    Watch,
)
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.flows.remedies import ErrorCase, RemedyTrial
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.template import PromptTemplate
from fluxagents.scheduler.batches.batch_tables import SummaryRow
from fluxagents.scheduler.channels.lane import Lane
from fluxagents.scheduler.collaboration.evaluation_case import EvaluationCase, Judgement
from fluxagents.scheduler.firings.firing import Firing
from fluxagents.scheduler.outbox.message import Attempt, Message
from fluxagents.scheduler.outbox.retries import Response, Verdict
from fluxagents.scheduler.people.local_user import OsUser
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.schedules.grid import cron, every
from fluxagents.scheduler.schedules.schedule import Schedule
from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker
from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.scheduler.schedules.tick_plan import TickState
from fluxagents.scheduler.triggers.deliveries import Deliveries
from fluxagents.scheduler.triggers.event_trigger import EventTrigger, RunSource, WebhookSource
from fluxagents.scheduler.triggers.intake.delivery import Delivery
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.triggers.trigger_plan import TriggerState
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.scheduler.webhooks.webhooks import Webhooks
from fluxagents.tasks.ports.artifacts import ArtifactRef, Manifest, Provenance
from fluxagents.workers.cli import cli
from fluxagents.workers.clients import local_authority
from fluxagents.workers.commands.batches import batch
from fluxagents.workers.commands.display.output import print_table
from fluxagents.workers.commands.evaluation import run as evaluation_run
from fluxagents.workers.commands.services import demo, doctor, status_view
from fluxagents.workers.commands.triggers import trigger_access
from fluxagents.workers.commands.triggers.schedules import schedule_access
from fluxagents.workers.commands.triggers.webhooks import webhook_access
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.files.web.web_poster import WebPoster
from fluxagents.workers.host import run_file
from fluxagents.workers.host.checks import CheckResult, CheckStatus
from fluxagents.workers.host.run_file import RunStatus, ServiceStatus, State
from fluxagents.workers.machine.process import ProcessId
from fluxagents.workers.redis.people.directory import RedisDirectory
from fluxagents.workers.redis.people.key_book import RedisKeyBook
from fluxagents.workers.redis.people.standing_book import RedisStandingBook
from fluxagents.workers.redis.prompt_store import RedisPromptStore
from fluxagents.workers.redis.remedy_book import RedisRemedyBook
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.redis.triggers.channel_outbox import RedisChannelOutbox
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox

PRINTED = ROOT / "tests/data/printed"
START_MS = 1_767_225_600_000
"""2026-01-01 in UTC."""
RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
OTHER = "01ARZ3NDEKTSV4RRFFQ69G5FAW"
QUESTION = "Which genes are essential for growth on acetate without oxygen, and which are not?"

UNKNOWN_EXCHANGE = FluxError(
    ErrorClass.MEDIUM, "exchange 'EX_glc' is not in model 'e_coli_core'", suggestions=("EX_glc__D_e",)
).info("run_metabolic_fba")

OPTIMAL = Manifest(
    provenance=Provenance(
        tool="analyze_essentiality",
        args={"threshold": 0.01},
        model_digest=f"sha256:{'a1' * 32}",
        model_id="e_coli_core",
        medium_mmol_per_gdw_h={"EX_glc__D_e": 10.0, "EX_o2_e": 1000.0},
        objective="BIOMASS_Ecoli_core_w_GAM",
        objective_direction="max",
        solver="glpk_interface",
        solver_version="5.0.13",
        tolerance=1e-7,
        versions={"cobra": "0.32.1", "fluxagents": "0.1.0"},
        command="fluxagents tools call analyze_essentiality --model e_coli_core",
    ),
    result={
        "status": "optimal",
        "essential_genes": ["b0720", "b2926"],
        "reference_growth_per_h": 0.873921507,
    },
    tables={
        "genes": ArtifactRef(
            digest=f"sha256:{'b2' * 32}",
            media_type="application/vnd.apache.parquet",
            size_bytes=4_096,
            rows=137,
            columns=("id", "name", "growth_per_h", "is_essential"),
            tool="analyze_essentiality",
        )
    },
)

LATE_DIGITS = re.compile(r"(\d\.\d{6})\d{3,}")
"""Of a number: a solver on another machine may find others."""

COMMANDS = {
    "runs-list": "runs list",
    "runs-events": f"runs events {RUN}",
    "runs-timeline": f"runs timeline {RUN}",
    "runs-diff": f"runs diff {RUN} {OTHER}",
    "runs-dead": "runs dead",
    "runs-show": f"runs show {RUN}",
    "runs-show-sources": f"runs show {RUN} --sources",
    "stats": "stats",
    "sessions-list": "sessions list",
    "sessions-show": "sessions show s",
    "sessions-budget": "sessions budget s",
    "people-quota": "people quota",
    "sessions-clusters": "sessions clusters s",
    "sessions-stats": "sessions stats s",
    "approvals-list": "approvals list",
    "approvals-standing-list": "approvals standing list",
    "inbox": "inbox",
    "runs-remarks": f"runs remarks {RUN}",
    "runs-ratings": "runs ratings",
    "eval-list": "eval list",
    "people-list": "people list",
    "people-me": "people me",
    "people-group-list": "people group list",
    "api-keys-list": "api-keys list",
    "audit-list": "audit list",
    "audit-verify": "audit verify",
    "schedules-list": "schedules list",
    "schedules-show": "schedules show nightly",
    "schedules-history": "schedules history often",
    "triggers-list": "triggers list",
    "triggers-show": "triggers show slow",
    "triggers-history": "triggers history slow",
    "triggers-deliveries": "triggers deliveries pushes",
    "triggers-preview": "triggers preview pushes",
    "webhooks-list": "webhooks list",
    "webhooks-show": "webhooks show lab",
    "webhooks-deliveries": "webhooks deliveries lab",
    "channels-list": "channels list",
    "channels-messages": "channels messages email",
    "webhooks-attempts": "webhooks deliveries lab --attempts",
    "schedules-preview": "schedules preview --cron '0 2 * * *' --timezone Europe/Vienna --after 2026-03-28",
    "status": "status",
    "tools-list": "tools list",
    "tools-schema": "tools schema run_metabolic_fba",
    "tools-call": "tools call find_minimal_media --model e_coli_core",
    "media-list": "media list",
    "media-show": "media show M9_glucose",
    "media-show-model": "media show M9_glucose --model e_coli_core",
    "models-list": "models list",
    "models-show": "models show e_coli_core",
    "models-inspect": "models inspect e_coli_core",
    "models-inspect-find": "models inspect e_coli_core --find glutamate",
    "models-inspect-exchanges": "models inspect e_coli_core --list exchanges",
    "models-lineage": "models lineage e_coli_core",
    "flows-list": "flows list",
    "flows-test": "flows test metabolic_analysis --coverage",
    "prompts-list": "prompts list",
    "prompts-show": "prompts show final_report",
    "prompts-stats": "prompts stats",
    "errors-top": "errors top",
    "errors-show": f"errors show {UNKNOWN_EXCHANGE.fingerprint}",
    "artifacts-list": "artifacts list --all",
    "artifacts-show": "artifacts show a85d41343c24",
    "biochem-status": "biochem status",
    "doctor": "doctor",
    "frog": "frog e_coli_core --output model.omex",
}

CASE = """question: How fast does it grow on acetate?
flow: metabolic_analysis
model: sha256:a1
model_name: e_coli_core
calls:
- tool: run_metabolic_fba
  args: {method: pfba}
value: {name: growth_per_h, number: 0.8739}
run: r
by: bob
"""

WITHOUT_FILES = {
    "up": "the table of `status`",
    "biochem-import": "the table of `biochem status`",
    "keys-show": "two rows, of which one is a new key",
    "approvals-form": "the arguments of a tool, as `tools schema` lists them",
    "genomes-build": "needs a genome and minutes",
}
"""Commands that print a table and have no files: why."""

MAY_FAIL = ("status", "doctor", "runs diff")
"""Commands whose exit status tells what they found."""

CHECKS = (
    CheckResult(name="Redis", verdict=CheckStatus.OK, seen="Valkey 9.1 at 127.0.0.1:6379"),
    CheckResult(
        name="append-only file",
        verdict=CheckStatus.FAIL,
        seen="appendonly is no: a restart of Redis loses every run",
        way_out="set `appendonly yes` in the configuration of Redis, or start it with --appendonly yes",
    ),
    CheckResult(name="workers", verdict=CheckStatus.WARN, seen="none", way_out="fluxagents up"),
)


class HeldClock:
    """A clock that stands."""

    def now_ms(self) -> int:
        return START_MS + 86_400_000


@pytest.fixture(autouse=True)
def _vienna(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock of the machine is that of Vienna."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Vienna")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def _installation(
    redis: Redis, redis_url: str, key_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs, schedules, services and a model with fixed times and ids."""
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))
    store = RedisRunStore(redis, prefix=key_prefix, archive=Archive(str(tmp_path)))
    inputs = {"question": QUESTION}
    waits = Story(OTHER, start_ms=START_MS + 60_000, inputs=inputs, model_name="my_own_model")
    call = CallTool(tool="fba", args={"method": "pfba", "medium_changes": {"EX_o2_e": 0.0}})
    waits.step(5, succeeded(call, ms=2_000, growth_per_h=0.87), entered("ask"))
    waits.step(8, decided(call, 1_000, 100, 20), asked(f"{OTHER}.2"))
    waits.step(9, notified(f"{OTHER}.2"))
    for log in (whole(RUN, start_ms=START_MS, inputs=inputs), split(), tuple(waits.events)):
        state = fold(log)
        store.create(Commit(log, state, None), state.model_dump_json())
    write_remarks(store)
    (tmp_path / "evaluations").mkdir()
    (tmp_path / "evaluations" / f"{RUN}.yaml").write_text(CASE)
    book = MemorySchedules()
    for name, timing in (("nightly", cron("0 2 * * *", "Europe/Vienna")), ("often", every("6h"))):
        book.add(
            Schedule(
                name=name,
                flow="metabolic_analysis",
                model="e_coli_core",
                inputs=inputs,
                timing=timing,
                lane="bulk",
                created_ms=START_MS,
            )
        )
    learn_an_error(RedisRemedyBook(redis, prefix=key_prefix))
    add_a_second_version(RedisPromptStore(redis, prefix=key_prefix))
    store_a_result(ArtifactFiles(str(tmp_path / "store")), tmp_path / "store")
    client = cast("RunClient", SimpleNamespace(store=store))
    write_people(redis, key_prefix)
    monkeypatch.setattr(local_authority, "current_os_user", lambda: OsUser(1_000, "ada"))
    ledger = MemoryLedger()
    opened = Schedules(client, book, ScheduleTicker(client, ledger, HeldClock()), HeldClock())
    write_a_history(ledger)
    monkeypatch.setattr(schedule_access, "open_schedules", lambda: opened)
    monkeypatch.setattr(trigger_access, "open_triggers", lambda: told_triggers(client))
    monkeypatch.setattr(trigger_access, "open_deliveries", lambda: told_deliveries(client))
    grant_a_standing_approval(RedisStandingBook(redis, prefix=key_prefix))
    monkeypatch.setattr(webhook_access, "open_webhooks", lambda: told_webhooks(redis, key_prefix, client))
    monkeypatch.setenv("FLUXAGENTS_SMTP_URL", "smtp://127.0.0.1")
    monkeypatch.setenv("FLUXAGENTS_MAIL_ADDRESS", "flux@lab.example")
    write_mails(RedisChannelOutbox(redis, prefix=key_prefix))
    monkeypatch.setattr(run_file, "read", lambda _: services_status())
    monkeypatch.setattr(status_view, "time", lambda: 4_000.0)
    monkeypatch.setattr(ProcessId, "alive", lambda _: True)
    monkeypatch.setattr(doctor, "examine", lambda _: CHECKS)
    monkeypatch.chdir(tmp_path)


def write_remarks(store: RedisRunStore) -> None:
    """What three people said about a run, and a claim for a thousand years."""
    call = ExpectedCall(tool="run_metabolic_fba", args={"method": "pfba"})
    value = ExpectedValue(name="growth_per_h", number=0.8739)
    said: list[tuple[str, str, RemarkBody]] = [
        ("ada", "run", Rating(stars=4, reason="right, but slow")),
        ("bob", "run", Rating(stars=3)),
        ("bob", "step:2", Correction(calls=(call,), value=value)),
        ("ada", "run", Comment(text="is this the right medium, @bob?\nI doubt it", mentions=("bob",))),
        ("eve", "run", Watch()),
    ]
    remarks = [
        Remark(number=number, at_ms=START_MS + 60_000 * number, by=by, on=on, body=body)
        for number, (by, on, body) in enumerate(said, 1)
    ]
    store.remarks.put_back(RUN, remarks)
    claim = RequestClaim(request_id=f"{OTHER}.2", until_ms=START_MS + 31_536_000_000_000)
    store.remarks.put_back(OTHER, [Remark(number=1, at_ms=START_MS, by="bob", body=claim)])


def write_a_history(ledger: MemoryLedger) -> None:
    """Of a schedule that was paused."""
    state = TickState(created_ms=START_MS, decided_ms=START_MS + 64_800_000, paused_by="ada")
    due_ms = START_MS + 21_600_000
    firings = [
        Firing(at_ms=due_ms + 1_000, outcome="started", due_ms=due_ms, run_id=OTHER),
        Firing(
            at_ms=2 * due_ms - START_MS,
            outcome="skipped",
            due_ms=2 * due_ms - START_MS,
            note="the run before it is open",
        ),
        Firing(at_ms=START_MS + 65_000_000, outcome="paused", note="by ada"),
    ]
    ledger.save("schedule:often", state.model_dump_json(), before=None, firings=firings)


class ToldWebhooks(Webhooks):
    """Webhooks whose messages have fixed times and results."""

    def deliveries(self, name: str, *, limit: int) -> Sequence[Message]:
        del limit
        first = Message(
            endpoint=name,
            id="msg_3w7zkq2y5m4h6x3tqk7v2n5b4c6d8f9g",
            type="run.finished",
            body="{}",
            created_ms=START_MS,
            status="delivered",
            attempts=1,
            last="HTTP 204",
        )
        later = {
            "id": "msg_7d2hq5v3x6k4m7w2z5y3t6b4n8c6f9g2",
            "status": "pending",
            "attempts": 3,
            "next_ms": START_MS + 1_800_000,
            "last": "no answer within 15 s",
        }
        return [first.model_copy(update=later), first]

    def attempts(self, name: str, *, limit: int) -> Sequence[Attempt]:
        del name, limit
        attempt = Attempt(
            message_id="msg_7d2hq5v3x6k4m7w2z5y3t6b4n8c6f9g2",
            type="run.finished",
            attempt=3,
            at_ms=START_MS + 305_000,
            duration_ms=15_000,
            status=0,
            error="no answer within 15 s",
            outcome="retry",
        )
        return [
            attempt,
            attempt.model_copy(update={"attempt": 2, "error": "", "status": 503, "duration_ms": 12}),
        ]


def write_mails(outbox: RedisChannelOutbox) -> None:
    """A request that was taken, and the end of a run that waits for a server."""
    outbox.add(Lane(name="email"))
    request = Message(
        endpoint="email",
        id="msg_3w7zkq2y5m4h6x3tqk7v2n5b4c6d8f9g",
        type="request",
        body="{}",
        created_ms=START_MS,
    )
    answer = request.model_copy(update={"id": "msg_7d2hq5v3x6k4m7w2z5y3t6b4n8c6f9g2", "type": "answer"})
    taken, later = Verdict("delivered"), Verdict("retry", next_ms=START_MS + 300_000)
    for message, response, verdict in (
        (request, Response(status=250), taken),
        (answer, Response(error="451 4.3.0 try again later"), later),
    ):
        outbox.put([message])
        (claim,) = outbox.claim(limit=1, lease_ms=60_000)
        outbox.settle(claim, response, verdict, at_ms=START_MS)


def told_webhooks(redis: Redis, prefix: str, client: RunClient) -> ToldWebhooks:
    """One webhook of two days ago."""
    outbox = RedisWebhookOutbox(redis, prefix=prefix)
    outbox.add(
        Endpoint(
            name="lab",
            url="https://lab.example.org/hooks?token=s3cret",
            events=("run.*", "approval.requested"),
            session="schedule:nightly",
            secrets=(Secret(text="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),),
            owner="ada",
            created_ms=START_MS,
        )
    )
    relay = WebhookRelay(RedisEventFeed(redis, client.store, prefix=prefix), outbox, client.store)
    return ToldWebhooks(outbox, relay, WebPoster(), cast("Any", None), HeldClock())


def told_triggers(client: RunClient) -> Triggers:
    """A trigger that has fired once."""
    book, ledger = MemoryTriggers(), MemoryLedger()
    trigger = EventTrigger(
        name="slow",
        source=RunSource(flow="metabolic_analysis"),
        when="growth_per_h < 0.1",
        flow="model_validation",
        wait_s=600,
        reply_to="lab",
        owner="ada",
        created_ms=START_MS,
    )
    book.add(trigger)
    firings = [
        Firing(
            at_ms=START_MS + 1_000,
            outcome="skipped",
            due_ms=START_MS,
            note="it would lead in a circle: slow → slow",
        ),
        Firing(
            at_ms=START_MS + 3_000,
            outcome="started",
            due_ms=START_MS + 2_000,
            run_id=OTHER,
            note="for 2 events",
        ),
    ]
    state = TriggerState(created_ms=START_MS)
    ledger.save(trigger.session, state.model_dump_json(), before=None, firings=firings)
    box = MemoryDeliveries(ledger, HeldClock())
    engine = TriggerEngine(client, book, ledger, MemoryFeed(), box=box, clock=HeldClock())
    return Triggers(
        client, book, engine, box=box, endpoints=MemoryEndpoints(), reader=MemoryFolders(), clock=HeldClock()
    )


def told_deliveries(client: RunClient) -> Deliveries:
    """What was posted for a trigger: for another branch, and something that has no branch."""
    ledger = MemoryLedger()
    book, box = MemoryTriggers(), MemoryDeliveries(ledger, HeldClock())
    trigger = EventTrigger(
        name="pushes",
        source=WebhookSource(),
        when="payload.branch == 'main'",
        flow="model_validation",
        owner="ada",
        created_ms=START_MS,
    )
    book.add(trigger)
    for number, body in enumerate(('{"branch": "draft"}', "{}"), 1):
        delivery = Delivery(id=f"msg_{number}", came_ms=START_MS + number, headers={}, body=body)
        box.put(trigger.name, delivery)
        box.settle(trigger.name, delivery.id, "skipped", note="the condition does not hold")
    engine = TriggerEngine(client, book, ledger, MemoryFeed(), box=box, clock=HeldClock())
    triggers = Triggers(
        client, book, engine, box=box, endpoints=MemoryEndpoints(), reader=MemoryFolders(), clock=HeldClock()
    )
    allowing = SimpleNamespace(authority=SimpleNamespace(permit=lambda *_: None))
    return Deliveries(cast("RunClient", allowing), triggers, box, HeldClock())


def grant_a_standing_approval(book: RedisStandingBook) -> None:
    book.add(
        StandingApproval(
            id="standing-1",
            tool="apply_medium",
            session="s",
            arguments={"medium_changes.EX_glc__D_e": ArgumentRange(at_least=0, at_most=10)},
            by="ada",
            created_ms=START_MS,
            until_ms=START_MS + 86_400_000,
            max_uses=5,
        )
    )


def learn_an_error(book: RedisRemedyBook) -> None:
    helped = RemedyTrial("call run_metabolic_fba with another 'medium_changes'", helped=True)
    asked_first = (RemedyTrial("ask a human", helped=False), helped)
    book.record_outcome(RUN, [ErrorCase(UNKNOWN_EXCHANGE, 2, asked_first)], at_ms=START_MS)
    book.record_outcome(OTHER, [ErrorCase(UNKNOWN_EXCHANGE, 1, (helped,))], at_ms=START_MS)


def add_a_second_version(store: RedisPromptStore) -> None:
    prompts = PromptManager(store=store)
    body = prompts.versions.find("tool_selection").source.split("---\n", 2)[2]
    prompts.version_prompt("tool_selection", f"{body}\nState each unit.\n")


def store_a_result(artifacts: ArtifactFiles, folder: Path) -> None:
    artifacts.put_json(OPTIMAL.model_dump(mode="json"), tool="analyze_essentiality")
    for file in folder.rglob("*"):
        os.utime(file, (START_MS / 1_000, START_MS / 1_000))


def write_people(redis: Redis, key_prefix: str) -> None:
    """People, keys and a log with fixed times."""
    directory, book = RedisDirectory(redis, prefix=key_prefix), RedisKeyBook(redis, prefix=key_prefix)
    directory.save_first(Person(name="ada", os_users=("ada",), grants=(Grant(role=Role.ADMIN),)))
    grants = (Grant(role=Role.RUNNER), Grant(role=Role.APPROVER, place="project:yeast"))
    directory.save(Person(name="bob@lab.example", grants=grants, disabled=True), before=None)
    directory.save(ServiceAccount(name="ci", grants=(Grant(role=Role.RUNNER),)), before=None)
    curators = Group(name="curators", members=("ada", "bob@lab.example"))
    directory.save_group(curators, before=None)
    key = ApiKey(prefix="1f3a90c2", digest="0" * 64, owner="ci", scopes=frozenset(Scope), created_ms=START_MS)
    book.add(key)
    reads = {"prefix": "0b52dd10", "owner": "ada", "scopes": frozenset({Scope.READ, Scope.RUNS})}
    book.add(key.model_copy(update={**reads, "purpose": "my notebook", "expires_ms": START_MS + 86_400_000}))
    book.note_use("1f3a90c2", START_MS + 3_600_000)
    head = AuditHead()
    run, request = Resource(kind="run", id=RUN), Resource(kind="request", id=f"{RUN}.4")
    for action, on, by, for_person in (
        (Action.RUN_START, run, "ada", ""),
        (Action.REQUEST_APPROVE, request, "mail", "bob@lab.example"),
    ):
        proof = Proof(kind="os-user", id="1000")
        record = AuditRecord(
            action=action, by=by, for_person=for_person, channel="command line", proof=proof, on=on
        )
        entry = chain_entry(head, record, START_MS + head.number)
        head = AuditHead(number=entry.number, digest=entry.digest)
        redis.rpush(f"{key_prefix}audit", entry.model_dump_json())
    redis.hset(f"{key_prefix}audit-head", mapping={"number": head.number, "digest": head.digest})


def services_status() -> RunStatus:
    def service(name: str, state: State, detail: str = "") -> ServiceStatus:
        process = ProcessId(pid=4_242, started_at=100.0)
        log = f"/home/ada/.local/share/fluxagents/logs/{name}.log"
        return ServiceStatus(name=name, state=state, process=process, log=log, detail=detail)

    return RunStatus(
        supervisor=ProcessId.of(os.getpid()),
        redis="redis://***@127.0.0.1:6379/0",
        flower="http://127.0.0.1:5555",
        services=(
            service("redis", State.RUNNING),
            service("worker-tools", State.RUNNING),
            service("beat", State.STARTING, "waits for the lock of another beat"),
        ),
    )


def compare(name: str, printed: str) -> None:
    """Compare with the file of this name, or write it where `PRINTED=write` says so."""
    path = PRINTED / name
    printed = LATE_DIGITS.sub(r"\1…", printed).replace(str(ROOT), "…")
    if os.environ.get("PRINTED") == "write":
        path.write_text(printed, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == printed, "`make printed` writes it anew"


def invoke(words: str) -> str:
    arguments = shlex.split(words)
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0 or words.startswith(MAY_FAIL), done.output
    return str(done.stdout)


@pytest.mark.usefixtures("_installation")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_what_it_printed(name: str) -> None:
    piped = invoke(COMMANDS[name])
    with simulate_terminal(80):
        narrow = invoke(COMMANDS[name])
    compare(f"{name}.piped.txt", piped)
    compare(f"{name}.80.txt", narrow)
    lines = [line for line in narrow.splitlines() if not re.search(r"^example: |sha256:|\.yaml$", line)]
    assert max(map(len, lines)) <= 80


@pytest.mark.usefixtures("_installation")
def test_the_growth_rates_of_the_demo(
    redis: Redis, key_prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = RedisRunStore(redis, prefix=key_prefix, archive=Archive(str(tmp_path)))
    log = whole("01ARZ3NDEKTSV4RRFFQ69G5FAX", start_ms=START_MS, session="demo", model_name="iJO1366")
    state = fold(log).model_copy(update={"facts": {"growth_per_h": 0.9823718127}})
    store.create(Commit(log, state, None), state.model_dump_json())
    demo._growth_rates("demo")
    compare("demo.piped.txt", capsys.readouterr().out)
    with simulate_terminal(80):
        demo._growth_rates("demo")
    compare("demo.80.txt", capsys.readouterr().out)


def test_the_table_of_a_batch(capsys: pytest.CaptureFixture[str]) -> None:
    fields: dict[str, Any] = {"question": QUESTION, "medium": "", "status": "finished", "answered": "yes"}
    rows = [
        SummaryRow(
            run_id=RUN,
            model="e_coli_core",
            condition="M9_glucose; oxygen=0",
            growth_per_h=0.2116629497,
            reference_growth_per_h=0.8739215070,
            answer="7 of 137 genes are essential for growth on M9 with glucose and without oxygen.",
            numbers={"essential_genes_count": 7, "genes_tested": 137},
            **fields,
        ),
        SummaryRow(
            run_id=OTHER,
            model="iJO1366",
            condition="",
            growth_per_h=None,
            reference_growth_per_h=None,
            answer="",
            **{**fields, "status": "running"},
        ),
    ]
    batch._print_summary(rows)
    compare("batch.piped.txt", capsys.readouterr().out)
    with simulate_terminal(80):
        batch._print_summary(rows)
    compare("batch.80.txt", capsys.readouterr().out)


@pytest.mark.usefixtures("_installation")
def test_the_comparison_of_two_versions_of_a_prompt(redis: Redis, key_prefix: str, tmp_path: Path) -> None:
    store = RedisRunStore(redis, prefix=key_prefix, archive=Archive(str(tmp_path)))
    versions = PromptManager(store=RedisPromptStore(redis, prefix=key_prefix)).versions
    for number in range(12):
        template = versions.find("tool_selection", str(1 + number % 2))
        log = whole(f"compared-{number}", start_ms=START_MS)
        told = [with_prompt(event, template, tokens_in=100 + 50 * (number % 2) + number) for event in log]
        store.create(Commit(tuple(told), state := fold(told), None), state.model_dump_json())
    words = "prompts compare tool_selection 1 2"
    compare("prompts-compare.piped.txt", invoke(words))
    with simulate_terminal(80):
        compare("prompts-compare.80.txt", invoke(words))


def test_the_results_of_evaluation_cases(capsys: pytest.CaptureFixture[str]) -> None:
    calls = (ExpectedCall(tool="run_metabolic_fba", args={"method": "pfba"}),)
    case = EvaluationCase.model_validate(yaml.safe_load(CASE))
    right = Judgement(
        "finished", calls, tools_right=True, arguments_right=True, found=(0.8739,), value_right=True
    )
    wrong = Judgement(
        "finished", calls, tools_right=True, arguments_right=None, found=(0.21,), value_right=False
    )
    judgements = {"acetate": right, "acetate-again": wrong}
    print_judgements = partial(evaluation_run._print, "offline-planner", dict.fromkeys(judgements, case))
    print_judgements(judgements)
    compare("eval-run.piped.txt", capsys.readouterr().out)
    with simulate_terminal(80):
        print_judgements(judgements)
    compare("eval-run.80.txt", capsys.readouterr().out)


def find_commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command that does something, with the words that call it."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from find_commands(below, *path, name)


def test_each_command_that_prints_a_table_has_its_files() -> None:
    printing = {
        "-".join(path)
        for path, command in find_commands(cli)
        if command.callback and print_table in find_called(command.callback, "fluxagents.workers.commands")
    }
    files = {path.name.removesuffix(".piped.txt") for path in PRINTED.glob("*.piped.txt")}
    assert printing - files == WITHOUT_FILES.keys()
    assert {f"{name}.80.txt" for name in files} == {path.name for path in PRINTED.glob("*.80.txt")}


def with_prompt(event: Event, template: PromptTemplate, tokens_in: int) -> Event:
    """The event as it was, a decision with this template."""
    if not isinstance(event, DecisionMade):
        return event
    changes = {"digest": template.digest, "version": template.version, "tokens_in": tokens_in}
    return event.model_copy(update={"prompt": event.prompt.model_copy(update=changes)})
