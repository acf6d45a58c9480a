"""Here it is parsing itself that is tested."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def parsed_once() -> None:
    """Each model store parses for itself."""
