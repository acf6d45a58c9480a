"""A flow as a picture: Mermaid text."""

from __future__ import annotations

from fluxagents.flows.definition import Flow
from fluxagents.flows.edges import targets
from fluxagents.flows.nodes import ApproveNode, BranchNode, DecideNode, EndNode, Node, ToolNode


def mermaid(flow: Flow) -> str:
    """The flow as a Mermaid flowchart, which GitHub and most editors draw."""
    lines = ["flowchart TD", f"    start([{flow.flow} v{flow.version}]) --> {flow.start}"]
    for name, node in flow.nodes.items():
        lines.append(f"    {name}{_shape(name, node)}")
        lines += [
            f'    {name} -->|"{_escaped(why)}"| {to}' if why else f"    {name} --> {to}"
            for why, to in targets(node)
        ]
    return "\n".join(lines) + "\n"


def _shape(name: str, node: Node) -> str:
    if isinstance(node, ToolNode):
        return f'["{name}<br/>{node.tool}"]'
    if isinstance(node, DecideNode):
        tools = f"{len(node.tools)} tools" if node.tools else "no tools"
        return f'[["{name}<br/>decide, {tools}, at most {node.max_steps} steps"]]'
    if isinstance(node, BranchNode):
        return f'{{"{name}"}}'
    if isinstance(node, ApproveNode):
        return f'[/"{name}<br/>{_escaped(node.question)}"/]'
    assert isinstance(node, EndNode)
    return f'(["{name}<br/>{node.outcome}"])'


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
