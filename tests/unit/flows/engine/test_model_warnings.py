"""An answer says in one line what was left out of the model that it rests on."""

from __future__ import annotations

from typing import Any

from fluxagents.flows.engine.model_warnings import (
    MAX_CHARACTERS,
    MAX_SHOWN,
    add_model_note,
    describe_warnings,
    list_messages,
)
from fluxagents.flows.state import Finding


def finding(number: int, *messages: str) -> Finding:
    found: dict[str, Any] = describe_warnings(messages)
    artifact = f"sha256:{number:02d}" + "ab" * 31
    return Finding(id=f"f{number}", tool="t", args={}, key_findings=found, artifact=artifact)


def test_few_and_short_messages_are_shown() -> None:
    (cell,) = describe_warnings(["x" * 1_000] * 9).values()
    assert isinstance(cell, dict)
    assert (cell["count"], cell["shown"]) == (9, MAX_SHOWN)
    assert isinstance(cell["messages"], list)
    assert {len(str(message)) for message in cell["messages"]} == {MAX_CHARACTERS}
    assert describe_warnings([]) == {}


def test_findings_that_an_answer_names_count() -> None:
    findings = [finding(1, "a rule is left out."), finding(2), finding(11, "a charge is unknown")]
    assert add_model_note("It grows [f2, t].", findings) == "It grows [f2, t]."
    assert add_model_note("No [f1, t].", findings).endswith("\n\nNote on the model: a rule is left out.")
    artifact = findings[2].artifact
    assert add_model_note(f"See {artifact}.", findings).endswith("a charge is unknown.")
    both = add_model_note("Done.", findings)
    assert "a rule is left out (and 1 more: see `fluxagents models show`)." in both


def test_a_message_of_several_findings_is_listed_once() -> None:
    assert list_messages([finding(1, "a", "b"), finding(2, "b")]) == ["a", "b"]
