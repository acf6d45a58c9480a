"""The API's part of the composition root: its ports meet their implementations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kombu.exceptions import OperationalError
from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from fluxagents.flows.drawing.picture import Picture
from fluxagents.flows.events import Event
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.people.actor import SYSTEM, Actor, Proof
from fluxagents.flows.ports.notebook import TextBlock
from fluxagents.flows.ports.remark_book import RemarkBook
from fluxagents.flows.ports.session import SessionRecord
from fluxagents.flows.state import RunState
from fluxagents.flows.statistics.status_timeline import Moment, StatusTimeline
from fluxagents.prompts.statistics.costs import Prices
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.prompt_names import list_prompt_names
from fluxagents.scheduler.channels.post_task import call_carrier
from fluxagents.scheduler.channels.slack.slack_inbox import SlackInbox
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.http.browser_sessions import BrowserSessions
from fluxagents.scheduler.http.ports import ApiPorts, PictureKind, SlackDoorway
from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.audit_trail import AuditTrail
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.people import People
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.sessions.notebooks import Notebooks
from fluxagents.scheduler.sessions.sessions import Sessions
from fluxagents.scheduler.webhooks.webhooks import Webhooks
from fluxagents.tasks.fba.maps.stored_map import StoredMap
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.models import ModelContents, ModelRef
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.archive.histories import Choice, Histories
from fluxagents.workers.archive.totals import add_up
from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.celery.publisher import CeleryPublisher
from fluxagents.workers.channels.browser_sign_in import load_session_key, open_sign_in
from fluxagents.workers.channels.slack.form_opener import open_forms
from fluxagents.workers.clients.schedule_client import open_schedules
from fluxagents.workers.clients.trigger_client import open_deliveries, open_reception, open_triggers
from fluxagents.workers.files.audit_segments import AuditSegmentFiles
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.files.uploads import UploadFiles
from fluxagents.workers.host.api.picture_cache import PictureCache
from fluxagents.workers.host.metrics_page import open_metrics
from fluxagents.workers.models.model_contents import list_contents
from fluxagents.workers.models.model_source import MAX_FILE_BYTES
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.observing.monitoring.installation import read_installation
from fluxagents.workers.observing.monitoring.runbook_pages import render_runbook
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.http.idempotency_keys import RedisIdempotencyKeys
from fluxagents.workers.redis.http.live_events import RedisLiveEvents
from fluxagents.workers.redis.http.rate_limits import RedisRateLimits
from fluxagents.workers.redis.http.saved_queries import RedisSavedQueries
from fluxagents.workers.redis.people.directory import RedisDirectory
from fluxagents.workers.redis.people.key_book import RedisKeyBook
from fluxagents.workers.redis.people.notebook_book import RedisNotebookBook
from fluxagents.workers.redis.people.presence import RedisPresence
from fluxagents.workers.redis.people.session_book import RedisSessionBook
from fluxagents.workers.redis.people.standing_book import RedisStandingBook
from fluxagents.workers.redis.prompt_store import RedisPromptStore
from fluxagents.workers.redis.remedy_book import RedisRemedyBook
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.redis.store_access import build_store
from fluxagents.workers.redis.triggers.channel_outbox import RedisChannelOutbox
from fluxagents.workers.settings import Settings

if TYPE_CHECKING:
    from fluxagents.workers.archive.run_bundle import BundleStores
    from fluxagents.workers.archive.run_import import Imported
    from fluxagents.workers.reports.plot_figure import PlotFigure

RETRIES = 3
"""With the backoff below under two seconds: a client is better told than kept."""

PROMPT_RUNS = 1_000
"""Runs from which one says how versions of prompts do, the newest."""

KEPT_CONTENTS = 4
"""Models; what is in the largest takes some 30 MB."""

NOBODY = Actor(name=SYSTEM, channel="http", proof=Proof(kind="message", id="api"), scopes=frozenset())
"""Who acts before a request says who; may do nothing."""


def build_api_ports(settings: Settings) -> ApiPorts:
    """Connect the ports of an API process.

    Raises:
        FluxError: If no Redis is named and none runs.
    """
    url, prefix = connection.redis_url(settings), settings.key_prefix
    redis = _connect(url)
    app = create_app(settings)
    clock = app.time
    store = build_store(settings, redis)
    directory = RedisDirectory(redis, prefix=prefix)
    models = ModelFiles(settings.artifact_url, hosts=settings.model_hosts)
    sign_in = open_sign_in(settings, redis, store.audit_log)
    publisher = CeleryPublisher(app, redis)
    flows = FlowLibrary((settings.flows_folder,), files=False)

    def list_prompts() -> Collection[str] | None:
        return list_prompt_names(RedisPromptStore(redis, prefix=prefix))

    client = RunClient(
        store=store,
        publisher=publisher,
        clock=clock,
        models=models,
        flows=flows,
        tools=TOOLS,
        authority=Authority(directory, store.audit_log, lambda: NOBODY),
        prompts=list_prompts,
        standing=RedisStandingBook(redis, prefix=prefix),
        files=False,
        traced_share=settings.traced_share,
    )

    def add_up_session(name: str) -> tuple[Mapping[str, Any], Sequence[Moment]]:
        histories, timeline = Histories(store, Archive(settings.artifact_url)), StatusTimeline()
        totals = add_up(histories, Choice(session=name), keep=timeline.add)
        return totals.document(load_prices(settings)), timeline.moments()

    def add_up_runs(**choice: Any) -> Mapping[str, Any]:
        histories = Histories(store, Archive(settings.artifact_url))
        return add_up(histories, Choice(**choice)).document(load_prices(settings))

    metrics = open_metrics(settings, _connect(url, decode_responses=True))
    pictures = PictureCache()
    return ApiPorts(
        client=client,
        api_keys=ApiKeys(RedisKeyBook(redis, prefix=prefix), directory, clock),
        people=lambda acting: People(
            acting.authority,
            keys=RedisKeyBook(redis, prefix=prefix),
            sessions=RedisSessionBook(redis, prefix=prefix),
            clock=clock,
        ),
        audit_trail=AuditTrail(store.audit_log, AuditSegmentFiles(settings.artifact_url)),
        clock=clock,
        sessions=lambda acting: Sessions(acting, lambda: Archive(settings.artifact_url)),
        notebooks=lambda acting: Notebooks(acting, RedisNotebookBook(redis, prefix=prefix)),
        schedules=lambda acting: open_schedules(acting, app, redis),
        triggers=lambda acting: open_triggers(acting, app, redis),
        deliveries=lambda acting: open_deliveries(acting, app, redis),
        reception=open_reception(app, redis),
        webhooks=lambda acting: _open_webhooks(acting, app, redis),
        idempotency=RedisIdempotencyKeys(redis, prefix=prefix),
        rate_limits=RedisRateLimits(redis, prefix=prefix, per_minute=settings.api_requests_per_minute),
        live=RedisLiveEvents(lambda: connection.find_url(settings), prefix=prefix),
        uploads=UploadFiles(settings.artifact_url, clock, max_bytes=MAX_FILE_BYTES),
        queries=RedisSavedQueries(redis, prefix=prefix),
        media=MediaLibrary(settings.media_folder),
        prompts=lambda: PromptManager(store=RedisPromptStore(redis, prefix=prefix)),
        prompt_figures=lambda name: _prompt_figures().list_figures(settings, name, limit=PROMPT_RUNS),
        compare_prompts=lambda name, old, new: _prompt_figures().compare_versions(
            settings,
            PromptManager(store=RedisPromptStore(redis, prefix=prefix)),
            name,
            old,
            new,
            limit=PROMPT_RUNS,
        ),
        remedies=RedisRemedyBook(redis, prefix=prefix),
        presence=RedisPresence(redis, clock, prefix=prefix),
        metrics=metrics,
        read_installation=lambda: read_installation(metrics.take_snapshot()),
        render_runbook=render_runbook,
        artifacts=cache(lambda: _open_artifacts(settings)),
        encode_tables=_encode_tables,
        draw_flow=_draw_flow,
        draw_result=lambda digest, kind: pictures.find_or_draw(
            (digest, kind), lambda: _draw_result(_open_artifacts(settings), digest, kind)
        ),
        draw_map=lambda drawn, kind: pictures.find_or_draw(
            (drawn.source, kind), lambda: _draw_map(drawn, kind)
        ),
        rebuild_request=lambda events, flow, step: _rebuild_request(
            PromptManager(store=RedisPromptStore(redis, prefix=prefix)), events, flow, step
        ),
        model_file=models.original,
        model_contents=_open_contents(models),
        choose_flow=_choose_flow,
        export_run=lambda run_id, path, with_models: _export_run(
            settings, redis, store, run_id=run_id, path=path, with_models=with_models
        ),
        export_session=lambda sessions, name, path, with_models: _session_files().export_session(
            sessions, _open_bundles(settings, redis, store), name, path, with_models=with_models
        ),
        import_session=lambda acting, data, name: _import_session(
            acting, _open_bundles(settings, redis, store), data, name
        ),
        report_session=lambda sessions, name, kind: _report_session(
            sessions,
            name,
            kind,
            remarks=store.remarks,
            prices=load_prices(settings),
            now_ms=clock.now_ms(),
        ),
        write_notebook=_write_notebook,
        statistics=add_up_runs,
        session_statistics=add_up_session,
        prices=lambda: load_prices(settings),
        browser_sessions=BrowserSessions(sign_in, settings.public_url),
        answer_key=load_session_key(settings) if settings.channels else b"",
        slack=_open_slack(settings, redis, app, client),
        unreachable=(RedisError, OperationalError),
        ready=lambda: _check(redis, url),
        origins=settings.api_origins,
    )


def _open_contents(models: ModelFiles) -> Callable[[ModelRef], ModelContents | None]:
    """Lists what is in models, and remembers the last: a page asks for the same table again and again."""

    @lru_cache(maxsize=KEPT_CONTENTS)
    def list_read(ref: ModelRef) -> ModelContents:
        return list_contents(models.read_form(ref))

    return lambda ref: list_read(ref) if models.is_read(ref) else None


def _open_slack(settings: Settings, redis: Redis, app: FluxApp, client: RunClient) -> SlackDoorway | None:
    if settings.slack_signing_secret is None:
        return None
    outbox = RedisChannelOutbox(redis, prefix=settings.key_prefix)
    inbox = SlackInbox(outbox, app.time, lambda: call_carrier(app), open_forms(settings, client))
    return SlackDoorway(inbox, (settings.slack_signing_secret.get_secret_value(),))


def _connect(url: str, *, decode_responses: bool = False) -> Redis:
    return connection.open_client(
        url,
        decode_responses=decode_responses,
        socket_connect_timeout=connection.CONNECT_TIMEOUT_S,
        socket_timeout=10.0,
        socket_keepalive=True,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), RETRIES),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )


def _check(redis: Redis, url: str) -> None:
    try:
        redis.ping()
    except RedisError as error:
        raise connection.explain(error, url) from error


# What follows brings aiohttp, pyarrow, openpyxl, SciPy or the words of the planner: imported when needed.


def _open_artifacts(settings: Settings) -> ArtifactStore:
    store: ArtifactStore = import_module("fluxagents.workers.files.artifact_store").ArtifactFiles(
        settings.artifact_url
    )
    return store


def _prompt_figures() -> ModuleType:
    return import_module("fluxagents.workers.archive.prompt_figures")


def _rebuild_request(
    prompts: PromptManager, events: Sequence[Event], flow: Flow, step: int
) -> Mapping[str, Any]:
    recorded = import_module("fluxagents.tasks.chat.request").rebuild_request(
        events, flow, step, prompts, TOOLS
    )
    document: dict[str, Any] = recorded.request.document
    return {**document, "is_exact": recorded.is_exact}


def _draw_flow(picture: Picture) -> str:
    drawing: str = import_module("fluxagents.workers.reports.svg.svg").svg(picture)
    return drawing


def _draw_result(store: ArtifactStore, digest: str, kind: PictureKind) -> bytes:
    return _encode(
        import_module("fluxagents.workers.reports.result_figure").draw_result(store, None, digest), kind
    )


def _draw_map(drawn: StoredMap, kind: PictureKind) -> bytes:
    return _encode(
        import_module("fluxagents.workers.reports.maps.flux_map_plot").draw_stored_map(drawn), kind
    )


def _encode(figure: PlotFigure, kind: PictureKind) -> bytes:
    return figure.encode_for_page() if kind == "page" else figure.encode(kind)


def _open_webhooks(acting: RunClient, app: FluxApp, redis: Redis) -> Webhooks:
    client = import_module("fluxagents.workers.clients.webhook_client")
    webhooks: Webhooks = client.open_webhooks(acting, app, redis)
    return webhooks


def _encode_tables(kind: str, tables: Mapping[str, Any], about: Mapping[str, Any]) -> bytes:
    formats = import_module("fluxagents.workers.files.table_formats")
    data: bytes = formats.encode_tables(kind, tables, about)
    return data


def _choose_flow(question: str) -> tuple[str, Mapping[str, Any]]:
    choice = import_module("fluxagents.workers.chat_models.planner.flow_choice").choose_flow(question)
    return choice.flow, choice.inputs


def _export_run(
    settings: Settings, redis: Redis, store: RedisRunStore, *, run_id: str, path: Path, with_models: bool
) -> None:
    import_module("fluxagents.workers.archive.run_export").export_run(
        _open_bundles(settings, redis, store), run_id, path, with_models=with_models
    )


def _open_bundles(settings: Settings, redis: Redis, store: RedisRunStore) -> BundleStores:
    stores: type[BundleStores] = import_module("fluxagents.workers.archive.run_bundle").BundleStores
    return stores.open(settings, store, RedisPromptStore(redis, prefix=settings.key_prefix))


def _session_files() -> ModuleType:
    return import_module("fluxagents.workers.archive.session_bundle")


def _import_session(
    acting: RunClient, stores: BundleStores, data: bytes, name: str
) -> tuple[SessionRecord, Sequence[Imported]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload.session.zip"
        path.write_bytes(data)
        taken: tuple[SessionRecord, list[Imported]] = _session_files().import_session(
            acting, stores, path, new_name=name
        )
    return taken


def _write_notebook(session: SessionRecord, contents: Sequence[TextBlock | RunState]) -> bytes:
    files = import_module("fluxagents.workers.reports.session.notebook_html")
    page: bytes = files.write_notebook(session, contents)
    return page


def _report_session(
    sessions: Sessions, name: str, kind: str, *, remarks: RemarkBook, prices: Prices | None, now_ms: int
) -> bytes:
    files = import_module("fluxagents.workers.reports.session.report_file")
    page: bytes = files.write_report(sessions, remarks, name, kind, prices=prices, now_ms=now_ms)
    return page
