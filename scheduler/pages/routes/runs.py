"""`/runs`: lists of runs, whose filters are their address, and acts on many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.parse import quote as quote_url
from zipfile import ZipFile

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.ports.run_store import RunPlace
from fluxagents.flows.state import STATUSES, RunState
from fluxagents.scheduler.http.access import VisibleSessions, load_visible
from fluxagents.scheduler.http.paging import decode_cursor, encode_cursor
from fluxagents.scheduler.http.routes.queries import SavedQuery, read_query
from fluxagents.scheduler.http.routes.run_history import answer_written
from fluxagents.scheduler.http.run_listing import RunFilter, list_page
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.runs.run_client import RunClient

router = APIRouter(route_class=PageRoute)

PAGE = 50
"""Runs of a page."""

FILTERS = ("status", "session", "flow", "model", "since", "until")

REASON = "from the list of runs"

Address = Annotated[str, Query(max_length=400)]


@router.get("/runs")
def list_runs(who: Who, cursor: Address = "", view: Address = "", done: Address = "") -> Response:
    """A page of runs, the newest first."""
    return _show(who, who.request.query_params, cursor=cursor, view=view, done=done)


def _show(
    who: Visitor,
    parameters: Mapping[str, str],
    *,
    cursor: str = "",
    view: str = "",
    done: str = "",
    refused: str = "",
) -> Response:
    """The list for the parameters of its address, with what was done or refused."""
    asked = {name: parameters.get(name, "") for name in FILTERS}
    where, problem = _read_filter({name: value for name, value in asked.items() if value})
    if view:
        where = read_query(who.ports.queries, who.name, view)[0].where
        asked = {name: str(value or "") for name, value in where.model_dump().items()}
    place = decode_cursor(cursor, int, str)
    states, last = list_page(
        who.client.store,
        where,
        VisibleSessions(who.client).shows,
        limit=PAGE,
        after=RunPlace(int(place[0]), str(place[1])) if place else None,
    )
    kept = {"view": view} if view else {name: value for name, value in asked.items() if value}
    return who.show(
        "runs.html.j2",
        status=422 if problem or refused else 200,
        states=states,
        chosen=who.form.all("run"),
        asked=asked,
        is_filtered=bool(kept),
        problem=problem or refused,
        done=done,
        statuses=STATUSES,
        views=sorted(who.ports.queries.list(who.name)),
        view=view,
        here=f"/runs?{urlencode(kept)}",
        following=f"/runs?{urlencode({**kept, 'cursor': encode_cursor(*last)})}" if last else "",
        is_first=not cursor,
        may_act=who.may(Action.RUN_CANCEL)
        or any(who.may(Action.RUN_CANCEL, each.session) for each in states),
    )


@router.post("/runs")
def act_on_runs(who: Who) -> Response:
    """Carry an act out on each run that was chosen; those that refuse it are named."""
    chosen, act = who.form.all("run"), who.form.get("act")
    back = who.form.get("here") if who.form.get("here").startswith("/runs?") else "/runs"
    if act == "save":
        return _save_view(who)
    if act not in {*ACTS, "compare", "export"}:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "no act is chosen")
    if not chosen:
        return _refuse(who, back, "No run is chosen: tick some of the list.")
    if act == "compare":
        if len(chosen) != 2:  # noqa: PLR2004 # a comparison has two sides
            return _refuse(who, back, f"Two runs are compared, not {len(chosen)}: tick two of the list.")
        return go_to(f"/runs/{quote_url(chosen[0])}/diff/{quote_url(chosen[1])}")
    if act == "export":
        return _export(who, chosen)
    refused = []
    for run_id in chosen:
        load_visible(who.client, run_id)
        try:
            ACTS[act](who.client, run_id)
        except FluxError as error:
            refused.append(f"{run_id}: {error.message}")
    done = f"{act}: {len(chosen) - len(refused)} of {len(chosen)} runs. {' '.join(refused)}"[:380]
    joint = "&" if "=" in back else ""
    return go_to(
        f"{back}{joint}{urlencode({'done': done})}" if "?" in back else f"{back}?{urlencode({'done': done})}"
    )


def _refuse(who: Visitor, back: str, why: str) -> Response:
    """The list as it was, with what is ticked and why nothing was done."""
    parameters = dict(parse_qsl(urlsplit(back).query))
    return _show(
        who,
        parameters,
        cursor=parameters.get("cursor", ""),
        view=parameters.get("view", ""),
        refused=why,
    )


def _export(who: Visitor, chosen: Sequence[str]) -> Response:
    """A file of each run, in one file."""
    for run_id in chosen:
        load_visible(who.client, run_id)

    def write(path: Path) -> None:
        # The files in it are compressed.
        with ZipFile(path, "w") as whole:
            for run_id in dict.fromkeys(chosen):
                part = path.with_name(f"{quote_url(run_id, safe='')}.run.zip")
                who.ports.export_run(run_id, part, False)
                whole.write(part, part.name)
                part.unlink()

    return answer_written(write, "runs.zip")


def _read_filter(asked: Mapping[str, str]) -> tuple[RunFilter, str]:
    """The filter of an address; with what does not fit there is none, and it is said."""
    try:
        return RunFilter.model_validate(asked), ""
    except ValidationError as error:
        first = error.errors()[0]
        return RunFilter(), f"{first['loc'][0]}: {first['msg']}"


def _save_view(who: Visitor) -> Response:
    name = who.form.get("name")
    asked = {field: who.form.get(field) for field in FILTERS if who.form.get(field)}
    where, problem = _read_filter(asked)
    if problem or not name.replace("-", "").replace("_", "").isalnum() or len(name) > 64:  # noqa: PLR2004
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, problem or "a view is called by letters, digits, - and _, at most 64"
        )
    kept = SavedQuery(where=where).model_dump_json(exclude_defaults=True).encode()
    before = who.ports.queries.list(who.name).get(name)
    who.ports.queries.save(who.name, name, kept, before=before)
    return go_to(f"/runs?{urlencode({'view': name})}")


def _cancel(client: RunClient, run_id: str) -> RunState:
    return client.cancel(run_id, reason=REASON)


ACTS: Mapping[str, Callable[[RunClient, str], RunState]] = {
    "pause": RunClient.pause,
    "resume": RunClient.resume,
    "cancel": _cancel,
    "retry": RunClient.retry,
}
