"""Carries out triggers: gathers events, decides, writes down what was decided, starts the runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Trigger
from fluxagents.flows.language.expressions import evaluate
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.event_feed import EventFeed, EventKind, FeedEntry
from fluxagents.flows.state import TERMINAL
from fluxagents.scheduler.firings.firing import Firing, FiringOutcome
from fluxagents.scheduler.firings.firing_ledger import FiringLedger
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.scheduler.triggers.event_trigger import MAX_DEPTH, EventTrigger
from fluxagents.scheduler.triggers.occurrence import Occurrence, find_occurrences
from fluxagents.scheduler.triggers.trigger_book import TriggerBook
from fluxagents.scheduler.triggers.trigger_plan import (
    DueRun,
    Gathered,
    TriggerState,
    gather,
    plan_runs,
)

LISTENER = "triggers"
PAGE = 500
MAX_PAGES = 20
"""Of steps that one reading of the feed takes; the next one goes on."""

MAX_RACES = 20
"""How often one looks again at a trigger that another worker moved on meanwhile."""


class TriggerEngine:
    """Starts one run for each event, or for each group of events, that a trigger waits for.

    Args:
        client: Starts runs.
        book: Keeps the triggers.
        ledger: Remembers how far each one is.
        feed: The events of all runs.
        clock: The time.
    """

    def __init__(
        self, client: RunClient, book: TriggerBook, ledger: FiringLedger, feed: EventFeed, clock: Clock
    ) -> None:
        self._client = client
        self._book = book
        self._ledger = ledger
        self._feed = feed
        self._clock = clock

    def listen(self) -> None:
        """Listen to what the triggers wait for, after one was added or removed."""
        sources = [trigger.source.kind for trigger in self._book.list()]
        kinds: set[EventKind] = {"run" if kind == "run" else "result" for kind in sources}
        self._feed.listen(LISTENER, kinds)

    def open(self, trigger: EventTrigger) -> None:
        """Begin a trigger that was added or replaced."""
        self._ledger.forget(trigger.session)
        self.listen()

    def close(self, trigger: EventTrigger) -> None:
        """Forget a trigger that was removed."""
        self._ledger.forget(trigger.session)
        self.listen()

    def state(self, trigger: EventTrigger) -> TriggerState:
        """How far a trigger is."""
        return self._load(trigger)[0]

    def history(self, trigger: EventTrigger, *, limit: int) -> Sequence[Firing]:
        """What came of its events, the newest first."""
        return self._ledger.history(trigger.session, limit=limit)

    def read(self) -> int:
        """Gather all events since the last time; how many."""
        triggers, count = self._book.list(), 0
        for _ in range(MAX_PAGES if triggers else 0):
            page = self._feed.read(LISTENER, limit=PAGE)
            count += sum(self.gather(trigger, page.entries) for trigger in triggers)
            if page.after == page.before or not self._feed.advance(LISTENER, page):
                break
        return count

    def gather(self, trigger: EventTrigger, entries: Iterable[FeedEntry]) -> int:
        """Gather the events that a trigger waits for; how many."""
        events: list[Gathered] = []
        firings: list[Firing] = []
        for entry in entries:
            for occurrence in find_occurrences(trigger.source, entry):
                self._judge(trigger, occurrence, events, firings)
        if not events and not firings:
            return 0

        def add(state: TriggerState) -> TriggerState:
            if state.paused_by:
                return state
            after, lost = gather(state, events)
            firings.extend(self._record("missed", event.occurrence, "too many events wait") for event in lost)
            return after

        self.change(trigger, add, firings)
        return len(events)

    def _judge(
        self, trigger: EventTrigger, occurrence: Occurrence, events: list[Gathered], firings: list[Firing]
    ) -> None:
        """Take an event whose condition holds; tell of one that cannot be judged or leads in a circle."""
        note = find_loop(trigger, occurrence)
        if note:
            firings.append(self._record("skipped", occurrence, note))
            return
        try:
            if trigger.when and not evaluate(trigger.when, occurrence.names):
                return
            key = str(evaluate(trigger.key, occurrence.names)) if trigger.key else ""
        except FluxError as error:
            firings.append(self._record("skipped", occurrence, error.message))
            return
        events.append(Gathered(occurrence=occurrence, key=key, came_ms=self._clock.now_ms()))

    def serve(self, name: str) -> None:
        """Start what is due of a trigger; forget what is left of one that was removed.

        Raises:
            FluxError: A run could not be started; the history says so as well.
        """
        trigger = self._book.get(name)
        if trigger is None:
            self._ledger.forget(f"trigger:{name}")
            return
        for _ in range(MAX_RACES):
            state, before = self._load(trigger)
            if before is not None and state.pending:
                self._carry_out(trigger, state, before)
                continue
            plan = plan_runs(trigger, state, now_ms=self._clock.now_ms(), ended=self._find_ended(state))
            look_ms = self._clock.now_ms() if plan.state.pending else plan.look_ms
            saved = self._ledger.save(
                trigger.session, plan.state.model_dump_json(), before=before, look_ms=look_ms
            )
            if saved and not plan.state.pending:
                return
        raise _too_busy(trigger)

    def change(
        self,
        trigger: EventTrigger,
        change: Callable[[TriggerState], TriggerState],
        firings: list[Firing],
    ) -> None:
        """Change how far a trigger is, and add to its history what `firings` holds then."""
        for _ in range(MAX_RACES):
            state, before = self._load(trigger)
            told = len(firings)
            after = change(state)
            if self._ledger.save(
                trigger.session,
                after.model_dump_json(),
                before=before,
                look_ms=None if after.paused_by else self._clock.now_ms(),
                firings=firings,
            ):
                return
            del firings[told:]
        raise _too_busy(trigger)

    def _load(self, trigger: EventTrigger) -> tuple[TriggerState, str | None]:
        """The state, and its text in the ledger."""
        fresh = TriggerState(created_ms=trigger.created_ms)
        text = self._ledger.load(trigger.session)
        if text is None:
            return fresh, None
        state = TriggerState.model_validate_json(text)
        return (fresh if state.created_ms < trigger.created_ms else state), text

    def _find_ended(self, state: TriggerState) -> frozenset[str]:
        """Those of the open runs that have ended or are gone. The dead letters hold nothing up."""
        return frozenset(run for runs in state.open.values() for run in runs if self._has_ended(run))

    def _has_ended(self, run_id: str) -> bool:
        try:
            return self._client.store.load(run_id).status in TERMINAL
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            return True

    def _carry_out(self, trigger: EventTrigger, state: TriggerState, before: str) -> None:
        """Start what was decided, and write down that it was."""
        firings: list[Firing] = []
        failures: list[FluxError] = []
        for due in state.pending:
            last = due.occurrences[-1]
            try:
                self._start(trigger, due)
            except FluxError as error:
                if error.info(trigger.session).retryable:
                    raise
                failures.append(error)
                firings.append(self._record("failed", last, error.message))
            else:
                note = "" if len(due.occurrences) == 1 else f"for {len(due.occurrences)} events"
                firings.append(self._record("started", last, note, run_id=due.run_id))
        self._ledger.save(
            trigger.session,
            state.model_copy(update={"pending": ()}).model_dump_json(),
            before=before,
            look_ms=self._clock.now_ms(),
            firings=firings,
        )
        if failures:
            raise failures[0]

    def _start(self, trigger: EventTrigger, due: DueRun) -> None:
        last = due.occurrences[-1]
        spec = RunSpec(
            model=trigger.model or last.model,
            inputs=build_inputs(trigger, due.occurrences),
            run_id=due.run_id,
            trigger=Trigger(
                kind="event",
                name=trigger.name,
                delivery=due.occurrences[0].id,
                source=str(trigger.source),
                chain=last.chain,
                reply_to=trigger.reply_to,
            ),
        )
        if self._is_started(due.run_id):
            return
        proof = Proof(kind="event", id=trigger.name)
        client = self._client.acting_as(Actor(name=trigger.owner, channel="event", proof=proof))
        next(client.batch(trigger.flow, [spec], session=trigger.session, lane=trigger.lane))

    def _is_started(self, run_id: str) -> bool:
        try:
            self._client.store.load(run_id)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            return False
        return True

    def _record(
        self, outcome: FiringOutcome, occurrence: Occurrence, note: str, *, run_id: str = ""
    ) -> Firing:
        return Firing(
            at_ms=self._clock.now_ms(),
            outcome=outcome,
            due_ms=occurrence.at_ms,
            run_id=run_id,
            note=note or str(occurrence.names.get("run_id", "")),
        )


def find_loop(trigger: EventTrigger, occurrence: Occurrence) -> str:
    """Why an event leads in a circle, or too far; empty if it does not."""
    if trigger.name in occurrence.chain:
        return f"it would lead in a circle: {' → '.join((*occurrence.chain, trigger.name))}"
    if len(occurrence.chain) >= MAX_DEPTH:
        return f"{len(occurrence.chain)} triggers have led to it, at most {MAX_DEPTH} may"
    return ""


def build_inputs(trigger: EventTrigger, occurrences: Sequence[Occurrence]) -> dict[str, JsonValue]:
    """The inputs of a run: fixed ones, and those that are computed from its events.

    Raises:
        FluxError: If an expression fails.
    """
    names: dict[str, JsonValue] = {
        **occurrences[-1].names,
        "events": [occurrence.names for occurrence in occurrences],
    }
    computed = {name: evaluate(text, names) for name, text in trigger.expressions.items()}
    return {**trigger.inputs, **computed}


def _too_busy(trigger: EventTrigger) -> FluxError:
    return FluxError(
        ErrorClass.INTERNAL,
        f"trigger {trigger.name!r} moves on whenever it is looked at",
        suggestions=("try again",),
    )
