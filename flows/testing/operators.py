"""What a run asks of tools, chat models and humans, and what their answers become."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue, ValidationError

from fluxagents.flows import events as e
from fluxagents.flows.commands import AskHuman, CallTool, Consult, Decide, Decision, Finish, call_digest
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.tool_calls import ask_for_call
from fluxagents.flows.errors import FluxError, nearest
from fluxagents.flows.humans.answer_form import AnswerForm
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.opinions import Opinion
from fluxagents.flows.humans.seats import holds_many
from fluxagents.flows.humans.votes import Vote, VoteChoice
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import AnswerNode, MapNode, Node, SubflowNode, ToolNode, WaitNode
from fluxagents.flows.state import RunState
from fluxagents.flows.testing.environment import PLACEHOLDER, Environment, Query, format_call
from fluxagents.flows.testing.scenario import (
    SOMEBODY,
    ScenarioError,
    StatedAnswer,
    StatedEdit,
    blame_scenario,
)


def query_tool(flow: Flow, node: str, call: CallTool, *, refused: bool) -> Query:
    """Ask a tool for its result; only an error can follow if it would refuse the arguments."""
    asking = flow.nodes[node]
    paths = asking.facts.values() if isinstance(asking, ToolNode) else ()
    return Query(
        node=node,
        tool=call.tool,
        args=call.args,
        what=f"calls {format_call(call.tool, call.args)}",
        accepts=("error",) if refused else ("summary", "error"),
        example={"summary": nest(dict.fromkeys(paths, PLACEHOLDER))},
        optional=refused,
    )


def query_chat_model(command: Decide) -> Query:
    """Ask the chat model for a decision."""
    tools = f" among {len(command.tools)} tools" if command.tools else ""
    consults = ("consult",) if command.experts else ()
    return Query(
        node=command.node,
        what=f"lets the chat model decide{tools} ({command.steps_left} steps left)",
        accepts=("call_tool", "ask_human", *consults, "finish", "refused"),
        example={"finish": PLACEHOLDER},
    )


def query_runs(
    state: RunState, node: MapNode | SubflowNode, count: int, *, refused: bool, fail_alone: bool
) -> Query:
    """Ask what comes of the runs of a node.

    Args:
        state: The run that begins them.
        node: The node.
        count: How many there are.
        refused: No run can begin, since arguments are refused; no answer is needed.
        fail_alone: A run that cannot begin does not fail its node.
    """
    target = (node.tool if isinstance(node, MapNode) else None) or f"flow {node.flow!r}"
    example: dict[str, JsonValue]
    accepts: tuple[str, ...]
    if isinstance(node, SubflowNode):
        facts: dict[str, JsonValue] = {
            source: PLACEHOLDER for source in node.facts.values() if source != "answer"
        }
        example = {"run": {"facts": facts, "answer": PLACEHOLDER}}
        what, accepts = f"runs {target}", ("run", "error")
    else:
        names = node.facts if node.tool else node.facts.values()
        example = {"each": {"facts": dict.fromkeys(names, PLACEHOLDER)}}
        what, accepts = f"begins {count} runs of {target}", ("runs", "each", "error")
    return Query(
        node=state.node,
        what=what,
        accepts=("error",) if refused and not fail_alone else accepts,
        example=example,
        optional=refused,
    )


def query_waiting(flow: Flow, state: RunState) -> Query:
    """Ask what ends the wait of a run: a human, an event, or the time."""
    request, node = state.waiting_for, flow.nodes[state.node]
    if request is None:
        return _query_event(node, state)
    if request.kind == "approval":
        return Query(
            node=state.node,
            tool=request.call.tool if request.call else "",
            args=request.call.args if request.call else {},
            what=f"asks for an approval: {request.question!r}",
            accepts=("approve", "reject", "never", "open"),
            example={"approve": True},
        )
    choices = node.choices if isinstance(node, AnswerNode) else ()
    return Query(
        node=state.node,
        what=f"asks a human: {request.question!r}",
        accepts=("answer", "never", "open"),
        example={"answer": choices[0] if choices else PLACEHOLDER},
    )


def _query_event(node: Node, state: RunState) -> Query:
    assert state.wait is not None
    if not state.wait.event:
        # A time passes by itself; the world may only interrupt it.
        return Query(node=state.node, what="waits for a time", accepts=("open",), optional=True)
    assert isinstance(node, WaitNode)
    data = nest(dict.fromkeys(node.facts.values(), PLACEHOLDER))
    return Query(
        node=state.node,
        what=f"waits for the event {state.wait.event!r}",
        accepts=("event", "never", "open"),
        example={"event": state.wait.event, **({"data": data} if data else {})},
    )


def nest(values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Turn values by dotted path into a document; a path into another's value is left to that value."""
    document: dict[str, JsonValue] = {}
    for path in sorted(values, key=lambda path: path.count(".")):
        *parents, last = path.split(".")
        level: JsonValue = document
        for parent in parents:
            assert isinstance(level, dict)
            if parent in level and level[parent] is None:
                level = None
                break
            level = level.setdefault(parent, {})
        if isinstance(level, dict):
            level[last] = values[path]
    return document


def build_decision(answer: StatedAnswer, command: Decide, environment: Environment) -> Decision:
    """Build the decision that an answer states.

    Raises:
        ScenarioError: If such an answer of a chat model would be refused.
    """
    try:
        if answer.finish is not None:
            return Finish(answer=answer.finish)
        if answer.ask_human is not None:
            return AskHuman(question=answer.ask_human)
        if answer.consult is not None:
            return Consult(question=answer.consult, choices=answer.choices)
        tool = answer.call_tool
        assert tool is not None
        if tool not in command.tools:
            offers = (*nearest(tool, command.tools), f"offered: {', '.join(command.tools) or 'none'}")
            raise _refusal(command, f"tool {tool!r} is not offered there", *offers)
        if command.hypotheses != bool(answer.hypothesis):
            why = "states no hypothesis" if command.hypotheses else "states a hypothesis that none asks for"
            raise _refusal(command, f"the call {why}")
        args = environment.check_args(tool, answer.args)
        return CallTool(tool=tool, args=args, hypothesis=answer.hypothesis)
    except ScenarioError:
        raise
    except FluxError as error:
        raise _refusal(command, error.message, *error.suggestions) from error
    except ValidationError as error:
        raise _refusal(command, error.errors()[0]["msg"]) from error


def _refusal(command: Decide, why: str, *suggestions: str) -> ScenarioError:
    return ScenarioError(
        f"node {command.node!r}: a decision like this would be refused: {why}",
        suggestions=(*suggestions, "where that is meant, say `refused: {kind: invalid_answer}`"),
    )


def build_human_events(
    controller: FlowController, environment: Environment, state: RunState, answer: StatedAnswer, at_ms: int
) -> Sequence[e.Event]:
    """Build the events of a human's answer to a run that waits, by the rules of a real run.

    Raises:
        ScenarioError: If nobody could answer that.
    """
    request = state.waiting_for
    assert request is not None
    seq, by = state.seq, answer.by
    if answer.reject is not None:
        return [_build_vote(request, "reject", by=by, seq=seq, at_ms=at_ms, comment=answer.reject)]
    if isinstance(answer.approve, StatedEdit):
        call = _edit_call(environment, request, answer.approve)
        digest = call_digest(call.tool, call.args, state.model)
        edited = e.RequestEdited(
            seq=seq,
            at_ms=at_ms,
            request_id=request.id,
            by=by,
            question=ask_for_call(call),
            call=call,
            digest=digest,
        )
        after = request.model_copy(update={"call": call, "digest": digest})
        return [edited, _build_vote(after, "approve", by=by, seq=seq, at_ms=at_ms)]
    if answer.approve is not None:
        return [_build_vote(request, "approve", by=by, seq=seq, at_ms=at_ms)]
    text = _write(answer.answer)
    if request.panel is not None:
        return [_build_opinion(request, text, by=by, seq=seq, at_ms=at_ms)]
    facts: dict[str, JsonValue] = {}
    if request.kind == "question":
        with blame_scenario(f"node {request.node!r}: "):
            facts = controller.parse_answer(state, text)
    answered = e.QuestionAnswered(
        seq=seq, at_ms=at_ms, request_id=request.id, by=by, answer=text, facts=facts
    )
    return [answered]


def _build_vote(
    request: HumanRequest, choice: VoteChoice, *, by: str, seq: int, at_ms: int, comment: str = ""
) -> e.VoteCast:
    """Build a vote. A scenario has no groups of people: everybody in it belongs to each."""
    seats = tuple(seat for seat in request.seats if seat == by or holds_many(seat))
    vote = Vote(
        by=by,
        choice=choice,
        at_ms=at_ms,
        comment=comment,
        digest=request.digest,
        seats=seats or (request.seats if by == SOMEBODY else ()),
    )
    refusal = request.refuse_vote(vote)
    if not vote.seats:
        refusal = f"is assigned to {', '.join(request.seats)}, and not to {by!r}"
    if refusal:
        raise ScenarioError(
            f"node {request.node!r}: the request {refusal}",
            suggestions=("say who votes with `by`, another person for each vote",),
        )
    return e.VoteCast(seq=seq, at_ms=at_ms, request_id=request.id, vote=vote)


def _build_opinion(request: HumanRequest, text: str, *, by: str, seq: int, at_ms: int) -> e.OpinionGiven:
    with blame_scenario(f"node {request.node!r}: "):
        value = (request.answer or AnswerForm()).read(text)
    opinion = Opinion(by=by, at_ms=at_ms, answer=text, value=value)
    refusal = request.refuse_opinion(opinion)
    if not any(seat == by or holds_many(seat) for seat in request.seats) and by != SOMEBODY:
        refusal = f"is assigned to {', '.join(request.seats)}, and not to {by!r}"
    if refusal:
        raise ScenarioError(
            f"node {request.node!r}: the request {refusal}",
            suggestions=("say who answers with `by`, another person for each opinion",),
        )
    return e.OpinionGiven(seq=seq, at_ms=at_ms, request_id=request.id, opinion=opinion)


def _edit_call(environment: Environment, request: HumanRequest, edit: StatedEdit) -> CallTool:
    if request.call is None:
        raise ScenarioError(f"node {request.node!r} asks for no call whose arguments could be edited")
    tool, args = request.call.tool, {**request.call.args, **edit.args}
    with blame_scenario(f"node {request.node!r}: nobody can approve {format_call(tool, args)}: "):
        return CallTool(tool=tool, args=environment.check_args(tool, args))


def _write(answer: str | float | bool | None) -> str:
    """Write an answer as a human would."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return str(answer)
