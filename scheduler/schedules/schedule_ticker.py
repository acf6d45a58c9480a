"""Carries out the ticks of schedules: decides, writes down what was decided, starts the runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Trigger
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.state import TERMINAL, RunState
from fluxagents.scheduler.firings.firing import Firing, FiringOutcome
from fluxagents.scheduler.firings.firing_ledger import FiringLedger
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.scheduler.schedules.schedule import Schedule, name_session
from fluxagents.scheduler.schedules.tick_plan import DueStart, TickPlan, TickState, plan_ticks

MAX_RACES = 20
"""How often one looks again at a schedule that another worker moved on meanwhile."""


class ScheduleTicker:
    """Starts the runs of ticks that are due, and remembers how far each schedule is.

    A tick is written down as decided before its run is started, and as carried out afterwards. Whoever finds
    it written down starts it again, which starts nothing if it was started: its run's id is made of the
    schedule's name and the tick.

    Args:
        client: Starts and cancels runs.
        ledger: Remembers.
        clock: The time.
    """

    def __init__(self, client: RunClient, ledger: FiringLedger, clock: Clock) -> None:
        self._client = client
        self._ledger = ledger
        self._clock = clock

    def open(self, schedule: Schedule) -> None:
        """Begin a schedule that was added or replaced."""
        self._ledger.forget(schedule.session)
        state = begin(schedule)
        look_ms = schedule.start_ms(schedule.next_tick(state.decided_ms))
        self._ledger.save(schedule.session, state.model_dump_json(), before=None, look_ms=look_ms)

    def close(self, name: str) -> None:
        """Forget a schedule that was removed."""
        self._ledger.forget(name_session(name))

    def state(self, schedule: Schedule) -> TickState:
        """How far a schedule is."""
        return self._load(schedule)[0]

    def history(self, schedule: Schedule, *, limit: int) -> Sequence[Firing]:
        """What became of its ticks, the newest first."""
        return self._ledger.history(schedule.session, limit=limit)

    def tick(self, schedule: Schedule) -> str:
        """Start what is due.

        Returns:
            The id of the run of the last tick that started one; empty before the first.

        Raises:
            FluxError: A run could not be started; the history says so as well.
        """
        for _ in range(MAX_RACES):
            state, before = self._load(schedule)
            if state.created_ms > schedule.created_ms:
                return ""  # the message is one of a schedule that was replaced
            if before is not None and state.pending:
                self._carry_out(schedule, state, before)
                continue
            plan = plan_ticks(
                schedule, state, now_ms=self._clock.now_ms(), is_busy=self._is_busy(schedule, state)
            )
            if plan.state == state and before is not None:
                self._look_later(schedule, before, plan)
                return _name_newest(schedule, state)
            if self._write(schedule, before, plan) and not plan.state.pending:
                return _name_newest(schedule, plan.state)
        raise _too_busy(schedule)

    def change(
        self, schedule: Schedule, change: Callable[[TickState], TickState], firings: Iterable[Firing]
    ) -> TickState:
        """Change how far a schedule is, and add to its history."""
        firings = tuple(firings)
        for _ in range(MAX_RACES):
            state, before = self._load(schedule)
            after = change(state)
            if self._ledger.save(
                schedule.session,
                after.model_dump_json(),
                before=before,
                look_ms=None if after.paused_by else self._clock.now_ms(),
                firings=firings,
            ):
                return after
        raise _too_busy(schedule)

    def has_run(self, schedule: Schedule, tick_ms: int) -> bool:
        """Whether a tick has a run, also one that is in the archive."""
        return self._find(schedule.tick_run(tick_ms)) is not None

    def _load(self, schedule: Schedule) -> tuple[TickState, str | None]:
        """The state, and its text in the ledger."""
        text = self._ledger.load(schedule.session)
        if text is None:
            return begin(schedule), None
        state = TickState.model_validate_json(text)
        return (begin(schedule) if state.created_ms < schedule.created_ms else state), text

    def _is_busy(self, schedule: Schedule, state: TickState) -> bool:
        """Whether the run of the last tick is open. The dead letters do not hold a schedule up."""
        if schedule.overlap == "allow" or state.newest_ms is None:
            return False
        run = self._find(schedule.tick_run(state.newest_ms))
        return run is not None and run.status not in TERMINAL

    def _find(self, run_id: str) -> RunState | None:
        try:
            return self._client.store.load(run_id)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            return None

    def _write(self, schedule: Schedule, before: str | None, plan: TickPlan) -> bool:
        now_ms = self._clock.now_ms()
        firings = [
            Firing(at_ms=now_ms, outcome=verdict.outcome, due_ms=verdict.tick_ms, note=verdict.note)
            for verdict in plan.verdicts
        ]
        # What is pending is looked at again at once should this worker die.
        look_ms = now_ms if plan.state.pending else plan.look_ms
        return self._ledger.save(
            schedule.session, plan.state.model_dump_json(), before=before, look_ms=look_ms, firings=firings
        )

    def _look_later(self, schedule: Schedule, before: str, plan: TickPlan) -> None:
        """Whoever wrote meanwhile has set a time of its own."""
        self._ledger.save(schedule.session, before, before=before, look_ms=plan.look_ms)

    def _carry_out(self, schedule: Schedule, state: TickState, before: str) -> None:
        """Start what was decided, and write down that it was."""
        firings: list[Firing] = []
        failures: list[FluxError] = []
        for due in state.pending:
            try:
                note = self._start(schedule, due)
            except FluxError as error:
                if error.info(schedule.session).retryable:
                    raise
                failures.append(error)
                firings.append(self._record("failed", due, note=error.message))
            else:
                run_id = schedule.tick_run(due.tick_ms)
                firings.append(self._record("started", due, note=note, run_id=run_id))
        self._ledger.save(
            schedule.session,
            state.model_copy(update={"pending": ()}).model_dump_json(),
            before=before,
            look_ms=self._clock.now_ms(),
            firings=firings,
        )
        if failures:
            raise failures[0]

    def _record(self, outcome: FiringOutcome, due: DueStart, *, note: str, run_id: str = "") -> Firing:
        return Firing(
            at_ms=self._clock.now_ms(), outcome=outcome, due_ms=due.tick_ms, run_id=run_id, note=note
        )

    def _start(self, schedule: Schedule, due: DueStart) -> str:
        """Start the run of a tick unless it exists; a note for the history."""
        note = ""
        if due.cancels_ms is not None:
            note = self._cancel(schedule, schedule.tick_run(due.cancels_ms))
        if not self.has_run(schedule, due.tick_ms):
            start_tick(act_as_owner(self._client, schedule), schedule, due.tick_ms)
        return note

    def _cancel(self, schedule: Schedule, run_id: str) -> str:
        reason = f"the next tick of schedule {schedule.name} is due"
        cancelled = act_as_owner(self._client, schedule).cancel_all([run_id], reason=reason)
        return f"cancelled {cancelled[0]}" if cancelled else ""


def begin(schedule: Schedule) -> TickState:
    """The state of a schedule that has had no tick."""
    return TickState(created_ms=schedule.created_ms, decided_ms=schedule.created_ms)


def act_as_owner(client: RunClient, schedule: Schedule) -> RunClient:
    """The client of whoever added a schedule: what its ticks do is theirs."""
    proof = Proof(kind="schedule", id=schedule.name)
    return client.acting_as(Actor(name=schedule.owner, channel="schedule", proof=proof))


def start_tick(client: RunClient, schedule: Schedule, tick_ms: int) -> str:
    """Start the run of a tick; its id.

    Raises:
        FluxError: As `RunClient.start`.
    """
    trigger = Trigger(kind="schedule", name=schedule.name, delivery=str(tick_ms), reply_to=schedule.reply_to)
    spec = RunSpec(
        model=schedule.model, inputs=schedule.inputs, run_id=schedule.tick_run(tick_ms), trigger=trigger
    )
    return next(client.batch(schedule.flow, [spec], session=schedule.session, lane=schedule.lane)).id


def _name_newest(schedule: Schedule, state: TickState) -> str:
    return "" if state.newest_ms is None else schedule.tick_run(state.newest_ms)


def _too_busy(schedule: Schedule) -> FluxError:
    return FluxError(
        ErrorClass.INTERNAL,
        f"schedule {schedule.name!r} moves on whenever it is looked at",
        suggestions=("try again",),
    )
