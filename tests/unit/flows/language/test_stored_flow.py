"""A stored flow that a newer version wrote is no flow of this one, and says so."""

from __future__ import annotations

import pytest
from tests.chaos.flows import FLOWS

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.reading import flow_from_json


def test_what_is_stored_is_read_as_it_was() -> None:
    flow = FLOWS["plain"]
    assert flow_from_json(flow.model_dump_json()) == flow


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('"kind":"tool"', '"kind":"of_tomorrow"', "nodes.n0"),
        ('"start":', '"of_tomorrow":1,"start":', "of_tomorrow"),
    ],
)
def test_what_is_not_known_waits_for_a_newer_version(old: str, new: str, where: str) -> None:
    newer = FLOWS["plain"].model_dump_json().replace(old, new)
    with pytest.raises(FluxError, match=f"cannot read the stored flow: {where}") as raised:
        flow_from_json(newer)
    assert raised.value.kind is ErrorClass.SCHEMA, "a worker gives the step back, and no delivery counts"
