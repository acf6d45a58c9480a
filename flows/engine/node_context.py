"""A run at a node at a time: what the controller's decisions read, and how they speak."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, call_digest
from fluxagents.flows.errors import ErrorInfo, FluxError
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.expressions import evaluate, names_in
from fluxagents.flows.language.facts import facts_of
from fluxagents.flows.language.nodes import Node
from fluxagents.flows.state import RunState

ERROR_NAME = "error"
"""What expressions call the last error: a mapping with `kind`, `message` and `where`, or None."""

_IN_TEXT = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Moment:
    """What there is to know when the next thing is decided; `seq` and `at_ms` go into the events."""

    flow: Flow
    tools: Mapping[str, ToolFacts]
    state: RunState
    seq: int
    at_ms: int

    @property
    def node(self) -> Node:
        return self.flow.nodes[self.state.node]

    def names(self, **more: JsonValue) -> dict[str, JsonValue]:
        """What expressions may speak of: inputs, facts, the last error, and what is given."""
        last = self.state.errors[-1] if self.state.errors else None
        return {
            **dict.fromkeys(self.flow.inputs),
            **dict.fromkeys(facts_of(self.flow)),
            ERROR_NAME: last.model_dump(mode="json", include={"kind", "message", "where"}) if last else None,
            **self.state.inputs,
            **self.state.facts,
            **more,
        }

    def value(self, expression: str, **more: JsonValue) -> Any:
        """The value of an expression, written with or without the leading `=`."""
        return evaluate(expression.removeprefix("="), self.names(**more))

    def seen(self, expression: str) -> dict[str, JsonValue]:
        """The values that an expression looks at."""
        names = self.names()
        return {name: names.get(name) for name in names_in(expression)}

    def computed(self, value: JsonValue, **more: JsonValue) -> JsonValue:
        """A value with every string that begins with `=` replaced by what it evaluates to."""
        if isinstance(value, str) and value.startswith("="):
            found: JsonValue = self.value(value, **more)
            return found
        if isinstance(value, list):
            return [self.computed(one, **more) for one in value]
        if isinstance(value, dict):
            return {name: self.computed(one, **more) for name, one in value.items()}
        return value

    def arguments(self, args: Mapping[str, JsonValue], **more: JsonValue) -> dict[str, JsonValue]:
        """Computed arguments; one that has no value is left out."""
        values = {name: self.computed(value, **more) for name, value in args.items()}
        return {name: value for name, value in values.items() if value is not None}

    def text(self, template: str) -> str:
        """A text with each `{expression}` replaced by its value."""
        return _IN_TEXT.sub(lambda found: _said(self.value(found[1])), template)

    def enter(self, node: str) -> e.NodeEntered:
        """The event that leads to another node."""
        return e.NodeEntered(seq=self.seq, at_ms=self.at_ms, node=node)

    def fail(self, error: FluxError) -> e.NodeFailed:
        """The event that says that the node itself failed."""
        info = error.info(self.state.node)
        return e.NodeFailed(seq=self.seq, at_ms=self.at_ms, node=self.state.node, error=info)

    def end(self, error: ErrorInfo) -> e.RunFailed:
        """The event that fails the run."""
        return e.RunFailed(seq=self.seq, at_ms=self.at_ms, node=self.state.node, error=error)

    def deadline_ms(self, seconds: float | None) -> int:
        """The time so long after the present try began; 0 for none."""
        return self.state.attempt_ms + round(seconds * 1_000) if seconds is not None else 0

    def digest(self, call: CallTool) -> str:
        """What an approval of this call is bound to."""
        return call_digest(call.tool, call.args, self.state.model)

    def may_run(self, call: CallTool) -> bool:
        """Whether a call needs no approval or has one, of exactly this; an unknown tool always needs one."""
        free = call.tool in self.tools and not self.tools[call.tool].needs_approval
        return free or self.state.approved == self.digest(call)

    def request(
        self,
        kind: Literal["approval", "question", "escalation"],
        question: str,
        *,
        call: CallTool | None = None,
        **more: Any,
    ) -> e.HumanRequest:
        """A request to a human, bound to what is shown."""
        shown = self.digest(call) if call else hashlib.sha256(question.encode()).hexdigest()
        return e.HumanRequest(
            id=f"{self.state.run_id}.{self.state.seq}",
            kind=kind,
            node=self.state.node,
            question=question,
            call=call,
            digest=shown,
            **more,
        )


def _said(value: Any) -> str:
    """A value in a text: numbers to six digits, lists with commas, mappings as `name value, name value`."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "unknown"}[value]
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(one)}" for name, one in value.items()) or "none"
    return str(value)


def names_in_text(template: str) -> list[str]:
    """The expressions of a text."""
    return _IN_TEXT.findall(template)
