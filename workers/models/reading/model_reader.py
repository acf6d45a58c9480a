"""A model out of the bytes of a file of any format, with a warning per kind of thing that was put right."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from cobra import Model
from cobra.io.sbml import CobraSBMLError

from fluxagents.tasks.ports.models import Concern, ModelWarning
from fluxagents.workers.models.reading.boundary import open_boundary
from fluxagents.workers.models.reading.cobra_messages import capture_messages, explain_messages
from fluxagents.workers.models.reading.document_reader import read_json, read_yaml
from fluxagents.workers.models.reading.exchange_coefficients import warn_of_coefficients
from fluxagents.workers.models.reading.growth_evidence import warn_about_growth
from fluxagents.workers.models.reading.matlab.matlab_reader import read_matlab
from fluxagents.workers.models.reading.odd_contents import check_contents
from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.sbml.sbml_reader import read_sbml

_REASON_CHARACTERS = 500


def read_model(data: bytes, suffix: str) -> tuple[Model, list[ModelWarning]]:
    """The model that these bytes hold, and what a user should know about it.

    Raises:
        RefusedFileError: They hold none that a solver can take.
    """
    with capture_messages() as messages:
        try:
            model, warned = _READERS[suffix](data)
        except (MemoryError, SystemError, RefusedFileError):
            raise
        except Exception as error:
            hint = "; correct the file there, or fetch it again if it is cut short"
            raise RefusedFileError(
                f"is no readable {_FORMATS[suffix]} model: {_reason(error)}{hint}"
            ) from error
    _check(model)
    # SBML says itself what lies outside.
    opened = [] if _FORMATS[suffix] == "SBML" else open_boundary(model)
    contents = [*_warn(model), *warn_about_growth(model), *check_contents(model)]
    return model, [*warned, *explain_messages(messages), *opened, *contents]


def _check(model: Model) -> None:
    """Refuse what no solver can take."""
    if not model.reactions:
        raise RefusedFileError("holds no reactions: write them into the file")
    for reaction in model.reactions:
        if any(math.isnan(bound) for bound in reaction.bounds):
            raise RefusedFileError(f"has no number as a bound of reaction '{reaction.id}'")
        if not all(math.isfinite(value) for value in reaction.metabolites.values()):
            raise RefusedFileError(f"has no finite number as a coefficient of reaction '{reaction.id}'")


def _warn(model: Model) -> list[ModelWarning]:
    """What a user should know about the model whatever its file; none of it stops an analysis."""
    found = []
    if not any(reaction.objective_coefficient for reaction in model.reactions):
        message = "the model has no objective: name one with the argument 'objective'"
        found.append(ModelWarning(kind="no_objective", message=message))
    if not model.boundary:
        message = "the model has no boundary reactions: nothing can enter or leave"
        found.append(ModelWarning(kind="no_boundary", message=message))
    if not model.genes:
        message = "the model has no genes"
        found.append(ModelWarning(kind="no_genes", message=message, concerns=(Concern.GENES,)))
    return [*found, *warn_of_coefficients(model)]


def _reason(error: BaseException) -> str:
    """What was wrong, in the words of whoever saw it: cobra's own words about SBML hide them."""
    inner = error.__cause__ if isinstance(error, CobraSBMLError) else None
    error = inner or error
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, KeyError):
        text = f"{text} is missing"
    return text if len(text) <= _REASON_CHARACTERS else f"{text[:_REASON_CHARACTERS].rsplit(' ', 1)[0]} …"


_FORMATS = {
    ".xml": "SBML",
    ".sbml": "SBML",
    ".json": "JSON",
    ".yml": "YAML",
    ".yaml": "YAML",
    ".mat": "MATLAB",
}

_READERS: Mapping[str, Callable[[bytes], tuple[Model, list[ModelWarning]]]] = {
    ".xml": read_sbml,
    ".sbml": read_sbml,
    ".json": read_json,
    ".yml": read_yaml,
    ".yaml": read_yaml,
    ".mat": read_matlab,
}
