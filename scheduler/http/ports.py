"""What the API needs: use cases, stores of its own, and things that only the composition root can build."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from fluxagents.flows.drawing.picture import Picture
from fluxagents.flows.events import Event
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.notebook import TextBlock
from fluxagents.flows.ports.presence import Presence
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.flows.ports.session import SessionRecord
from fluxagents.flows.state import RunState
from fluxagents.flows.statistics.status_timeline import Moment
from fluxagents.prompts.statistics.costs import Prices
from fluxagents.scheduler.channels.slack.slack_inbox import SlackInbox
from fluxagents.scheduler.http.browser_sessions import BrowserSessions
from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.audit_trail import AuditTrail
from fluxagents.scheduler.people.people import People
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.scheduler.sessions.notebooks import Notebooks
from fluxagents.scheduler.sessions.sessions import Sessions
from fluxagents.scheduler.triggers.deliveries import Deliveries
from fluxagents.scheduler.triggers.intake.reception import Reception
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.scheduler.webhooks.webhooks import Webhooks
from fluxagents.tasks.fba.maps.stored_map import StoredMap
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.media import MediaCatalog
from fluxagents.tasks.ports.models import ModelContents, ModelRef

if TYPE_CHECKING:
    from fluxagents.prompts.statistics.comparison import MetricDifference
    from fluxagents.prompts.versions.manager import PromptManager
    from fluxagents.prompts.versions.record import TrialPeriod


@dataclass(frozen=True, slots=True)
class KnownRequest:
    """What is known of an idempotency key."""

    status: Literal["new", "in_flight", "other", "done"]
    """`other`: the key came with another request before."""
    first_ms: int = 0
    """When the key was first seen (Unix time in ms)."""
    response: bytes = b""


class IdempotencyKeys(Protocol):
    """Remembers for a day what was answered to a key. Every method is atomic."""

    def begin(self, key: str, request: str) -> KnownRequest:
        """Look a key up, and take it for a minute if nobody has it.

        Args:
            key: With the actor in it: two people may send the same.
            request: The sha256 of what was sent.
        """
        ...

    def finish(self, key: str, response: bytes) -> None:
        """Keep the answer."""
        ...

    def abandon(self, key: str) -> None:
        """Give the key back: the same request may be tried again."""
        ...


@dataclass(frozen=True, slots=True)
class Quota:
    """Where somebody stands in the present minute."""

    limit: int
    remaining: int
    """Below zero when there were too many."""
    reset_s: int


class RateLimits(Protocol):
    """Counts requests over all processes."""

    def count(self, who: str) -> Quota | None:
        """Count one more; None where there is no limit."""
        ...


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """Events that one step of a run wrote, or a remark on it."""

    id: str
    """Sorts by time over all runs."""
    run_id: str
    session: str
    first: int
    """The index in the run's log of the first of them."""
    count: int
    """0 of a remark."""
    remark: int = 0
    """The number of a remark; 0 of events."""


class LiveEvents(Protocol):
    """What happens in all runs, in one order; the last of it is kept."""

    def follow(self) -> AsyncIterator[LiveEntry]:
        """Every entry from now on, without end."""
        ...

    async def since(self, entry_id: str) -> Sequence[LiveEntry] | None:
        """The entry and all after it; None if some of them are no longer kept."""
        ...

    async def lines(self, entry: LiveEntry) -> Sequence[bytes]:
        """The events, or the remark, as JSON."""
        ...

    async def close(self) -> None:
        """Give the connections up."""
        ...


PictureKind = Literal["page", "svg", "png"]
"""Of plots and maps: one whose colours follow the reader of a page, or a file on white paper."""

Unit = Literal["", "seconds", "bytes", "flag"]
"""Of a figure; a flag is 1 or 0."""


@dataclass(frozen=True, slots=True)
class RowReading:
    """One row of a panel."""

    name: str
    parts: Mapping[str, float]
    """What its bar is made of; the name is empty where there is one part."""
    values: tuple[float | None, ...]
    """Under the columns of the panel; None where nothing was measured."""


@dataclass(frozen=True, slots=True)
class PanelReading:
    """Figures of one kind, as one reading of all metrics has them."""

    title: str
    is_total: bool
    """Whether it was counted since the installation began; else it is so now."""
    about: str
    label: str
    """What the names of the rows are; empty for figures of the whole installation."""
    bar: str
    unit: Unit
    columns: tuple[tuple[str, Unit], ...]
    rows: tuple[RowReading, ...]


@dataclass(frozen=True, slots=True)
class AlertReading:
    """What one reading says of an alert."""

    name: str
    severity: Literal["page", "ticket"]
    lasts: str
    """How long it must hold before it fires."""
    runbook: str
    """The name of the page that says what to do."""
    is_known: bool
    """False for one that compares with the past."""
    messages: tuple[str, ...]
    """One for each thing that it holds for now."""


@dataclass(frozen=True, slots=True)
class InstallationReading:
    """How an installation does."""

    panels: tuple[PanelReading, ...]
    alerts: tuple[AlertReading, ...]


class ApiMetrics(Protocol):
    """What this process counts, and the page of all metrics."""

    def note(self, resource: str, method: str, status: int, seconds: float | None) -> None:
        """Count a request; without seconds it was a stream."""
        ...

    def store(self, listeners: int) -> None:
        """Put what was counted where all processes put it, and say how many listen to this one."""
        ...

    def write(self, accept: str) -> tuple[bytes, str]:
        """The page in a format that is accepted, and its media type."""
        ...


@dataclass(frozen=True, slots=True)
class ApiCheck:
    """Whether the API can do one thing."""

    name: str
    cause: str = ""
    """Why not; empty if it can."""


class Uploads(Protocol):
    """Files that arrive in parts."""

    def begin(self) -> str:
        """The id of a new upload."""
        ...

    def size(self, upload: str) -> int:
        """Bytes that have arrived; raises `UNKNOWN_ID`."""
        ...

    def append(self, upload: str, offset: int, part: bytes) -> int:
        """Keep a part that begins where the last ended, else `BAD_ARGUMENT`; the bytes that have arrived."""
        ...

    def read(self, upload: str) -> bytes:
        """All that has arrived; raises `UNKNOWN_ID`."""
        ...

    def remove(self, upload: str) -> None:
        """Forget it."""
        ...


class SavedQueries(Protocol):
    """Named filters of each person."""

    def list(self, person: str) -> Mapping[str, bytes]:
        """All of a person's by name."""
        ...

    def save(self, person: str, name: str, query: bytes, *, before: bytes | None) -> bool:
        """Keep one; False, and nothing done, unless what stands there is `before` (None: nothing)."""
        ...

    def remove(self, person: str, name: str) -> bool:
        """Forget one; False if there is none."""
        ...


class PromptComparison(Protocol):
    """Two versions of a prompt side by side."""

    @property
    def old(self) -> str: ...

    @property
    def new(self) -> str: ...

    @property
    def period(self) -> TrialPeriod | None:
        """The experiment whose runs count; without one all runs do."""
        ...

    @property
    def differences(self) -> Sequence[MetricDifference]: ...


class ImportedRun(Protocol):
    """What became of the file of a run."""

    @property
    def written(self) -> Sequence[str]:
        """Ids of runs that were not here before."""
        ...

    @property
    def missing(self) -> Sequence[str]:
        """What the runs speak of and neither the file nor this installation has."""
        ...


@dataclass(frozen=True, slots=True)
class SlackDoorway:
    """Takes what Slack sends."""

    inbox: SlackInbox
    secrets: tuple[str, ...] = field(repr=False)
    """With which it signs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a request may bring, and how long it may take to come."""

    body_bytes: int = 2_000_000
    part_bytes: int = 16_000_000
    """Of a part of an upload."""
    hook_bytes: int = 1_000_000
    """Of what is posted for a trigger."""
    hook_s: float = 10.0
    """For the whole of that: nobody has shown a key who sends it."""
    body_s: float = 30.0
    """For the whole body."""
    batch_runs: int = 10_000
    streams: int = 2_000
    """Listeners of one process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPorts:
    """All that the API is made from."""

    client: RunClient
    """Acts for whoever is named with `acting_as`."""
    api_keys: ApiKeys
    people: Callable[[RunClient], People]
    """Changes who belongs to the installation, for whoever acts with a client."""
    audit_trail: AuditTrail
    """The whole audit log; whoever shows it asks first whether they may."""
    browser_sessions: BrowserSessions
    clock: Clock
    sessions: Callable[[RunClient], Sessions]
    """The sessions, for whoever acts with a client."""
    notebooks: Callable[[RunClient], Notebooks]
    """The notebooks of sessions, for whoever acts with a client."""
    schedules: Callable[[RunClient], Schedules]
    """The schedules, for whoever acts with a client."""
    triggers: Callable[[RunClient], Triggers]
    """The triggers, for whoever acts with a client."""
    deliveries: Callable[[RunClient], Deliveries]
    """What was posted for triggers, for whoever acts with a client."""
    reception: Reception
    """Takes what is posted for triggers."""
    webhooks: Callable[[RunClient], Webhooks]
    """The webhooks, for whoever acts with a client."""
    idempotency: IdempotencyKeys
    rate_limits: RateLimits
    live: LiveEvents
    uploads: Uploads
    queries: SavedQueries
    media: MediaCatalog
    prompts: Callable[[], PromptManager]
    prompt_figures: Callable[[str], Sequence[Mapping[str, Any]]]
    """How each version of a prompt does, from the newest runs; brings SciPy."""
    compare_prompts: Callable[[str, str, str], PromptComparison]
    """Two versions of a prompt, with confidence intervals; as the former."""
    remedies: RemedyBook
    presence: Presence
    metrics: ApiMetrics
    read_installation: Callable[[], InstallationReading]
    """What the page of all metrics has, as panels and alerts."""
    render_runbook: Callable[[str], str]
    """What to do about an alert, as HTML, by the name of its runbook."""
    artifacts: Callable[[], ArtifactStore]
    """Brings pyarrow, so it is called only where a table is asked for."""
    encode_tables: Callable[[str, Mapping[str, Any], Mapping[str, Any]], bytes]
    """Tables by name, and what is said about them, in a format: csv, json, parquet or xlsx."""
    draw_flow: Callable[[Picture], str]
    """A flow, with a run laid over it or not, as SVG."""
    draw_result: Callable[[str, PictureKind], bytes]
    """The plot of a result; brings matplotlib. Raises `BAD_ARGUMENT` if there is none."""
    draw_map: Callable[[StoredMap, PictureKind], bytes]
    """A flux map, as the former."""
    rebuild_request: Callable[[Sequence[Event], Flow, int], Mapping[str, Any]]
    """What the decision of a step sent to the chat model, composed again from the log of its run."""
    model_file: Callable[[ModelRef], bytes | None]
    """A model's file as it was added."""
    model_contents: Callable[[ModelRef], ModelContents | None]
    """What is in a model; None where its file has not been read yet."""
    choose_flow: Callable[[str], tuple[str, Mapping[str, Any]]]
    """The flow that answers a question, and its inputs."""
    export_run: Callable[[str, Path, bool], object]
    """Write a run, with its models or not, as one file."""
    export_session: Callable[[Sessions, str, Path, bool], object]
    """Write a session with its runs, with their models or not, as one file."""
    import_session: Callable[[RunClient, bytes, str], tuple[SessionRecord, Sequence[ImportedRun]]]
    """Take in the file of a session, under another name if one is given, for whoever acts with a client."""
    report_session: Callable[[Sessions, str, str], bytes]
    """A session on one page, as `html` or `pdf`."""
    write_notebook: Callable[[SessionRecord, Sequence[TextBlock | RunState]], bytes]
    """A notebook as one HTML file."""
    statistics: Callable[..., Mapping[str, Any]]
    """Add up the runs of a choice: `flow`, `session`, `since_ms`, `until_ms`."""
    session_statistics: Callable[[str], tuple[Mapping[str, Any], Sequence[Moment]]]
    """Add up the runs of a session, and say how many had which status at which time."""
    prices: Callable[[], Prices | None]
    """What chat models cost; None where it is not known."""
    answer_key: bytes = b""
    """Signs the links that show requests; empty where no channel sends any."""
    slack: SlackDoorway | None = None
    """None where Slack sends nothing here."""
    unreachable: tuple[type[Exception], ...] = ()
    """What the ports raise when Redis cannot be reached."""
    ready: Callable[[], None] = field(default=lambda: None)
    """Raises if the store cannot be used now."""
    limits: Limits = Limits()
    origins: tuple[str, ...] = ()
    """Web pages of other servers that may read answers (CORS); none by default."""
