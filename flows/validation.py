"""What can be wrong with a flow before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fluxagents.flows.catalog import ToolFacts
from fluxagents.flows.definition import ApproveNode, BranchNode, DecideNode, EndNode, Flow, Node, ToolNode
from fluxagents.flows.errors import FluxError, nearest
from fluxagents.flows.expressions import names_in


def problems_of(flow: Flow, tools: Mapping[str, ToolFacts]) -> list[str]:
    """Every problem of a flow, a sentence each that names the node and the way out."""
    return [
        *_unknown_targets(flow),
        *_unreachable(flow),
        *_dead_ends(flow),
        *_unknown_tools(flow, tools),
        *_bad_expressions(flow),
    ]


def targets(node: Node) -> tuple[tuple[str, str], ...]:
    """The nodes that a node may lead to, each with the reason."""
    if isinstance(node, ToolNode):
        on_error = (("error", node.on_error),) if node.on_error else ()
        return (("", node.next), *on_error)
    if isinstance(node, DecideNode):
        return (("", node.next),)
    if isinstance(node, BranchNode):
        return (*((case.when, case.to) for case in node.cases), ("otherwise", node.otherwise))
    if isinstance(node, ApproveNode):
        late = (("too late", node.on_timeout),) if node.on_timeout else ()
        return (("approved", node.next), ("rejected", node.on_reject), *late)
    return ()


def _suffix(value: str, known: Mapping[str, object]) -> str:
    return "".join(f"; {hint}" for hint in nearest(value, known))


def _unknown_targets(flow: Flow) -> Iterator[str]:
    if flow.start not in flow.nodes:
        yield f"start names {flow.start!r}, which is no node{_suffix(flow.start, flow.nodes)}"
    for name, node in flow.nodes.items():
        for _, target in targets(node):
            if target not in flow.nodes:
                yield f"node {name!r} leads to {target!r}, which is no node{_suffix(target, flow.nodes)}"


def _reachable(flow: Flow, start: str) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in seen or name not in flow.nodes:
            continue
        seen.add(name)
        todo += [target for _, target in targets(flow.nodes[name])]
    return seen


def _unreachable(flow: Flow) -> Iterator[str]:
    for name in sorted(flow.nodes.keys() - _reachable(flow, flow.start)):
        yield f"node {name!r} cannot be reached from {flow.start!r}; lead to it or delete it"


def _dead_ends(flow: Flow) -> Iterator[str]:
    for name in flow.nodes:
        reached = _reachable(flow, name)
        if not any(isinstance(flow.nodes[other], EndNode) for other in reached):
            yield f"node {name!r} leads to no end; add an `end` node behind it"


def _unknown_tools(flow: Flow, tools: Mapping[str, ToolFacts]) -> Iterator[str]:
    for name, node in flow.nodes.items():
        named = (
            (node.tool,) if isinstance(node, ToolNode) else node.tools if isinstance(node, DecideNode) else ()
        )
        for tool in named:
            if tool not in tools:
                yield f"node {name!r} names the tool {tool!r}, which does not exist{_suffix(tool, tools)}"


def _bad_expressions(flow: Flow) -> Iterator[str]:
    facts = {fact for node in flow.nodes.values() if isinstance(node, ToolNode) for fact in node.facts}
    known = dict.fromkeys([*flow.inputs, *facts])
    for name, node in flow.nodes.items():
        for expression in _expressions(node):
            try:
                unknown = sorted(names_in(expression) - set(known))
            except FluxError as error:
                yield f"node {name!r}: {error}"
                continue
            for missing in unknown:
                yield f"node {name!r}: {missing!r} is neither an input nor a fact{_suffix(missing, known)}"


def _expressions(node: Node) -> Iterator[str]:
    if isinstance(node, BranchNode):
        yield from (case.when for case in node.cases)
    if isinstance(node, ToolNode):
        yield from (
            value[1:] for value in node.args.values() if isinstance(value, str) and value.startswith("=")
        )
