"""`/genomes`: from the file of a genome to the run that builds a model from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.routes.ask import REFUSED
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.fba.genomes.reading.genome_file import GenomeFile, check_sequences, parse_genome
from fluxagents.tasks.fba.genomes.reference_set import UNIVERSES
from fluxagents.tasks.fba.genomes.stored_genome import store_genome

router = APIRouter(route_class=PageRoute)

FLOW = "model_from_genome"

FILES = ("genome", "sequences")
"""Fields of files; a file that is stored already is named by its digest and its name instead."""

Name = Annotated[str, Query(max_length=MAX_NAME)]


@dataclass(frozen=True, slots=True)
class GenomeBox:
    """What the form holds."""

    run_id: str
    """Of the run that it starts: sent twice, the form starts one."""
    stored: dict[str, tuple[str, str]]
    """Digest and name of each file that is stored already, by field."""
    universe: str = ""
    medium: str = ""
    problem: str = ""


@router.get("/genomes")
def show_form(
    who: Who, genome: Name = "", sequences: Name = "", genome_name: Name = "", sequences_name: Name = ""
) -> Response:
    """The form, with files that were dropped on a page in it."""
    named = {"genome": (genome, genome_name), "sequences": (sequences, sequences_name)}
    stored = {field: (digest, name or digest) for field, (digest, name) in named.items() if digest}
    return _show(who, GenomeBox(run_id(who.ports.clock.now_ms()), stored))


@router.post("/genomes")
def build(who: Who) -> Response:
    """Store the files and start the run that builds a model from them; go to its page."""
    form, stored = who.form, dict[str, tuple[str, str]]()
    try:
        files = _read_files(who)
        for field, file in files.items():
            who.client.authority.record(Action.ARTIFACT_ADD, Resource(kind="artifact", id=file.name))
            stored[field] = (store_genome(who.ports.artifacts(), file).digest, file.name)
        inputs: dict[str, Any] = {field: digest for field, (digest, _) in stored.items()}
        if medium := form.get("medium"):
            inputs |= {"media": [who.ports.media.medium(medium).name]}
        spec = RunSpec(model=form.get("universe"), inputs=inputs, run_id=form.get("run_id") or None)
        (run,) = who.client.batch(FLOW, [spec], session="", lane="interactive")
    except FluxError as error:
        if error.kind not in REFUSED:
            raise
        box = GenomeBox(
            form.get("run_id"),
            stored,
            universe=form.get("universe"),
            medium=form.get("medium"),
            problem="; ".join((error.message, *error.suggestions)),
        )
        return _show(who, box, status=422)
    return go_to(f"/runs/{run.id}")


def _read_files(who: Visitor) -> dict[str, GenomeFile]:
    """The files of the form by field, which belong together."""
    # Before anything is read: what an error quotes is for those who may store it.
    who.client.authority.permit(Action.ARTIFACT_ADD, Resource(kind="artifact", id="genome"))
    files = {field: file for field in FILES if (file := _read_file(who, field)) is not None}
    if "genome" not in files:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "no genome was chosen", suggestions=("choose its file",))
    check_sequences(files["genome"], files.get("sequences"))
    return files


def _read_file(who: Visitor, field: str) -> GenomeFile | None:
    """The file of a field, or the stored one that it names; None if there is neither."""
    if sent := who.form.files.get(field):
        return parse_genome(sent.name[:MAX_NAME], sent.content)
    digest, name = who.form.get(f"{field}_digest"), who.form.get(f"{field}_name")
    return parse_genome(name or digest, who.ports.artifacts().get(digest)) if digest else None


def _show(who: Visitor, box: GenomeBox, status: int = 200) -> Response:
    return who.show(
        "models/genomes.html.j2", status=status, box=box, universes=UNIVERSES, media=who.ports.media.names()
    )
