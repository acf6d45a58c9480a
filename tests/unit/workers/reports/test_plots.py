"""Plots of results: they show what the tables hold, and the same table gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import math
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.acts.provenance import provenance_of
from fluxagents.tasks.ports.artifacts import EFFECT, Manifest, Provenance
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.commands.artifacts.artifacts import artifacts
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.reports.medium_labels import medium_labels
from fluxagents.workers.reports.plot_figure import DARK, PAPER, Caption
from fluxagents.workers.reports.plots import Plottable, draw_plot, growth_by_condition
from fluxagents.workers.reports.result_figure import draw_result

CAPTION = Caption(title="Growth", conditions="model m", source="here")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def made(folder: Path) -> Any:
    """Stores the result of a tool on e_coli_core; returns its digest."""
    url = str(folder / "store")
    models, store = ModelFiles(url), ArtifactFiles(url)
    ref = models.add_named("e_coli_core").ref
    model = models.load(ref)

    def make(name: str, **args: Any) -> str:
        tool = tool_named(name)
        given = tool.parse(args)
        provenance = provenance_of(tool, given, model, ref)
        return store.put_result(tool.run(model, given), provenance).digest

    return make


@pytest.fixture
def call(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(folder))

    def run(*words: str) -> Result:
        return CliRunner().invoke(artifacts, ("plot", *words))

    return run


def texts(svg: bytes) -> list[str]:
    """The texts of a plot; matplotlib writes each as a comment beside its outlines."""
    return [text.strip() for text in re.findall(r"<!--(.*?)-->", svg.decode(), re.DOTALL)]


@pytest.mark.parametrize(
    "case",
    [
        (
            "run_production_envelope",
            {"product_exchange": "EX_succ_e", "medium_changes": {"EX_o2_e": 0}},
            ("growth rate (1/h)", "secretion (mmol/gDW/h)", "Production envelope: Succinate (EX_succ_e)"),
        ),
        (
            "run_flux_variability_analysis",
            {},
            (
                "flux (mmol/gDW/h), logarithmic beyond ±1",
                "Flux ranges at 90% of the best growth or more",
                "1000",
            ),
        ),
        (
            "screen_nutrients",
            {},
            ("growth rate (1/h)", "Growth on sole sources of carbon at 10 mmol/gDW/h: 13 of 14", "anaerobic"),
        ),
        ("analyze_essentiality", {}, ("Growth without one gene: 7 of 137 are essential", "no growth")),
        (
            "analyze_essentiality",
            {"what": "reactions"},
            ("reactions (count)", "Essential reactions by subsystem: 18 of 95"),
        ),
        (
            "run_gene_deletion_analysis",
            {},
            ("Growth without one gene: 7 of 137 deletions are lethal", "gltA (b0720)"),
        ),
        (
            "run_gene_deletion_analysis",
            {"kind": "sets", "sets": [["b4025"], ["b0720", "b4025"], ["b1241"]]},
            ("Growth without genes: 1 of 3 deletions are lethal", "gltA (b0720) + pgi (b4025)"),
        ),
        (
            "find_synthetic_lethals",
            {"candidates": ["PGI", "PFK", "G6PDH2r", "CYTBD"]},
            (
                "Lethal only together: 5 pairs of reactions and 0 sets of three",
                "lethal pairs that it is part of (count)",
            ),
        ),
        (
            "find_minimal_cut_sets",
            {"candidates": ["PGI", "PFK", "ENO"], "most_knock_outs": 2},
            (
                "Knock-outs of 2 minimal cut sets that stop growth",
                "PFK",
                "cut sets that it is part of (count)",
            ),
        ),
        (
            "analyze_essentiality",
            {"what": "genes"},
            (
                "growth (fraction of the wild type's)",
                "Growth without one gene: 7 of 137 are essential",
                "gltA (b0720)",
            ),
        ),
        (
            "analyze_limitations",
            {"medium_changes": {"EX_o2_e": 15}},
            ("Growth (1/h) gained per mmol of a nutrient", "D-Glucose (EX_glc__D_e)", "0.0459, up to 10.3"),
        ),
        (
            "run_phase_plane",
            {"first": "EX_glc__D_e", "second": "EX_o2_e", "points": 9},
            ("growth rate (1/h)", "line of optimality", "O2 (EX_o2_e): most uptake (mmol/gDW/h)"),
        ),
        (
            "run_phase_plane",
            {"first": "EX_glc__D_e", "second": "EX_o2_e", "points": 3, "objective": "ATPM"},
            ("objective flux (mmol/gDW/h)", "line of optimality"),
        ),
        (
            "run_robustness",
            {"reaction": "PGI"},
            ("Growth (1/h) at each flux of PGI", "flux of PGI (mmol/gDW/h)", "break point"),
        ),
        (
            "run_enzyme_constrained_fba",
            {
                "enzymes": [{"reaction": "PFK", "kcat_per_s": 65, "molecular_weight_kda": 140}],
                "default_kcat_per_s": 65,
            },
            (
                "fraction of the enzyme pool",
                "Shares of an enzyme pool of 0.095 g/gDW",
                "kcat or weight assumed",
            ),
        ),
        (
            "run_dynamic_fba",
            {"hours": 3},
            ("Batch over 3 h", "concentration (mmol/L)", "biomass (gDW/L)", "D-Glucose (EX_glc__D_e)"),
        ),
    ],
)
def test_a_plot_has_units_conditions_and_a_source(
    made: Any, call: Any, tmp_path: Path, case: tuple[str, dict[str, Any], tuple[str, ...]]
) -> None:
    tool, args, shown = case
    digest = made(tool, **args)
    said = json.loads(call(digest, "-o", str(tmp_path / "a.svg"), "--json").stdout)
    svg = (tmp_path / "a.svg").read_bytes()
    found = texts(svg)
    assert set(shown) <= set(found)
    assert any(text.startswith("model e_coli_core; ") for text in found)
    assert f"<dc:source>{digest}</dc:source>".encode() in svg.replace(b"\n", b"").replace(b" ", b"")
    assert said["of"] == digest
    assert said["plot"] == f"sha256:{hashlib.sha256(svg).hexdigest()}"
    assert call(digest, "-o", str(tmp_path / "b.svg")).exit_code == 0
    assert (tmp_path / "b.svg").read_bytes() == svg


def test_a_legend_tells_only_what_is_drawn(made: Any, call: Any, tmp_path: Path) -> None:
    digest = made("find_synthetic_lethals", candidates=["PGI", "PFK", "G6PDH2r", "CYTBD"])
    assert call(digest, "-o", str(tmp_path / "pairs.svg")).exit_code == 0
    assert "lethal sets of three" not in texts((tmp_path / "pairs.svg").read_bytes())
    digest = made("run_dynamic_fba", hours=3)
    assert call(digest, "-o", str(tmp_path / "culture.svg")).exit_code == 0
    found = texts((tmp_path / "culture.svg").read_bytes())
    assert "time (h)" in found


def test_a_page_gets_a_plot_in_the_colours_of_its_reader(made: Any, folder: Path) -> None:
    digest = made("find_synthetic_lethals", candidates=["PGI", "PFK", "G6PDH2r", "CYTBD"])
    figure = draw_result(ArtifactFiles(str(folder / "store")), None, digest)
    file, page = figure.encode("svg"), figure.encode_for_page()
    assert b"prefers-color-scheme" not in file
    assert f"fill: {PAPER}".encode() in file
    assert f"fill: {PAPER}".encode() not in page
    dark = re.search(rb"prefers-color-scheme:dark\){svg{([^}]*)}}", page)
    assert dark is not None
    assert f"--{PAPER[1:]}:{DARK[PAPER]};".encode() in dark[1]
    # Whatever is named has a colour on either ground.
    named = set(re.findall(rb"var\((--[0-9a-f]{6})\)", page))
    assert named == set(re.findall(rb"(--[0-9a-f]{6}):", dark[1]))


def test_threads_draw_as_one_does() -> None:
    """matplotlib's settings are the process's: what one thread ends would change what another one draws."""

    def draw(number: int) -> bytes:
        return growth_by_condition([f"medium {number}"], [0.5], [""], CAPTION).encode("svg")

    alone = [draw(number) for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(draw, range(8))) == alone


def test_a_result_on_genes_and_reactions_has_a_plot_of_each(made: Any, call: Any, tmp_path: Path) -> None:
    digest = made("analyze_essentiality")
    assert call(digest, "--table", "reactions", "-o", str(tmp_path / "r.svg")).exit_code == 0
    assert "Essential reactions by subsystem: 18 of 95" in texts((tmp_path / "r.svg").read_bytes())
    done = call(digest, "--table", "metabolites")
    assert isinstance(done.exception, FluxError)
    assert "no plot of a table 'metabolites'" in done.exception.message
    assert done.exception.suggestions == ("tables with a plot: genes, reactions",)


def test_a_plot_is_an_artifact_like_any_other(made: Any, call: Any, folder: Path, tmp_path: Path) -> None:
    digest = made("run_production_envelope", product_exchange="EX_succ_e", points=5)
    said = json.loads(call(digest, "-o", str(tmp_path / "a.png"), "--json").stdout)
    data = ArtifactFiles(str(folder / "store")).get(said["plot"])
    assert data == (tmp_path / "a.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert digest.encode() in data
    done = CliRunner().invoke(artifacts, ("get", said["plot"], "-o", str(tmp_path / "again.png")))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "again.png").read_bytes() == data


@pytest.mark.parametrize(
    "case",
    [
        ("run_metabolic_fba", {}, "a.svg", "results of 'run_metabolic_fba' have no plot"),
        ("run_production_envelope", {"product_exchange": "EX_succ_e"}, "a.gif", "has no known suffix"),
        (
            "analyze_essentiality",
            {"medium_changes": {"EX_glc__D_e": 0}},
            "a.svg",
            "there is nothing to plot: the table is empty",
        ),
    ],
)
def test_what_has_no_plot_says_so(
    made: Any, call: Any, tmp_path: Path, case: tuple[str, dict[str, Any], str, str]
) -> None:
    tool, args, file, said = case
    done = call(made(tool, **args), "-o", str(tmp_path / file))
    assert isinstance(done.exception, FluxError)
    assert said in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_the_effect_of_a_call_is_drawn_with_its_values_in_words() -> None:
    asked = {"tool": "apply_medium", "args": {"medium_changes": {"EX_o2_e": 0}}}
    provenance = Provenance(tool=EFFECT, args=asked, model_id="e_coli_core", versions={})
    fluxes = {
        "reaction": ["EX_ac_e"],
        "is_exchange": [True],
        "before_mmol_per_gdw_h": [0.0],
        "after_mmol_per_gdw_h": [8.5],
    }
    tables = {"growth": pd.DataFrame({"growth_per_h": [0.874, 0.212]}), "fluxes": pd.DataFrame(fluxes)}
    shown = Plottable("sha256:0", Manifest(provenance=provenance, result={}, tables={}), tables, {})
    said = " ".join(texts(draw_plot(shown).encode("svg")))
    assert "model e_coli_core; apply_medium: medium_changes.EX_o2_e 0 mmol/gDW/h" in said


def test_no_growth_rate_is_not_drawn_as_one() -> None:
    svg = growth_by_condition(["a", "b", "c"], [0.5, None, 0.0], ["", "infeasible", ""], CAPTION).encode(
        "svg"
    )
    assert {"0.5", "infeasible", "0", "a", "b", "c", "growth rate (1/h)"} <= set(texts(svg))


def test_more_bars_than_fit_are_counted() -> None:
    names = [f"medium {n}" for n in range(60)]
    svg = growth_by_condition(names, [1.0] * 60, [""] * 60, CAPTION).encode("svg")
    assert "model m; 40 of 60 conditions" in texts(svg)
    assert "medium 40" not in texts(svg)


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize(
    "name", ["$\\foo$", "a $x_1$ b", "\x1b[2J\x00\uffff", "--><script>alert(1)</script><!--", "]]>&lt;"]
)
def test_a_name_is_text_and_no_formula_or_markup(name: str) -> None:
    caption = Caption(title=name, conditions=name, source=name)
    figure = growth_by_condition([name, "b"], [1.0, None], ["", name], caption)
    root = ET.fromstring(svg := figure.encode("svg"))
    assert {element.tag.rpartition("}")[2] for element in root.iter()}.isdisjoint({"script", "img", "a"})
    assert figure.encode("png").startswith(b"\x89PNG")
    if "$" in name:
        assert texts(svg).count(name) == 4


def test_media_are_told_apart_by_what_differs() -> None:
    media = [
        '{"EX_glc__D_e": 10, "EX_o2_e": 0, "EX_pi_e": 5}',
        '{"EX_glc__D_e": 2.5, "EX_pi_e": 5}',
        "LB",
        "",
    ]
    assert medium_labels(media) == [
        "EX_glc__D_e 10, EX_o2_e 0",
        "EX_glc__D_e 2.5",
        "LB",
        "model's own medium",
    ]


def test_long_conditions_are_wrapped_and_stay_in_the_picture() -> None:
    caption = Caption(title="Growth " * 20, conditions="EX_glc__D_e ≤ 10, " * 15, source="here")
    figure = growth_by_condition(["a name of thirty-five letters or so"], [0.5], ["optimal"], caption)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    texts = [text for text in axes.texts if "\n" in text.get_text()]
    assert len(texts) == 2
    for text in texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_drawing_changes_no_setting() -> None:
    before = dict(mpl.rcParams)
    growth_by_condition(["a"], [1.0], [""], CAPTION).encode("png")
    assert dict(mpl.rcParams) == before


def test_another_process_draws_the_same_bytes_without_pyplot() -> None:
    script = (
        "import hashlib, sys\n"
        "from fluxagents.workers.reports.plot_figure import Caption\n"
        "from fluxagents.workers.reports.plots import growth_by_condition\n"
        f"svg = growth_by_condition(['a'], [{math.pi}], [''], {CAPTION!r}).encode('svg')\n"
        "print(hashlib.sha256(svg).hexdigest(), 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    here = growth_by_condition(["a"], [math.pi], [""], CAPTION).encode("svg")
    assert done.stdout.split() == [hashlib.sha256(here).hexdigest(), "False"]
