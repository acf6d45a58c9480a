"""The page of a model shows what is in it and what runs found; a genome that is dropped becomes a run."""

from __future__ import annotations

import re
from pathlib import Path

import cobra
from playwright.sync_api import Page, expect
from tests.browser.conftest import Site
from tests.support.genomes import GENOME

from fluxagents.flows.people.roles import Role

PROTEINS = ">a\nMKVLAAGIVGLCAKAYESTQ\n"

_DROP = """([names, texts]) => {
  const data = new DataTransfer();
  names.forEach((name, i) => data.items.add(new File([texts[i]], name)));
  document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def drop(page: Page, **files: str) -> None:
    """Drop files on the page, by name."""
    page.evaluate(_DROP, [[*files], [*files.values()]])


def test_the_page_of_a_model_shows_what_is_in_it_and_what_runs_found(site: Site, tmp_path: Path) -> None:
    # Other tests have runs on the core model itself.
    own = cobra.io.load_model("textbook")
    own.id = "own_core"
    cobra.io.save_json_model(own, str(tmp_path / "own_core.json"))
    site.api.ports.client.models.add(tmp_path / "own_core.json")
    page = site.enter(site.open(), "ana", Role.ADMIN)
    page.goto("/models/own_core")
    page.get_by_role("button", name="Score it").click()
    score = page.locator("#score")
    expect(score).to_contain_text("In total")
    expect(score.get_by_role("row", name=re.compile("^consistency"))).to_contain_text(
        re.compile(r"[01]\.?\d*")
    )
    expect(page.get_by_role("button", name="Score it")).to_have_count(0)
    page.get_by_role("button", name="Try all media of the library").click()
    growth = page.get_by_role("region", name="Growth by medium")
    expect(growth.get_by_role("row", name=re.compile("^M9_glucose "))).to_contain_text("0.8739")
    page.get_by_role("link", name="95 reactions").click()
    page.get_by_label("Rows with").fill("b1723")
    rows = page.locator("#rows tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("atp_c + f6p_c --> adp_c + fdp_c + h_c")
    expect(rows).to_contain_text("b3916 or b1723")


def test_a_genome_that_is_dropped_begins_a_run(site: Site) -> None:
    page = site.enter(site.open(), "ana", Role.ADMIN)
    page.goto("/models")
    status = page.locator("#upload-status")
    for name, text, words in (
        ("contigs.fna", PROTEINS, "is protein FASTA, and its name promises nucleotide FASTA"),
        ("twice.faa", PROTEINS * 2, "has the id 'a' twice"),
        ("empty.fasta", "", "is empty"),
        ("letter.gbk", "Dear Ana", "is no genome: it begins with 'Dear Ana'"),
    ):
        drop(page, **{name: text})
        expect(status).to_contain_text(f"{name} was not taken: genome file '{name}' {words}")
    drop(page, **{GENOME.name: GENOME.read_text(encoding="utf-8")})
    expect(page.get_by_text(GENOME.name)).to_be_visible()
    page.get_by_label(re.compile("^Universal model")).fill("e_coli_core")
    page.get_by_role("button", name="Build a model").click()
    expect(page.get_by_role("link", name=re.compile("Waits for an answer"))).to_be_visible()


def test_without_scripts_a_genome_is_chosen_in_a_form(site: Site, tmp_path: Path) -> None:
    context = site.browser.new_context(base_url=site.address, java_script_enabled=False)
    page = site.enter(context, "ana", Role.ADMIN)
    page.goto("/models")
    page.get_by_role("link", name="Build a model from it").click()
    table = tmp_path / "features.gff"
    table.write_text("##gff-version 3\nc1\tx\tCDS\t1\t9\t.\t+\t0\tID=a\n", encoding="utf-8")
    page.get_by_label(re.compile("^Genome")).set_input_files(table)
    page.get_by_label(re.compile("^Universal model")).fill("e_coli_cor")
    page.get_by_role("button", name="Build a model").click()
    expect(page.get_by_role("alert")).to_contain_text("'features.gff' has no sequences")
    page.get_by_label(re.compile("^Genome")).set_input_files(GENOME)
    page.get_by_role("button", name="Build a model").click()
    # What was sent is kept when something else does not fit.
    expect(page.get_by_role("alert")).to_contain_text("there is no model 'e_coli_cor'; nearest: e_coli_core")
    expect(page.get_by_text(f"{GENOME.name} is stored")).to_be_visible()
    page.get_by_label(re.compile("^Universal model")).fill("e_coli_core")
    page.get_by_role("button", name="Build a model").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Model from genome")
