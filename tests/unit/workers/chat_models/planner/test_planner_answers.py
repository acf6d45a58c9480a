"""The answer to every tool in each of its outcomes, as it was recorded for people to judge.

`make answers` writes the recordings anew; read what changed before you keep it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from cobra.io import load_model
from tests.answers.cases import Case, find, list_cases, place_of, read_recorded, write_answer
from tests.support.decisions import state_at
from tests.support.recorded_run import record

from fluxagents.flows.state import Finding
from fluxagents.tasks.chat.grounding import find_ungrounded
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.reporting.sentences import WRITERS

CASES = list(list_cases())
DUMPED = re.compile(
    r"sha256:\w{13}|\(\)|\b0 \(|\bNone\b(?! of)|"
    r"\bTrue\b|\bFalse\b|zero_growth|no_objective|: \.|\b1 \w+s (?:are|have)\b"
)
"""What a reader should not meet: whole digests, empty brackets, values of a language, a plural of one."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return record(str(tmp_path_factory.mktemp("store")))[1]


@pytest.fixture(scope="module")
def textbook() -> Any:
    return load_model("textbook")


def _ids(case: Case) -> str:
    return f"{case.tool}, {case.title}"


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_an_outcome_is_answered_as_recorded(case: Case, textbook: Any, sources: Sources) -> None:
    finding = find(case, textbook, sources)
    answer = write_answer(case, finding)
    assert answer == read_recorded(case), "read it, then `make answers` if it is better"
    assert not DUMPED.search(answer)
    assert find_ungrounded(answer, _state_with(finding)) == ()


def _state_with(finding: Mapping[str, Any]) -> Any:
    found = Finding(id="f3", tool=finding["tool"], args=finding["args"], key_findings=finding["found"])
    return state_at("?", findings=[found])


def test_every_tool_has_words_of_its_own() -> None:
    assert TOOLS.keys() <= WRITERS.keys()


def test_no_recorded_answer_is_left_over() -> None:
    recorded = {path.name for path in place_of(CASES[0].tool).parent.glob("*.md")}
    assert recorded == {place_of(case.tool).name for case in CASES}
