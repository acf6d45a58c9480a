"""Puts questions to a chat model and counts: tools, arguments, and the same answer to the same question.

No tool runs: each call that is decided enters the next request as a finding without numbers, so that only
the decisions are measured.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, groupby

from tests.eval.questions.cases import PARTS, Case, cases, drop_defaults
from tests.support.decisions import ANSWER_TOOLS, BASELINE, DESCRIPTION, decide_with, state_at

from fluxagents.flows.commands import CallTool, Decide
from fluxagents.flows.engine.retries import may_retry, pause_ms
from fluxagents.flows.state import Finding, RunState
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.ports.decisions import DecisionResult
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.chat_model import chat_model
from fluxagents.workers.settings import Settings

MAX_STEPS = 8


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


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over one part of the questions.

    Attributes:
        tools_right: Questions with exactly the expected tools.
        arguments_right: Questions with exactly the expected tools and arguments.
        pairs: Pairs of paraphrases.
        pairs_alike: Those of them that got the same calls with the same arguments.
        tokens_in_mean: Mean over the first requests.
    """

    part: str
    questions: int
    tools_right: int
    arguments_right: int
    pairs: int
    pairs_alike: int
    tokens_in_mean: float


def answers(part: str, decider: Decider) -> list[Answer]:
    """The calls that a chat model decides on for every question of a part."""
    return [_answer(case, decider) for case in cases(part)]


def _answer(case: Case, decider: Decider) -> Answer:
    findings = [DESCRIPTION, BASELINE]
    calls: list[CallTool] = []
    error, tokens_in = "", 0
    for step in range(MAX_STEPS):
        state = state_at(case.question, findings=findings)
        verdict = _decide(decider, state, decide_with(ANSWER_TOOLS, left=MAX_STEPS - step))
        tokens_in = tokens_in or verdict.prompt.tokens_in
        if verdict.error is not None:
            error = verdict.error.message
        if not isinstance(verdict.decision, CallTool):
            break
        calls.append(verdict.decision)
        findings.append(_finding(verdict.decision, len(findings) + 1))
    planned = tuple(
        (call.tool, json.dumps(drop_defaults(call.tool, call.args), sort_keys=True)) for call in calls
    )
    tools_right, arguments_right = compare_calls(case, calls)
    return Answer(case, planned, error, tools_right and not error, arguments_right and not error, tokens_in)


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
    """Whether the tools are the expected ones, in any order, and whether their arguments are, too."""
    if len(calls) != len(case.calls):
        return False, False
    left = list(calls)
    tools_left = [call.tool for call in calls]
    tools = arguments = True
    for expected in case.calls:
        tool = next((name for name in tools_left if name in expected.tools), None)
        tools = tools and tool is not None
        if tool is not None:
            tools_left.remove(tool)
        call = next((call for call in left if expected.fits(call.tool, call.args)), None)
        arguments = arguments and call is not None
        if call is not None:
            left.remove(call)
    return tools, arguments


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
    wrong = [_describe_wrong(answer) for answer in answers_by_part["known"] if not answer.arguments_right]
    if as_json:
        return json.dumps(
            {
                "chat_model": name,
                "scores": [asdict(entry) for entry in scores],
                "wrong_known": wrong,
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

    return (
        f"{entry.part:9} tools {share(entry.tools_right, entry.questions)}, "
        f"arguments {share(entry.arguments_right, entry.questions)}, "
        f"consistency {share(entry.pairs_alike, entry.pairs)} pairs of paraphrases; "
        f"{entry.tokens_in_mean:.0f} tokens per first request"
    )


def _describe_wrong(answer: Answer) -> dict[str, object]:
    case = answer.case
    return {
        "question": case.question,
        "language": case.language,
        "calls": answer.calls,
        "expected": [["|".join(sorted(call.tools)), dict(call.args)] for call in case.calls],
        "error": answer.error,
    }
