"""How deep property tests go: ten times as deep with `HYPOTHESIS_PROFILE=long`, as in `make test-long`."""

from __future__ import annotations

import os

from hypothesis import settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default")
DEPTH = 10 if PROFILE == "long" else 1
"""Factor for the examples that a test asks for by number."""


def load_profile() -> None:
    """Make the profile of the environment the default of all property tests.

    Raises:
        hypothesis.errors.InvalidArgument: If there is no such profile.
    """
    settings.register_profile("long", max_examples=100 * DEPTH, deadline=None)
    settings.load_profile(PROFILE)
