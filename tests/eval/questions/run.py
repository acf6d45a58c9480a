"""Puts questions to a chat model and counts: tools, arguments, and the same answer to the same question.

In the parts over all tools and flows each call is computed on E. coli core, so that what is open is judged by
the system as in a run. In the others a call enters the next request as a finding without numbers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations, groupby

from tests.eval.questions.cases import (
    ANALYSIS,
    OPEN_TO_RULES,
    PARTS,
    WHOLE,
    Case,
    cases,
)
from tests.eval.questions.computed_findings import compute_finding
from tests.support.decisions import ANSWER_TOOLS, BASELINE, DESCRIPTION, decide_with, state_at

from fluxagents.flows.commands import CallTool, Decide
from fluxagents.flows.engine.answered import judge_run
from fluxagents.flows.engine.retries import may_retry, pause_ms
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.events import Answered
from fluxagents.flows.state import Finding, RunState, Streak
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.collaboration.expected_call import compare_calls as compare_with
from fluxagents.scheduler.collaboration.expected_call import drop_defaults
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.ports.decisions import DecisionResult
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.chat_model import chat_model
from fluxagents.workers.chat_models.planner.flow_choice import choose_flow
from fluxagents.workers.settings import Settings

MAX_STEPS = 8

_FLOW = FlowLibrary().get(ANALYSIS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a chat model made of one question."""

    case: Case
    calls: tuple[tuple[str, str], ...]
    """Tool and arguments as JSON, without defaults, in order."""
    error: str
    tools_right: bool
    arguments_right: bool
    tokens_in: int
    flow: str = ANALYSIS
    text: str = ""
    """What stays open, a line each."""
    open_right: bool = True
    """Whether it answers what can be answered and names what stays open, and only that."""
    is_silent: bool = False
    """Whether it is wrong and says nothing that would tell so."""
    is_refused: bool = False
    """Whether it says that it cannot, although it could."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over one part of the questions.

    Attributes:
        tools_right: Questions with exactly the expected tools.
        arguments_right: Questions with exactly the expected tools and arguments.
        pairs: Pairs of paraphrases.
        pairs_alike: Those of them that got the same calls with the same arguments.
        tokens_in_mean: Mean over the first requests.
        open_right: Questions of which all is answered or named as open, and nothing more is named.
        silent_wrong: Questions with another answer than the expected one, and nothing that says so.
        false_refusals: Questions that have an answer here and were refused.
    """

    part: str
    questions: int
    tools_right: int
    arguments_right: int
    pairs: int
    pairs_alike: int
    tokens_in_mean: float
    open_right: int = 0
    silent_wrong: int = 0
    false_refusals: int = 0


def answers(part: str, decider: Decider) -> list[Answer]:
    """The calls that a chat model decides on for every question of a part."""
    return [_answer(case, decider) for case in cases(part)]


def _answer(case: Case, decider: Decider) -> Answer:
    choice = choose_flow(case.question)
    if case.answered is not None and choice.flow != ANALYSIS:
        is_right = case.accepts(choice.flow, choice.inputs)
        inputs = json.dumps(choice.inputs, sort_keys=True)
        return _judge_open_parts(
            Answer(case, ((choice.flow, inputs),), "", is_right, is_right, 0, flow=choice.flow)
        )
    state = state_at(case.question, findings=[DESCRIPTION, BASELINE])
    state = state.model_copy(update={"keeps_list": case.answered is not None})
    find = compute_finding if case.answered is not None else _finding
    calls: list[CallTool] = []
    failed: list[CallTool] = []
    error, tokens_in = "", 0
    for step in range(MAX_STEPS):
        verdict = _decide(decider, state, decide_with(ANSWER_TOOLS, left=MAX_STEPS - step))
        tokens_in = tokens_in or verdict.prompt.tokens_in
        error = verdict.error.message if verdict.error else ""
        if verdict.error and case.answered is not None:
            state = _record(state, verdict.error)
            continue
        asked = state.asked if verdict.asked is None else verdict.asked
        state = state.model_copy(update={"asked": asked, "item_answers": verdict.answers})
        if not isinstance(verdict.decision, CallTool):
            break
        state = _record(state, find(verdict.decision, len(state.findings) + 1))
        if state.streak is None:
            # A call that failed and was made again with other arguments is not counted.
            calls = [call for call in calls if call not in failed or call.tool != verdict.decision.tool]
        else:
            failed.append(verdict.decision)
        calls.append(verdict.decision)
    planned = tuple(
        (call.tool, json.dumps(drop_defaults(call.tool, call.args), sort_keys=True)) for call in calls
    )
    tools_right, arguments_right = compare_calls(case, calls)
    if case.answered is not None:
        is_flow_right = any(compare_with(other, calls)[1] for other in case.either) or case.accepts(
            ANALYSIS, {}
        )
        tools_right, arguments_right = tools_right and is_flow_right, arguments_right and is_flow_right
    answer = Answer(case, planned, error, tools_right and not error, arguments_right and not error, tokens_in)
    if case.answered is None:
        return answer
    status, open_parts = judge_run(_FLOW, state)
    return _judge_open_parts(replace(answer, text="\n".join(open_parts)), status or "no")


def _record(state: RunState, finding: Finding | ErrorInfo) -> RunState:
    """The state after a call."""
    if isinstance(finding, Finding):
        return state.model_copy(update={"findings": (*state.findings, finding), "streak": None})
    count = state.streak.count + 1 if state.streak else 1
    streak = Streak(kind=finding.kind, count=count)
    return state.model_copy(update={"errors": (*state.errors, finding), "streak": streak})


def _judge_open_parts(answer: Answer, status: Answered = "yes") -> Answer:
    """The answer with what is open, as the system judges, compared with what the case expects."""
    case = answer.case
    open_right = status == case.answered and case.is_named_in(answer.text)
    is_wrong = not answer.arguments_right or (case.answered != "yes" and not open_right)
    return replace(
        answer,
        open_right=open_right and answer.arguments_right,
        is_silent=is_wrong and status == "yes",
        is_refused=case.answered != "no" and status == "no",
    )


def _decide(decider: Decider, state: RunState, command: Decide) -> DecisionResult:
    """The verdict after the pauses and repetitions that the store of a run would make."""
    failures = 1
    while True:
        verdict = decider.decide(state, command)
        error = verdict.error
        if error is None or not may_retry(error.kind, failures):
            return verdict
        time.sleep(pause_ms(error.kind, failures, state.run_id, at_least_ms=error.retry_after_ms) / 1_000)
        failures += 1


def _finding(call: CallTool, number: int) -> Finding:
    return Finding(
        id=f"f{number}",
        tool=call.tool,
        args=dict(call.args),
        key_findings={"status": "optimal", "result": "complete, in the artifact"},
        artifact="sha256:" + f"{number:x}" * 64,
        model=DESCRIPTION.model,
    )


def compare_calls(case: Case, calls: Sequence[CallTool]) -> tuple[bool, bool]:
    """Whether the tools are expected ones, in any order, and whether their arguments are, too."""
    compared = [compare_with(expected, calls) for expected in (case.calls, *case.either)]
    return any(tools for tools, _ in compared), any(arguments for _, arguments in compared)


def score(part: str, part_answers: Sequence[Answer]) -> Score:
    """Count what is right, and which paraphrases were treated alike."""
    pairs = [
        (first, second)
        for _, group in groupby(part_answers, key=lambda answer: answer.case.group)
        for first, second in combinations(list(group), 2)
        if first.case.calls
    ]
    return Score(
        part,
        questions=len(part_answers),
        tools_right=sum(answer.tools_right for answer in part_answers),
        arguments_right=sum(answer.arguments_right for answer in part_answers),
        pairs=len(pairs),
        pairs_alike=sum(sorted(first.calls) == sorted(second.calls) for first, second in pairs),
        tokens_in_mean=sum(answer.tokens_in for answer in part_answers) / max(len(part_answers), 1),
        open_right=sum(answer.open_right for answer in part_answers),
        silent_wrong=sum(answer.is_silent for answer in part_answers),
        false_refusals=sum(answer.is_refused for answer in part_answers),
    )


def report(*, chat: str | None, as_json: bool) -> str:
    """Ask all questions and say what came of them, wrong answers one by one.

    Args:
        chat: As `FLUXAGENTS_CHAT_MODEL`; that of the settings if None.
        as_json: Counts and answers as JSON instead of text.

    Raises:
        FluxError: If the chat model cannot be made.
    """
    settings = Settings() if chat is None else Settings(chat_model=chat)
    model, name = chat_model(settings)
    set_by_requests: dict[str, float] | None = {} if settings.chat_temperature == "off" else None
    decider = Decider(model, name, PromptManager(), TOOLS, settings=set_by_requests)
    answers_by_part = {part: answers(part, decider) for part in PARTS}
    scores = [score(part, part_answers) for part, part_answers in answers_by_part.items()]
    # The wrong answers of the held-out parts stay hidden, so that no rule is made after them.
    wrong = [
        _describe_wrong(answer)
        for part in PARTS
        if part in OPEN_TO_RULES
        for answer in answers_by_part[part]
        if not answer.arguments_right or answer.is_silent or answer.is_refused
    ]
    if as_json:
        return json.dumps(
            {
                "chat_model": name,
                "scores": [asdict(entry) for entry in scores],
                "wrong": wrong,
            },
            ensure_ascii=False,
            indent=2,
        )
    lines = [f"questions, answered by {name}", *map(_write_line, scores)]
    lines += [json.dumps(answer, ensure_ascii=False) for answer in wrong]
    return "\n".join(lines)


def _write_line(entry: Score) -> str:
    def share(count: int, of: int) -> str:
        return f"{count}/{of} ({count / of:.1%})" if of else "none"

    line = (
        f"{entry.part:9} tools {share(entry.tools_right, entry.questions)}, "
        f"arguments {share(entry.arguments_right, entry.questions)}, "
        f"consistency {share(entry.pairs_alike, entry.pairs)} pairs of paraphrases; "
        f"{entry.tokens_in_mean:.0f} tokens per first request"
    )
    if entry.part not in WHOLE:
        return line
    return (
        f"{line}\n{'':9} answered or named as open {share(entry.open_right, entry.questions)}, "
        f"silent wrong answers {entry.silent_wrong}, "
        f"false refusals {share(entry.false_refusals, entry.questions)}"
    )


def _describe_wrong(answer: Answer) -> dict[str, object]:
    case = answer.case
    return {
        "part": case.part,
        "question": case.question,
        "language": case.language,
        "calls": answer.calls,
        "expected": [["|".join(sorted(call.tools)), dict(call.args)] for call in case.calls],
        "error": answer.error,
        "text": answer.text,
    }
