"""Forks and rewinds: a new run from a step of another one, and a run that is set back to an earlier step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.engine.budget import check_budget
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.lineage import (
    arrival_at,
    fork_history,
    open_state_at,
    open_steps,
    split_values,
    up_to,
)
from fluxagents.flows.history.rollback import RollbackReport, find_child_runs, report_rollback
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.people.actions import Action
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.run_store import require_start
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.checks import check_document, check_text
from fluxagents.flows.texts.grammar import MAX_REASON
from fluxagents.scheduler.runs.open_runs import OpenRuns
from fluxagents.scheduler.runs.run_control import RunControl
from fluxagents.scheduler.runs.run_ids import run_id as new_run_id
from fluxagents.tasks.dispatch import build_commit
from fluxagents.tasks.protocol import publish
from fluxagents.tasks.registry import tool_facts


@dataclass(frozen=True, slots=True)
class Rewind:
    """A planned rewind: where the run would stand and what it would leave behind; valid until it moves."""

    state: RunState
    """The run as it is now."""
    then: RunState
    """The run as it would be."""
    to_seq: int
    kept: int
    """How many of the first events of its log lead there."""
    report: RollbackReport
    begun: tuple[str, ...]
    """Runs that it began since."""

    @property
    def undone(self) -> RollbackReport:
        """The earlier name of `report`."""
        return self.report


class HistoryControl:
    """Forks and rewinds runs, and adopts runs that were recorded elsewhere."""

    def __init__(self, runs: OpenRuns, control: RunControl) -> None:
        self._runs = runs
        self._control = control

    def fork(
        self,
        run_id: str,
        *,
        by: str | None = None,
        at: int | None = None,
        values: Mapping[str, JsonValue] | None = None,
        session: str = "",
        stepwise: bool = False,
    ) -> RunState:
        """Start a new run that is another one up to a step. The other one stays as it is, archived or not.

        What humans agreed to and was not carried out yet is asked again of the new run.

        Args:
            run_id: The run that it is made from.
            by: In whose name, if not your own; see `Authority.permit`.
            at: The last step that both share; the last after which the run had not ended when absent.
            values: Inputs and facts that differ from now on.
            session: The session of the new run; that of the other one when empty.
            stepwise: Whether the new run pauses before every command.

        Returns:
            The state of the new run.

        Raises:
            FluxError: If the run had ended with that step, a value does not fit the flow, or the budget of
                the flow is used already.
        """
        check_document(values or {}, "value")
        history = self._runs.store.events(run_id)
        at = max(open_steps(history), default=0) if at is None else at
        then = open_state_at(history, at)
        controller = self._runs.controller(then)
        inputs, facts = split_values(controller.flow, then, values or {})
        now = self._runs.clock.now_ms()
        new = new_run_id(now)
        permit = self._runs.permit(Action.RUN_FORK, then, by=by, details={"at": at, "new": new})
        *shared, parting = fork_history(
            history, at, new, at_ms=now, by=permit.by, inputs=inputs, facts=facts, stepwise=stepwise
        )
        if session:
            shared[0] = require_start(shared[0]).model_copy(update={"session": session})
        state = fold(shared)
        _check_budget(controller.flow, reduce(state, parting), now)
        commit = build_commit(controller, state, [parting], seq=parting.seq, at_ms=now)
        commit = replace(commit, events=(*shared, *commit.events), record=permit.record)
        outgoing = self._runs.store.create(commit, commit.state.model_dump_json())
        publish(self._runs.publisher, *([outgoing] if outgoing else []))
        return commit.state

    def adopt(self, events: Sequence[e.Event], *, by: str | None = None) -> RunState:
        """Store a run that was recorded elsewhere: one that has ended as it is, any other one paused.

        Raises:
            FluxError: If another run has its id, or its flow is not stored.
        """
        state = fold(events)
        permit = self._runs.permit(Action.RUN_IMPORT, state, by=by)
        commit = Commit(events=tuple(events), state=state, dispatch=None)
        if not state.has_ended and state.status != "dead":
            arrived = e.RunImported(seq=state.seq, at_ms=self._runs.clock.now_ms(), by=permit.by)
            commit = build_commit(
                self._runs.controller(state), state, [arrived], seq=state.seq, at_ms=arrived.at_ms
            )
            commit = replace(commit, events=(*events, *commit.events))
        commit = replace(commit, record=permit.record)
        outgoing = self._runs.store.create(commit, commit.state.model_dump_json())
        publish(self._runs.publisher, *([outgoing] if outgoing else []))
        if self._runs.store.events(state.run_id)[: len(events)] != tuple(events):
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"another run has the id {state.run_id!r}")
        return commit.state

    def plan_rewind(self, run_id: str, *, to: int | None = None, node: str | None = None) -> Rewind:
        """Find what a rewind to a step, or to the last arrival at a node, would do; it changes nothing.

        Raises:
            FluxError: If there is no such step or node, the run had ended with that step, it is in the
                archive, or the run that began it has taken its result.
        """
        state = self._runs.store.load(run_id)
        self._check_can_return(state)
        # The log may have grown since the state was read.
        history = up_to(self._runs.store.events(run_id), state.seq - 1)
        if node is not None:
            kept = arrival_at(history, self._runs.store.flow(state.flow.digest), node)
            then = fold(history[:kept])
        else:
            then = open_state_at(history, state.seq - 1 if to is None else to)
            kept = len(up_to(history, then.seq - 1))
        return Rewind(
            state=state,
            then=self._with_living_children(then),
            to_seq=then.seq - 1,
            kept=kept,
            report=report_rollback(history, kept, tool_facts(self._runs.tools)),
            begun=find_child_runs(history[kept:]),
        )

    def _with_living_children(self, then: RunState) -> RunState:
        """As the state is; with runs to begin anew if some that it waits for were cancelled since."""
        if any(self._runs.store.load(child).status == "cancelled" for child in then.children):
            return then.model_copy(update={"joining": None, "begun": None})
        return then

    def rollback(
        self,
        run_id: str,
        *,
        to: int,
        by: str | None = None,
        reason: str = "no reason given",
        confirmed: bool = False,
    ) -> RunState:
        """Let a run stand again where it stood after a step; what it did since stays in its log.

        A step that runs now is stopped, and so are the runs that it began since. What humans agreed to and
        was not carried out by then is asked again.

        Args:
            run_id: The run, also one that has ended.
            to: The step.
            by: In whose name, if not your own; see `Authority.permit`.
            reason: Why.
            confirmed: Whether it is known what cannot be undone.

        Raises:
            FluxError: As `plan_rewind`; if something cannot be undone and that is not confirmed, naming it;
                if the run moved on meanwhile.
        """
        return self.rewind(self.plan_rewind(run_id, to=to), by=by, reason=reason, confirmed=confirmed)

    def restart(
        self, run_id: str, *, node: str, by: str | None = None, reason: str = "", confirmed: bool = False
    ) -> RunState:
        """Let a run begin again at a node, as it was when it last came there; otherwise as `rollback`."""
        reason = reason or f"begin again at {node}"
        return self.rewind(self.plan_rewind(run_id, node=node), by=by, reason=reason, confirmed=confirmed)

    def rewind(
        self, plan: Rewind, *, by: str | None = None, reason: str, confirmed: bool = False
    ) -> RunState:
        """Carry out what `plan_rewind` returned; raises as `rollback`."""
        check_text(reason, "the reason", MAX_REASON)
        run_id = plan.state.run_id
        permit = self._runs.permit(
            Action.RUN_ROLL_BACK, plan.state, by=by, details={"to_step": plan.to_seq, "reason": reason}
        )
        if plan.report.irreversible and not confirmed:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"run {run_id!r} cannot undo all that it did since step {plan.to_seq}: "
                + "; ".join(plan.report.irreversible),
                suggestions=(
                    "confirm it: `--yes`, or confirmed=True",
                    "fork the run, which undoes nothing",
                ),
            )
        event = e.RunRolledBack(
            seq=plan.state.seq,
            at_ms=self._runs.clock.now_ms(),
            to_seq=plan.to_seq,
            kept=plan.kept,
            state=plan.then.model_dump(mode="json"),
            by=permit.by,
            reason=reason,
        )
        controller = self._runs.controller(plan.then)
        _check_budget(controller.flow, reduce(plan.state, event), event.at_ms)
        returned = self._runs.write(controller, plan.state, event, permit.record)
        self._control.cancel_children(
            run_id, plan.begun, by=permit.by, reason=f"run {run_id} went back to step {plan.to_seq}"
        )
        return returned

    def _check_can_return(self, state: RunState) -> None:
        if state.parent and state.has_ended:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"run {state.run_id!r} has ended, and run {state.parent!r}, which began it, has its result",
                suggestions=("fork it", f"roll run {state.parent!r} back"),
            )
        if not self._runs.store.holds(state.run_id):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"run {state.run_id!r} is in the archive, where nothing goes on",
                suggestions=(f"fork it: `fluxagents runs fork {state.run_id} --at STEP`",),
            )


def _check_budget(flow: Flow, state: RunState, now_ms: int) -> None:
    """Refuse a rewind or fork whose budget is already used up."""
    spent = check_budget(flow, state, now_ms)
    if spent is not None:
        raise FluxError(spent.kind, f"it would not get far: {spent.message}", suggestions=spent.suggestions)
