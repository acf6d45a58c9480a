"""Cells tell apart what was found, what is open, what went wrong and what nobody asked."""

from __future__ import annotations

from types import MappingProxyType

from fluxagents.scheduler.batches.batch_tables import SummaryRow
from fluxagents.scheduler.pages.drawings.heat_map import SHADES, HeatCell, build_heat_map


def row(model: str, question: str, *, status: str = "finished", **values: object) -> SummaryRow:
    plain = {
        "run_id": f"{model} {question}",
        "medium": "",
        "condition": "",
        "answered": "yes",
        "growth_per_h": None,
        "reference_growth_per_h": None,
        "answer": "",
    }
    return SummaryRow(**{**plain, **values}, model=model, question=question, status=status)  # type: ignore[arg-type]


def test_what_became_of_each_question_to_each_model() -> None:
    rows = [
        row("a", "growth?", growth_per_h=0.2),
        row("b", "growth?", growth_per_h=1.0, answered="partly"),
        row("a", "acetate?", growth_per_h=0.9, status="waiting"),
        row("b", "acetate?", status="failed"),
        row("c", "acetate?"),
    ]
    heat = build_heat_map(rows, "", {("b growth?", "growth_per_h")})
    assert heat.columns == ["growth?", "acetate?"]
    low, waiting = heat.rows["a"]
    high, failed = heat.rows["b"]
    missing, none = heat.rows["c"]
    assert (low.number, low.shade, low.is_outlier) == (0.2, 0, False)
    assert (high.number, high.shade, high.is_outlier, high.is_partial) == (1.0, SHADES - 1, True, True)
    # What a run has found before its change is approved is no answer.
    assert (waiting.kind, waiting.number) == ("open", None)
    assert (failed.kind, none.kind, missing) == ("failed", "none", HeatCell("missing"))


def test_any_number_that_runs_have_can_be_shown() -> None:
    rows = [
        row("a", "?", growth_per_h=0.2, numbers=MappingProxyType({"essential_genes_count": 7.0})),
        row("b", "?", growth_per_h=0.2),
    ]
    heat = build_heat_map(rows, "essential_genes_count")
    assert heat.keys == ["growth_per_h", "essential_genes_count"]
    assert [heat.rows[model][0].number for model in "ab"] == [7.0, None]
