"""The archive that `fluxagents frog` writes: the model as SBML, and the tables computed from it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from cobra import Model
from cobra.io import write_sbml_model

from fluxagents.tasks.ports.models import ModelFormat, ModelRef
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.models.parser.parser_process import decompress
from fluxagents.workers.models.parser.parsing import ParsingLimits
from fluxagents.workers.models.reading.sbml.sbml_ids import decode_id
from fluxagents.workers.reports.frog.frog_archive import (
    Curator,
    build_frog_archive,
    location_of,
    read_sbml_names,
)
from fluxagents.workers.reports.frog.frog_report import FrogReport, Progress, compute_frog_report


def build_bundle(
    store: ModelFiles, ref: ModelRef, curators: Sequence[str], progress: Progress
) -> tuple[FrogReport, bytes]:
    """The report on a model, and the archive with the report and the model.

    Args:
        store: Where the model is.
        ref: The model.
        curators: Names of people, the family name last.
        progress: Is given a line before each part of the computation.
    """
    model = store.load(ref)
    sbml = _sbml(store, ref, model)
    names = read_sbml_names(sbml, location_of(model.id or ref.name), decode_id)
    report = compute_frog_report(model, names, progress)
    people = [
        Curator(given_name=name.rpartition(" ")[0], family_name=name.rpartition(" ")[2]) for name in curators
    ]
    return report, build_frog_archive(report, sbml, names, people)


def _sbml(store: ModelFiles, ref: ModelRef, model: Model) -> bytes:
    """The model's own SBML file, or one written from it if it came in another format."""
    record, original = store.show(ref), store.original(ref)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.xml"
        if record.format is ModelFormat.SBML and original is not None:
            path.write_bytes(original)
            return decompress(path, record.suffix, ParsingLimits().expanded_bytes)
        write_sbml_model(model, str(path))
        return path.read_bytes()
