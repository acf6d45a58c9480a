"""`/sessions/{name}/notebook`: a notebook, written and shared; `/shared`: the same for those with a link."""

from __future__ import annotations

from urllib.parse import quote as quote_url

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.ports.notebook import RunBlock
from fluxagents.flows.texts.grammar import MAX_TEXT
from fluxagents.scheduler.http.access import Ports
from fluxagents.scheduler.http.routes.sessions.notebooks import answer_notebook
from fluxagents.scheduler.pages.form import Form
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.sessions.notebook_blocks import (
    Change,
    insert_block,
    move_block,
    read_run,
    read_text,
    remove_block,
)
from fluxagents.scheduler.sessions.notebooks import LINK_DAYS, MAX_LINK_DAYS

router = APIRouter(route_class=PageRoute)


@router.get("/sessions/{name:path}/notebook")
def show_notebook(name: str, who: Who) -> Response:
    """The notebook of a session, with what one may do to it."""
    return _show(who, name)


@router.post("/sessions/{name:path}/notebook")
def change_notebook(name: str, who: Who) -> Response:
    """Add, move or remove a block, make a link or revoke one."""
    notebooks, form = who.ports.notebooks(who.client), who.form
    match form.get("act"):
        case "share":
            _, path = notebooks.share(name, days=_read_number(form, "days"))
            return _show(who, name, link=f"{str(who.request.base_url).rstrip('/')}{path}")
        case "revoke":
            notebooks.revoke(name, form.get("link"))
        case act:
            try:
                notebooks.write(name, _read_change(act, form), version=_read_number(form, "version"))
            except ConflictError as error:
                return _show(who, name, problem=error.message)
    return go_to(f"/sessions/{quote_url(name, safe='')}/notebook")


@router.get("/shared/{token}")
def read_shared(token: str, ports: Ports) -> Response:
    """A notebook, for whoever has a link to it: they need not be known here."""
    link = ports.notebooks(ports.client).open_link(token)
    return answer_notebook(link.session, ports.client.acting_as(link.reader), ports)


def _show(who: Visitor, name: str, *, link: str = "", problem: str = "") -> Response:
    notebooks = who.ports.notebooks(who.client)
    sessions = who.ports.sessions(who.client)
    notebook = notebooks.show(name)
    states = {state.run_id: state for state in sessions.states(name) if not state.parent}
    runs = {block.run for block in notebook.blocks if isinstance(block, RunBlock)}
    return who.show(
        "notebook.html.j2",
        status=409 if problem else 200,
        session=sessions.show(name).session,
        notebook=notebook,
        states=states,
        missing=[state for state in states.values() if state.run_id not in runs and state.answer],
        links=notebooks.list_links(name),
        link=link,
        problem=problem,
        text=who.form.get("text"),
        may_write=who.may(Action.NOTEBOOK_WRITE, name),
        may_share=who.may(Action.NOTEBOOK_SHARE, name),
        max_text=MAX_TEXT,
        days=LINK_DAYS,
        max_days=MAX_LINK_DAYS,
    )


def _read_change(act: str, form: Form) -> Change:
    match act:
        case "add text":
            return insert_block(read_text(form.get("text")))
        case "add run":
            return insert_block(read_run(form.get("run")))
        case "up" | "down":
            place = _read_number(form, "place")
            return move_block(place, place - 1 if act == "up" else place + 1)
        case "remove":
            return remove_block(_read_number(form, "place"))
        case _:
            raise FluxError(ErrorClass.BAD_ARGUMENT, "no act is chosen")


def _read_number(form: Form, name: str) -> int:
    text = form.get(name)
    if not text.isdecimal():
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"{name} is {text!r}, expected a whole number")
    return int(text)
