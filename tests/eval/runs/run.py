"""Puts questions to whole runs on e_coli_core and looks at what they claim: every run ends clearly, none says
yes in silence.

Unlike `questions` the tools compute, so that the list of what is asked is kept and each claimed answer is
checked against a real finding.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from pydantic import TypeAdapter
from tests.eval.questions.cases import Case, cases
from tests.eval.questions.run import compare_calls

from fluxagents.flows.commands import CallTool
from fluxagents.flows.events import DecisionMade, DecisionRefused
from fluxagents.flows.language.nodes import DecideNode
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.chat_model import chat_model
from fluxagents.workers.chat_models.choice import first_choice, request_budget
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.settings import Settings

MODEL = "e_coli_core"
PART = "fourth"
FLOW = "metabolic_analysis"

CLEAR = frozenset({"finished", "failed", "waiting"})
"""How a run may end: with what it has answered, with an error, or at a human who is asked something."""


class JumpingClock:
    """The time, and whatever pauses were jumped over."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._jumped_ms = 0

    def now_ms(self) -> int:
        return self._clock.now_ms() + self._jumped_ms

    def jump_to(self, at_ms: int) -> None:
        self._jumped_ms += max(at_ms - self.now_ms(), 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    Attributes:
        status: Of the run.
        answered: What the run says of itself.
        expected: What the question has here: `yes`, `partly` or `no`.
        calls: The tools that the chat model chose, in order.
        is_right: Whether they are the expected ones with the expected arguments.
        decisions: Answers of the chat model that were valid.
        refused: Those that were not, each asked again.
        listed: Whether its first valid call listed what the question asks.
        tokens_in: Of all requests.
        open: What the run names as open.
        tokens_cached: Of those that went in, what the provider says it read from its cache.
    """

    question: str
    status: str
    answered: str
    expected: str
    calls: tuple[str, ...]
    is_right: bool
    decisions: int
    refused: int
    listed: bool
    tokens_in: int
    tokens_out: int
    open: tuple[str, ...]
    tokens_cached: int = 0

    @property
    def is_clear(self) -> bool:
        """Whether it came to an end that says what it is."""
        return self.status in CLEAR and (self.status != "finished" or self.answered != "")

    @property
    def is_silent(self) -> bool:
        """Whether it says that all is answered, by other calls than those that answer it."""
        return self.answered == "yes" and not self.is_right


class Bench:
    """Runs questions with the chat model of the settings, in this process.

    Args:
        folder: For models and artifacts.
        settings: Which chat model, and how it is asked.
        tools: What is offered for a question, in place of all that the flow offers; all if empty.
    """

    def __init__(self, folder: str, settings: Settings, tools: Sequence[str] = ()) -> None:
        self.clock = JumpingClock()
        chat, self.name = chat_model(settings)
        decider = Decider(
            chat,
            self.name,
            PromptManager(),
            TOOLS,
            max_tokens=request_budget(first_choice(settings), settings),
            settings={} if settings.chat_temperature == "off" else None,
        )
        flows = Path(folder) / "flows"
        self._flow = _write_flow(flows, tools) if tools else FLOW
        self._client = LocalClient(
            folder, clock=self.clock, decider=lambda: decider, flow_folders=(flows,) if tools else ()
        )
        self._client.models.add_named(MODEL)

    def outcome(self, case: Case) -> Outcome:
        """Run a question to its end; pauses before another try are jumped over."""
        run = self._client.start(self._flow, model=MODEL, question=case.question)
        state = run.state
        while state.status == "running" and state.not_before_ms:
            self.clock.jump_to(state.not_before_ms)
            self._client.tick()
            state = run.state
        events = run.events()
        asked = [event for event in events if isinstance(event, DecisionMade | DecisionRefused)]
        made = [event for event in asked if isinstance(event, DecisionMade)]
        calls = [event.decision for event in made if isinstance(event.decision, CallTool)]
        return Outcome(
            question=case.question,
            status=state.status,
            answered=state.answered or "",
            expected=case.answered or "",
            calls=tuple(call.tool for call in calls),
            is_right=compare_calls(case, calls)[1],
            decisions=len(made),
            refused=len(asked) - len(made),
            listed=bool(state.asked),
            tokens_in=state.tokens_in,
            tokens_out=state.tokens_out,
            open=state.unanswered,
            tokens_cached=sum(event.prompt.tokens_cached for event in asked),
        )


def _write_flow(folder: Path, tools: Sequence[str]) -> str:
    """A flow as `FLOW` that offers fewer tools, for chat models with a small window; its name."""
    flow = FlowLibrary().get(FLOW)
    node = flow.nodes["answer"]
    assert isinstance(node, DecideNode)
    fewer = {**flow.nodes, "answer": node.model_copy(update={"tools": tuple(tools)})}
    document = flow.model_copy(update={"flow": "few_tools", "nodes": fewer}).model_dump(
        mode="json", by_alias=True, exclude_defaults=True
    )
    folder.mkdir()
    (folder / "few_tools.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return "few_tools"


def sample(tools: Sequence[str], count: int | None) -> Sequence[Case]:
    """The first questions of the part that the flow answers with some tools; all if None."""

    def is_answered(case: Case) -> bool:
        return not tools or all(set(tools) & call.tools for call in case.calls)

    return list(islice((case for case in cases(PART) if case.flow == FLOW and is_answered(case)), count))


def collect(bench: Bench, questions: Sequence[Case], record: Path | None) -> Iterator[Outcome]:
    """The outcome of each question: what a file already has of it, otherwise a run that is added there."""
    recorded = {outcome.question: outcome for outcome in read_outcomes(record)}
    for case in questions:
        if case.question in recorded:
            yield recorded[case.question]
            continue
        outcome = bench.outcome(case)
        if record is not None:
            with record.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")
        yield outcome


def read_outcomes(record: Path | None) -> list[Outcome]:
    """What a file of outcomes has, a line each; nothing if there is no file yet."""
    if record is None or not record.exists():
        return []
    outcome = TypeAdapter(Outcome)
    return [outcome.validate_json(line) for line in record.read_text(encoding="utf-8").splitlines()]


def report(
    *,
    chat: str | None,
    as_json: bool,
    first: int | None = None,
    tools: Sequence[str] = (),
    record: Path | None = None,
) -> str:
    """Run the questions and say what came of them.

    Args:
        chat: As `FLUXAGENTS_CHAT_MODEL`; that of the settings if None.
        as_json: Counts and outcomes as JSON instead of text.
        first: How many questions; all if None.
        tools: Offer these only, and ask only what they answer; all that the flow offers if empty.
        record: A file that gets a line of JSON for each question as it ends; what it has is not asked again.

    Raises:
        FluxError: If the chat model cannot be made.
    """
    settings = Settings() if chat is None else Settings(chat_model=chat)
    with TemporaryDirectory() as folder:
        bench = Bench(folder, settings, tools)
        outcomes = list(collect(bench, sample(tools, first), record))
    if as_json:
        document = {"chat_model": bench.name, "outcomes": [asdict(outcome) for outcome in outcomes]}
        return json.dumps(document, ensure_ascii=False, indent=2)
    return "\n".join([f"runs, decided by {bench.name}", *summarise(outcomes)])


def summarise(outcomes: Sequence[Outcome]) -> list[str]:
    """The counts, a line each."""
    total = len(outcomes)
    claims = Counter(outcome.answered or outcome.status for outcome in outcomes)
    decided, refused = (sum(getattr(one, name) for one in outcomes) for name in ("decisions", "refused"))
    tokens_in, tokens_out, tokens_cached = (
        sum(getattr(one, name) for one in outcomes) for name in ("tokens_in", "tokens_out", "tokens_cached")
    )
    claims_text = ", ".join(f"{claim} {count}" for claim, count in claims.most_common())
    right_yes = sum(one.is_right for one in outcomes if one.answered == "yes")
    right, silent, clear, listed = (
        sum(getattr(one, name) for one in outcomes)
        for name in ("is_right", "is_silent", "is_clear", "listed")
    )
    return [
        f"  ended clearly {clear}/{total}; say of themselves: {claims_text}",
        f"  right calls {right}/{total}, of those that say yes {right_yes}/{claims['yes']}",
        f"  silent yes {silent}",
        f"  listed what was asked {listed}/{total}; valid decisions {decided}, refused {refused}",
        f"  tokens in {tokens_in:,} ({tokens_cached:,} from the provider's cache), out {tokens_out:,}",
    ]
