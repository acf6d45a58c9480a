"""A flow as its author writes it: a declarative decision tree with typed inputs and facts."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import Field, JsonValue

from fluxagents.flows.events import FlowRef
from fluxagents.flows.language.node_base import RequestRules, StrictModel, ValueType
from fluxagents.flows.language.nodes import Node


class InputSpec(StrictModel):
    """One input of a flow."""

    type: ValueType
    purpose: str = ""
    required: bool = False
    default: JsonValue = None


class FactSpec(StrictModel):
    """One fact that a flow's nodes find; a fact may be missing, which is None."""

    type: ValueType
    unit: str = ""
    purpose: str = ""


class Budget(StrictModel):
    """What a run may use; a run that would use more fails with an error of kind `budget`."""

    steps: int = Field(default=1_000, ge=1)
    tokens: int = Field(default=2_000_000, ge=1)
    """Tokens sent to and received from chat models."""
    wall_time_s: float = Field(default=7 * 86_400.0, gt=0)
    """From start to end, pauses and humans included."""


class Flow(StrictModel):
    """A decision tree with typed inputs; a run keeps the version it started with."""

    flow: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    purpose: str
    questions: tuple[str, ...] = Field(
        default=(), description="Questions that it answers, as people ask them, in any language."
    )
    inputs: dict[str, InputSpec] = Field(default_factory=dict)
    facts: dict[str, FactSpec] = Field(default_factory=dict)
    budget: Budget = Budget()
    approvals: dict[str, RequestRules] = Field(default_factory=dict)
    """Tool -> how its approvals are decided, wherever a node says nothing else."""
    start: str
    nodes: dict[str, Node]

    @property
    def fact_names(self) -> tuple[str, ...]:
        """All facts that it may find, declared or not."""
        names = (fact for node in self.nodes.values() for fact in node.fact_names)
        return tuple(dict.fromkeys((*self.facts, *names)))

    @property
    def value_names(self) -> tuple[str, ...]:
        """All inputs and facts."""
        return tuple(dict.fromkeys((*self.inputs, *self.fact_names)))

    @property
    def ref(self) -> FlowRef:
        """How a run names exactly this version."""
        return FlowRef(name=self.flow, version=self.version, digest=self.digest)

    @property
    def digest(self) -> str:
        """The sha256 of what the definition says: two flows with one digest behave alike."""
        content = json.dumps(
            self.model_dump(mode="json", exclude_defaults=True, exclude={"questions"}),
            sort_keys=True,
            separators=(",", ":"),
        )
        return hashlib.sha256(content.encode()).hexdigest()


def flow_schema() -> dict[str, Any]:
    """The JSON Schema of a flow file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Flow.model_json_schema()}
