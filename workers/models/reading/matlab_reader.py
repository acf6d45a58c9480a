"""A model out of the MATLAB structure of COBRA Toolbox and RAVEN."""

from __future__ import annotations

import io

from cobra import Model
from cobra.io import load_matlab_model

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.reading.bounds import read_with_any_bounds


def read_matlab(data: bytes) -> tuple[Model, list[ModelWarning]]:
    """The model, and what a user should know about its file; raises what cobra raises."""
    return read_with_any_bounds(lambda: load_matlab_model(io.BytesIO(data))), []
