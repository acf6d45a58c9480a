"""Run control: pause, resume, cancel, retry, edit and signal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command
from fluxagents.flows.errors import ConflictError, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.checks import check_document, check_name, check_text
from fluxagents.flows.texts.grammar import MAX_REASON
from fluxagents.scheduler.people.authority import Permit
from fluxagents.scheduler.runs.open_runs import OpenRuns
from fluxagents.tasks.external_events import read_again_when_moved_on


class RunControl:
    """Writes what people do to runs into them, each act as an event."""

    def __init__(self, runs: OpenRuns) -> None:
        self._runs = runs

    @property
    def store(self) -> RunQueries:
        """The truth about runs."""
        return self._runs.store

    @read_again_when_moved_on
    def pause(self, run_id: str, *, by: str | None = None) -> RunState:
        """Pause a run: at once when no worker is at it, else after the step that runs now."""
        state = self._runs.load(run_id)
        permit = self._runs.permit(Action.RUN_PAUSE, state, by=by)
        if state.status == "paused":
            return state
        if self._runs.store.request_pause(run_id, permit.by, record=permit.record):
            return state
        return self._runs.append(
            state, lambda now: e.RunPaused(seq=state.seq, at_ms=now, by=permit.by), permit.record
        )

    @read_again_when_moved_on
    def resume(self, run_id: str, *, by: str | None = None) -> RunState:
        """Let a paused run go on.

        Raises:
            FluxError: If it is not paused.
        """
        state = self._runs.load(run_id)
        if state.status != "paused":
            raise ConflictError(f"run {run_id!r} is {state.status}, not paused")
        permit = self._runs.permit(Action.RUN_RESUME, state, by=by)
        return self._runs.append(
            state, lambda now: e.RunResumed(seq=state.seq, at_ms=now, by=permit.by), permit.record
        )

    def cancel(self, run_id: str, *, by: str | None = None, reason: str) -> RunState:
        """End a run now. A step that runs is killed and not recorded; its worker goes on with other work."""
        check_text(reason, "the reason", MAX_REASON)
        return self._cancel(run_id, by=by, reason=reason)

    @read_again_when_moved_on
    def _cancel(self, run_id: str, *, by: str | None, reason: str) -> RunState:
        state = self._runs.load(run_id)
        permit = self._runs.permit(Action.RUN_CANCEL, state, by=by, details={"reason": reason})
        return self._end(state, permit.by, reason, permit)

    @read_again_when_moved_on
    def _cancel_child(self, run_id: str, *, by: str, reason: str) -> RunState:
        return self._end(self._runs.load(run_id), by, reason, None)

    def _end(self, state: RunState, by: str, reason: str, permit: Permit | None) -> RunState:
        """Cancel a run, and then those that it began, which the permit for it covers."""
        cancelled = self._runs.append(
            state,
            lambda now: e.RunCancelled(seq=state.seq, at_ms=now, by=by, reason=reason),
            permit.record if permit else None,
        )
        reason = f"run {state.run_id} was cancelled: {reason}"
        self.cancel_children(state.run_id, state.children, by=by, reason=reason)
        return cancelled

    def cancel_children(self, run_id: str, children: Iterable[str], *, by: str, reason: str) -> None:
        """Cancel the children that still run, after an act on the run that began them was permitted.

        A fork names those of its original, which stay.
        """
        for child in children:
            state = self._runs.store.load(child)
            if not state.has_ended and state.parent == run_id:
                self._unless_ended(partial(self._cancel_child, child, by=by, reason=reason), child)

    def cancel_all(self, runs: Iterable[str], *, by: str | None = None, reason: str) -> list[str]:
        """End the runs that have not ended, one after the other; the ids of those."""
        check_text(reason, "the reason", MAX_REASON)
        return [run_id for run_id in runs if self._cancel_open(run_id, by=by, reason=reason)]

    def pause_open(self, run_id: str, *, by: str | None = None) -> bool:
        """As `pause`, unless the run ends meanwhile; whether it was paused."""
        return self._unless_ended(partial(self.pause, run_id, by=by), run_id)

    def resume_paused(self, run_id: str, *, by: str | None = None) -> bool:
        """As `resume`, unless the run is not paused any more; whether it goes on by this."""
        try:
            self.resume(run_id, by=by)
        except FluxError:
            if self._runs.store.load(run_id).status == "paused":
                raise
            return False
        return True

    def _cancel_open(self, run_id: str, *, by: str | None, reason: str) -> bool:
        """Cancel a run unless it has ended; whether this call did."""
        if self._runs.store.load(run_id).has_ended:
            return False
        return self._unless_ended(partial(self._cancel, run_id, by=by, reason=reason), run_id)

    def _unless_ended(self, act: Callable[[], RunState], run_id: str) -> bool:
        """Whether this call did something to a run that had not ended meanwhile."""
        try:
            act()
        except FluxError:
            # It ended meanwhile, or moves on whenever it is read.
            if not self._runs.store.load(run_id).has_ended:
                raise
            return False
        return True

    @read_again_when_moved_on
    def retry(self, run_id: str, *, by: str | None = None) -> RunState:
        """Try a run again that went to the dead letters.

        Raises:
            FluxError: If it is not there.
        """
        state = self._dead(run_id)
        permit = self._runs.permit(Action.RUN_RETRY, state, by=by)
        return self._runs.append(
            state, lambda now: e.RunRetried(seq=state.seq, at_ms=now, by=permit.by), permit.record
        )

    def discard(self, run_id: str, *, by: str | None = None) -> RunState:
        """End a run that went to the dead letters.

        Raises:
            FluxError: If it is not there.
        """
        self._dead(run_id)
        return self.cancel(run_id, by=by, reason="discarded from the dead letters")

    def _dead(self, run_id: str) -> RunState:
        state = self._runs.load(run_id)
        if state.status != "dead":
            raise ConflictError(
                f"run {run_id!r} is {state.status}, not among the dead letters",
                suggestions=("`fluxagents runs dead` lists them",),
            )
        return state

    @read_again_when_moved_on
    def signal(
        self,
        run_id: str,
        name: str,
        *,
        by: str | None = None,
        data: Mapping[str, JsonValue] | None = None,
    ) -> RunState:
        """Send a run a named event; a node that waits for it, now or later, takes it."""
        check_name(name, "an event")
        check_document(data or {}, "field")
        state = self._runs.load(run_id)
        permit = self._runs.permit(Action.RUN_SIGNAL, state, by=by, details={"event": name})
        return self._runs.append(
            state,
            lambda now: e.EventReceived(
                seq=state.seq, at_ms=now, name=name, data=dict(data or {}), by=permit.by
            ),
            permit.record,
        )

    @read_again_when_moved_on
    def edit(self, run_id: str, args: Mapping[str, JsonValue], *, by: str | None = None) -> RunState:
        """Change the arguments of the tool call that a paused run makes next.

        Raises:
            FluxError: If the run is not paused, makes no call next, or the arguments do not fit the tool.
        """
        check_document(args, "argument")
        state = self._runs.load(run_id)
        permit = self._runs.permit(Action.RUN_EDIT, state, by=by)
        call = self.next_command(state)
        if state.status != "paused" or not isinstance(call, CallTool):
            raise ConflictError(
                f"run {run_id!r} is {state.status} and has no call of a tool before it that could be edited",
                suggestions=("only the next call of a paused run can be edited",),
            )
        checked = self._runs.tools[call.tool].parse({**call.args, **args})
        edited = CallTool(tool=call.tool, args=checked.model_dump(mode="json", exclude_unset=True))
        return self._runs.append(
            state,
            lambda now: e.CallEdited(seq=state.seq, at_ms=now, call=edited, by=permit.by),
            permit.record,
        )

    def next_command(self, state: RunState) -> Command | None:
        """What a run does next; of a paused one what it does once it goes on."""
        going_on = {"status": state.paused_from or state.status, "cleared": True}
        return self._runs.controller(state).command(state.model_copy(update=going_on))
