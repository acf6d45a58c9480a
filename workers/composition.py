"""The composition root: here, and only here, ports meet their implementations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from fluxagents.flows.people.actor import SYSTEM, Actor, Proof
from fluxagents.flows.ports.clock import Clock
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.prompt_names import list_prompt_names
from fluxagents.scheduler.channels.bounces import Bounces
from fluxagents.scheduler.firings.lookout import Lookout
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.standing_approvals import StandingVoter
from fluxagents.scheduler.runs.open_runs import find_session
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker
from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.scheduler.triggers.folders.folder_watch import FolderWatch
from fluxagents.scheduler.triggers.intake.model_intake import ModelIntake
from fluxagents.scheduler.triggers.serve_task import EXPIRES_S, QUEUE, SERVE, WATCH
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.tasks.acts.child_runs import ChildRuns
from fluxagents.tasks.acts.table import build_acts
from fluxagents.tasks.dispatch import cache_controllers
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.decisions import DecisionMaker
from fluxagents.tasks.ports.models import ModelStore
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.protocol import StepPorts
from fluxagents.tasks.reconcile import ReconcilerPorts
from fluxagents.tasks.registry import TOOLS, tool_facts
from fluxagents.tasks.tool import Tool
from fluxagents.workers.celery.app import FluxApp
from fluxagents.workers.celery.nodes.heartbeat import current_owner
from fluxagents.workers.celery.process import Process
from fluxagents.workers.celery.publisher import CeleryPublisher
from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.celery.redbeat_schedules import RedbeatSchedules
from fluxagents.workers.channels.assembly import Channels, open_carriers, open_channels
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.files.biochem_file import BiochemFile
from fluxagents.workers.files.folder_listing import FolderListing
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.files.stored_bytes import PATIENCE_S
from fluxagents.workers.files.web.repository_files import RepositoryFiles
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.observing.metrics.amounts import Tally
from fluxagents.workers.observing.metrics.solver_times import count_solver_times
from fluxagents.workers.observing.traces.assembly import open_trace_relay
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.observing.refused_messages import RedisRefusedMessages
from fluxagents.workers.redis.observing.traced_steps import RedisTracedSteps
from fluxagents.workers.redis.people.directory import RedisDirectory
from fluxagents.workers.redis.people.standing_book import RedisStandingBook
from fluxagents.workers.redis.prompt_store import RedisPromptStore
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.redis.remedy_book import RedisRemedyBook
from fluxagents.workers.redis.store_access import build_store
from fluxagents.workers.redis.triggers.delivery_box import RedisDeliveryBox
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.firing_ledger import RedisFiringLedger
from fluxagents.workers.redis.triggers.trigger_book import RedisTriggerBook
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox
from fluxagents.workers.settings import Settings

WORKERS = Actor(name=SYSTEM, channel="message", proof=Proof(kind="message", id="workers"))
"""Who acts where a worker does by itself; what a message or a schedule wants has an actor of its own."""

RETRIES = 30
"""With the backoff below about a minute: a restart of Redis interrupts a step, it does not fail it."""


def redis_client(settings: Settings) -> Redis:
    """A client for the run store that outlives a restart of Redis."""
    return connection.open_client(
        connection.redis_url(settings),
        socket_connect_timeout=5.0,
        socket_timeout=settings.redis_timeout_s,
        socket_keepalive=True,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=3.0), RETRIES),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )


def build_remedies(settings: Settings, redis: Redis) -> RedisRemedyBook:
    """What helped against which error."""
    return RedisRemedyBook(redis, prefix=settings.key_prefix)


def build_refused_messages(settings: Settings, redis: Redis) -> RedisRefusedMessages:
    """How many messages no worker took."""
    return RedisRefusedMessages(redis, prefix=settings.key_prefix)


def build_process(
    settings: Settings, app: FluxApp, tools: Mapping[str, Tool] = TOOLS, models: ModelStore | None = None
) -> Process:
    """Connect the ports of this process.

    Args:
        settings: Of this process.
        app: Sends the messages.
        tools: The tools that exist.
        models: Where models live; where the settings say when absent.
    """
    redis = redis_client(settings)
    clock = RedisClock(redis)
    tally = Tally()
    store, publisher = build_store(settings, redis, tally), CeleryPublisher(app, redis)
    url = settings.artifact_url
    models = models or ModelFiles(url, hosts=settings.model_hosts, patience_s=PATIENCE_S, tally=tally)
    artifacts = ArtifactFiles(url, patience_s=PATIENCE_S, tally=tally)
    remedies = build_remedies(settings, redis)
    controllers = cache_controllers(store, tool_facts(tools))

    def prompts() -> PromptManager:
        return build_prompts(settings, redis)

    sources = Sources(
        models=models,
        artifacts=artifacts,
        runs=lambda: store,
        biochem=BiochemFile(settings.biochem_file),
        tools=tools,
        media=MediaLibrary(settings.media_folder),
        prompts=prompts,
    )
    standing = RedisStandingBook(redis, prefix=settings.key_prefix)
    directory = RedisDirectory(redis, prefix=settings.key_prefix)
    client = RunClient(
        store=store,
        publisher=publisher,
        clock=clock,
        models=models,
        flows=FlowLibrary((settings.flows_folder,), files=False),
        tools=tools,
        authority=Authority(directory, store.audit_log, lambda: WORKERS),
        prompts=lambda: list_prompt_names(RedisPromptStore(redis, prefix=settings.key_prefix)),
        files=False,
        traced_share=settings.traced_share,
    )
    ledger = RedisFiringLedger(redis, prefix=settings.key_prefix)
    ticker = ScheduleTicker(client, ledger, clock)
    schedules = Schedules(client, RedbeatSchedules(app), ticker, clock)
    feed = RedisEventFeed(redis, store, prefix=settings.key_prefix)
    outbox = RedisWebhookOutbox(redis, prefix=settings.key_prefix)
    intake = ModelIntake(models, outbox, RepositoryFiles(settings.webhook_hosts))
    triggers, folders = _build_triggers(
        settings, app, client, redis=redis, ledger=ledger, feed=feed, intake=intake
    )
    channels = build_channels(settings, redis, client, clock)
    return Process(
        step_ports=StepPorts(
            steps=store,
            runs=store,
            publisher=publisher,
            clock=clock,
            controllers=controllers,
            remedies=remedies,
            owner=current_owner,
            lease_ms=round(settings.hard_time_limit_s * 1_000) + 60_000,
            prices=load_prices(settings),
        ),
        acts=count_solver_times(
            build_acts(
                clock=clock,
                decider=cache(lambda: _build_decider(settings, tools)),
                notifier=channels.notifier,
                standing=StandingVoter(standing, directory, clock, partial(find_session, store)),
                prompts=prompts,
                tools=tools,
                models=models,
                artifacts=artifacts,
                sources=sources,
                remedies=remedies,
                prices=load_prices(settings),
                children=ChildRuns(
                    steps=store,
                    runs=store,
                    flows=store,
                    publisher=publisher,
                    clock=clock,
                    controllers=controllers,
                ),
            ),
            tally,
        ),
        reconciler_ports=ReconcilerPorts(dispatches=store, publisher=publisher, queues=QUEUES),
        client=client,
        store=store,
        refused_messages=build_refused_messages(settings, redis),
        clock=clock,
        ticker=ticker,
        triggers=triggers,
        folders=folders,
        relay=WebhookRelay(feed, outbox, store, public_url=settings.public_url),
        outbox=outbox,
        channel_relay=channels.relay,
        digests=channels.digests,
        bounces=Bounces(client, channels.book, channels.outbox),
        channel_outbox=channels.outbox,
        trace_relay=cache(
            lambda: open_trace_relay(settings, RedisTracedSteps(redis, prefix=settings.key_prefix))
        ),
        carriers=cache(lambda: open_carriers(settings, channels, client, clock)),
        lookout=Lookout(
            ledger, clock, {"schedule": schedules.serve, "trigger": triggers.look, "folder": folders.look}
        ),
    )


def _build_triggers(
    settings: Settings,
    app: FluxApp,
    client: RunClient,
    *,
    redis: Redis,
    ledger: RedisFiringLedger,
    feed: RedisEventFeed,
    intake: ModelIntake,
) -> tuple[TriggerEngine, FolderWatch]:
    """What starts runs by events and deliveries, and what looks for files."""
    clock = client.runs.clock
    book = RedisTriggerBook(redis, prefix=settings.key_prefix)
    triggers = TriggerEngine(
        client,
        book,
        ledger,
        feed,
        box=RedisDeliveryBox(redis, prefix=settings.key_prefix),
        clock=clock,
        intake=intake,
        hand_over=partial(call_for_trigger, app, SERVE),
    )
    folders = FolderWatch(
        book,
        ledger,
        FolderListing(),
        clock,
        gather=triggers.gather_files,
        hand_over=partial(call_for_trigger, app, WATCH),
    )
    return triggers, folders


def build_channels(settings: Settings, redis: Redis, client: RunClient, clock: Clock) -> Channels:
    """The channels to humans, where a client is connected."""
    feed = RedisEventFeed(redis, client.store, prefix=settings.key_prefix)
    directory = client.authority.directory
    return open_channels(settings, redis, runs=client.store, directory=directory, feed=feed, clock=clock)


def build_sources(settings: Settings) -> Sources:
    """What tools may read, for calling one without a run."""
    return Sources(
        models=ModelFiles(settings.artifact_url, hosts=settings.model_hosts),
        artifacts=ArtifactFiles(settings.artifact_url),
        runs=lambda: build_store(settings, redis_client(settings)),
        biochem=BiochemFile(settings.biochem_file),
        media=MediaLibrary(settings.media_folder),
        prompts=lambda: build_prompts(settings, redis_client(settings)),
        tools=TOOLS,
    )


def build_prompts(settings: Settings, redis: Redis) -> PromptManager:
    """The prompts that ship, and the versions that were registered since."""
    return PromptManager(store=RedisPromptStore(redis, prefix=settings.key_prefix))


def call_for_trigger(app: FluxApp, task: str, trigger: str) -> None:
    """Have a worker that may wait for the network do what a trigger needs."""
    shown = repr({"trigger": trigger})
    app.send_task(
        task, kwargs={"trigger": trigger}, queue=QUEUE, expires=EXPIRES_S, argsrepr="", kwargsrepr=shown
    )


def _build_decider(settings: Settings, tools: Mapping[str, Tool]) -> DecisionMaker:
    """The decision component with the chat models of the settings."""
    # langchain takes a second to import and only the decide pool needs it.
    from fluxagents.workers.chat_models.assembly import build_decider  # noqa: PLC0415

    redis = redis_client(settings)
    return build_decider(settings, redis, build_prompts(settings, redis), tools)
