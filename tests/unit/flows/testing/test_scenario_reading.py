"""Files of scenarios: whatever is wrong is named with its line and the way out."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.flows.testing.scenario_reading import parse_scenarios

GOOD = """
flow: main
scenarios:
  - name: it grows
    world:
      grow:
        - summary: {growth: 1}
      think: {finish: "yes", after_s: 3}
    expect:
      questions: [How much, {kind: approval}]
      calls: [fba]
      answer: "yes"
      error: bad
"""


def test_what_is_short_stands_for_what_is_long() -> None:
    (scenario,) = parse_scenarios(GOOD).scenarios
    assert (scenario.world["grow"].repeats, scenario.world["think"].repeats) == (False, True)
    expect = scenario.expect
    assert expect.questions is not None
    assert expect.calls is not None
    assert expect.answer is not None
    assert expect.error is not None
    assert [question.contains for question in expect.questions] == ["How much", None]
    assert (expect.calls[0].tool, expect.answer.text, expect.error.contains) == ("fba", "yes", "bad")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name: it grows", "nme: it grows"), "f.yaml:4: scenario 1.name: it is missing"),
        (("name: it grows", "nme: it grows"), "scenario 1.nme: there is no such field 'nme'; nearest: name"),
        (("summary: {", "sumary: {"), "f.yaml:7: scenario 'it grows'.world.grow.0.sumary: there is no such"),
        (('finish: "yes"', "finsh: x"), "f.yaml:8: scenario 'it grows'.world.think.finsh: there is no such"),
        (('finish: "yes"', "by: ada"), "f.yaml:8: scenario 'it grows'.world.think: it says nothing; one of"),
        (("summary: {", "finish: x, error: {"), "is not YAML"),
        (("after_s: 3", "after_s: -3"), "f.yaml:8: scenario 'it grows'.world.think.after_s: Input should be"),
        (("after_s: 3", "args: {}"), "args goes with call_tool"),
        (("after_s: 3", "summary: {}"), "summary and finish do not go together"),
        (
            ("kind: approval", "kind: approve"),
            "f.yaml:10: scenario 'it grows'.expect.questions.1.kind: Input",
        ),
        (("kind: approval", "kid: approval"), "'kid'; nearest: kind"),
        (("flow: main", "flow:"), "f.yaml:2: flow: Input should be a valid string; it is None"),
        (("flow: main\n", ""), "scenario 'it grows' names no flow, and neither does the file"),
        (("calls: [fba]", "passes: fba"), "f.yaml:11: scenario 'it grows'.expect.passes"),
        (("  - name: it grows\n", "  - name: a\n  - name: a\n"), "two scenarios are called 'a'"),
        (("scenarios:", "scenarios: []\nother:"), "f.yaml:3: scenarios: Tuple should have at least 1 item"),
        (("flow: main", "flow: main\nflow: other"), "f.yaml:3: flow stands there twice"),
    ],
)
def test_a_mistake_is_named_with_its_line(change: tuple[str, str], said: str) -> None:
    with pytest.raises(FluxError) as refused:
        parse_scenarios(GOOD.replace(*change, 1), where="f.yaml")
    assert said in str(refused.value)


def test_what_is_no_mapping_is_no_file_of_scenarios() -> None:
    with pytest.raises(FluxError, match=r"f\.yaml is not a mapping with `flow` and `scenarios`"):
        parse_scenarios("[1]", where="f.yaml")
