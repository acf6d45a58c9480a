"""What these tests share."""

from __future__ import annotations

import pytest
from tests.support.played_flows import Plays


@pytest.fixture
def plays() -> Plays:
    return Plays()
