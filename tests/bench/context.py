"""Tokens of a decision beside those of the naive transcript, and whether it still shows the facts it needs.

The naive transcript is what a chat loop sends: the instructions, the schemas as pydantic writes them, the
question, and then each call with its full result as JSON.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.decisions import calls, scripted
from tests.support.recorded_run import RecordedRun, record

from fluxagents.flows.events import ContextCompacted, DecisionMade, RunStarted, ToolSucceeded
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import DecideNode
from fluxagents.prompts.context.request_budget import REQUEST_TOKENS
from fluxagents.prompts.context.tokens import token_counter
from fluxagents.prompts.sections import compact, read_lines, sections
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.request import ChatRequest, rebuild_request
from fluxagents.tasks.ports.results import Result
from fluxagents.tasks.registry import TOOLS
from fluxagents.tasks.tool import Tool

RUNS = (1, 3, 8, 13)
"""Calls that the chat model makes; a run has twice as many steps and four."""

SMALL_TOKENS = 14_000
"""A budget that the longest run exceeds."""

_SOLE = {"EX_glc__D_e": 0.0}
_ANAEROBIC = {"EX_o2_e": 0.0}
_GENES = ("b0720", "b1136", "b1779", "b2415", "b2416", "b2779", "b2926")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a call, and the values that answer it."""

    question: str
    tool: str
    args: dict[str, Any]
    facts: tuple[float | str, ...]


KNOWN = (
    Asked("How large is the model?", "analyze_metabolic_model", {}, (95, 72, 137)),
    Asked("How fast does it grow?", "run_metabolic_fba", {}, (686_440 / 785_471,)),
)
"""What the flow itself computes before anything is asked of the chat model."""

QUESTIONS = (
    Asked("Which genes are essential?", "analyze_essentiality", {"what": "genes"}, (7, *_GENES)),
    Asked(
        "How fast does it grow without oxygen, and what does it secrete?",
        "run_metabolic_fba",
        {"method": "fba", "medium_changes": _ANAEROBIC},
        (0.2116629497353, 8.279455, 8.503585, 17.804674),
    ),
    Asked("Which fluxes are certain?", "run_flux_variability_analysis", {"fraction_of_optimum": 0.9}, (8,)),
    *(
        Asked(
            f"How fast does it grow on {name}?",
            "run_metabolic_fba",
            {"method": "fba", "medium_changes": {**_SOLE, exchange: 20.0}},
            (growth,),
        )
        for name, exchange, growth in (
            ("succinate", "EX_succ_e", 0.8401341768),
            ("acetate", "EX_ac_e", 0.3893130741),
            ("pyruvate", "EX_pyr_e", 0.6221083143),
            ("ethanol", "EX_etoh_e", 0.6995523806),
        )
    ),
    Asked(
        "How much succinate can it make?",
        "run_production_envelope",
        {"product_exchange": "EX_succ_e", "points": 5},
        (16.38417, 12.38335, 8.3075, 4.17961),
    ),
    Asked("Which reactions are essential?", "analyze_essentiality", {"what": "reactions"}, (18,)),
    Asked("What is the least total flux?", "run_metabolic_fba", {"method": "pfba"}, (518.4220855,)),
    Asked(
        "How fast does it grow with more glucose?",
        "run_metabolic_fba",
        {"method": "fba", "medium_changes": {"EX_glc__D_e": 18.5}},
        (1.6530718512,),
    ),
    Asked(
        "And without oxygen?",
        "run_metabolic_fba",
        {"method": "fba", "medium_changes": {"EX_glc__D_e": 18.5, **_ANAEROBIC}},
        (0.4705651711,),
    ),
    # The only sources of carbon, nitrogen and phosphorus in its medium; it grows without oxygen.
    Asked(
        "What does it need to grow?",
        "find_minimal_media",
        {"min_growth_per_h": 0.1},
        ("EX_glc__D_e", "EX_nh4_e", "EX_pi_e"),
    ),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a recorded run."""

    tokens: int
    schema_tokens: int
    """Of these tokens, those of the functions that may be called."""
    naive_tokens: int
    naive_schema_tokens: int
    facts: int
    facts_shown: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A recorded run."""

    steps: int
    decisions: tuple[Decision, ...]
    compacted: int
    """Decisions whose prompt did not hold everything."""

    def _sum(self, count: Callable[[Decision], int]) -> int:
        return sum(map(count, self.decisions))

    @property
    def saved(self) -> float:
        """Fraction of the tokens of the naive requests that ours do not take, over all decisions."""
        return 1 - self._sum(lambda one: one.tokens) / self._sum(lambda one: one.naive_tokens)

    @property
    def messages_saved(self) -> float:
        """The same of the messages alone, without the schemas."""
        ours = self._sum(lambda one: one.tokens - one.schema_tokens)
        return 1 - ours / self._sum(lambda one: one.naive_tokens - one.naive_schema_tokens)

    @property
    def saved_with_our_schemas(self) -> float:
        """The same of whole requests, if the naive ones had our schemas."""
        naive = self._sum(lambda one: one.naive_tokens - one.naive_schema_tokens + one.schema_tokens)
        return 1 - self._sum(lambda one: one.tokens) / naive

    @property
    def retained(self) -> float:
        """Fraction of the facts known at a decision that its prompt shows, over all decisions."""
        return sum(one.facts_shown for one in self.decisions) / sum(one.facts for one in self.decisions)

    def line(self) -> str:
        count = len(self.decisions)
        ours, schemas, naive, naive_schemas = (
            sum(getattr(one, name) for one in self.decisions) / count
            for name in ("tokens", "schema_tokens", "naive_tokens", "naive_schema_tokens")
        )
        return (
            f"{self.steps} steps, {count} decisions: whole requests {ours:,.0f} tokens a decision, "
            f"naive {naive:,.0f}, {self.saved:.1%} fewer ({self.saved_with_our_schemas:.1%} if the naive "
            f"ones had our schemas); messages {ours - schemas:,.0f}, naive {naive - naive_schemas:,.0f}, "
            f"{self.messages_saved:.1%} fewer; schemas {schemas:,.0f}, naive {naive_schemas:,.0f}; "
            f"{self.retained:.1%} of the facts shown; {self.compacted} decisions compacted"
        )


def lines(folder: Path) -> Iterator[str]:
    """Runs of 6 to 30 steps with the default budget, and the longest with a small one."""
    for count in RUNS:
        yield measure(folder / str(count), count).line()
    small = measure(folder / "small", RUNS[-1], max_tokens=SMALL_TOKENS)
    yield f"with a budget of {SMALL_TOKENS:,}: {small.line()}"


def measure(folder: Path, count: int, *, max_tokens: int = REQUEST_TOKENS) -> Measured:
    """Record a run with so many calls of the chat model and look at what each decision was shown."""
    results: list[str] = []
    tools = {name: replace(tool, run=partial(_kept, tool, results)) for name, tool in TOOLS.items()}
    asked = QUESTIONS[:count]
    items = [
        {"id": f"a{at}", "quantity": TOOLS.entries[one.tool].answers[0], "object": one.question}
        for at, one in enumerate(asked)
    ]
    answers = [{"id": f"a{at}", "finding": f"f{at + len(KNOWN) + 1}"} for at in range(count)]
    chat = scripted(
        *(
            calls((one.tool, one.args if at else {**one.args, "asked": items}))
            for at, one in enumerate(asked)
        ),
        *(calls(("finish", {"answer": "The findings answer it.", "answers": answers})) for _ in range(2)),
    )
    decider = Decider(chat, "scripted", PromptManager(), tools, max_tokens=max_tokens)
    question = " ".join(one.question for one in asked)
    run, _ = record(str(folder), question, tools, flow=long_flow(), decider=decider)
    decided = [event.seq for event in run.log if isinstance(event, DecisionMade)]
    compacted = sum(isinstance(event, ContextCompacted) for event in run.log)
    return Measured(run.log[-1].seq, tuple(_decision(run, tools, results, seq) for seq in decided), compacted)


def _kept(tool: Tool, results: list[str], *args: Any) -> Result:
    result = tool.run(*args)
    results.append(result.model_dump_json())
    return result


def long_flow() -> Flow:
    flow = FlowLibrary().get("metabolic_analysis")
    node = flow.nodes["answer"]
    assert isinstance(node, DecideNode)
    longer = node.model_copy(update={"max_steps": len(QUESTIONS) + 2})
    return flow.model_copy(update={"nodes": {**flow.nodes, "answer": longer}})


def _decision(run: RecordedRun, tools: Mapping[str, Tool], results: Sequence[str], seq: int) -> Decision:
    recorded = rebuild_request(run.log, run.kept, seq, PromptManager(), tools)
    assert recorded.is_exact
    request = recorded.request
    done = [event for event in run.log if isinstance(event, ToolSucceeded) and event.seq < seq]
    naive_schemas = token_counter().count(compact(_naive_functions(request, tools)))
    started = run.log[0]
    assert isinstance(started, RunStarted)
    messages = [request.prompt.roles["system"], str(started.inputs["question"])]
    for event, result in zip(done, results, strict=False):
        messages += [compact({"tool": event.call.tool, "args": event.call.args}), result]
    answered = (*KNOWN, *QUESTIONS)[: len(done)]
    facts = [(f"f{at}", fact) for at, one in enumerate(answered, start=1) for fact in one.facts]
    found = {entry["id"]: entry["found"] for entry in _findings(request)}
    return Decision(
        tokens=request.prompt.tokens,
        schema_tokens=request.sections["functions"],
        naive_tokens=naive_schemas + sum(map(token_counter().count, messages)),
        naive_schema_tokens=naive_schemas,
        facts=len(facts),
        facts_shown=sum(_is_in(found.get(id_), fact) for id_, fact in facts),
    )


def _naive_functions(request: ChatRequest, tools: Mapping[str, Tool]) -> list[Any]:
    """The functions of a request with the schemas that pydantic writes."""
    functions = []
    for entry in request.functions:
        tool = tools.get(entry["function"]["name"])
        if tool is not None:
            whole = {
                "name": tool.name,
                "description": tool.purpose,
                "parameters": tool.args.model_json_schema(),
            }
            functions.append({"type": "function", "function": whole})
        else:
            functions.append(entry)
    return functions


def _findings(request: ChatRequest) -> list[dict[str, Any]]:
    entries = read_lines(sections(request.prompt.roles["user"])["findings"])
    return [entry for entry in entries if isinstance(entry, dict)]


def _is_in(found: Any, fact: float | str) -> bool:
    """Whether a value is anywhere in a finding, a number within one in a million."""
    if isinstance(found, Mapping):
        return any(_is_in(value, fact) for value in found.values())
    if isinstance(found, list):
        return any(_is_in(value, fact) for value in found)
    if isinstance(fact, str) or isinstance(found, str | bool) or found is None:
        return bool(found == fact)
    return math.isclose(found, fact, rel_tol=1e-6)
