"""Pins which version of other flows a flow runs, so that a run keeps all of them to its end."""

from __future__ import annotations

from collections.abc import Callable

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.node_base import ChildRunNode


def pin_subflows(flow: Flow, get: Callable[[str], Flow]) -> tuple[Flow, tuple[Flow, ...]]:
    """The flow with the digest of each flow that it runs, and all those flows, pinned as well.

    Args:
        flow: As its author wrote it.
        get: Finds a flow by name.

    Raises:
        FluxError: `BAD_FLOW` if a flow runs itself, directly or through others; as `get` otherwise.
    """
    return _pin(flow, get, (flow.flow,))


def _pin(flow: Flow, get: Callable[[str], Flow], above: tuple[str, ...]) -> tuple[Flow, tuple[Flow, ...]]:
    nodes = dict(flow.nodes)
    below: dict[str, Flow] = {}
    for name, node in flow.nodes.items():
        if not isinstance(node, ChildRunNode) or node.flow is None:
            continue
        if node.flow in above:
            way = " → ".join((*above, node.flow))
            raise FluxError(
                ErrorClass.BAD_FLOW, f"node {name!r} of flow {flow.flow!r} runs in a circle: {way}"
            )
        child, grandchildren = _pin(get(node.flow), get, (*above, node.flow))
        below |= {pinned.digest: pinned for pinned in (*grandchildren, child)}
        nodes[name] = node.model_copy(update={"digest": child.digest})
    return flow.model_copy(update={"nodes": nodes}), tuple(below.values())
