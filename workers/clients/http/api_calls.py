"""The requests of the clients over HTTP, and what their answers mean. Pure: nothing is sent here."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote
from uuid import uuid4

from pydantic import JsonValue, TypeAdapter

from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.events import Event
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.standing import StandingApproval, read_range
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.people.remarks import REMARK, Remark
from fluxagents.flows.state import RunState, Status
from fluxagents.flows.texts.display import quote as quote_text
from fluxagents.scheduler.people.standing_approvals import CountedApproval
from fluxagents.scheduler.runs.argument_form import ArgumentField
from fluxagents.scheduler.runs.request_view import RequestView
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.ports.artifacts import PARQUET

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 500
"""Runs of a batch in one request."""

TRIES = 3
"""Of a request that has no answer; a start carries a key by which it is done once."""

SUCCESS = range(200, 300)
SERVER_ERROR = 500

PAGE = 500

_FIELDS: TypeAdapter[tuple[ArgumentField, ...]] = TypeAdapter(tuple[ArgumentField, ...])
EVENTS: TypeAdapter[list[Event]] = TypeAdapter(list[Event])
STATUSES: TypeAdapter[list[Status]] = TypeAdapter(list[Status])


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request to the API."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    body: Mapping[str, JsonValue] | None = None
    headers: Mapping[str, str] | None = None
    content: bytes | None = None
    """In place of a body that is JSON."""

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again when no answer has come."""
        return self.method in {"GET", "PUT"} or "Idempotency-Key" in (self.headers or {})


def call_run(run_id: str, what: str = "", body: Mapping[str, Any] | None = None) -> ApiCall:
    """Read something of a run, or act on it if there is a body."""
    path = f"/v1/runs/{quote(run_id, safe='')}{what}"
    return ApiCall("GET", path) if body is None else call_post(path, body)


def call_request(request_id: str, what: str, body: Mapping[str, Any]) -> ApiCall:
    """Answer an approval or a question: `approvals/{}/approve` for instance."""
    return call_post(f"/v1/{what.format(quote(request_id, safe=''))}", body)


def call_standing(what: str = "", body: Mapping[str, Any] | None = None) -> ApiCall:
    """Read standing approvals, or act on them if there is a body."""
    path = f"/v1/standing-approvals{what}"
    return ApiCall("GET", path) if body is None else call_post(path, body)


def read_standing(answer: bytes) -> CountedApproval:
    """A standing approval, with what it was used for."""
    return _count_standing(json.loads(answer))


def read_all_standing(answer: bytes) -> list[CountedApproval]:
    """Standing approvals, with what each was used for."""
    return [_count_standing(document) for document in json.loads(answer)]


def _count_standing(document: dict[str, Any]) -> CountedApproval:
    arguments = {name: read_range(text) for name, text in document["arguments"].items()}
    fields = {name: value for name, value in document.items() if name not in {"uses", "status"}}
    approval = StandingApproval.model_validate({**fields, "arguments": arguments})
    return CountedApproval(approval, tuple(document["uses"]))


def call_start(spec: RunSpec, **body: Any) -> ApiCall:
    """Start a run."""
    return call_post(
        "/v1/runs", {**body, "model": spec.model, "inputs": dict(spec.inputs), "run_id": spec.run_id}
    )


def call_batches(specs: Iterable[RunSpec], session: str, **body: Any) -> Iterator[ApiCall]:
    """Start many runs, a few hundred in each request."""
    remaining = iter(specs)
    while chunk := list(islice(remaining, CHUNK)):
        runs = [{"model": spec.model, "inputs": dict(spec.inputs), "run_id": spec.run_id} for spec in chunk]
        yield call_post("/v1/batches", {**body, "session": session, "runs": runs})


def call_session(session: str, what: str = "", body: Mapping[str, Any] | None = None) -> ApiCall:
    """Read something of a session, or act on it."""
    path = f"/v1/sessions/{quote(session, safe='')}{what}"
    return ApiCall("GET", path) if body is None else call_post(path, body)


def call_events(run_id: str, cursor: str) -> ApiCall:
    """A page of the events of a run."""
    return call_run(run_id, f"/events?limit={PAGE}&cursor={quote(cursor)}")


def call_runs(session: str, cursor: str) -> ApiCall:
    """A page of the runs of a session."""
    return ApiCall("GET", f"/v1/runs?session={quote(session, safe='')}&limit={PAGE}&cursor={quote(cursor)}")


def call_remarks(run_id: str, cursor: str) -> ApiCall:
    """A page of what people say about a run."""
    return call_run(run_id, f"/remarks?limit={PAGE}&cursor={quote(cursor)}")


def call_claim(request_id: str) -> ApiCall:
    """Read who sees to a request."""
    return ApiCall("GET", f"/v1/requests/{quote(request_id, safe='')}/claim")


def call_inbox(what: str, body: Mapping[str, Any] | None = None) -> ApiCall:
    """Read the inbox, or act on it if there is a body."""
    return ApiCall("GET", f"/v1/inbox{what}") if body is None else call_post(f"/v1/inbox{what}", body)


def call_table(run_id: str, artifact: str, name: str) -> ApiCall:
    """A table of a result of a run."""
    path = call_run(run_id, f"/artifacts/{artifact}/tables/{quote(name, safe='')}").path
    return ApiCall("GET", path, headers={"Accept": PARQUET})


def find_request(request_id: str, waiting: HumanRequest | None) -> ApiCall:
    """Show a request, where those of its kind are."""
    what = "approvals" if waiting is None or waiting.kind == "approval" else "questions"
    return ApiCall("GET", f"/v1/{what}/{quote(request_id, safe='')}")


def call_form(request_id: str) -> ApiCall:
    """Show what the arguments of a call may be."""
    return ApiCall("GET", f"/v1/approvals/{quote(request_id, safe='')}/form")


def call_artifact(digest: str) -> ApiCall:
    """An artifact of whatever run; a table of it as Parquet."""
    return ApiCall("GET", f"/v1/artifacts/{quote(digest, safe='')}", headers={"Accept": f"{PARQUET}, */*"})


def call_statuses(run_ids: Iterable[str]) -> ApiCall:
    """The statuses of runs."""
    runs = "&".join(f"run={quote(run_id, safe='')}" for run_id in run_ids)
    return ApiCall("GET", f"/v1/statuses?{runs}")


def call_starts(run_id: str) -> ApiCall:
    """The first event of a run."""
    return call_run(run_id, "/events?limit=1")


def call_flow(name: str) -> ApiCall:
    """A flow, by its name or digest."""
    return ApiCall("GET", f"/v1/flows/{quote(name, safe='')}")


def call_report(session: str, kind: str) -> ApiCall:
    """A session on one page."""
    accept = {"html": "text/html", "pdf": "application/pdf"}[kind]
    return ApiCall("GET", call_session(session, "/report").path, headers={"Accept": accept})


def call_export(what: ApiCall, with_models: bool) -> ApiCall:
    """A run or a session as a file."""
    return ApiCall("GET", f"{what.path}/export?with_models={str(with_models).lower()}")


def call_part(upload: str, offset: int, part: bytes) -> ApiCall:
    """Send a part of a file."""
    headers = {"Content-Type": "application/partial-upload", "Upload-Offset": str(offset)}
    return ApiCall("PATCH", f"/v1/uploads/{upload}", headers=headers, content=part)


def call_import(upload: str, name: str) -> ApiCall:
    """Take in the file of a session that was sent."""
    return call_post("/v1/sessions/import", {"upload": upload, "name": name})


def refuse_other(by: str | None) -> None:
    """Refuse to act in the name of somebody: over HTTP the key says who acts.

    Raises:
        FluxError: `PERMISSION` if somebody is named.
    """
    if by is not None:
        raise FluxError(
            ErrorClass.PERMISSION,
            f"over HTTP nobody acts as {quote_text(by)}: who acts is the owner of the key",
            suggestions=("leave `by` out, or use a key of theirs",),
        )


def call_post(path: str, body: Mapping[str, Any]) -> ApiCall:
    kept = {name: value for name, value in body.items() if value is not None}
    return ApiCall("POST", path, kept, {"Idempotency-Key": uuid4().hex})


def read_view(answer: bytes) -> RequestView:
    """A request with all that is needed to answer it."""
    return RequestView.model_validate_json(answer)


def read_form(answer: bytes) -> tuple[ArgumentField, ...]:
    """What the arguments of a call may be."""
    return _FIELDS.validate_python(json.loads(answer)["fields"])


def read_check(answer: bytes) -> CallTool:
    """The call with other arguments.

    Raises:
        FluxError: `BAD_ARGUMENT` if they do not fit.
    """
    document = json.loads(answer)
    if not document["fits"]:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, document["problem"], suggestions=tuple(document["suggestions"])
        )
    return CallTool.model_validate(document["call"])


def read_state(answer: bytes) -> RunState:
    """The state of a run."""
    return RunState.model_validate_json(answer)


def read_states(answer: bytes) -> tuple[list[RunState], str | None]:
    """A page of runs, and the cursor of the next one; None after the last."""
    page = json.loads(answer)
    return [RunState.model_validate(item) for item in page["items"]], page["next_cursor"]


def read_events(answer: bytes) -> tuple[list[Event], str | None]:
    """A page of events, and the cursor of the next one; None after the last."""
    page = json.loads(answer)
    return EVENTS.validate_python(page["items"]), page["next_cursor"]


def read_remarks(answer: bytes) -> tuple[list[Remark], str | None]:
    """A page of remarks, and the cursor of the next one; None after the last."""
    page = json.loads(answer)
    return [REMARK.validate_python(item) for item in page["items"]], page["next_cursor"]


def read_ids(answer: bytes) -> list[str]:
    """The ids of runs that were started or ended."""
    return list(json.loads(answer)["runs"])


def read_request(answer: bytes) -> HumanRequest:
    """What waits for a human."""
    return HumanRequest.model_validate(json.loads(answer)["request"])


def read_statuses(answer: bytes) -> list[Status]:
    """The statuses of runs."""
    return STATUSES.validate_python(json.loads(answer)["statuses"])


def read_flow(answer: bytes) -> Flow:
    """A flow."""
    return Flow.model_validate_json(answer)


def read_upload(answer: bytes) -> str:
    """The id of an upload."""
    return str(json.loads(answer)["upload"])


def read_imported(answer: bytes) -> str:
    """The session that was taken in."""
    return str(json.loads(answer)["session"])


def read_table(answer: bytes) -> pd.DataFrame:
    """A table of a result."""
    frame: pd.DataFrame = import_module("pandas").read_parquet(io.BytesIO(answer))
    return frame


def read_problem(status: int, answer: bytes) -> FluxError:
    """The error that an answer tells of, as it was raised behind the API."""
    try:
        problem = json.loads(answer)
        name, message = str(problem["type"]).rpartition("/")[2], str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        kind = ErrorClass.PROVIDER_OUTAGE if status >= SERVER_ERROR else ErrorClass.BAD_ARGUMENT
        return FluxError(kind, f"the API answers with status {status}")
    suggestions = tuple(map(str, problem.get("suggestions", ())))
    if name in {"conflict", "changed", "in_flight"}:
        return ConflictError(message, suggestions=suggestions)
    if name == "unauthenticated":
        return FluxError(ErrorClass.PERMISSION, message, suggestions=suggestions)
    if name == "invalid_request":
        fields = (f"{each['field']}: {each['message']}" for each in problem.get("errors", ()))
        return FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=fields)
    kind = ErrorClass(name) if name in set(ErrorClass) else ErrorClass.BAD_ARGUMENT
    return FluxError(kind, message, suggestions=suggestions)


def is_in_flight(answer: bytes) -> bool:
    """Whether an earlier try of the same request is still being carried out."""
    return b'"/problems/in_flight"' in answer


def explain_outage(url: str, error: Exception) -> FluxError:
    """What is raised when no answer comes."""
    return FluxError(
        ErrorClass.PROVIDER_OUTAGE,
        f"the API at {url} cannot be reached: {error or type(error).__name__}",
        suggestions=("`fluxagents status` shows whether it runs", "start it with `fluxagents api`"),
    )
