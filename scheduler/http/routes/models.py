"""`/v1/models` and `/v1/uploads`: the models that runs can name, and how they get here."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Request, Response
from pydantic import Field, HttpUrl
from starlette.responses import Response as PlainResponse

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Body, Client, Ports, check_may_read
from fluxagents.scheduler.http.byte_ranges import answer_bytes
from fluxagents.scheduler.http.paging import Cursor, Limit, Page, link_next, slice_page
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.tasks.ports.models import SHIPPED, ModelRecord

router = APIRouter(tags=["models"])

PARTS = "application/partial-upload"
"""The type of a part of an upload (draft-ietf-httpbis-resumable-upload)."""

Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, description="Where the part begins.")]


class AddModel(Body):
    """Where a model comes from: an address, or an upload that is complete."""

    name: str = Field("", max_length=MAX_NAME, examples=["my_model"])
    """Under which runs find it; the name of the file at a URL if empty. Of an upload without a `suffix` it is
    the name of the file, such as `my_model.xml.gz`."""
    url: HttpUrl | None = None
    upload: str = Field("", max_length=64)
    suffix: str = Field("", max_length=20, examples=[".xml.gz"])
    """The format of an upload: `.xml`, `.json` or `.yaml`, also with `.gz` or `.bz2`, or `.mat`."""


class UploadStatus(Body):
    """How far an upload is."""

    upload: str
    size_bytes: int


@router.get("/models", summary="List models")
def list_models(
    client: Client, request: Request, response: Response, limit: Limit = 100, cursor: Cursor = ""
) -> Page[ModelRecord]:
    """The stored models by name."""
    check_may_read(client, "model")
    items, following = slice_page(client.models.list(), limit, cursor)
    link_next(request, response, following)
    return Page(items=items, next_cursor=following)


@router.get("/models/shipped", summary="List the models that are always there")
def list_shipped(client: Client) -> list[str]:
    """The names of the models that come with the installation."""
    check_may_read(client, "model")
    return sorted(SHIPPED)


@router.post("/models", status_code=201, summary="Add a model")
def add_model(body: AddModel, client: Client, ports: Ports, response: Response) -> ModelRecord:
    """Read a model from a URL or a complete upload and store it under the digest of its content.

    What is no model is not stored. Private addresses are refused unless the installation allows them.
    """
    if (body.url is None) == (not body.upload):
        raise ProblemError("invalid_request", "a model comes either from a `url` or from an `upload`")
    if body.upload and not body.name:
        raise ProblemError("invalid_request", "an upload needs a `name`")
    client.authority.record(Action.MODEL_ADD, Resource(kind="model", id=body.name or str(body.url)))
    source = str(body.url) if body.url else ports.uploads.read(body.upload)
    record = client.models.add(source, body.name or None, suffix=body.suffix or None)
    if body.upload:
        ports.uploads.remove(body.upload)
    response.headers["Location"] = f"/v1/models/{record.digest}"
    return record


@router.get("/models/{model}", summary="Show a model")
def show_model(model: str, client: Client) -> ModelRecord:
    """What is known of a model: a name, a digest or the beginning of one."""
    check_may_read(client, "model", model)
    return client.models.show(client.models.resolve(model, files=False))


@router.get("/models/{model}/lineage", summary="The lineage of a model")
def show_lineage(model: str, client: Client) -> list[ModelRecord]:
    """What a model was made from, step by step, the oldest last."""
    check_may_read(client, "model", model)
    records = [client.models.show(client.models.resolve(model, files=False))]
    while parent := records[-1].parent:
        records.append(client.models.show(client.models.resolve(parent, files=False)))
    return records


@router.get(
    "/models/{model}/file",
    summary="The file of a model",
    response_class=PlainResponse,
    responses={200: {"content": {"application/octet-stream": {}}}, 206: {"description": "A range."}},
)
def read_model(
    model: str,
    client: Client,
    ports: Ports,
    range_header: Annotated[str, Header(alias="Range", max_length=200)] = "",
    if_none_match: Annotated[str, Header(max_length=400)] = "",
) -> Response:
    """A model's file as it was added, or the JSON of one that a tool made."""
    check_may_read(client, "model", model)
    ref = client.models.resolve(model, files=False)
    record, data = client.models.show(ref), ports.model_file(ref)
    if data is None:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"the file of model {ref.name!r} is not kept")
    return answer_bytes(
        data,
        "application/octet-stream",
        tag=f'"{ref.digest}"',
        range_header=range_header,
        if_none_match=if_none_match,
        name=f"{record.name}{record.suffix}",
    )


@router.post("/uploads", status_code=201, summary="Begin an upload")
def begin_upload(client: Client, ports: Ports, response: Response) -> UploadStatus:
    """Begin to send a file in parts; one that nobody goes on with is forgotten after a day."""
    client.authority.permit(Action.MODEL_ADD, Resource(kind="model", id="upload"))
    upload = ports.uploads.begin()
    response.headers["Location"] = f"/v1/uploads/{upload}"
    return UploadStatus(upload=upload, size_bytes=0)


@router.head("/uploads/{upload}", status_code=204, summary="How far an upload is")
def show_upload(upload: str, client: Client, ports: Ports) -> Response:
    """`Upload-Offset` says how many bytes have arrived, and so where the next part begins."""
    client.authority.permit(Action.MODEL_ADD, Resource(kind="model", id="upload"))
    return PlainResponse(status_code=204, headers={"Upload-Offset": str(ports.uploads.size(upload))})


@router.patch(
    "/uploads/{upload}",
    summary="Send a part",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {PARTS: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def send_part(
    upload: str, client: Client, ports: Ports, request: Request, offset: Offset
) -> UploadStatus:
    """Send the next part, of up to 16 MB; it begins at `Upload-Offset`."""
    if request.headers.get("content-type", "").partition(";")[0] != PARTS:
        raise ProblemError("media_type", f"a part is sent as {PARTS}")
    part = await request.body()

    def keep() -> int:
        client.authority.permit(Action.MODEL_ADD, Resource(kind="model", id="upload"))
        return ports.uploads.append(upload, offset, part)

    return UploadStatus(upload=upload, size_bytes=await run_sync(keep))


@router.delete("/uploads/{upload}", status_code=204, summary="Give an upload up")
def remove_upload(upload: str, client: Client, ports: Ports) -> None:
    """Forget what has arrived."""
    client.authority.permit(Action.MODEL_ADD, Resource(kind="model", id="upload"))
    ports.uploads.remove(upload)
