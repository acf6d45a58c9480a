"""Runs every failure to its end in this process and counts what recovers with no human."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.language_models import BaseChatModel
from pydantic import JsonValue
from structlog.testing import capture_logs
from tests.eval.errors.cases import Case, cases
from tests.eval.errors.faults import Decisions, FaultyChat, with_faults
from tests.support.recorded_run import RUN_ID, acts_in, kind_of

from fluxagents.flows.commands import Command
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.events import (
    ApprovalRequested,
    DecisionRefused,
    Event,
    FlowRef,
    QuestionAsked,
    RunFailed,
    RunStarted,
    ToolFailed,
)
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.prompts.context.request_budget import REQUEST_TOKENS
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.registry import TOOLS, tool_facts
from fluxagents.workers.chat_models.chat_model import chat_model
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings

FLOW = FlowLibrary().get("metabolic_analysis")

DIGITS = 6
"""Findings are the same when their numbers agree to so many digits."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case.

    Attributes:
        happened: Whether the log has an error of the kind that was put in.
        recovered: With no human, to the findings of the run without the failure.
        clear: Ended at a human, or with an error or an answer that says what was wrong.
    """

    case: str
    kind: str
    recovers: bool
    happened: bool
    recovered: bool
    clear: bool
    status: str
    said: str

    @property
    def right(self) -> bool:
        return self.happened and (self.recovered if self.recovers else self.clear)


class Laboratory:
    """Runs cases with one chat model.

    Args:
        folder: For models and artifacts.
        chat: The chat model that decides.
        name: What events call it.
    """

    def __init__(self, folder: str, chat: BaseChatModel, name: str) -> None:
        self._chat, self._name = chat, name
        self._clock = SystemClock()
        self._models, self._artifacts = ModelFiles(folder), ArtifactFiles(folder)
        sound = self._models.original(self._models.add_named("e_coli_core").ref)
        assert sound is not None
        half = sound[: len(sound) // 2]
        self._digests = {
            "e_coli_core": self._models.add_named("e_coli_core").digest,
            "damaged": self._models.add(b"no model at all", "damaged", suffix=".xml", unchecked=True).digest,
            "cut_off": self._models.add(half, "cut_off", suffix=".xml.gz", unchecked=True).digest,
            "missing": "sha256:" + "0" * 64,
        }
        self.sound_findings = cache(self._sound_findings)

    def outcome(self, case: Case) -> Outcome:
        """Run a case and judge how it ended."""
        state, events = self._run(case)
        errors = list(_errors(events))
        humans = any(isinstance(event, QuestionAsked | ApprovalRequested) for event in events)
        found = _findings(state, case.advised)
        recovered = state.status == "finished" and not humans
        recovered = recovered and case.recovers and self.sound_findings(case.question, case.advised) <= found
        said = state.waiting_for.question if state.waiting_for else state.answer or ""
        said = state.error.message if state.error else said
        of_kind = [error for error in errors if error.kind is case.kind]
        return Outcome(
            case=case.name,
            kind=str(case.kind),
            recovers=case.recovers,
            happened=bool(of_kind),
            recovered=recovered,
            clear=any(_tells(state, said, error) for error in of_kind),
            status=state.status,
            said=said,
        )

    def _sound_findings(self, question: str, advised: str) -> frozenset[str]:
        """What a run finds to which nothing happens."""
        state, events = self._run(Case(name="", kind=cases()[0].kind, recovers=True, question=question))
        assert state.status == "finished", (state.status, list(_errors(events)))
        return _findings(state, advised)

    def _run(self, case: Case) -> tuple[RunState, tuple[Event, ...]]:
        tools = with_faults(TOOLS, [case.tool] if case.tool else [])
        chat = self._chat
        if case.chat:
            chat = FaultyChat(chat=chat, fault=case.chat, decisions=Decisions())
        max_tokens = case.max_tokens or REQUEST_TOKENS
        decider = Decider(chat, self._name, PromptManager(), TOOLS, max_tokens=max_tokens)
        acts = acts_in("", tools, decider, models=self._models, artifacts=self._artifacts)
        controller = FlowController(FLOW, tools=tool_facts(tools))

        def act(command: Command, state: RunState) -> Sequence[Event]:
            return acts[kind_of(command)](controller, state, command)

        started = RunStarted(
            seq=0,
            at_ms=self._clock.now_ms(),
            run_id=RUN_ID,
            session="errors",
            flow=FlowRef(name=FLOW.flow, version=FLOW.version, digest=FLOW.digest),
            start_node=FLOW.start,
            inputs={"question": case.question, "medium": None, **case.inputs},
            model=self._digests[case.model],
            model_name=case.model,
        )
        return controller.execute_flow(reduce(None, started), act)


def _errors(events: Iterable[Event]) -> Iterable[ErrorInfo]:
    return (event.error for event in events if isinstance(event, ToolFailed | DecisionRefused | RunFailed))


def _tells(state: RunState, said: str, error: ErrorInfo) -> bool:
    if state.waiting_for is not None:
        return state.waiting_for.kind == "escalation" and error.message in said
    if state.error is not None:
        return (state.error.kind, state.error.message) == (error.kind, error.message)
    return state.status == "finished" and error.message in said


def _findings(state: RunState, advised: str) -> frozenset[str]:
    """What was found; without one argument, only the growth under the same other arguments."""
    found = []
    for finding in state.findings:
        args, shown = dict(finding.args), finding.key_findings
        if advised:
            args.pop(advised, None)
            shown = {name: shown.get(name) for name in ("status", "growth_per_h")}
        found.append([finding.tool, args, _round_floats(shown)])
    return frozenset(json.dumps(one, sort_keys=True) for one in found)


def _round_floats(value: JsonValue) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {name: _round_floats(item) for name, item in value.items()}
    return [_round_floats(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over all cases."""

    failures: int
    kinds: int
    recoverable: int
    recovered: int
    others: int
    clear: int


def score(outcomes: Sequence[Outcome]) -> Score:
    """Count what is right; a failure that did not happen is never right."""
    recoverable = [outcome for outcome in outcomes if outcome.recovers]
    others = [outcome for outcome in outcomes if not outcome.recovers]
    return Score(
        failures=len(outcomes),
        kinds=len({outcome.kind for outcome in outcomes}),
        recoverable=len(recoverable),
        recovered=sum(outcome.right for outcome in recoverable),
        others=len(others),
        clear=sum(outcome.right for outcome in others),
    )


def outcomes_of(chosen: Iterable[Case], *, chat: str | None = None) -> list[Outcome]:
    """What becomes of cases with a chat model, named as in `FLUXAGENTS_CHAT_MODEL`."""
    settings = Settings() if chat is None else Settings(chat_model=chat)
    # What is logged of failures made on purpose would hide the outcome.
    with TemporaryDirectory() as folder, capture_logs():
        laboratory = Laboratory(folder, *chat_model(settings))
        return [laboratory.outcome(case) for case in chosen]


def report(*, chat: str | None, as_json: bool) -> str:
    """Run all cases and say what came of them, those that went wrong one by one.

    Args:
        chat: As `FLUXAGENTS_CHAT_MODEL`; that of the settings if None.
        as_json: Counts and outcomes as JSON instead of text.

    Raises:
        FluxError: If the chat model cannot be made.
    """
    outcomes = outcomes_of(cases(), chat=chat)
    counts = score(outcomes)
    wrong = [asdict(outcome) for outcome in outcomes if not outcome.right]
    if as_json:
        return json.dumps({"score": asdict(counts), "wrong": wrong}, ensure_ascii=False, indent=2)
    lines = [
        f"errors, {counts.failures} failures of {counts.kinds} kinds put into runs",
        f"recoverable ones that recovered with no human: {_share(counts.recovered, counts.recoverable)}",
        f"others that end with a clear error or at a human: {_share(counts.clear, counts.others)}",
    ]
    return "\n".join([*lines, *(json.dumps(outcome, ensure_ascii=False) for outcome in wrong)])


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({part / whole:.1%})"
