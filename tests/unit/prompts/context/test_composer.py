"""Whatever a run has found, a request keeps its budget or says that it cannot; nothing goes in silence."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.decisions import DESCRIPTION, decide_with, state_at

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import Finding, Note, RunState, Summary
from fluxagents.prompts.context.composer import compose
from fluxagents.prompts.context.tokens import token_counter
from fluxagents.prompts.sections import read_lines, sections
from fluxagents.prompts.versions.manager import PromptManager

PROMPTS = PromptManager()

FINDINGS = st.lists(
    st.builds(
        lambda rows, seed: {
            "growth_per_h": seed / 7,
            "fluxes": {
                "count": rows,
                "shown": rows,
                "values": {f"R{seed}_{at}": at / 3 for at in range(rows)},
            },
        },
        st.integers(0, 60),
        st.integers(0, 5),
    ),
    max_size=8,
)


def run_with(found: list[dict[str, object]], note: str, told: int) -> RunState:
    findings = [DESCRIPTION] + [
        Finding(
            id=f"f{at}",
            tool="run_metabolic_fba",
            args={"objective": f"R{at}"},
            key_findings=one,
            artifact=f"sha256:{at:064}",
            model=DESCRIPTION.model,
        )
        for at, one in enumerate(found, start=2)
    ]
    summary = Summary(ids=tuple(one.id for one in findings[1 : told + 1]), text="It grows [f2].")
    notes = [Note(by="ada", about="which?", text=note)] if note else []
    state = state_at("Which grows best?", findings=findings, notes=notes)
    return state.model_copy(update={"summary": summary if told else None})


@settings(deadline=None)
@given(FINDINGS, st.text(alphabet="ab 1.\n<", max_size=900), st.integers(0, 3), st.integers(900, 4_000))
def test_a_request_keeps_its_budget_and_accounts_for_every_finding(
    found: list[dict[str, object]], note: str, told: int, budget: int
) -> None:
    state = run_with(found, note, told)
    try:
        composed = compose(PROMPTS, state, decide_with(), purposes={}, max_tokens=budget, reserved_tokens=100)
    except FluxError as error:
        if error.kind is ErrorClass.BUDGET:
            return
        raise
    assert composed.tokens <= budget
    assert token_counter().count(composed.text) + 100 == composed.tokens
    parts = sections(composed.roles["user"])
    shown = {str(one["id"]) for one in read_lines(parts["findings"]) if isinstance(one, dict)}
    gone = {one.id for one in composed.compacted if one.strategy in {"budget", "duplicate", "summary"}} & {
        one.id for one in state.findings
    }
    assert shown | gone == {one.id for one in state.findings}
    assert not shown & gone
    # What humans said and what a summary tells is never dropped.
    assert bool(note.strip()) <= ("humans" in parts)
    assert bool(state.summary) == ("summary" in parts)


def test_without_a_need_nothing_is_compacted() -> None:
    composed = compose(PROMPTS, run_with([], "", 0), decide_with(), purposes={}, max_tokens=24_000)
    assert composed.compacted == ()
