"""Carries out triggers: gathers events, decides, writes down what was decided, starts the runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Trigger
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.event_feed import EventFeed, EventKind, FeedEntry
from fluxagents.flows.state import TERMINAL
from fluxagents.scheduler.firings.firing import Firing, FiringOutcome
from fluxagents.scheduler.firings.firing_ledger import FiringLedger
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.scheduler.triggers.event_trigger import EventTrigger, FileSource, WebhookSource
from fluxagents.scheduler.triggers.folders.folder_plan import FolderState
from fluxagents.scheduler.triggers.folders.folder_watch import load_folder, name_folder
from fluxagents.scheduler.triggers.intake.delivery import DeliveryStatus, find_delivery_id
from fluxagents.scheduler.triggers.intake.delivery_box import DeliveryBox
from fluxagents.scheduler.triggers.intake.model_intake import ModelIntake
from fluxagents.scheduler.triggers.judgement import (
    Names,
    build_inputs,
    build_reply,
    choose_model,
    find_traceparent,
    join_names,
    judge,
)
from fluxagents.scheduler.triggers.occurrence import Occurrence, find_occurrences
from fluxagents.scheduler.triggers.trigger_book import TriggerBook
from fluxagents.scheduler.triggers.trigger_plan import (
    DueRun,
    Gathered,
    TriggerPlan,
    TriggerState,
    gather,
    plan_runs,
)

LISTENER = "triggers"
_KINDS: Mapping[str, EventKind] = {"run": "run", "model": "result", "artifact": "result"}
"""What a source of each kind is told of by the feed; others come by themselves."""
PAGE = 500
MAX_PAGES = 20
"""Of steps that one reading of the feed takes; the next one goes on."""

LOOK_AGAIN_MS = 30_000
"""A trigger for which things are posted is looked at so often though nothing is known to be new."""

HANDED_OVER_MS = 90_000
"""So long a worker may take to serve a trigger before another one does."""

FETCH_MS = 3_600_000
"""So long it is tried again to start a run whose files cannot be fetched."""

MAX_RACES = 20
"""How often one looks again at a trigger that another worker moved on meanwhile."""


class TriggerEngine:
    """Starts one run for each event, or for each group of events, that a trigger waits for.

    Args:
        client: Starts runs.
        book: Keeps the triggers.
        ledger: Remembers how far each one is.
        feed: The events of all runs.
        box: What was posted for triggers.
        clock: The time.
        intake: Fetches models; a process that starts no runs needs none.
        hand_over: Lets a worker serve a trigger that waits for the network; else it is served here.
    """

    def __init__(
        self,
        client: RunClient,
        book: TriggerBook,
        ledger: FiringLedger,
        feed: EventFeed,
        *,
        box: DeliveryBox,
        clock: Clock,
        intake: ModelIntake | None = None,
        hand_over: Callable[[str], None] | None = None,
    ) -> None:
        self._client = client
        self._book = book
        self._ledger = ledger
        self._feed = feed
        self._box = box
        self._clock = clock
        self._intake = intake
        self._hand_over = hand_over

    def listen(self) -> None:
        """Listen to what the triggers wait for, after one was added or removed."""
        kinds = {_KINDS.get(trigger.source.kind) for trigger in self._book.list()}
        self._feed.listen(LISTENER, {kind for kind in kinds if kind is not None})

    def open(self, trigger: EventTrigger) -> None:
        """Begin a trigger that was added or replaced; what was posted for it and has not started stays."""
        self._ledger.forget(trigger.session)
        self._ledger.forget(name_folder(trigger.name))
        if isinstance(trigger.source, FileSource):
            state = FolderState(created_ms=trigger.created_ms).model_dump_json()
            self._ledger.save(name_folder(trigger.name), state, before=None, look_ms=self._clock.now_ms())
        if isinstance(trigger.source, WebhookSource):
            self._box.reopen(trigger.name)
            self.change(trigger, lambda state: state, [])
        else:
            self._box.forget(trigger.name)
        self.listen()

    def close(self, trigger: EventTrigger) -> None:
        """Forget a trigger that was removed."""
        self._ledger.forget(trigger.session)
        self._ledger.forget(name_folder(trigger.name))
        self._box.forget(trigger.name)
        self.listen()

    def state(self, trigger: EventTrigger) -> TriggerState:
        """How far a trigger is."""
        return self._load(trigger)[0]

    def folder(self, trigger: EventTrigger) -> FolderState | None:
        """What is known of the folder that a trigger watches; None if it watches none."""
        if not isinstance(trigger.source, FileSource):
            return None
        return load_folder(self._ledger, trigger)[0]

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
        events = [(each, each.names) for entry in entries for each in find_occurrences(trigger.source, entry)]
        return sum(status == "waiting" for status, _ in self._gather(trigger, events).values())

    def take_deliveries(self, trigger: EventTrigger) -> None:
        """Gather what was posted for a trigger; of very much the first."""
        events = [
            (Occurrence(id=each.occurrence, at_ms=each.at_ms, model="", names={}), each.delivery.names())
            for each in self._box.find_new(trigger.name, limit=PAGE)
        ]
        for occurrence, (status, note) in self._gather(trigger, events).items():
            self._box.settle(trigger.name, occurrence, status, note=note)

    def gather_files(self, trigger: EventTrigger, found: Sequence[Occurrence]) -> None:
        """Gather files of the folder that a trigger watches."""
        self._gather(trigger, [(occurrence, occurrence.names) for occurrence in found])

    def _gather(
        self, trigger: EventTrigger, found: Sequence[tuple[Occurrence, Names]]
    ) -> dict[str, tuple[DeliveryStatus, str]]:
        """Keep the events whose condition holds; what becomes of each, and why."""
        outcomes: dict[str, tuple[DeliveryStatus, str]] = {}
        events: list[Gathered] = []
        firings: list[Firing] = []
        for occurrence, names in found:
            judgement = judge(trigger, occurrence.chain, names)
            if judgement.fires:
                events.append(
                    Gathered(occurrence=occurrence, key=judgement.key, came_ms=self._clock.now_ms())
                )
                outcomes[occurrence.id] = ("waiting", "")
            else:
                outcomes[occurrence.id] = ("skipped", judgement.note)
                if judgement.is_doubtful:
                    firings.append(self._record("skipped", occurrence, judgement.note))
        lost: list[Gathered] = []
        is_paused = False

        def add(state: TriggerState) -> TriggerState:
            nonlocal is_paused
            is_paused = bool(state.paused_by)
            lost.clear()
            if is_paused:
                return state
            after, left_over = gather(state, events)
            lost.extend(left_over)
            firings.extend(self._record("missed", event.occurrence, "too many events wait") for event in lost)
            return after

        if events or firings:
            self.change(trigger, add, firings)
        changed: DeliveryStatus = "paused" if is_paused else "missed"
        for event in events if is_paused else lost:
            outcomes[event.occurrence.id] = (changed, "")
        return outcomes

    def find_names(self, trigger: EventTrigger, occurrence: Occurrence) -> Names:
        """What expressions may speak of; what was posted lies in the box and not in the state of the trigger.

        Raises:
            FluxError: If a delivery is not kept any more.
        """
        if not isinstance(trigger.source, WebhookSource):
            return occurrence.names
        delivery = self._box.get(trigger.name, find_delivery_id(occurrence.id))
        if delivery is None:
            raise FluxError(
                ErrorClass.UNKNOWN_ID, f"delivery {occurrence.id!r} of trigger {trigger.name!r} is not kept"
            )
        return delivery.names()

    def look(self, name: str) -> None:
        """Serve a trigger that is due, or have it served where nobody waits for the network.

        Raises:
            FluxError: As `serve`.
        """
        trigger = self._book.get(name)
        if trigger is None or not trigger.waits_for_network or self._hand_over is None:
            self.serve(name)
            return
        state, before = self._load(trigger)
        look_ms = self._clock.now_ms() + HANDED_OVER_MS
        text = before if before is not None else state.model_dump_json()
        if self._ledger.save(trigger.session, text, before=before, look_ms=look_ms):
            self._hand_over(name)

    def serve(self, name: str) -> None:
        """Start what is due of a trigger; forget what is left of one that was removed.

        Raises:
            FluxError: A run could not be started; the history says so as well.
        """
        trigger = self._book.get(name)
        if trigger is None:
            self._ledger.forget(f"trigger:{name}")
            return
        stuck: set[str] = set()
        for _ in range(MAX_RACES):
            self.take_deliveries(trigger)
            state, before = self._load(trigger)
            if before is not None and has_pending(state, stuck):
                stuck |= self._carry_out(trigger, state, before, stuck)
                continue
            plan = plan_runs(trigger, state, now_ms=self._clock.now_ms(), ended=self._find_ended(state))
            is_over = not has_pending(plan.state, stuck)
            look_ms = self._find_look_ms(trigger, plan) if is_over else self._clock.now_ms()
            if not self._ledger.save(
                trigger.session, plan.state.model_dump_json(), before=before, look_ms=look_ms
            ):
                continue
            # A delivery that came meanwhile made the trigger due, which it is no more.
            if is_over and not self._box.find_new(trigger.name, limit=1):
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

    def _find_look_ms(self, trigger: EventTrigger, plan: TriggerPlan) -> int | None:
        """When to look again: soon for what is stuck, and for deliveries should this process die now."""
        takes_deliveries = isinstance(trigger.source, WebhookSource) and not plan.state.paused_by
        if not takes_deliveries and not plan.state.pending:
            return plan.look_ms
        again_ms = self._clock.now_ms() + LOOK_AGAIN_MS
        return again_ms if plan.look_ms is None else min(plan.look_ms, again_ms)

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

    def _carry_out(
        self, trigger: EventTrigger, state: TriggerState, before: str, stuck: Collection[str]
    ) -> set[str]:
        """Start what was decided but for what is stuck, and write down that it was.

        Returns:
            The runs whose files cannot be fetched now; they are tried again later.
        """
        firings: list[Firing] = []
        failures: list[FluxError] = []
        later = [due for due in state.pending if due.run_id in stuck]
        for due in state.pending:
            if due in later:
                continue
            last = due.occurrences[-1]
            try:
                self._start(trigger, due)
            except FluxError as error:
                if error.info(trigger.session).retryable:
                    if not trigger.waits_for_network:
                        raise
                    if self._clock.now_ms() < last.at_ms + FETCH_MS:
                        later.append(due)
                        continue
                failures.append(error)
                firings.append(self._record("failed", last, error.message))
                self._settle(trigger, due, "failed", error.message)
            else:
                note = "" if len(due.occurrences) == 1 else f"for {len(due.occurrences)} events"
                firings.append(self._record("started", last, note, run_id=due.run_id))
                self._settle(trigger, due, "started", note)
        self._ledger.save(
            trigger.session,
            state.model_copy(update={"pending": tuple(later)}).model_dump_json(),
            before=before,
            look_ms=self._clock.now_ms(),
            firings=firings,
        )
        if failures:
            raise failures[0]
        return {due.run_id for due in later}

    def _settle(self, trigger: EventTrigger, due: DueRun, status: DeliveryStatus, note: str) -> None:
        """Write down what came of the deliveries of a run."""
        if isinstance(trigger.source, WebhookSource):
            run_id = due.run_id if status == "started" else ""
            for occurrence in due.occurrences:
                self._box.settle(trigger.name, occurrence.id, status, run_id=run_id, note=note)

    def _start(self, trigger: EventTrigger, due: DueRun) -> None:
        if self._is_started(due.run_id):
            return
        last = due.occurrences[-1]
        names = join_names([self.find_names(trigger, occurrence) for occurrence in due.occurrences])
        # Those before it first, so that the name of a model means the newest.
        fetched = self._intake.fetch_inputs(trigger, names) if self._intake else {}
        model = choose_model(trigger, names, last.model)
        if self._intake and trigger.waits_for_network:
            model = self._intake.bring(trigger, model, names)
        spec = RunSpec(
            model=model,
            inputs={**build_inputs(trigger, names), **fetched},
            run_id=due.run_id,
            trigger=Trigger(
                kind="event",
                name=trigger.name,
                delivery=due.occurrences[0].id,
                source=str(trigger.source),
                chain=last.chain,
                reply_to=trigger.reply_to,
                reply=build_reply(trigger, names),
            ),
            traceparent=find_traceparent(names),
        )
        client = self._client.acting_as(name_actor(trigger))
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


def name_actor(trigger: EventTrigger) -> Actor:
    """Who acts where a trigger starts a run: whoever added it, by what the trigger waits for."""
    if isinstance(trigger.source, WebhookSource):
        return Actor(name=trigger.owner, channel="webhook", proof=Proof(kind="signature", id=trigger.name))
    return Actor(name=trigger.owner, channel="event", proof=Proof(kind="event", id=trigger.name))


def has_pending(state: TriggerState, stuck: Collection[str]) -> bool:
    """Whether a run was decided that is neither started nor stuck."""
    return any(due.run_id not in stuck for due in state.pending)


def _too_busy(trigger: EventTrigger) -> FluxError:
    return FluxError(
        ErrorClass.INTERNAL,
        f"trigger {trigger.name!r} moves on whenever it is looked at",
        suggestions=("try again",),
    )
