"""Files as they are in the wild: a network, a fault, a format, and whether a reading is right."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from tests.support.wild.drawn_networks import networks
from tests.support.wild.fault import FAULTS, FORMATS, Loaded, Outcome, Refused
from tests.support.wild.faults import (
    boundaries,
    encodings,
    fields,
    genes,
    identifiers,
    numbers,
    objectives,
)
from tests.support.wild.gene_logic import tabulate_rule, tabulate_text
from tests.support.wild.optimum import greatest_growth

from fluxagents.tasks.fba.fluxes import run_metabolic_fba
from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models import model_forms
from fluxagents.workers.models.parser.parser_process import decompress
from fluxagents.workers.models.reading.model_reader import read_model
from fluxagents.workers.models.reading.refusal import RefusedFileError

MODULES = (boundaries, encodings, fields, genes, identifiers, numbers, objectives)
"""Where faults enter themselves."""

CASES = [(kind, form) for kind, fault in FAULTS.items() for form in fault.formats]
"""Each kind of fault in each format in which it occurs."""


@dataclass(frozen=True)
class WildFile:
    """A file, and what must come out of it."""

    kind: str
    form: str
    data: bytes
    suffix: str
    outcome: Outcome

    def __repr__(self) -> str:
        return f"{self.kind} {self.form} {self.suffix} {self.outcome}\n{self.data.decode(errors='replace')}"


@st.composite
def wild_files(draw: st.DrawFn, kind: str, form: str) -> WildFile:
    """A file with this kind of fault."""
    faulty = FAULTS[kind].draw(draw, draw(networks()), form)
    data = faulty.change(FORMATS[form].write(faulty.draft))
    return WildFile(kind, form, data, FORMATS[form].suffix + faulty.suffix, faulty.outcome)


def check_reading(file: WildFile) -> str:
    """Read the file as the parser does and assert that what comes out is right; `loaded` or `refused`."""
    outcomes = file.outcome if isinstance(file.outcome, tuple) else (file.outcome,)
    loaded = next((outcome for outcome in outcomes if isinstance(outcome, Loaded)), None)
    refused = next((outcome for outcome in outcomes if isinstance(outcome, Refused)), None)
    try:
        model, warned = _read(file)
    except RefusedFileError as error:
        _check_refusal(str(error), refused)
        return "refused"
    assert loaded, f"is not refused; {[warning.message for warning in warned]}"
    _check_model(model, warned, loaded)
    return "loaded"


def _read(file: WildFile) -> tuple[Any, list[ModelWarning]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "original"
        path.write_bytes(file.data)
        data = decompress(path, file.suffix, 10_000_000)
    plain = Path(file.suffix).stem if file.suffix.endswith((".gz", ".bz2")) else file.suffix
    model, warned = read_model(data, plain)
    return model_forms.decode_fast(model_forms.encode_fast(model)), warned


_WAY_OUT = re.compile(
    r"\b(give|write|set|put|rename|remove|declare|use|save|swap|export|name|correct|leave|make|check|"
    r"download|fetch|compress|decompress|add|close|fix|replace|change|convert)\b"
)


def _check_refusal(message: str, refused: Refused | None) -> None:
    assert refused, f"is refused: {message}"
    for word in refused.words:
        assert word in message, f"does not say {word!r}: {message}"
    assert _WAY_OUT.search(message), f"names no way out: {message}"
    assert "Traceback" not in message
    assert not re.search(r"\b\w+Error\b|object has no attribute|not supported between|<class", message), (
        message
    )


_PYTHON = re.compile(
    r"\b\w+Error\b|object has no attribute|not supported between|<class|NoneType|'str'|must be a string"
)
"""Words of the program and not of the file."""


_HARMLESS = {"no_genes", "field_left_out"}
"""Kinds of warnings that a file without a fault may have: RAVEN's have fields of its own."""


def _check_model(model: Any, warned: list[ModelWarning], loaded: Loaded) -> None:
    network = loaded.network
    messages = [f"{warning.message} {' '.join(warning.elements)}" for warning in warned]
    for name in loaded.warned:
        assert any(name in message for message in messages), f"no warning names {name!r}: {messages}"
    if loaded.is_quiet and not loaded.warned:
        assert not [warning for warning in warned if warning.kind not in _HARMLESS], messages
    expected = greatest_growth(network)
    result: Any = run_metabolic_fba.TOOL.run(model, run_metabolic_fba.Args())
    found = result.growth_per_h or 0.0
    assert abs(found - expected) <= 1e-6 * max(abs(expected), 1e-3), f"growth {found} and not {expected}"
    rules = [reaction.gene_reaction_rule for reaction in model.reactions]
    genes = network.genes
    kept = [rule for rule in rules if rule]
    meant = [row.rule for row in network.reactions if row.rule is not None]
    assert len(kept) == len(meant), f"rules {kept} and not {meant}"
    for text, rule in zip(kept, meant, strict=True):
        assert tabulate_text(text, genes) == tabulate_rule(rule, genes), f"{text!r} is not {rule}"
