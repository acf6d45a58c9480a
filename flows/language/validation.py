"""What can be wrong with a flow before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from fluxagents.flows.errors import FluxError, nearest
from fluxagents.flows.humans.consensus import CONSENSUS_FIELDS
from fluxagents.flows.humans.policies import Policy
from fluxagents.flows.humans.seats import holds_many
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.edges import find_cycle, find_reachable
from fluxagents.flows.language.expressions import ERROR_NAME, names_in
from fluxagents.flows.language.inputs import is_of
from fluxagents.flows.language.node_base import (
    ActivityNode,
    CallingNode,
    ChildRunNode,
    ConsultRules,
    HumanNode,
)
from fluxagents.flows.language.nodes import AnswerNode, ConsultNode, DecideNode, EndNode
from fluxagents.flows.language.pinning import pin_subflows
from fluxagents.flows.language.reading import document_with_lines, flow_from_mapping
from fluxagents.flows.language.request_rules import (
    RuleProblem,
    find_branch_problems,
    find_question_problems,
    find_rule_problems,
)
from fluxagents.flows.people.members import is_assignee


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, with where it stands in the document."""

    path: tuple[str | int, ...]
    message: str
    """A sentence that names the node and what to do."""

    def __str__(self) -> str:
        return self.message


def find_problems(
    flow: Flow,
    tools: Mapping[str, ToolFacts],
    *,
    prompts: Collection[str] | None = None,
    flows: Mapping[str, Flow] | None = None,
) -> list[Problem]:
    """Every problem of a flow.

    Args:
        flow: The definition.
        tools: The tools that exist.
        prompts: The prompts that exist; None to leave them unchecked.
        flows: The flows that exist; None to leave them unchecked.
    """
    return [
        *_unknown_targets(flow),
        *_unreachable(flow),
        *_dead_ends(flow),
        *_endless(flow),
        *_unknown_tools(flow, tools),
        *_unknown_prompts(flow, prompts),
        *_bad_children(flow, flows),
        *_bad_defaults(flow),
        *_bad_assignees(flow),
        *_bad_rules(flow, tools),
        *_bad_answers(flow),
        *_bad_facts(flow),
        *_bad_expressions(flow),
    ]


def find_file_problems(
    text: str,
    *,
    where: str,
    tools: Mapping[str, ToolFacts],
    prompts: Collection[str],
    flows: Mapping[str, Flow],
) -> list[str]:
    """The problems of a file, a sentence each that begins with the file and the line.

    Args:
        text: The YAML document.
        where: What the sentences call it.
        tools: The tools that exist.
        prompts: The prompts that exist.
        flows: The flows that exist.
    """
    try:
        document, lines = document_with_lines(text, where=where)
        flow = flow_from_mapping(document, where=where, lines=lines)
    except FluxError as error:
        return [error.message, *(more.removeprefix("also ") for more in error.suggestions)]
    problems = find_problems(flow, tools, prompts=prompts, flows=flows)
    sentences = [f"{where}:{lines.of(problem.path)}: {problem}" for problem in problems]
    if not sentences:
        try:
            pin_subflows(flow, flows.__getitem__)
        except FluxError as error:
            sentences = [f"{where}: {error}"]
    return sentences


def _at(node: str, message: str, *field: str | int) -> Problem:
    return Problem(("nodes", node, *field), f"node {node!r} {message}")


def _hint(value: str, known: Iterable[str]) -> str:
    return "".join(f"; {hint}" for hint in nearest(value, known))


def _unknown_targets(flow: Flow) -> Iterator[Problem]:
    if flow.start not in flow.nodes:
        message = f"start names {flow.start!r}, which is no node{_hint(flow.start, flow.nodes)}"
        yield Problem(("start",), message)
    for name, node in flow.nodes.items():
        for target in dict.fromkeys(target for _, target in node.edges):
            if target not in flow.nodes:
                yield _at(name, f"leads to {target!r}, which is no node{_hint(target, flow.nodes)}")


def _unreachable(flow: Flow) -> Iterator[Problem]:
    for name in sorted(flow.nodes.keys() - find_reachable(flow, flow.start)):
        yield _at(name, f"cannot be reached from {flow.start!r}; lead to it or delete it")


def _dead_ends(flow: Flow) -> Iterator[Problem]:
    for name in flow.nodes:
        if not any(isinstance(flow.nodes[other], EndNode) for other in find_reachable(flow, name)):
            yield _at(name, "leads to no end; add an `end` node behind it")


def _endless(flow: Flow) -> Iterator[Problem]:
    bounded = {
        name for name, node in flow.nodes.items() if isinstance(node, ActivityNode) and node.max_visits
    }
    cycle = find_cycle(flow, bounded)
    if cycle:
        way = " → ".join((*cycle, cycle[0]))
        yield _at(cycle[0], f"is on a cycle without a budget: {way}; give one of its nodes `max_visits`")


def _unknown_tools(flow: Flow, tools: Mapping[str, ToolFacts]) -> Iterator[Problem]:
    for name, node in flow.nodes.items():
        for tool in node.tool_names:
            if tool not in tools:
                yield _at(name, f"names the tool {tool!r}, which does not exist{_hint(tool, tools)}")


def _unknown_prompts(flow: Flow, prompts: Collection[str] | None) -> Iterator[Problem]:
    for name, node in flow.nodes.items():
        if prompts is not None and isinstance(node, DecideNode) and node.prompt not in prompts:
            hint = _hint(node.prompt, prompts)
            yield _at(name, f"names the prompt {node.prompt!r}, which does not exist{hint}", "prompt")


def _bad_children(flow: Flow, flows: Mapping[str, Flow] | None) -> Iterator[Problem]:
    for name, node in flow.nodes.items():
        if flows is None or not isinstance(node, ChildRunNode) or node.flow is None:
            continue
        child = flows.get(node.flow)
        if child is None:
            yield _at(
                name, f"runs the flow {node.flow!r}, which does not exist{_hint(node.flow, flows)}", "flow"
            )
            continue
        for input_name in node.inputs:
            if input_name not in child.inputs:
                hint = _hint(input_name, child.inputs)
                yield _at(
                    name, f"gives {input_name!r}, which is no input of flow {node.flow!r}{hint}", "inputs"
                )
        for needed, spec in child.inputs.items():
            if spec.required and needed not in node.inputs:
                yield _at(name, f"does not give {needed!r}, which flow {node.flow!r} needs", "inputs")
        known = (*child.fact_names, "answer")
        for source in node.facts.values():
            if source not in known:
                yield _at(
                    name, f"takes {source!r}, which is no fact of flow {node.flow!r}{_hint(source, known)}"
                )


def _bad_defaults(flow: Flow) -> Iterator[Problem]:
    for name, spec in flow.inputs.items():
        if spec.default is not None and not is_of(spec.default, spec.type):
            message = f"input {name!r} has the default {spec.default!r}, which is no {spec.type}"
            yield Problem(("inputs", name, "default"), message)


def _bad_assignees(flow: Flow) -> Iterator[Problem]:
    for name, node in flow.nodes.items():
        if not isinstance(node, HumanNode):
            continue
        if not node.assignees:
            yield _at(name, "asks nobody; name `assignees`, or leave them out for anyone", "assignees")
        for index, assignee in enumerate(node.assignees):
            if not is_assignee(assignee):
                message = f"asks {assignee!r}, which is no person, no `group:NAME` and no `skill:NAME`"
                yield _at(name, message, "assignees", index)


def _bad_answers(flow: Flow) -> Iterator[Problem]:
    """Questions whose answer cannot be the fact that it becomes."""
    for name, node in flow.nodes.items():
        if not isinstance(node, AnswerNode):
            continue
        spec = flow.facts.get(node.fact)
        type_ = spec.type if spec else "string"
        has_range = node.minimum is not None or node.maximum is not None
        if has_range and type_ not in {"number", "integer"}:
            field = "minimum" if node.minimum is not None else "maximum"
            message = f"takes a number with a range, and fact {node.fact!r} is a {type_}"
            yield _at(name, f"{message}; declare it under `facts` with `type: number`", field)
        lists = isinstance(node, ConsultNode) and type_ == "array"
        if node.file and type_ != "string" and not lists:
            yield _at(
                name, f"takes a file, whose digest is a string, and fact {node.fact!r} is a {type_}", "file"
            )
        if isinstance(node, ConsultNode):
            yield from _bad_consultations(name, node, type_)


def _bad_consultations(name: str, node: ConsultNode, type_: str) -> Iterator[Problem]:
    """Consultations whose opinions cannot be joined into the fact."""
    if type_ == "object":
        message = f"joins opinions into fact {node.fact!r}, which is an object; a string, a number, a boolean"
        yield _at(name, f"{message} or an array of all of them can be made of several", "fact")
    if node.file and type_ == "string" and node.wanted > 1:
        message = f"takes {node.wanted} files, and fact {node.fact!r} is one; declare it with `type: array`"
        yield _at(name, message, "file")
    for fact, path in node.facts.items():
        if path not in CONSENSUS_FIELDS:
            message = f"takes {path!r} into fact {fact!r}, which no consultation gives"
            yield _at(name, f"{message}{_hint(path, CONSENSUS_FIELDS)}", "facts", fact)
    yield from _too_few_people(name, node.whose_answer, node.at_least, "at_least")


def _bad_rules(flow: Flow, tools: Mapping[str, ToolFacts]) -> Iterator[Problem]:
    """What is wrong with how requests to humans are decided."""
    for name, node in flow.nodes.items():
        if isinstance(node, HumanNode):
            yield from _at_each(name, find_rule_problems(node))
            if isinstance(node, AnswerNode):
                yield from _at_each(name, find_question_problems(node))
        elif isinstance(node, CallingNode):
            yield from _bad_calls(name, node, tools)
    for tool, rules in flow.approvals.items():
        path = ("approvals", tool)
        if tool not in tools:
            message = f"approvals name the tool {tool!r}, which does not exist{_hint(tool, tools)}"
            yield Problem(path, message)
        for field, text in (*find_rule_problems(rules), *find_branch_problems(rules)):
            yield Problem((*path, *field), f"approvals of {tool!r}: it {text}")


def _bad_calls(name: str, node: CallingNode, tools: Mapping[str, ToolFacts]) -> Iterator[Problem]:
    """What is wrong with how a node's approvals and escalations are decided."""
    if node.approval is not None:
        yield from _at_each(name, find_rule_problems(node.approval), "approval")
        if not any(tool not in tools or tools[tool].needs_approval for tool in node.tool_names):
            message = "says how approvals are decided, and none of its tools needs one; delete `approval`"
            yield _at(name, message, "approval")
    for index, rule in enumerate(node.escalate if isinstance(node, DecideNode) else ()):
        problems = (*find_rule_problems(rule), *find_question_problems(rule), *find_branch_problems(rule))
        yield from _at_each(name, problems, "escalate", index)
    if isinstance(node, DecideNode) and node.experts is not None:
        yield from _bad_experts(name, node.experts)


def _bad_experts(name: str, rules: ConsultRules) -> Iterator[Problem]:
    """What is wrong with whom a chat model may consult."""
    problems = (*find_rule_problems(rules), *find_question_problems(rules), *find_branch_problems(rules))
    yield from _at_each(name, problems, "experts")
    for index, seat in enumerate(rules.assignees):
        if not is_assignee(seat):
            message = f"asks {seat!r}, which is no person, no `group:NAME` and no `skill:NAME`"
            yield _at(name, message, "experts", "assignees", index)
    yield from _too_few_people(name, rules.whose_answer, rules.at_least, "experts", "at_least")


def _too_few_people(name: str, policy: Policy, at_least: int, *field: str) -> Iterator[Problem]:
    named = policy.seats
    if not any(map(holds_many, named)) and len(named) < at_least:
        yield _at(name, f"needs {at_least} opinions and asks {', '.join(named)} alone", *field)


def _at_each(node: str, problems: Iterable[RuleProblem], *field: str | int) -> Iterator[Problem]:
    for place, text in problems:
        yield _at(node, text, *field, *place)


def _bad_facts(flow: Flow) -> Iterator[Problem]:
    finders = {fact: name for name, node in flow.nodes.items() for fact in node.fact_names}
    for fact, name in finders.items():
        if fact not in flow.facts:
            hint = _hint(fact, flow.facts)
            yield _at(name, f"finds the fact {fact!r}, whose type is not declared; add it to `facts`{hint}")
        if fact in flow.inputs:
            yield _at(name, f"finds the fact {fact!r}, which is also the name of an input; rename one")
    for fact in flow.facts:
        if fact not in finders:
            yield Problem(
                ("facts", fact), f"fact {fact!r} is found by no node{_hint(fact, finders)}; delete it"
            )
    for taken in (*flow.inputs, *flow.facts):
        if taken == ERROR_NAME:
            yield Problem(("facts", taken), f"{taken!r} is the name of the last error; choose another")


def _bad_expressions(flow: Flow) -> Iterator[Problem]:
    known = [*flow.inputs, *flow.fact_names, ERROR_NAME]
    for name, node in flow.nodes.items():
        for field, expression, more in node.expressions:
            try:
                unknown = sorted(names_in(expression.removeprefix("=")) - {*known, *more})
            except FluxError as error:
                yield _at(name, f"has a mistake: {error}", field)
                continue
            for missing in unknown:
                hint = _hint(missing, [*known, *more])
                yield _at(name, f"speaks of {missing!r}, which is neither an input nor a fact{hint}", field)
