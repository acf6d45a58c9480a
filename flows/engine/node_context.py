"""A run at a node at a time: what transitions read, and how they speak."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, call_digest
from fluxagents.flows.engine.budget import ends_ms
from fluxagents.flows.errors import ErrorInfo, FluxError
from fluxagents.flows.humans.effect import Effect, shown_digest
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.policies import AnyOf, Policy
from fluxagents.flows.humans.seats import ANYONE
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.expressions import ERROR_NAME, evaluate, names_in
from fluxagents.flows.language.node_base import CallingNode, RequestRules
from fluxagents.flows.language.nodes import Node
from fluxagents.flows.language.templates import fill_text, fill_value
from fluxagents.flows.state import RunState


@dataclass(frozen=True, slots=True)
class NodeContext:
    """All that decides what comes next; `seq` and `at_ms` go into the events."""

    flow: Flow
    tools: Mapping[str, ToolFacts]
    state: RunState
    seq: int
    at_ms: int
    value_names: Sequence[str]
    """The inputs and facts that expressions may speak of, with a value or without."""

    @property
    def node(self) -> Node:
        return self.flow.nodes[self.state.node]

    def names(self, **more: JsonValue) -> dict[str, JsonValue]:
        """What expressions may speak of: inputs, facts, the last error, and what is given."""
        last = self.state.errors[-1] if self.state.errors else None
        return {
            **dict.fromkeys(self.value_names),
            ERROR_NAME: last.model_dump(mode="json", include={"kind", "message", "where"}) if last else None,
            **self.state.inputs,
            **self.state.facts,
            **more,
        }

    def evaluate(self, expression: str, **more: JsonValue) -> Any:
        """The value of an expression, written with or without the leading `=`."""
        return evaluate(expression.removeprefix("="), self.names(**more))

    def values_in(self, expression: str) -> dict[str, JsonValue]:
        """The values that an expression looks at."""
        names = self.names()
        return {name: names.get(name) for name in names_in(expression)}

    def fill_value(self, value: JsonValue, **more: JsonValue) -> JsonValue:
        """A value with every string that begins with `=` replaced by what it evaluates to."""
        return fill_value(value, lambda expression: self.evaluate(expression, **more))

    def fill_arguments(self, args: Mapping[str, JsonValue], **more: JsonValue) -> dict[str, JsonValue]:
        """Evaluated arguments; one that has no value is left out."""
        values = {name: self.fill_value(value, **more) for name, value in args.items()}
        return {name: value for name, value in values.items() if value is not None}

    def fill_text(self, template: str) -> str:
        """A text with each `{expression}` replaced by its value."""
        return fill_text(template, self.evaluate)

    def enter(self, node: str) -> e.NodeEntered:
        """The event that leads to another node."""
        return e.NodeEntered(seq=self.seq, at_ms=self.at_ms, node=node)

    def fail(self, error: FluxError) -> e.NodeFailed:
        """The event that says that the node itself failed."""
        info = error.info(self.state.node)
        return e.NodeFailed(seq=self.seq, at_ms=self.at_ms, node=self.state.node, error=info)

    def end(self, error: FluxError | ErrorInfo) -> e.RunFailed:
        """The event that fails the run."""
        info = error.info(self.state.node) if isinstance(error, FluxError) else error
        return e.RunFailed(seq=self.seq, at_ms=self.at_ms, node=self.state.node, error=info)

    def deadline_ms(self, seconds: float | None) -> int:
        """The time so long after the present try began; 0 for none."""
        return self.state.attempt_ms + round(seconds * 1_000) if seconds is not None else 0

    def last_ms(self, seconds: float | None) -> int:
        """The end of the present try, or of the run's own time."""
        last = ends_ms(self.flow, self.state)
        return min(self.deadline_ms(seconds) or last, last)

    def digest(self, call: CallTool) -> str:
        """What an approval of this call is bound to."""
        return call_digest(call.tool, call.args, self.state.model)

    def may_run(self, call: CallTool) -> bool:
        """Whether a call needs no approval or has one, of exactly this; an unknown tool always needs one."""
        free = call.tool in self.tools and not self.tools[call.tool].needs_approval
        return free or self.state.approved == self.digest(call)

    def shows_effect(self, call: CallTool) -> bool:
        """Whether humans are asked about this call with its effect."""
        tool = self.tools.get(call.tool)
        return self.state.describes_requests and tool is not None and tool.has_effect

    def effect_of(self, call: CallTool) -> Effect | None:
        """What exactly this call would do, where that was computed."""
        computed = self.state.effect
        return computed.effect if computed and computed.digest == self.digest(call) else None

    def request(
        self,
        kind: Literal["approval", "question", "escalation"],
        question: str,
        *,
        call: CallTool | None = None,
        policy: Policy | None = None,
        rules: RequestRules | None = None,
        effect: Effect | None = None,
        **more: Any,
    ) -> HumanRequest:
        """A request to a human, bound to what is shown.

        Args:
            kind: What is asked for.
            question: In words.
            call: Of a tool, that is to be approved.
            policy: Whose answer counts; that of the rules when absent.
            rules: How it is decided; one answer of anybody when absent.
            effect: Of the call.
            more: Fields of the request.
        """
        asked = self.digest(call) if call else hashlib.sha256(question.encode()).hexdigest()
        return HumanRequest(
            id=f"{self.state.run_id}.{self.state.seq}",
            kind=kind,
            node=self.state.node,
            question=question,
            call=call,
            digest=shown_digest(asked, effect),
            effect=effect,
            **self._decided_by(policy, rules),
            **more,
        )

    def _decided_by(self, policy: Policy | None, rules: RequestRules | None) -> dict[str, Any]:
        rules = rules or RequestRules()
        policy = policy or rules.policy or Policy(rule=AnyOf(any_of=(ANYONE,)))
        return {
            "policy": policy,
            "barred": (self.state.requester,) if policy.four_eyes and self.state.requester else (),
            "ladder": rules.ladder,
            "calendar": rules.calendar,
            "urgency": rules.urgency,
            # Only where something counts from it: early versions did not record it.
            "asked_ms": self.at_ms if rules.ladder or rules.no_limit else 0,
            "no_limit": rules.no_limit,
            "always_ask": rules.always_ask,
        }

    def rules_of(self, call: CallTool) -> RequestRules | None:
        """How the approval of a call is decided, by its node, the flow or the tool; None where none says."""
        node = self.node
        rules = node.approval if isinstance(node, CallingNode) else None
        tool = self.tools.get(call.tool)
        return rules or self.flow.approvals.get(call.tool) or (tool.approval if tool else None)

    def ask(self, request: HumanRequest) -> e.QuestionAsked:
        """The event that puts a question to a human."""
        return e.QuestionAsked(seq=self.seq, at_ms=self.at_ms, request=request)

    def ask_approval(self, request: HumanRequest) -> e.ApprovalRequested:
        """The event that asks a human for an approval."""
        return e.ApprovalRequested(seq=self.seq, at_ms=self.at_ms, request=request)
