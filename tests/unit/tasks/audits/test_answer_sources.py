"""Of several places that have a number, the sentence says which one is meant."""

from __future__ import annotations

from tests.support.decisions import state_at

from fluxagents.flows.state import Finding
from fluxagents.scheduler.pages.answer_text import quote_sentence, split_answer
from fluxagents.tasks.audits.answer_sources import trace_answer

ANSWER = "7 of 137 genes are essential (b0720).\nGrowth is 0.874 1/h. Sources: f1, f2."
MEDIUM = Finding(
    id="f1",
    tool="run_metabolic_fba",
    args={},
    key_findings={"medium": "7 open uptakes", "growth_per_h": 0.87392},
)
GENES = Finding(
    id="f2",
    tool="analyze_essentiality",
    args={},
    key_findings={"essential_genes": {"count": 7}, "genes": 137},
)


def test_a_number_comes_from_the_field_that_its_sentence_speaks_of() -> None:
    state = state_at("?", findings=[MEDIUM, GENES], answer=ANSWER)
    sources = {source.said: (source.finding, source.key) for source in trace_answer(state)}
    assert sources == {
        "7": ("f2", "essential_genes.count"),
        "137": ("f2", "genes"),
        "0.874": ("f1", "growth_per_h"),
    }


def test_the_parts_of_an_answer_are_the_answer_with_its_numbers_marked() -> None:
    state = state_at("?", findings=[MEDIUM, GENES], answer=ANSWER)
    parts = split_answer(state)
    assert "".join(part.text for part in parts) == ANSWER
    assert [part.text for part in parts if part.source] == ["7", "137", "0.874"]
    assert quote_sentence(state, trace_answer(state)[2]) == "Growth is 0.874 1/h."
