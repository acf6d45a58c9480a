"""Small valid flows of every kind of node, and worlds that answer whatever can be answered, by chance."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from pydantic import JsonValue
from tests.support.simulated_flows import TOOLS, check_args, document

from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.edges import find_reachable
from fluxagents.flows.language.pinning import pin_subflows
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.testing.environment import Environment, Query
from fluxagents.flows.testing.scenario import Answers, StatedAnswer

ENDS: dict[str, Any] = {
    "good": {"kind": "end", "message": "{error} {items}"},
    "bad": {"kind": "end", "outcome": "failed", "message": "{error}"},
}
CHILD = flow_from_mapping(
    document(
        {
            "grow": {"kind": "tool", "tool": "fba", "facts": {"growth": "value"}, "next": "enough"},
            "enough": {"kind": "branch", "cases": [{"when": "growth > x", "to": "good"}], "otherwise": "ask"},
            "ask": {"kind": "ask", "question": "{growth}?", "fact": "said", "timeout_s": 60, "next": "good"},
            "good": {"kind": "end", "message": "{growth}"},
        },
        flow="child",
        inputs={"x": {"type": "number", "default": 0.5}},
        facts={"growth": {"type": "number"}, "said": {"type": "number"}},
    )
)
FLOWS = {"child": CHILD}
KINDS = ("tool", "tool", "decide", "branch", "approve", "ask", "consult", "wait", "map", "subflow")
ERRORS = ("infeasible", "timeout", "provider_outage", "unknown_id", "budget")


def random_flow(chance: Random) -> Flow:
    """A flow that can run, with at most seven nodes beside its ends."""
    names = [f"n{place}" for place in range(chance.randint(1, 7))]
    ways = {name: _ways(chance, names[place + 1 :]) for place, name in enumerate(names)}
    nodes = {name: _node(chance, name, ways[name]) for name in names}
    back = [place for place, name in enumerate(names) if "next" in nodes[name]]
    if back and chance.random() < 0.4:
        place = chance.choice(back)
        way = {"next": names[chance.randint(0, place)], "max_visits": 2, "on_error": ways[names[place]][0]}
        nodes[names[place]] |= way
    drawn = flow_from_mapping(document(nodes | ENDS, inputs={"items": {"type": "array"}}))
    kept = find_reachable(drawn, drawn.start)
    facts = {fact: name for name in names if name in kept for fact in drawn.nodes[name].fact_names}
    nodes = {name: node for name, node in (nodes | ENDS).items() if name in kept}
    return _add_conditions(nodes, facts, chance)


def _add_conditions(nodes: dict[str, Any], facts: dict[str, str], chance: Random) -> Flow:
    """Build the flow with conditions on the facts that it has."""
    for node in nodes.values():
        for case in node.get("cases", ()):
            case["when"] = _condition(chance, ["items", *facts])
        if "when" in node:
            node["when"] = _condition(chance, ["items", *facts])
    types = {fact: "array" if nodes[name]["kind"] == "map" else "number" for fact, name in facts.items()}
    fields = {
        "inputs": {"items": {"type": "array"}},
        "facts": {fact: {"type": type_} for fact, type_ in types.items()},
        "budget": {"steps": chance.choice([15, 200]), "tokens": chance.choice([50, 10_000])},
    }
    flow, _ = pin_subflows(flow_from_mapping(document(nodes, **fields)), FLOWS.__getitem__)
    return flow


def _ways(chance: Random, later: list[str]) -> list[str]:
    """Choose where a node may lead to, the next node more often than others."""
    return [chance.choice([*later[:1] * 4, *later, *ENDS]) for _ in range(4)]


def _condition(chance: Random, known: list[str]) -> str:
    fact = chance.choice(known)
    return chance.choice(["len(items) > 1", f"{fact} == None", f"{fact} > 0.5", "error == None"])


def _node(chance: Random, name: str, ways: list[str]) -> dict[str, Any]:
    kind = chance.choice(KINDS)
    if kind == "branch":
        cases = [{"when": "", "to": way} for way in ways[1 : chance.randint(2, 3)]]
        node: dict[str, Any] = {"kind": kind, "cases": cases, "otherwise": ways[0]}
    else:
        node = {"kind": kind, "next": ways[0], **_FIELDS[kind](chance, f"f_{name}", ways)}
        if chance.random() < 0.2:
            node["when"] = ""
        if chance.random() < 0.3:
            node["retry"] = {"attempts": 2, "pause_s": chance.choice([0, 5])}
        if chance.random() < 0.4:
            node.setdefault("timeout_s", 60)
    if chance.random() < 0.5:
        node["on_error"] = ways[3]
    return node


def _waiting(chance: Random, fact: str, ways: list[str]) -> dict[str, Any]:
    if chance.random() < 0.3:
        return {"for_s": chance.choice([10, "=len(items)"])}
    return {"event": chance.choice(["a", "b"]), "facts": {fact: "value"}, **_late(chance, ways)}


def _late(chance: Random, ways: list[str]) -> dict[str, Any]:
    return {"timeout_s": 60, "on_timeout": ways[2]} if chance.random() < 0.5 else {}


def _size(chance: Random) -> dict[str, int]:
    wanted = chance.randint(1, 3)
    return {"wanted": wanted, "at_least": chance.randint(1, wanted)}


def _mapping(chance: Random, fact: str, _: list[str]) -> dict[str, Any]:
    if chance.random() < 0.3:
        return {"over": "items", "facts": {fact: "growth"}, "flow": "child", "inputs": {"x": "=item"}}
    return {
        "over": "items",
        "facts": {fact: "value"},
        "min_finished": chance.choice([0.5, 1]),
        "tool": "fba",
        "args": {chance.choice("xxxy"): "=item"},
    }


_FIELDS: dict[str, Callable[[Random, str, list[str]], dict[str, Any]]] = {
    "tool": lambda chance, fact, _: {
        "tool": chance.choice(["fba", "fba", "change"]),
        "args": chance.choice([{}, {"x": "=items"}, {"x": 1}, {"y": 1}]),
        "facts": {fact: "value"},
    },
    "decide": lambda chance, _, __: {
        "prompt": "p",
        "tools": ["fba", "change"],
        "max_steps": chance.randint(1, 4),
        **({"experts": _size(chance)} if chance.random() < 0.3 else {}),
    },
    "approve": lambda chance, _, ways: {"question": "{items}?", "on_reject": ways[1], **_late(chance, ways)},
    "ask": lambda chance, fact, ways: {"question": "{items}?", "fact": fact, **_late(chance, ways)},
    "consult": lambda chance, fact, ways: {
        "question": "{items}?",
        "fact": fact,
        **_size(chance),
        **_late(chance, ways),
    },
    "wait": _waiting,
    "map": _mapping,
    "subflow": lambda _, fact, __: {"flow": "child", "facts": {fact: "growth"}},
}


class RandomWorld:
    """Answers by chance, and keeps its answers."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._silent: set[str] = set()
        self.answers: dict[str, list[StatedAnswer]] = {}

    def answer(self, query: Query) -> StatedAnswer | None:
        """As `World.answer`."""
        chance = self._chance
        if query.optional and (query.node in self._silent or chance.random() < 0.7):
            # A script would give the next answer of this node here already; so the node gets no more of them.
            self._silent.add(query.node)
            return None
        accepted = [kind for kind in query.accepts if kind != "runs"]
        kinds = [*accepted * 6, *(["event"] if query.node not in self._silent else [])]
        if not kinds:
            return None
        answer = StatedAnswer.model_validate(self._fields(chance.choice(kinds), query))
        self.answers.setdefault(query.node, []).append(answer)
        return answer

    @property
    def script(self) -> dict[str, Answers]:
        """The answers, as a scenario states them."""
        return {node: Answers(answers=tuple(answers)) for node, answers in self.answers.items()}

    def _fields(self, kind: str, query: Query) -> dict[str, Any]:
        chance = self._chance
        value: JsonValue = chance.choice([0.1, 0.9, 0.9, None, "much"])
        trouble = {"kind": chance.choice(ERRORS)}
        editable = query.tool and "y" not in query.args
        expert = f"e{len(self.answers.get(query.node, ()))}"
        fields: dict[str, dict[str, Any]] = {
            "summary": {"summary": chance.choice([{"value": value}, {"value": value}, {}])},
            "error": {"error": trouble},
            "call_tool": {"call_tool": chance.choice(["fba", "change"]), "args": {"x": 1}, "tokens": 30},
            "ask_human": {"ask_human": "which?"},
            "consult": {"consult": "who is right?"},
            "finish": {"finish": "that"},
            "refused": {"refused": {"kind": chance.choice(["invalid_answer", "provider_outage"])}},
            "approve": {"approve": {"args": {"x": 2}} if editable and chance.random() < 0.5 else True},
            "reject": {"reject": "no"},
            # Each opinion is another person's.
            "answer": {"answer": chance.choice(["3", "0.1"]), "by": expert},
            "event": {"event": chance.choice(["a", "b"]), "data": chance.choice([{"value": 0.7}, {}])},
            "each": {"each": [{"when": "item == 1", **self._run(trouble)}, self._run(trouble)]},
            "run": {"run": self._run(trouble)},
            "never": {"never": True},
            "open": {"open": True},
        }
        slow = kind in {"error", "call_tool", "ask_human", "consult", "refused"} and chance.random() < 0.2
        later = 0 if query.optional else chance.choice([0, 0, 1])
        return {**fields[kind], "after_s": 40 if slow else later}

    def _run(self, trouble: dict[str, Any]) -> dict[str, Any]:
        chance = self._chance
        runs: list[dict[str, Any]] = [
            {"answer": "that", "after_s": chance.choice([0, 10, 70])},
            {"error": trouble},
            {"answer": "this", "facts": {}},
            {"never": True},
        ]
        return chance.choice(runs)


def build_environment() -> Environment:
    """The tools and flows of these flows; a tool takes `x`, and nothing else."""
    return Environment(TOOLS, {CHILD.digest: CHILD}, check_args)
