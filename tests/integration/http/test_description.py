"""The API does what its description says, whatever is sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient
from tests.support.depth import DEPTH
from tests.support.http_api import Api, build_api
from tests.support.http_server import serve
from tests.support.places import DOCS

from fluxagents.flows.people.roles import Role

EXCLUDED = [
    # What fits the description may still name a model that is not there, or a run in another state.
    schemathesis.checks.positive_data_acceptance,
]

BUDGET = settings(
    max_examples=4 * DEPTH,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

# Streams have no end, and parts of files are no JSON.
DESCRIPTION = (
    schemathesis.openapi.from_path(DOCS / "openapi.json")
    .exclude(path_regex="/events$")
    .exclude(operation_id="send_part")
)


@dataclass(frozen=True)
class Served:
    """An API that listens, and the key of an admin."""

    address: str
    ana: dict[str, str]


@pytest.fixture(scope="module")
def served(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("api")
    app, ports = build_api(redis_url, f"test-{uuid4().hex[:8]}:", folder, api_requests_per_minute=None)
    ana = Api(app, ports, TestClient(app), folder).bearer("ana", Role.ADMIN)
    with serve(app) as address:
        yield Served(address, ana)


@DESCRIPTION.parametrize()
@BUDGET
def test_any_request_is_answered_as_described(case: Any, served: Served) -> None:
    case.call_and_validate(base_url=served.address, headers=served.ana, excluded_checks=EXCLUDED)


def test_any_sequence_of_requests_is_answered_as_described(served: Served) -> None:
    class Requests(DESCRIPTION.as_state_machine()):  # type: ignore[misc] # made when the test runs
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            del case
            return {"base_url": served.address, "headers": served.ana}

        def validate_response(self, response: Any, case: Any, **options: Any) -> None:
            del options
            case.validate_response(response, excluded_checks=EXCLUDED, headers=served.ana)

    Requests.run(settings=settings(BUDGET, max_examples=3 * DEPTH, stateful_step_count=8))
