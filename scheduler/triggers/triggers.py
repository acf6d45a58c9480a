"""Triggers: adds, shows, pauses and removes what starts runs because of events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from pydantic import JsonValue

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError, nearest
from fluxagents.flows.events import Lane
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.expressions import names_in
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.event_feed import FeedEntry, drop_taken_over
from fluxagents.flows.state import RunState
from fluxagents.scheduler.firings.firing import Firing
from fluxagents.scheduler.flow_files.flow_library import SUFFIXES
from fluxagents.scheduler.people.contacts import check_reply_to
from fluxagents.scheduler.runs.checked_batch import portable_flow
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.triggers.event_trigger import (
    NAME,
    EventTrigger,
    FileSource,
    RunSource,
    Source,
    WebhookSource,
    name_session,
)
from fluxagents.scheduler.triggers.folders.folder_plan import FolderState
from fluxagents.scheduler.triggers.folders.folder_reader import FolderReader
from fluxagents.scheduler.triggers.intake.delivery_box import DeliveryBox
from fluxagents.scheduler.triggers.trigger_book import TriggerBook
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.triggers.trigger_plan import TriggerState
from fluxagents.scheduler.webhooks.endpoint import Secret
from fluxagents.scheduler.webhooks.endpoint_book import EndpointBook
from fluxagents.scheduler.webhooks.incoming import check_incoming_secret

MAX_BACKFILL = 1_000
"""Runs that one backfill looks at."""
PAGE = 200


@dataclass(frozen=True, slots=True)
class TriggerStatus:
    """A trigger and how it is doing."""

    trigger: EventTrigger
    state: TriggerState
    last: Firing | None
    folder: FolderState | None = None
    """What is known of the folder that it watches."""


class Triggers:
    """What people do with triggers.

    Args:
        client: Checks flows and models, and says who acts.
        book: Keeps the triggers.
        engine: Knows how far each one is.
        box: Keeps the secrets of those for which things are posted.
        endpoints: Knows the repositories that files are fetched from.
        reader: Knows which folders can be watched.
        clock: The time.
    """

    def __init__(
        self,
        client: RunClient,
        book: TriggerBook,
        engine: TriggerEngine,
        *,
        box: DeliveryBox,
        endpoints: EndpointBook,
        reader: FolderReader,
        clock: Clock,
    ) -> None:
        self._client = client
        self._book = book
        self._engine = engine
        self._box = box
        self._endpoints = endpoints
        self._reader = reader
        self._clock = clock

    def add(
        self,
        name: str,
        *,
        source: Source,
        flow: str,
        when: str = "",
        model: str = "",
        model_from: str = "",
        via: str = "",
        fetch: Mapping[str, str] | None = None,
        inputs: Mapping[str, JsonValue] | None = None,
        expressions: Mapping[str, str] | None = None,
        lane: Lane = "bulk",
        wait_s: float = 0.0,
        is_debounced: bool = False,
        key: str = "",
        max_open: int = 0,
        reply_to: str = "",
        reply: Mapping[str, str] | None = None,
        secret: str | None = None,
        replace: bool = False,
    ) -> EventTrigger:
        """Start a run for each event of a source from now on.

        Args:
            name: Of the trigger; its runs share the session `trigger:<name>`.
            source: Which events.
            flow: A flow's name, looked up whenever it fires, or a file, which fixes the flow.
            when: A condition on the event, in the language of flows.
            model: A model's name, file or digest; that of the event when empty.
            model_from: Instead: an expression that gives a model's name or digest, or with `via` a file.
            via: A repository among the webhooks, from which models are fetched as `path@commit`.
            fetch: Inputs that are models of it: expressions that give a file each.
            inputs: Of the flow, fixed.
            expressions: Inputs that are computed from the event.
            lane: `bulk` delays nobody who waits for a run.
            wait_s: How long events are gathered before one run starts for all of them, as `events`.
            is_debounced: The wait begins anew with each event.
            key: An expression: events with equal values are gathered, and limited, together.
            max_open: Runs that may be open for one key at once, further ones wait; 0 for any number.
            reply_to: Who is told how its runs go: a webhook, `email:ADDRESS` or `slack:CHANNEL`.
            reply: Where at that webhook it belongs, by expressions: `commit` of a repository.
            secret: What proves who posts for the trigger, of a source that takes deliveries; one that is
                replaced keeps the one that it has when absent.
            replace: Replace the trigger of this name.

        Raises:
            FluxError: If the flow, the model, an input or an expression does not fit, or the name is
                bad or taken.
        """
        _check_trigger_name(name)
        owner = self._client.authority.permit(Action.TRIGGER_ADD, _resource(name)).by
        definition = self._client.check_flow(flow).flow
        _check_inputs(definition, {*(inputs or {}), *(expressions or {}), *(fetch or {})})
        computed = [*(expressions or {}).values(), *(fetch or {}).values(), *(reply or {}).values()]
        for expression in (when, key, model_from, *computed):
            names_in(expression) if expression else None
        self._check_repositories(via, reply_to, fetches=bool(fetch))
        if model and model_from:
            raise FluxError(ErrorClass.BAD_ARGUMENT, "a model is named, or follows from the event; not both")
        if isinstance(source, FileSource):
            self._reader.check(source.address)
            self._client.authority.permit(Action.TRIGGER_WATCH, _resource(name))
        if isinstance(source, WebhookSource):
            self._check_hook(name, source, model or model_from, secret)
        trigger = EventTrigger(
            name=name,
            source=source,
            when=when,
            flow=portable_flow(flow, definition),
            flow_name=definition.flow if flow.endswith(SUFFIXES) else "",
            model=self._find_model(model) if model else "",
            model_from=model_from,
            via=via,
            fetch=dict(fetch or {}),
            inputs=dict(inputs or {}),
            expressions=dict(expressions or {}),
            lane=lane,
            wait_s=wait_s,
            is_debounced=is_debounced,
            key=key,
            max_open=max_open,
            reply_to=check_reply_to(self._client.authority.directory, reply_to),
            reply=dict(reply or {}),
            owner=owner,
            created_ms=self._clock.now_ms(),
        )
        self._record(Action.TRIGGER_ADD, name)
        if not self._book.add(trigger, replace=replace):
            raise ConflictError(
                f"there is a trigger {name!r} already",
                suggestions=("replace it with --replace", f"or `fluxagents triggers remove {name}`"),
            )
        if secret is not None:
            self._box.keep_secrets(name, (Secret(text=secret),))
        self._engine.open(trigger)
        return trigger

    def get(self, name: str) -> TriggerStatus:
        """A trigger and how it is doing.

        Raises:
            FluxError: If there is no such trigger.
        """
        return self._status(self._find(name))

    def list(self) -> Sequence[TriggerStatus]:
        """All triggers and how they are doing, sorted by name."""
        return [self._status(trigger) for trigger in self._book.list()]

    def remove(self, name: str) -> None:
        """Forget a trigger and its history; its runs stay.

        Raises:
            FluxError: If there is no such trigger.
        """
        trigger = self._find(name)
        self._record(Action.TRIGGER_REMOVE, name)
        self._book.remove(name)
        self._engine.close(trigger)

    def hand_over(self, name: str, person: str) -> EventTrigger:
        """Make somebody else the owner of a trigger: its runs are theirs from the next event on.

        Raises:
            FluxError: If there is no such trigger, or whoever acts may not.
        """
        trigger = self._find(name)
        self._client.authority.record(Action.TRIGGER_ADD, _resource(name), details={"owner": person})
        changed = trigger.model_copy(update={"owner": person})
        self._book.add(changed, replace=True)
        return changed

    def pause(self, name: str) -> None:
        """Start no runs until the trigger is resumed. What happens meanwhile is not made up for.

        Raises:
            FluxError: If there is no such trigger.
        """
        trigger = self._find(name)
        by = self._record(Action.TRIGGER_PAUSE, name)
        self._engine.change(
            trigger,
            lambda state: state.model_copy(update={"paused_by": by, "waiting": ()}),
            [Firing(at_ms=self._clock.now_ms(), outcome="paused", note=f"by {by}")],
        )

    def resume(self, name: str) -> None:
        """Let a paused trigger go on.

        Raises:
            FluxError: If there is no such trigger, or it is not paused.
        """
        trigger = self._find(name)
        if not self._engine.state(trigger).paused_by:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"trigger {name!r} is not paused")
        by = self._record(Action.TRIGGER_RESUME, name)
        self._engine.change(
            trigger,
            lambda state: state.model_copy(update={"paused_by": ""}),
            [Firing(at_ms=self._clock.now_ms(), outcome="resumed", note=f"by {by}")],
        )

    def history(self, name: str, *, limit: int) -> Sequence[Firing]:
        """What came of the events of a trigger, the newest first.

        Raises:
            FluxError: If there is no such trigger.
        """
        return self._engine.history(self._find(name), limit=limit)

    def backfill(self, name: str, *, since_ms: int, until_ms: int) -> int:
        """Gather the events of runs that began in a span; an event that was gathered before starts nothing.

        Returns:
            How many events there are.

        Raises:
            FluxError: If there is no such trigger, or the span has too many runs.
        """
        trigger = self._find(name)
        if isinstance(trigger.source, WebhookSource | FileSource):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"trigger {name!r} waits for a {trigger.source.kind}, which no run tells again",
                suggestions=(
                    f"`fluxagents triggers replay {name} DELIVERY` starts a run for one that is kept",
                ),
            )
        self._record(Action.TRIGGER_BACKFILL, name)
        return self._engine.gather(trigger, list(self._find_past(trigger, since_ms, until_ms)))

    def _find_past(self, trigger: EventTrigger, since_ms: int, until_ms: int) -> Iterator[FeedEntry]:
        """The logs of runs that began in a span, those that began first first."""
        states = [state for state in self._walk(trigger.source) if since_ms <= state.started_ms < until_ms]
        if len(states) > MAX_BACKFILL:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"more than {MAX_BACKFILL:,} runs began in this span",
                suggestions=("choose shorter spans, one after the other",),
            )
        for state in reversed(states):
            first, events = drop_taken_over(0, self._client.store.events(state.run_id))
            yield FeedEntry(id="", first=first, events=events, state=state)

    def _walk(self, source: Source) -> Iterator[RunState]:
        """Runs that may have events of a source, the newest first."""
        statuses = source.ends if isinstance(source, RunSource) else (None,)
        for status in statuses:
            for offset in count(0, PAGE):
                page = self._client.store.runs(status=status, limit=PAGE, offset=offset)
                yield from page
                if len(page) < PAGE:
                    break

    def _check_hook(self, name: str, source: WebhookSource, model: str, secret: str | None) -> None:
        if not model:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                "what is posted is about no model by itself",
                suggestions=("name one with --model", "or say how it follows from the payload: --model-from"),
            )
        if secret is not None:
            check_incoming_secret(source.scheme, secret)
            return
        before = self._book.get(name)
        is_alike = (
            before is not None
            and isinstance(before.source, WebhookSource)
            and before.source.scheme.kind == source.scheme.kind
        )
        if not is_alike or not self._box.secrets(name):
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"trigger {name!r} has no secret to keep; give one")

    def _check_repositories(self, via: str, reply_to: str, *, fetches: bool) -> None:
        """Whoever has a repository asked by its token must be allowed to name that token."""
        if fetches and not via:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                "files are fetched from a repository",
                suggestions=("name it with --via; `fluxagents webhooks add NAME URL --as github` adds one",),
            )
        for name in filter(None, (via, reply_to)):
            endpoint = self._endpoints.get(name)
            if endpoint is not None and endpoint.form == "github":
                on = Resource(kind="webhook", id=name, session=endpoint.session)
                self._client.authority.permit(Action.WEBHOOK_ADD, on)
            elif name == via:
                raise FluxError(
                    ErrorClass.UNKNOWN_ID,
                    f"there is no repository {via!r} among the webhooks",
                    suggestions=("`fluxagents webhooks add NAME URL --as github` adds one",),
                )

    def _find_model(self, text: str) -> str:
        """A model as a trigger keeps it: a name that is looked up whenever it fires, or a digest."""
        ref = self._client.models.resolve(text)
        return text if ref.name == text else ref.digest

    def _record(self, action: Action, name: str) -> str:
        return self._client.authority.record(action, _resource(name))

    def _find(self, name: str) -> EventTrigger:
        trigger = self._book.get(name)
        if trigger is None:
            names = [each.name for each in self._book.list()]
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no trigger {name!r}",
                suggestions=(*nearest(name, names), "`fluxagents triggers list` shows the triggers"),
            )
        return trigger

    def _status(self, trigger: EventTrigger) -> TriggerStatus:
        newest = self._engine.history(trigger, limit=1)
        return TriggerStatus(
            trigger,
            self._engine.state(trigger),
            newest[0] if newest else None,
            self._engine.folder(trigger),
        )


def _resource(name: str) -> Resource:
    return Resource(kind="trigger", id=name, session=name_session(name))


def _check_trigger_name(name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{name!r} cannot name a trigger",
            suggestions=("use up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit",),
        )


def _check_inputs(flow: Flow, given: set[str]) -> None:
    """Refuse inputs that the flow has not, and a lack of one that it needs."""
    for name in sorted(given):
        if name not in flow.inputs:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"flow {flow.flow!r} has no input {name!r}",
                suggestions=(*nearest(name, flow.inputs), f"its inputs: {', '.join(flow.inputs) or 'none'}"),
            )
    for name, spec in flow.inputs.items():
        if spec.required and name not in given:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT, f"flow {flow.flow!r} needs the input {name!r}: {spec.purpose}"
            )
