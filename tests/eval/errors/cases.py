"""Failures of every kind, put into runs of `metabolic_analysis` on E. coli core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
from billiard.exceptions import SoftTimeLimitExceeded
from langchain_core.messages import AIMessage
from tests.eval.errors.faults import ALWAYS, ChatFault, ToolFault

from fluxagents.flows.errors import ErrorClass, FluxError

ESSENTIAL = "Which genes are essential?"
RANGES = "What is the flux variability of PFK?"
ENVELOPE = "What is the production envelope of succinate?"
MINIMAL = "What is the minimal medium?"
ANAEROBIC = "How fast does it grow without oxygen?"
ACETATE = "How fast does it grow on acetate?"
ONE_GENE = "Is gene b0720 essential?"

DESCRIBE, FBA = "analyze_metabolic_model", "run_metabolic_fba"
GENES, FVA = "analyze_essentiality", "run_flux_variability_analysis"
PRODUCT, MEDIA = "run_production_envelope", "find_minimal_media"

NO_SUGAR = {"EX_nh4_e": 1000, "EX_pi_e": 1000, "EX_o2_e": 1000, "EX_h2o_e": 1000, "EX_h_e": 1000}
NO_NITROGEN = {**NO_SUGAR, "EX_glc__D_e": 10, "EX_nh4_e": 0}

_REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run with something wrong in it.

    Attributes:
        kind: Of the error that must be in the run's log.
        recovers: Whether the run can come to the same findings with no human; otherwise it must end with a
            clear error or at a human.
        advised: The argument that the error gives another value: the way to the growth rate may differ in it,
            and in what that method finds beside growth.
    """

    name: str
    kind: ErrorClass
    recovers: bool
    question: str = ESSENTIAL
    inputs: dict[str, Any] = field(default_factory=dict)
    model: str = "e_coli_core"
    max_tokens: int | None = None
    tool: ToolFault | None = None
    chat: ChatFault | None = None
    advised: str = ""


def cases() -> list[Case]:
    """All of them."""
    return [
        *_passing_tools(),
        *_passing_chat(),
        *_slips(),
        *_lasting_tools(),
        *_lasting_chat(),
        *_input_cases(),
    ]


def _flux(kind: ErrorClass, message: str) -> Callable[[], FluxError]:
    return lambda: FluxError(kind, message)


def _raise(error: Callable[[], Exception]) -> Callable[[AIMessage], AIMessage]:
    def wrong(_: AIMessage) -> AIMessage:
        raise error()

    return wrong


def _status(status: int, error: type[openai.APIStatusError]) -> Callable[[AIMessage], AIMessage]:
    response = httpx2.Response(status, request=_REQUEST)
    return _raise(lambda: error(f"status {status}", response=response, body=None))


def _calls(*named: tuple[str, dict[str, Any]], **fields: Any) -> AIMessage:
    tool_calls = [{"name": name, "args": args, "id": f"c{at}"} for at, (name, args) in enumerate(named)]
    return AIMessage(content="", tool_calls=tool_calls, **fields)


def _says(message: AIMessage) -> Callable[[AIMessage], AIMessage]:
    return lambda _: message


def _with(**args: Any) -> Callable[[AIMessage], AIMessage]:
    """The chat model's own call with some arguments changed."""

    def wrong(answer: AIMessage) -> AIMessage:
        call = answer.tool_calls[0]
        return _calls((call["name"], {**call["args"], **args}))

    return wrong


RATE_LIMIT = _status(429, openai.RateLimitError)
OUTAGE = _status(503, openai.InternalServerError)
UNREACHABLE = _raise(lambda: openai.APIConnectionError(request=_REQUEST))
TOO_SLOW = _raise(lambda: openai.APITimeoutError(request=_REQUEST))
NO_KEY = _status(401, openai.AuthenticationError)
DECLINED = _says(AIMessage(content="", additional_kwargs={"refusal": "I cannot help with that"}))
FILTERED = _says(AIMessage(content="", response_metadata={"finish_reason": "content_filter"}))
PROSE = _says(AIMessage(content="I would look at the essential genes."))
NOT_OFFERED = _says(_calls(("validate_tool_audit", {"run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"})))

_CRASHES: dict[ErrorClass, Callable[[], BaseException]] = {
    ErrorClass.TIMEOUT: SoftTimeLimitExceeded,
    ErrorClass.MEMORY: lambda: MemoryError("cannot allocate 4 GiB"),
    ErrorClass.INTERNAL: lambda: OSError("the artifact folder is not mounted"),
}
_AT = {
    DESCRIBE: ESSENTIAL,
    FBA: ANAEROBIC,
    GENES: ESSENTIAL,
    FVA: RANGES,
    PRODUCT: ENVELOPE,
    MEDIA: MINIMAL,
}


def _passing_tools() -> Iterator[Case]:
    """A worker that was out of time, memory or order once."""
    for kind, error in _CRASHES.items():
        for tool, question in _AT.items():
            fault = ToolFault(tool, error)
            yield Case(name=f"{kind} once in {tool}", kind=kind, recovers=True, question=question, tool=fault)
    fault = ToolFault(FBA, _CRASHES[ErrorClass.TIMEOUT], spared=1)
    yield Case(
        name="timeout once in the second simulation",
        kind=ErrorClass.TIMEOUT,
        recovers=True,
        question=ACETATE,
        tool=fault,
    )
    # The solver fails in one method, and its error names another one.
    kind = ErrorClass.NUMERICAL
    lost = ToolFault(FBA, lambda: FluxError(kind, "no least flux", suggestions=("use 'fba'",)), spared=1)
    yield Case(
        name="numerical once", kind=kind, recovers=True, question=ANAEROBIC, tool=lost, advised="method"
    )


def _passing_chat() -> Iterator[Case]:
    """A provider that fails for a while, and answers that are no decision once or twice."""
    for name, kind, wrong in (
        ("rate limit", ErrorClass.PROVIDER_RATE_LIMIT, RATE_LIMIT),
        ("outage", ErrorClass.PROVIDER_OUTAGE, OUTAGE),
        ("no connection", ErrorClass.PROVIDER_OUTAGE, UNREACHABLE),
    ):
        for times in (1, 2):
            chat = ChatFault(wrong, times=times)
            yield Case(name=f"{name}, {times} times", kind=kind, recovers=True, chat=chat)
        chat = ChatFault(wrong, spared=2)
        yield Case(name=f"{name} at the report", kind=kind, recovers=True, chat=chat)
    chat = ChatFault(TOO_SLOW)
    yield Case(name="provider too slow once", kind=ErrorClass.TIMEOUT, recovers=True, chat=chat)
    for name, answer in (
        ("prose", PROSE),
        ("nothing", _says(AIMessage(content=""))),
        ("an unknown tool", _says(_calls(("find_essential_genes", {})))),
        ("an unknown argument", _with(gene="b0720")),
        ("a wrong type", _with(medium_changes="glucose")),
        ("two calls", _says(_calls((GENES, {}), (FBA, {})))),
        ("an empty answer", _says(_calls(("finish", {"answer": " "})))),
        ("a cut answer", _says(_calls((GENES, {}), response_metadata={"finish_reason": "length"}))),
    ):
        yield Case(
            name=f"answered with {name}",
            kind=ErrorClass.INVALID_ANSWER,
            recovers=True,
            chat=ChatFault(answer),
        )
    chat = ChatFault(PROSE, times=2)
    yield Case(name="answered with prose twice", kind=ErrorClass.INVALID_ANSWER, recovers=True, chat=chat)
    chat = ChatFault(NOT_OFFERED)
    yield Case(name="a tool that is not offered", kind=ErrorClass.PERMISSION, recovers=True, chat=chat)


def _slips() -> Iterator[Case]:
    """Valid calls about things that the model does not have; the tool's own error names the nearest."""
    for name, kind, question, args in (
        ("gene", ErrorClass.UNKNOWN_ID, ONE_GENE, {"genes": ["b07200"]}),
        ("genes", ErrorClass.UNKNOWN_ID, ESSENTIAL, {"genes": ["pfkA"]}),
        ("reaction", ErrorClass.UNKNOWN_ID, RANGES, {"reactions": ["PFKK"]}),
        ("exchange", ErrorClass.MEDIUM, ANAEROBIC, {"medium_changes": {"EX_o2": 0}}),
        ("metabolite for an exchange", ErrorClass.MEDIUM, ACETATE, {"medium_changes": {"ac_e": 10}}),
        ("product", ErrorClass.MEDIUM, ENVELOPE, {"product_exchange": "EX_succ"}),
    ):
        chat = ChatFault(_with(**args))
        yield Case(name=f"misspelt {name}", kind=kind, recovers=True, question=question, chat=chat)


def _lasting_tools() -> Iterator[Case]:
    """Tools that fail each time, where the flow calls them and where the chat model does."""
    for kind in (
        ErrorClass.SOLVER,
        ErrorClass.NUMERICAL,
        ErrorClass.UNBOUNDED,
        ErrorClass.INFEASIBLE,
        ErrorClass.BAD_ARGUMENT,
        ErrorClass.UNREADABLE_MODEL,
        ErrorClass.PERMISSION,
    ):
        error = _flux(kind, f"the {kind} error that stays")
        for tool in (FBA, GENES):
            fault = ToolFault(tool, error, times=ALWAYS)
            yield Case(name=f"{kind} each time in {tool}", kind=kind, recovers=False, tool=fault)
    for kind, crash in _CRASHES.items():
        for tool in (FBA, GENES):
            fault = ToolFault(tool, crash, times=ALWAYS)
            yield Case(name=f"{kind} each time in {tool}", kind=kind, recovers=False, tool=fault)


def _lasting_chat() -> Iterator[Case]:
    """A provider that does not come back, declines, or never answers with a decision."""
    for name, kind, wrong in (
        ("rate limit", ErrorClass.PROVIDER_RATE_LIMIT, RATE_LIMIT),
        ("outage", ErrorClass.PROVIDER_OUTAGE, OUTAGE),
        ("too slow", ErrorClass.TIMEOUT, TOO_SLOW),
        ("no key", ErrorClass.PERMISSION, NO_KEY),
        ("declined", ErrorClass.PROVIDER_REFUSAL, DECLINED),
        ("filtered", ErrorClass.PROVIDER_REFUSAL, FILTERED),
        ("prose", ErrorClass.INVALID_ANSWER, PROSE),
        ("a tool that is not offered", ErrorClass.PERMISSION, NOT_OFFERED),
    ):
        for spared in (0, 2):
            at = "report" if spared else "answer"
            chat = ChatFault(wrong, times=ALWAYS, spared=spared)
            if spared and wrong is PROSE:
                continue  # Prose is what a report may be.
            yield Case(name=f"{name} each time at the {at}", kind=kind, recovers=False, chat=chat)


def _input_cases() -> Iterator[Case]:
    """Inputs of the user that are wrong, or that cannot be computed."""
    unknown = ErrorClass.UNKNOWN_ID
    yield Case(name="no such gene", kind=unknown, recovers=False, question="Is gene b9999 essential?")
    medium = {"EX_glucose": 10}
    yield Case(name="no such exchange", kind=ErrorClass.MEDIUM, recovers=False, inputs={"medium": medium})
    yield Case(
        name="a medium that is no number", kind=ErrorClass.BAD_ARGUMENT, recovers=False,
        inputs={"medium": {"EX_glc__D_e": "much"}},
    )  # fmt: skip
    for model in ("damaged", "cut_off"):
        yield Case(name=f"{model} file", kind=ErrorClass.UNREADABLE_MODEL, recovers=False, model=model)
    yield Case(name="no such model", kind=unknown, recovers=False, model="missing")
    yield Case(name="no room for the prompt", kind=ErrorClass.BUDGET, recovers=False, max_tokens=600)
