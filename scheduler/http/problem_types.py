"""The types of problems that the API answers with: a status, a title and a page for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fluxagents.flows.errors import ErrorClass

PAGES = "/problems/"
"""Where the API itself serves the page of a type; `docs/problems.md` holds them all."""


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of answer that is no success."""

    name: str
    status: int
    title: str
    meaning: str
    """What has happened, and what to do."""

    @property
    def uri(self) -> str:
        """The `type` of its documents, relative to the API."""
        return PAGES + self.name


_OF_ERRORS: Mapping[ErrorClass, tuple[int, str, str]] = {
    ErrorClass.UNKNOWN_ID: (
        404,
        "No such thing",
        "There is nothing of this name or id, or it is not yours to see. `nearest` holds names like it.",
    ),
    ErrorClass.BAD_ARGUMENT: (
        422,
        "A value does not fit",
        "The request was understood, and a value in it cannot be taken; `detail` names it and says why.",
    ),
    ErrorClass.MEDIUM: (422, "The medium does not fit", "The medium cannot be applied to the model."),
    ErrorClass.INFEASIBLE: (422, "No feasible solution", "The constraints contradict each other."),
    ErrorClass.UNBOUNDED: (422, "An unbounded solution", "Nothing bounds the objective."),
    ErrorClass.SOLVER: (500, "The solver failed", "The solver gave no result; try again or another solver."),
    ErrorClass.NUMERICAL: (422, "A number is none", "A result holds a NaN or an infinity."),
    ErrorClass.TIMEOUT: (504, "It took too long", "The work was given up after its time limit."),
    ErrorClass.MEMORY: (507, "Too little memory", "The work needs more memory than its process may take."),
    ErrorClass.UNREADABLE_MODEL: (
        422,
        "No readable model",
        "The file is no SBML, JSON, YAML or MAT model that can be read; `detail` says what is wrong with it.",
    ),
    ErrorClass.INVALID_ANSWER: (502, "An invalid answer", "The chat model gave no answer that can be used."),
    ErrorClass.PROVIDER_RATE_LIMIT: (503, "A provider is busy", "A provider asks to wait; try again later."),
    ErrorClass.PROVIDER_OUTAGE: (
        503,
        "A part is away",
        "Redis, the store of files or a provider cannot be reached. Nothing was done; try again later.",
    ),
    ErrorClass.PROVIDER_REFUSAL: (502, "A provider refused", "The provider does not answer this request."),
    ErrorClass.PERMISSION: (
        403,
        "Not allowed",
        "Who you are is known, and you may not do this; `detail` says which role or scope it takes.",
    ),
    ErrorClass.BAD_FLOW: (
        422,
        "The flow does not fit",
        "The flow is not stored, or something is wrong with it.",
    ),
    ErrorClass.BUDGET: (409, "The budget is used up", "The run or session has used what it may use."),
    ErrorClass.SCHEMA: (422, "Another format", "The data are not in a format that this version reads."),
    ErrorClass.INTERNAL: (500, "A fault of fluxagents", "Report it with the id of the request."),
}

_OF_HTTP: tuple[ProblemType, ...] = (
    ProblemType(
        "unauthenticated",
        401,
        "Who are you?",
        "Send `Authorization: Bearer KEY`. The key is missing, unknown, expired or revoked; which of these, "
        "the answer does not say. `fluxagents api-keys create` makes one.",
    ),
    ProblemType(
        "key_in_url",
        400,
        "A key in the URL",
        "URLs end up in logs: a key is taken from the header `Authorization` only. Revoke the key that was "
        "sent, and make another one.",
    ),
    ProblemType(
        "unsigned",
        401,
        "Nobody known signed this",
        "No trigger of this name has a secret that signed this request now. The name, the secret, the bytes "
        "that were signed or the clock of the sender is another one; which, the answer does not say.",
    ),
    ProblemType("no_such_page", 404, "No such address", "`/openapi.json` lists all addresses."),
    ProblemType("method", 405, "Not with this method", "The header `Allow` lists the methods that work."),
    ProblemType(
        "not_acceptable", 406, "In none of these formats", "`formats` lists those that `Accept` may ask for."
    ),
    ProblemType(
        "too_slow", 408, "The body came too slowly", "Send it faster, or in smaller parts: `/v1/uploads`."
    ),
    ProblemType(
        "conflict",
        409,
        "Not in this state",
        "A request was answered already, a run has ended, a name is taken: read the thing again.",
    ),
    ProblemType(
        "in_flight",
        409,
        "The first request still runs",
        "A request with this `Idempotency-Key` has not been answered yet. Wait, and send it again.",
    ),
    ProblemType(
        "changed",
        412,
        "Changed meanwhile",
        "It is no longer what `If-Match` names. Read it again, and decide anew.",
    ),
    ProblemType(
        "too_large", 413, "Too large", "`detail` says how much is taken. Models can be uploaded in parts."
    ),
    ProblemType(
        "media_type",
        415,
        "Not in this format",
        "Send JSON as `application/json`, and files as they are, without `Content-Encoding`.",
    ),
    ProblemType("range", 416, "No such range", "The range lies outside of the content."),
    ProblemType(
        "invalid_request",
        422,
        "The request does not fit",
        "`errors` lists the fields that are missing, unknown or of another type; `/openapi.json` has all.",
    ),
    ProblemType(
        "key_reused",
        422,
        "The same key with another request",
        "This `Idempotency-Key` was sent with another request in the last 24 hours. Choose a new one.",
    ),
    ProblemType(
        "state_required",
        428,
        "Say what you saw",
        "Send `If-Match` with the `ETag` that you read, so that no change of somebody else is lost.",
    ),
    ProblemType("rate_limited", 429, "Too many requests", "Wait for as many seconds as `Retry-After` says."),
)

PROBLEMS: Mapping[str, ProblemType] = {
    **{kind.value: ProblemType(kind.value, *entry) for kind, entry in _OF_ERRORS.items()},
    **{each.name: each for each in _OF_HTTP},
}
"""All types by name."""
