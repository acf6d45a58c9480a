"""Writes what people say about runs: each remark is permitted, and kept with its act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue, ValidationError

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError, nearest
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.remarks import MAX_REMARKS, SUBJECT, WHOLE_RUN, Remark, RemarkBody
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.batches.batch_tables import all_findings
from fluxagents.scheduler.runs.run_client import RunClient

MAX_READINGS = 20
"""How often the remarks are read for one, while others come first."""

Decide = Callable[[Sequence[Remark], str], RemarkBody]
"""What a person says, from what was said before; raises where they may not."""


def write_remark(
    client: RunClient,
    state: RunState,
    action: Action,
    decide: Decide,
    *,
    about: str = WHOLE_RUN,
    on: Resource | None = None,
    by: str | None = None,
    details: Mapping[str, JsonValue] | None = None,
) -> Remark:
    """Write a remark on a run, ended or not, archived or not.

    Args:
        client: Of whoever acts.
        state: Of the run.
        action: What they do.
        decide: Makes the remark.
        about: Its subject.
        on: What the act is on; the run itself if absent.
        by: In whose name, if not their own.
        details: What else the audit log is to say.

    Raises:
        FluxError: If whoever acts may not, the run has no such subject, or too many remarks.
    """
    check_subject(client, state, about)
    session = client.runs.session_of(state)
    permit = client.authority.permit(
        action,
        on or Resource(kind="run", id=state.run_id, session=session),
        by=by,
        details={**({} if about == WHOLE_RUN else {"subject": about}), **(details or {})},
    )
    book = client.store.remarks
    for _ in range(MAX_READINGS):
        remarks = book.of(state.run_id)
        after = sum(remark.number > 0 for remark in remarks)
        if after >= MAX_REMARKS:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT, f"run {state.run_id!r} has {after:,} remarks; it takes no more"
            )
        body = decide(remarks, permit.by)
        remark = book.append(
            state.run_id,
            state.session,
            by=permit.by,
            on=about,
            body=body,
            after=after,
            record=permit.record,
        )
        if remark is not None:
            return remark
    raise ConflictError(
        f"others write on run {state.run_id!r} faster than this was decided", suggestions=("try again",)
    )


def check_subject(client: RunClient, state: RunState, about: str) -> None:
    """Refuse a remark on something that a run has not.

    Raises:
        FluxError: Naming what the run has.
    """
    try:
        kind, _, name = SUBJECT.validate_python(about).partition(":")
    except ValidationError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(about)} is nothing that a remark can be about",
            suggestions=("use `run`, `step:5` or `finding:f3`",),
        ) from error
    if kind == "step" and int(name) >= state.seq:
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"run {state.run_id!r} has no step {int(name)}; its last is {state.seq - 1}",
            suggestions=(f"`fluxagents runs timeline {state.run_id}` shows its steps",),
        )
    if kind == "finding" and all(name != finding.id for finding in state.findings):
        ids = [finding.id for finding in all_findings(client.store.events(state.run_id))]
        if name not in ids:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"run {state.run_id!r} has no finding {quote(name)}",
                suggestions=(
                    *nearest(name, ids),
                    f"`fluxagents runs show {state.run_id}` shows its findings",
                ),
            )
