"""What each kind of command asks of the world, with an example of an answer for whoever forgot it."""

from __future__ import annotations

from pydantic import JsonValue, ValidationError

from fluxagents.flows.commands import AskHuman, CallTool, Decide, Decision, Finish
from fluxagents.flows.errors import FluxError, nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import AskNode, MapNode, Node, SubflowNode, ToolNode, WaitNode
from fluxagents.flows.state import RunState
from fluxagents.flows.testing.scenario import Answer, ScenarioError
from fluxagents.flows.testing.stage import Stage
from fluxagents.flows.testing.world import LEFT_OUT, Ask, call_in_words


def ask_of_call(flow: Flow, node: str, call: CallTool, *, refused: bool) -> Ask:
    """What a tool finds.

    Args:
        flow: The flow.
        node: Where the call is made.
        call: The call.
        refused: The tool would refuse the arguments: only an error can follow, with or without an answer.
    """
    return Ask(
        node=node,
        tool=call.tool,
        args=call.args,
        what=f"calls {call_in_words(call.tool, call.args)}",
        accepts=("error",) if refused else ("summary", "error"),
        example={"summary": _summary(flow.nodes[node])},
        optional=refused,
    )


def _summary(node: Node) -> dict[str, JsonValue]:
    """A summary with a place for each fact."""
    if not isinstance(node, ToolNode):
        return {}
    return nested(dict.fromkeys(node.facts.values(), LEFT_OUT))


def nested(values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Values by dotted path as a document; a path into another's value finds its place there."""
    found: dict[str, JsonValue] = {}
    for path in sorted(values, key=lambda one: one.count(".")):
        *around, last = path.split(".")
        place: JsonValue = found
        for part in around:
            assert isinstance(place, dict)
            if place.get(part) is None:
                if part in place:
                    place = None
                    break
                place[part] = {}
            place = place[part]
        if isinstance(place, dict):
            place[last] = values[path]
    return found


def ask_of_decision(command: Decide) -> Ask:
    """What the chat model decides."""
    tools = f" among {len(command.tools)} tools" if command.tools else ""
    return Ask(
        node=command.node,
        what=f"lets the chat model decide{tools} ({command.steps_left} steps left)",
        accepts=("call_tool", "ask_human", "finish", "refused"),
        example={"finish": LEFT_OUT},
    )


def decision_of(answer: Answer, command: Decide, stage: Stage) -> Decision:
    """The decision that an answer states.

    Raises:
        ScenarioError: If a chat model's answer like this would be refused.
    """
    try:
        if answer.finish is not None:
            return Finish(answer=answer.finish)
        if answer.ask_human is not None:
            return AskHuman(question=answer.ask_human)
        assert answer.call_tool is not None
        if answer.call_tool not in command.tools:
            raise _refused(
                command.node, f"tool {answer.call_tool!r} is not offered there", *_offers(answer, command)
            )
        if command.hypotheses != bool(answer.hypothesis):
            why = "states no hypothesis" if command.hypotheses else "states a hypothesis that none asks for"
            raise _refused(command.node, f"the call {why}")
        args = stage.check_args(answer.call_tool, answer.args)
        return CallTool(tool=answer.call_tool, args=args, hypothesis=answer.hypothesis)
    except FluxError as error:
        if isinstance(error, ScenarioError):
            raise
        raise _refused(command.node, error.message, *error.suggestions) from error
    except ValidationError as error:
        raise _refused(command.node, error.errors()[0]["msg"]) from error


def _offers(answer: Answer, command: Decide) -> tuple[str, ...]:
    assert answer.call_tool is not None
    return (*nearest(answer.call_tool, command.tools), f"offered: {', '.join(command.tools) or 'none'}")


def _refused(node: str, why: str, *suggestions: str) -> ScenarioError:
    return ScenarioError(
        f"node {node!r}: a decision like this would be refused: {why}",
        suggestions=(*suggestions, "where that is meant, say `refused: {kind: invalid_answer}`"),
    )


def ask_of_rest(flow: Flow, state: RunState) -> Ask:
    """What becomes of a run that waits for a human, for an event, or for a time."""
    node, request = state.node, state.waiting_for
    if request is None:
        return _ask_of_wait(flow.nodes[node], state)
    if request.kind == "approval":
        return Ask(
            node=node,
            tool=request.call.tool if request.call else "",
            args=request.call.args if request.call else {},
            what=f"asks for an approval: {request.question!r}",
            accepts=("approve", "reject", "never", "open"),
            example={"approve": True},
        )
    asked = flow.nodes[node]
    choices = asked.choices if isinstance(asked, AskNode) else ()
    return Ask(
        node=node,
        what=f"asks a human: {request.question!r}",
        accepts=("answer", "never", "open"),
        example={"answer": choices[0] if choices else LEFT_OUT},
    )


def _ask_of_wait(node: Node, state: RunState) -> Ask:
    assert state.wait is not None
    if not state.wait.event:
        # A time passes by itself; all that may be said is what comes meanwhile.
        return Ask(node=state.node, what="waits for a time", accepts=("open",), optional=True)
    assert isinstance(node, WaitNode)
    data = nested(dict.fromkeys(node.facts.values(), LEFT_OUT))
    return Ask(
        node=state.node,
        what=f"waits for the event {state.wait.event!r}",
        accepts=("event", "never", "open"),
        example={"event": state.wait.event, **({"data": data} if data else {})},
    )


def ask_of_runs(
    state: RunState, node: MapNode | SubflowNode, count: int, *, refused: bool, alone: bool
) -> Ask:
    """What comes of the runs that a node begins.

    Args:
        state: The run that begins them.
        node: The node.
        count: How many.
        refused: Nothing needs to be said, since arguments are refused.
        alone: Each run fails alone: then the node itself does not.
    """
    of = (node.tool if isinstance(node, MapNode) else None) or f"flow {node.flow!r}"
    example: dict[str, JsonValue]
    accepts: tuple[str, ...]
    if isinstance(node, SubflowNode):
        stated: dict[str, JsonValue] = {one: LEFT_OUT for one in node.facts.values() if one != "answer"}
        example = {"run": {"facts": stated, "answer": LEFT_OUT}}
        what, accepts = f"runs {of}", ("run", "error")
    else:
        names = node.facts if node.tool else node.facts.values()
        example = {"each": {"facts": dict.fromkeys(names, LEFT_OUT)}}
        what, accepts = f"begins {count} runs of {of}", ("runs", "each", "error")
    return Ask(
        node=state.node,
        what=what,
        accepts=("error",) if refused and not alone else accepts,
        example=example,
        optional=refused,
    )
