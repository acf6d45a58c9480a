"""The report of a draft as one HTML file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fluxagents.tasks.fba.genomes.draft_model import DraftReaction
from fluxagents.workers.reports.draft.draft_report import DraftReport
from fluxagents.workers.reports.html.elements import fold, paragraph, strong, table, text
from fluxagents.workers.reports.html.page import draw_heading, write_page
from fluxagents.workers.reports.maps.flux_map_plot import draw_flux_map
from fluxagents.workers.reports.plot_figure import Caption

MAX_MODELS = 8
"""Of the curated models, the nearest."""

_COLUMNS = (
    "reaction",
    "name",
    "decision",
    "why",
    "score",
    "genes",
    "identity (%)",
    "like",
    "growth lost without it",
)

AGREEMENT = "alternatives that have it"
"""The heading of a column that is there only where alternatives were made."""


def write_draft_page(report: DraftReport, title: str) -> bytes:
    """The file; the same report always gives the same bytes."""
    return write_page(title, [f"<h1>{text(title)}</h1>", *_draw_body(report)])


def _draw_body(report: DraftReport) -> Iterator[str]:
    draft = report.draft
    kept = [row for row in draft.reactions if row.is_in]
    growth = report.essentiality.growth_per_h
    facts = {
        "reactions": len(kept),
        "metabolites": report.metabolites,
        "genes": report.genes,
        "reactions with genes": len(report.with_genes),
        "without": len(report.without_genes),
        "growth in its medium (1/h)": "none" if growth is None else f"{growth:.4g}",
    }
    yield paragraph(" · ".join(f"{text(name)} {strong(str(value))}" for name, value in facts.items()))
    yield paragraph(text(f"draft {draft.file.digest}\ngenome {draft.genome}"), quiet=True)
    yield paragraph(text("A draft for a curator, not a curated model: read what has no evidence first."))
    yield from _draw_evidence(report)
    yield from _draw_growth(report)
    yield from _draw_genes(report)
    yield from _draw_auxotrophies(report)
    yield from _draw_likeness(report)
    yield from _draw_pathways(report)
    yield from _draw_score(report)


def _draw_evidence(report: DraftReport) -> Iterator[str]:
    yield draw_heading("Evidence")
    agreement = report.draft.agreement_fraction
    parts = (
        ("reactions without genes, the most needed first", report.without_genes),
        ("reactions with genes, the weakest first", report.with_genes),
        ("reactions with genes that are left out, the strongest first", report.left_out),
    )
    for words, rows in parts:
        columns = (*_COLUMNS, AGREEMENT) if agreement else _COLUMNS
        cells = ((*_describe(row), *_agree(row, agreement)) for row in rows)
        yield fold(f"{len(rows):,} {words}", [table(columns, cells)])


def _agree(row: DraftReaction, agreement: Mapping[str, float]) -> Iterator[str]:
    """The cell of a reaction, where alternatives were made."""
    if agreement:
        yield f"{agreement[row.reaction]:.0%}"


def _describe(row: DraftReaction) -> tuple[object, ...]:
    return (
        row.reaction,
        row.name,
        row.decision.replace("_", " "),
        row.reason,
        row.score,
        row.gene_rule,
        row.identity_percent,
        row.best_hits,
        None if row.growth_lost_fraction is None else f"{row.growth_lost_fraction:.0%}",
    )


def _draw_growth(report: DraftReport) -> Iterator[str]:
    rows = sorted(report.media.media, key=lambda row: (-(row.growth_per_h or 0.0), row.medium))
    growing = sum(row.grows for row in rows)
    yield draw_heading("Growth over the library of media")
    yield paragraph(text(f"It grows on {growing} of {len(rows)} media."))
    yield table(
        ("medium", "growth (1/h)", "outcome", "compounds", "that it exchanges", "what it is"),
        [
            (row.medium, row.growth_per_h, row.status.value.replace("_", " "), row.components, row.exchanged,
             row.title)
            for row in rows
        ],
    )  # fmt: skip


def _draw_genes(report: DraftReport) -> Iterator[str]:
    found = report.essentiality
    names = dict(zip(found.genes.id, found.genes.name, strict=True))
    share = found.threshold_fraction_of_wild_type
    yield draw_heading("Essential genes")
    yield paragraph(
        text(
            f"{len(found.essential_genes)} of {found.genes_tested or 0} genes leave less than {share:g} of "
            "the growth in its medium when they are knocked out."
        )
    )
    yield paragraph(text(", ".join(_name(gene, names) for gene in found.essential_genes)))


def _name(gene: str, names: dict[str, str]) -> str:
    name = names.get(gene)
    return f"{gene} ({name})" if name and name != gene else gene


def _draw_auxotrophies(report: DraftReport) -> Iterator[str]:
    found = report.auxotrophies
    yield draw_heading("Auxotrophies")
    yield paragraph(
        text(
            f"Of {len(found.metabolites)} amino acids, vitamins and the like, it needs and cannot make "
            f"{_join(found.auxotrophies)}. It cannot make and does not need {_join(found.not_made)}."
        )
    )


def _join(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _draw_likeness(report: DraftReport) -> Iterator[str]:
    yield draw_heading("The nearest curated models")
    yield paragraph(text("By the ids of reactions, without exchanges; Jaccard is what both share of all."))
    yield table(
        ("model", "Jaccard", "shared", "only the model", "only the draft"),
        [
            (row.model, row.jaccard_fraction, row.shared, row.only_model, row.only_draft)
            for row in report.likenesses[:MAX_MODELS]
        ],
    )


def _draw_pathways(report: DraftReport) -> Iterator[str]:
    yield draw_heading("Covered pathways")
    if report.flux_map is not None and report.flux_map.file is not None:
        tables, growth = report.flux_map.tables(), report.flux_map.growth_per_h
        caption = Caption(
            title=f"Fluxes of the draft: {report.flux_map.map}",
            conditions="in its medium" if growth is None else f"in its medium; growth {growth:.4g} 1/h",
            source="pFBA; what the draft lacks is not drawn",
        )
        svg = draw_flux_map(tables, ("", ""), caption).encode("svg").decode()
        yield svg[svg.index("<svg") :]
    nearest = report.likenesses[0].model
    if not report.pathways:
        yield paragraph(text(f"The nearest model, {nearest}, names no pathways."))
        return
    yield paragraph(text(f"The pathways of the nearest model, {nearest}, and what the draft has of each."))
    yield table(
        ("pathway", "in the draft", "in the model", "covered", "missing"),
        [
            (row.pathway, row.covered, row.reactions, f"{row.covered / row.reactions:.0%}",
             " ".join(row.missing))
            for row in report.pathways
        ],
    )  # fmt: skip


def _draw_score(report: DraftReport) -> Iterator[str]:
    sheet = report.score
    yield draw_heading("Score sheet")
    yield paragraph(text(f"Total {sheet.total_score_fraction:.0%}, counted and weighed as memote does."))
    yield table(
        ("section", "score"),
        [(name.replace("_", " "), f"{value:.0%}") for name, value in sheet.section_score_fraction.items()],
    )
    yield fold(
        f"{len(sheet.tests)} tests",
        [
            table(
                ("section", "test", "score", "failing"),
                [
                    (test.section.replace("_", " "), test.test.replace("_", " "),
                     f"{test.score_fraction:.0%}" if test.applies else "nothing to test", len(test.failing))
                    for test in sheet.tests
                ],
            )
        ],
    )  # fmt: skip
