"""Whether a run's decisions were made as they should be: by prompt and chat model, with valid arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Decision
from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.nodes import DecideNode
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.audits.audited_run import REFERENCE, AuditArgs, AuditedRun, AuditResult, gather
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.tool import Tool

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Args(AuditArgs):
    """Which run."""


class AuditProblem(BaseModel):
    """Something that is not as it should be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: int = Field(description="Count of the run's steps when it happened.")
    what: str


class Result(AuditResult):
    """Passed if there is no problem. What cannot be judged here, such as a prompt since changed, is said."""

    decisions: int = Field(description="Count of decisions made.")
    refused: int = Field(description="Count of answers that were no valid decision; they had no effect.")
    approvals: int = Field(description="Count of tools that ran and needed an approval.")
    problems: tuple[AuditProblem, ...]
    unverified: tuple[AuditProblem, ...]

    max_findings: ClassVar[int | None] = 15

    def tables(self) -> Mapping[str, pd.DataFrame]:
        columns = list(AuditProblem.model_fields)
        return {
            "problems": pd.DataFrame([problem.model_dump() for problem in self.problems], columns=columns),
            "unverified": pd.DataFrame(
                [problem.model_dump() for problem in self.unverified], columns=columns
            ),
        }

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            "run_id": cut_text(self.run_id),
            "passed": self.passed,
            "decisions": self.decisions,
            "refused": self.refused,
            "approvals": self.approvals,
            "problems": _display_findings(self.problems, limit),
            "unverified": _display_findings(self.unverified, limit),
        }


def _display_findings(problems: tuple[AuditProblem, ...], limit: int) -> dict[str, JsonValue]:
    shown: list[JsonValue] = [
        {"step": problem.step, "what": cut_text(problem.what, 250)} for problem in problems[:limit]
    ]
    return {"count": len(problems), "shown": len(shown), "findings": shown}


def run(model: object, args: Args, audited: AuditedRun) -> Result:
    """Check each decision, and each tool that ran and needed an approval."""
    del model
    made = [event for event in audited.events if isinstance(event, e.DecisionMade)]
    problems = [
        AuditProblem(step=event.seq, what=what)
        for event in made
        for what in (*_prompt_problems(event.prompt), *_decision_problems(audited, event))
    ]
    guarded = _approved_calls(audited)
    problems += [
        AuditProblem(step=event.seq, what=what) for event in guarded for what in _approval(audited, event)
    ]
    unverified = [
        AuditProblem(step=event.seq, what=what)
        for event in made
        for what in _unknown(audited.prompts, event.prompt)
    ]
    return Result(
        run_id=args.run_id,
        passed=not problems,
        decisions=len(made),
        refused=sum(isinstance(event, e.DecisionRefused) for event in audited.events),
        approvals=len(guarded),
        problems=tuple(problems),
        unverified=tuple(unverified),
    )


def _prompt_problems(prompt: e.PromptUse) -> Iterator[str]:
    if not prompt.name or not prompt.version:
        yield "the decision has no prompt with a version"
    if not _SHA256.fullmatch(prompt.digest):
        yield f"prompt '{prompt.name}' v{prompt.version} has no digest"
    if not prompt.chat_model:
        yield f"the answer to prompt '{prompt.name}' names no chat model"


def _unknown(prompts: PromptManager, prompt: e.PromptUse) -> Iterator[str]:
    """What cannot be compared: this installation has another text, or none."""
    try:
        prompts.versions.find_by_digest(prompt.name, prompt.digest)
    except FluxError:
        yield f"prompt '{prompt.name}' v{prompt.version} has another text in this installation, or none"


def _decision_problems(audited: AuditedRun, event: e.DecisionMade) -> Iterator[str]:
    node = audited.flow.nodes.get(event.node)
    if not isinstance(node, DecideNode):
        yield f"node '{event.node}' of flow '{audited.flow.flow}' asks for no decision"
        return
    if event.prompt.name != node.prompt:
        yield f"node '{event.node}' asks with prompt '{node.prompt}', not '{event.prompt.name}'"
    if isinstance(event.decision, CallTool):
        yield from _call_problems(audited, node, event.decision)


def _call_problems(audited: AuditedRun, node: DecideNode, call: CallTool) -> Iterator[str]:

    if call.tool not in node.tools:
        yield f"tool '{call.tool}' is not offered at this node; offered: {', '.join(node.tools)}"
    tool = audited.tools.get(call.tool)
    if tool is None:
        yield f"there is no tool '{call.tool}'"
        return
    try:
        tool.parse(call.args)
    except FluxError as error:
        yield error.message


def _approved_calls(audited: AuditedRun) -> list[e.ToolSucceeded]:
    """The tools that ran and needed an approval."""
    return [
        event
        for event in audited.events
        if isinstance(event, e.ToolSucceeded)
        and (tool := audited.tools.get(event.call.tool)) is not None
        and tool.needs_approval
    ]


def _approval(audited: AuditedRun, ran: e.ToolSucceeded) -> Iterator[str]:
    """The missing approval, if a human did not agree to exactly this call before it ran."""
    granted: Decision | None = None
    for event in audited.events:
        if event is ran:
            break
        if isinstance(event, e.ApprovalGranted) and event.call is not None:
            granted = event.call
        elif isinstance(event, e.ToolSucceeded):
            granted = None
    if granted is None:
        yield f"tool '{ran.call.tool}' ran without an approval"
    elif granted != ran.call:
        yield f"tool '{ran.call.tool}' ran with other arguments than those approved"


TOOL = Tool(
    name="validate_ai_audit",
    purpose="Whether each decision of a run has its prompt, chat model, valid arguments and approval.",
    answers=("audit",),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    needs_model=False,
    reference=REFERENCE,
    example={"run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
)
