"""A flow as its author writes it: a declarative decision tree in YAML."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError

InputType = Literal["string", "number", "integer", "boolean", "object", "array"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputSpec(Strict):
    """One input of a flow."""

    type: InputType
    purpose: str = ""
    required: bool = False
    default: JsonValue = None


class NodeBase(Strict):
    purpose: str = ""


class ToolNode(NodeBase):
    """Runs one tool with fixed or computed arguments; a string that starts with `=` is an expression."""

    kind: Literal["tool"]
    tool: str
    args: dict[str, JsonValue] = Field(default_factory=dict)
    facts: dict[str, str] = Field(default_factory=dict)
    """Fact name to the dotted path of its value in the tool's summary."""
    next: str
    on_error: str | None = None


class DecideNode(NodeBase):
    """Lets the chat model choose among tools until it finishes or its steps are used."""

    kind: Literal["decide"]
    prompt: str
    tools: tuple[str, ...] = ()
    max_steps: int = Field(default=8, ge=1, le=200)
    max_failures: int = Field(default=3, ge=1, le=10)
    """Failures of one kind in a row that call a human."""
    hypotheses: bool = False
    """Whether each call states a hypothesis and which of its results would refute it."""
    next: str


class Case(Strict):
    when: str
    to: str


class BranchNode(NodeBase):
    """Goes to the first case whose condition holds."""

    kind: Literal["branch"]
    cases: tuple[Case, ...] = Field(min_length=1)
    otherwise: str


class ApproveNode(NodeBase):
    """Stops until a human agrees, or until time is up."""

    kind: Literal["approve"]
    question: str
    next: str
    on_reject: str
    within_s: float | None = Field(default=None, gt=0)
    """How long the humans have; none leaves them the time of the run's budget."""
    on_timeout: str | None = None
    """Where an approval leads that was not answered in time; `on_reject` when absent."""


class EndNode(NodeBase):
    """Ends the run."""

    kind: Literal["end"]
    outcome: Literal["finished", "failed"] = "finished"
    message: str = ""
    """The answer or the reason when the run has none of its own."""


Node = Annotated[ToolNode | DecideNode | BranchNode | ApproveNode | EndNode, Field(discriminator="kind")]


class Budget(Strict):
    """What a run may use; a run that would use more fails with an error of kind `budget`."""

    steps: int = Field(default=1_000, ge=1)
    tokens: int = Field(default=2_000_000, ge=1)
    """Tokens sent to and received from chat models."""
    wall_time_s: float = Field(default=7 * 86_400.0, gt=0)
    """From start to end, pauses and humans included."""


class Flow(Strict):
    """A decision tree with typed inputs; a run keeps the version it started with."""

    flow: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    purpose: str
    inputs: dict[str, InputSpec] = Field(default_factory=dict)
    budget: Budget = Budget()
    start: str
    nodes: dict[str, Node]

    @property
    def digest(self) -> str:
        """The sha256 of the definition: two flows with one digest behave alike."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()


def flow_from_yaml(text: str, *, where: str = "the flow") -> Flow:
    """Read a flow.

    Args:
        text: The YAML document.
        where: What an error calls the document, a file's name for instance.

    Raises:
        FluxError: If it is no YAML or no flow; names the place and what is expected there.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise FluxError(ErrorClass.BAD_FLOW, f"{where} is not YAML: {error}") from error
    if not isinstance(document, Mapping):
        raise FluxError(ErrorClass.BAD_FLOW, f"{where} is not a mapping with `flow`, `start` and `nodes`")
    return flow_from_mapping(document, where=where)


def flow_from_mapping(document: Mapping[str, Any], *, where: str = "the flow") -> Flow:
    """Read a flow from plain data.

    Raises:
        FluxError: As `flow_from_yaml`.
    """
    try:
        return Flow.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise FluxError(ErrorClass.BAD_FLOW, f"{where}: {place}: {first['msg']}") from error


_PYTHON_TYPES: dict[InputType, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


def checked_inputs(flow: Flow, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The inputs of a run with defaults filled in.

    Raises:
        FluxError: If an input is unknown, missing or of another type.
    """
    from_names = ", ".join(flow.inputs) or "none"
    for name in given:
        if name not in flow.inputs:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"flow {flow.flow!r} has no input {name!r}",
                suggestions=(f"its inputs: {from_names}",),
            )
    values: dict[str, JsonValue] = {}
    for name, spec in flow.inputs.items():
        value = given.get(name)
        if value is None:
            if spec.required:
                raise FluxError(
                    ErrorClass.BAD_ARGUMENT, f"flow {flow.flow!r} needs the input {name!r}: {spec.purpose}"
                )
            value = spec.default
        elif not isinstance(value, _PYTHON_TYPES[spec.type]) or (
            isinstance(value, bool) and spec.type != "boolean"
        ):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"input {name!r} of flow {flow.flow!r} is {value!r}, expected {spec.type}",
            )
        values[name] = value
    return values
