"""The model on which contracts are tried."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from cobra.io import read_sbml_model


@pytest.fixture(scope="module")
def model() -> Any:
    spec = importlib.util.find_spec("cobra")
    assert spec is not None
    assert spec.origin is not None
    return read_sbml_model(str(Path(spec.origin).parent / "data" / "textbook.xml.gz"))
