"""What a standing approval covers, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows.commands import CallTool
from fluxagents.flows.humans.standing import ArgumentRange, StandingApproval, flatten, read_range


def approval(**arguments: str) -> StandingApproval:
    return StandingApproval(
        id="a",
        tool="change",
        session="s",
        arguments={name.replace("__", "."): read_range(text) for name, text in arguments.items()},
        by="ana",
        created_ms=0,
        until_ms=100,
        max_uses=1,
    )


def refusal(standing: StandingApproval, at_ms: int = 5, tool: str = "change", **args: Any) -> str:
    return standing.refuse(CallTool(tool=tool, args=args), at_ms)


def test_each_argument_lies_within_and_none_is_unsaid() -> None:
    standing = approval(bounds__glc__lower="-15..-5", bounds__glc__upper="0..")
    assert refusal(standing, bounds={"glc": {"lower": -15, "upper": 3.5}}) == ""
    assert "lower = -16 is outside of -15..-5" in refusal(
        standing, bounds={"glc": {"lower": -16, "upper": 1}}
    )
    assert "says nothing of bounds.ac.lower" in refusal(
        standing, bounds={"glc": {"lower": -9, "upper": 1}, "ac": {"lower": -9}}
    )
    assert refusal(standing, bounds={"glc": {"lower": -9}}) == "the call has no bounds.glc.upper"
    assert refusal(standing, bounds={}) == "it says nothing of bounds"
    assert refusal(standing) != ""
    assert refusal(standing, 100, bounds={"glc": {"lower": -9, "upper": 1}}) == "its time is over"
    assert refusal(standing, tool="other", bounds={}) == "it is for change"


@pytest.mark.parametrize(
    ("text", "within", "outside"),
    [
        ("1..5", [1, 5, 2.5], [0.99, 5.01, True, "3", None, [3], float("nan")]),
        ("..5", [5, -1e9], [5.1]),
        ("a|b", ["a", "b"], ["c", ["a"], None]),
        ("true", [True], [1, "true", False]),
        ("1|2", [1, 2.0], [True, 3]),
        ("*", [1, "x", None, [], {}], []),
    ],
)
def test_ranges(text: str, within: list[Any], outside: list[Any]) -> None:
    allowed = read_range(text)
    assert all(allowed.holds(value) for value in within)
    assert not any(allowed.holds(value) for value in outside)
    assert read_range(str(allowed)) == allowed


@pytest.mark.parametrize("text", ["", "|", "5..1"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no range|from more to less"):
        read_range(text)


def test_a_star_stands_for_one_part_only() -> None:
    standing = approval(genes__x="b1|b2").model_copy(update={"arguments": {"genes.*": read_range("b1|b2")}})
    assert refusal(standing, genes=["b1", "b2"]) == ""
    assert "genes.1 = b3 is outside" in refusal(standing, genes=["b1", "b3"])
    assert "says nothing of genes.0.0" in refusal(standing, genes=[["b1"]])


KEYS = st.text("xy", min_size=1, max_size=2)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["p", "q"]), JSON, min_size=1))
def test_what_names_every_value_covers_the_call_and_any_other_value_is_outside(args: dict[str, Any]) -> None:
    values = dict(flatten(args))
    ranges = {name: ArgumentRange(one_of=(value,)) for name, value in values.items()}
    exact = approval(x="*").model_copy(update={"arguments": ranges})
    assert refusal(exact, **args) == ""
    for name in values:
        others = {key: each for key, each in exact.arguments.items() if key != name}
        less = exact.model_copy(update={"arguments": others})
        assert refusal(less, **args) != ""
