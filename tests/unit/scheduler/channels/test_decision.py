"""A yes stands alone; whatever else is said decides nothing, or refuses."""

from __future__ import annotations

import pytest

from fluxagents.scheduler.channels.decision import (
    Abstain,
    Approve,
    AskBack,
    Decision,
    Recuse,
    Reject,
    Reply,
    make_decision,
    read_decision,
)


@pytest.mark.parametrize("text", ["yes", "Yes.", " YES!\n", "ok", "Approve", "I approve."])
def test_a_yes_alone_agrees(text: str) -> None:
    assert read_decision(text, "approval") == Approve()


@pytest.mark.parametrize("text", ["yes but", "yes?", "yes, and no", "", "not sure", "yesterday", "noted"])
def test_what_is_not_clear_decides_nothing(text: str) -> None:
    assert read_decision(text, "approval") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no", "no reason given"),
        ("No, too risky.", "too risky"),
        ("reject: wrong\nmedium", "wrong\nmedium"),
        ("No\nyes would be wrong", "yes would be wrong"),
    ],
)
def test_a_no_refuses_with_its_reason(text: str, reason: str) -> None:
    assert read_decision(text, "approval") == Reject(reason)


@pytest.mark.parametrize(("text", "decision"), [("yes", Reply("yes")), (" 10 ", Reply("10")), ("", None)])
def test_the_answer_to_a_question_is_what_was_said(text: str, decision: Decision | None) -> None:
    assert read_decision(text, "question") == decision


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("Abstain.", Abstain()),
        ("recuse", Recuse()),
        ("Ask: Why so much\nglucose?", AskBack("Why so much\nglucose?")),
        ("abstain from what?", None),
        ("I recuse myself, but yes", None),
        ("ask:", None),
        ("asking: why?", None),
    ],
)
def test_other_words_stand_alone_and_a_question_back_begins_with_ask(
    text: str, decision: Decision | None
) -> None:
    assert read_decision(text, "approval") == decision
    assert read_decision(text, "question") == Reply(text)


def test_a_button_that_needs_words_decides_nothing_without_them() -> None:
    assert [make_decision(word, " ") for word in ("ask", "reply", "edit", "")] == [None] * 4
    assert make_decision("reject", " ") == Reject("no reason given")
    assert make_decision("ask", " why? ") == AskBack("why?")
