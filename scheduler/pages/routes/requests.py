"""`/requests`: what waits for a human, and the forms by which they answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import JsonValue
from starlette.responses import Response

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.humans.effect import Effect
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.collaboration.collaboration import Collaboration
from fluxagents.scheduler.collaboration.inbox import Inbox
from fluxagents.scheduler.http.access import load_visible
from fluxagents.scheduler.http.routes.humans.requests import ALL, list_open
from fluxagents.scheduler.pages.argument_text import read_arguments, write_argument
from fluxagents.scheduler.pages.drawings.flux_map_page import is_drawn
from fluxagents.scheduler.pages.form import Form
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.runs.argument_form import ArgumentField
from fluxagents.scheduler.runs.request_changes import explain_closing, find_change
from fluxagents.tasks.registry import entries_of

router = APIRouter(route_class=PageRoute)

PAGE = 50


@router.get("/requests")
def list_requests(who: Who, cursor: Annotated[str, Query(max_length=400)] = "") -> Response:
    """What waits for whoever looks, then what waits for others."""
    mine = Inbox(who.client).look(limit=PAGE).requests
    entries, following = list_open(who.client, ALL, "", (PAGE, cursor))
    own = {entry.request.id for entry in mine}
    return who.show(
        "requests.html.j2",
        mine=[entry for entry in entries if entry.id in own],
        others=[entry for entry in entries if entry.id not in own],
        claims={entry.request.id: entry.claimed_by for entry in mine if entry.claimed_by},
        following=following,
        now_ms=who.ports.clock.now_ms(),
    )


@router.get("/requests/{request_id}")
def show_request(
    request_id: str, who: Who, shown: Annotated[str, Query(max_length=MAX_NAME)] = ""
) -> Response:
    """One request, with all that is needed to answer it.

    Args:
        request_id: The request.
        who: Looks at it.
        shown: The digest of what they have before them, which is told from what is asked now.
    """
    return _show(who, request_id, shown=shown)


@router.post("/requests/{request_id}")
def answer(request_id: str, who: Who) -> Response:
    """Do what the form says; the request is shown again with what does not fit, or has changed meanwhile."""
    state = load_visible(who.client, request_id.rpartition(".")[0])
    act = ACTS.get(who.form.get("act"))
    if act is None:
        return _show(who, request_id, FluxError(ErrorClass.BAD_ARGUMENT, "no answer is chosen"))
    try:
        act(who, request_id, who.form)
    except FluxError as error:
        if not isinstance(error, ConflictError) and error.kind is not ErrorClass.BAD_ARGUMENT:
            raise
        return _show(who, request_id, error)
    after = who.client.store.load(state.run_id)
    is_open = after.waiting_for is not None and after.waiting_for.id == request_id
    return go_to(f"/requests/{request_id}" if is_open else f"/runs/{state.run_id}")


def _show(who: Visitor, request_id: str, error: FluxError | None = None, *, shown: str = "") -> Response:
    state = load_visible(who.client, request_id.rpartition(".")[0])
    events = who.client.store.events(state.run_id)
    if state.waiting_for is None or state.waiting_for.id != request_id:
        return who.show(
            "request_closed.html.j2",
            status=409 if error else 200,
            state=state,
            request_id=request_id,
            why=explain_closing(events, request_id),
            is_refused=error is not None,
            typed=_list_typed(who.form),
            other=state.waiting_for.id if state.waiting_for else "",
        )
    view = who.client.show_request(request_id)
    before = shown or who.form.get("digest")
    change = (
        find_change(events, view.request, before, entries_of(who.client.tools))
        if before not in {"", view.request.digest}
        else None
    )
    return who.show(
        "request.html.j2",
        status=_find_status(error),
        view=view,
        request=view.request,
        state=state,
        has_map=_has_map(who, view.request.effect),
        own_opinion=next(
            (each for each in view.request.opinions if who.name in (each.by, *each.for_people)), None
        ),
        fields=fill_in(who.form, who.client.request_form(request_id)),
        form=who.form,
        claim=Collaboration(who.client, who.ports.presence).find_claim(request_id),
        problem="; ".join((error.message, *error.suggestions)) if error else "",
        is_stale=isinstance(error, ConflictError),
        change=change,
        now_ms=who.ports.clock.now_ms(),
    )


def _has_map(who: Visitor, effect: Effect | None) -> bool:
    # Only the effect of a change of fluxes is looked up: it brings the library that reads tables.
    return bool(effect and effect.fluxes_changed and is_drawn(who.ports.artifacts(), effect.artifact))


def fill_in(form: Form, fields: tuple[ArgumentField, ...]) -> list[tuple[ArgumentField, str, str | None]]:
    """Each field with what it holds, and what somebody wrote there instead; None if they wrote nothing."""
    return [(field, write_argument(field), _read_typed(form, field)) for field in fields]


def _read_typed(form: Form, field: ArgumentField) -> str | None:
    """What somebody wrote for an argument; None where they left what the form held when it was shown."""
    text = form.under("arg.").get(field.name)
    return None if text == form.under("was.").get(field.name, write_argument(field)) else text


def read_changes(fields: tuple[ArgumentField, ...], form: Form) -> dict[str, JsonValue]:
    """The arguments that a form changes; one that somebody else changed meanwhile stays as it is now.

    Raises:
        FluxError: `BAD_ARGUMENT` if one is neither JSON nor lines where it has to be.
    """
    typed = ((field.name, _read_typed(form, field)) for field in fields)
    return read_arguments(fields, {name: text for name, text in typed if text is not None})


def _list_typed(form: Form) -> list[tuple[str, str]]:
    """What somebody wrote, without the arguments that they left alone."""
    was = form.under("was.")
    return [
        (name.removeprefix("arg."), text)
        for name, text in form.typed
        if not name.startswith("arg.")
        or was.get(name.removeprefix("arg.")) != text.strip().replace("\r\n", "\n")
    ]


def _approve(who: Visitor, request_id: str, form: Form) -> Any:
    return who.client.approve(request_id, comment=form.get("comment"), digest=form.get("digest"))


def _reject(who: Visitor, request_id: str, form: Form) -> Any:
    reason = form.get("comment")
    if not reason:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "a refusal needs a reason: the agent reads it")
    return who.client.reject(request_id, reason=reason, digest=form.get("digest"))


def _edit(who: Visitor, request_id: str, form: Form) -> Any:
    args = read_changes(who.client.request_form(request_id), form)
    if not args:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "no argument differs from what is asked for")
    return who.client.edit_request(request_id, args, digest=form.get("digest"))


def _take_over(who: Visitor, request_id: str, form: Form) -> Any:
    try:
        value = json.loads(form.get("value"))
    except ValueError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, 'the result is no JSON; write it as {"growth_per_h": 0.41}'
        ) from error
    if not isinstance(value, dict):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, 'the result has no names; write it as {"growth_per_h": 0.41}'
        )
    return who.client.take_over(request_id, value=value, source=form.get("source"))


Act = Callable[[Visitor, str, Form], Any]

ACTS: Mapping[str, Act] = {
    "approve": _approve,
    "reject": _reject,
    "edit": _edit,
    "reply": lambda who, id_, form: who.client.reply(
        id_, answer=form.get("answer"), digest=form.get("digest")
    ),
    "ask": lambda who, id_, form: who.client.ask_back(id_, question=form.get("question")),
    "abstain": lambda who, id_, form: who.client.abstain(
        id_, comment=form.get("comment"), digest=form.get("digest")
    ),
    "recuse": lambda who, id_, form: who.client.recuse(
        id_, comment=form.get("comment"), digest=form.get("digest")
    ),
    "delegate": lambda who, id_, form: who.client.delegate(id_, form.get("to"), comment=form.get("comment")),
    "take over": _take_over,
    "claim": lambda who, id_, _: Collaboration(who.client, who.ports.presence).claim(id_),
    "release": lambda who, id_, _: Collaboration(who.client, who.ports.presence).release(id_),
}
"""What the buttons of a request do."""


def _find_status(error: FluxError | None) -> int:
    if error is None:
        return 200
    return 409 if isinstance(error, ConflictError) else 422
