"""However a condition is worded, in whatever language and however politely, the calls are the same."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
import yaml
from tests.support.decisions import BASELINE, DESCRIPTION

from fluxagents.scheduler.collaboration.expected_call import drop_defaults
from fluxagents.workers.chat_models.planner.calls.interpretation import interpret_question
from fluxagents.workers.chat_models.planner.situation import Situation

TEMPLATES = yaml.safe_load(Path(__file__).with_name("planner_templates.yaml").read_text(encoding="utf-8"))
FINDINGS = tuple(
    {"id": one.id, "tool": one.tool, "args": dict(one.args), "found": dict(one.key_findings)}
    for one in (DESCRIPTION, BASELINE)
)


def calls(question: str) -> set[tuple[str, str]]:
    asked = Situation(task="tool_selection", question=question, findings=FINDINGS, steps_left=8)
    return {
        (call.tool, json.dumps(drop_defaults(call.tool, call.args), sort_keys=True))
        for call in interpret_question(asked).calls
    }


@pytest.mark.parametrize("condition", TEMPLATES["conditions"])
@pytest.mark.parametrize("asked", TEMPLATES["asks"])
def test_a_condition_means_the_same_however_it_is_worded(asked: str, condition: str) -> None:
    asks, conditions = TEMPLATES["asks"][asked], TEMPLATES["conditions"][condition]
    plain = calls(asks["en"][0].format(c=conditions["en"][0]))
    assert len(plain) == 1
    for language, templates in asks.items():
        for template, worded in product(templates, conditions[language]):
            question = template.format(c=worded)
            assert calls(question) == plain, question


@pytest.mark.parametrize("language", TEMPLATES["politeness"])
def test_politeness_changes_nothing(language: str) -> None:
    for asks in TEMPLATES["asks"].values():
        plain = asks[language][0].format(c=TEMPLATES["conditions"]["no_oxygen"][language][0])
        for polite in TEMPLATES["politeness"][language]:
            assert calls(polite.format(q=plain)) == calls(plain), polite
