"""Files of a forge on loopback: fetched by token, and what is said where they are not given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.forge import Forge, run_forge

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.triggers.intake.file_fetcher import split_address
from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret
from fluxagents.workers.files.web.repository_files import RepositoryFiles

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def forge() -> Iterator[Forge]:
    with run_forge() as forge:
        yield forge


def ask(forge: Forge, path: str = "models/core ü.xml", token: str = "") -> bytes | None:
    repository = Endpoint(
        name="ci",
        form="github",
        url=f"{forge.url}{forge.repository}",
        events=("*",),
        secrets=(Secret(text=token or forge.token),),
        owner="ada",
        created_ms=1,
    )
    return RepositoryFiles(["127.0.0.1"]).fetch(repository, path, COMMIT)


def test_a_file_comes_as_it_is_and_one_that_is_not_there_is_none(forge: Forge) -> None:
    forge.files["models/core ü.xml", COMMIT] = b"<sbml/>"
    assert ask(forge) == b"<sbml/>"
    assert ask(forge, "models/other.xml") is None


@pytest.mark.parametrize(
    ("failures", "token", "kind", "says"),
    [(1, "", ErrorClass.PROVIDER_OUTAGE, "HTTP 503"), (0, "wrong", ErrorClass.PERMISSION, "token may not")],
)
def test_a_refusal_says_whether_a_retry_can_help(
    forge: Forge, failures: int, token: str, kind: ErrorClass, says: str
) -> None:
    forge.failures = failures
    with pytest.raises(FluxError, match=says) as refused:
        ask(forge, token=token)
    assert refused.value.kind is kind
    assert forge.token not in str(refused.value)


def test_a_private_address_is_not_asked_unless_it_is_named(forge: Forge) -> None:
    repository = Endpoint(
        name="ci",
        form="github",
        url=f"{forge.url}{forge.repository}",
        events=("*",),
        secrets=(Secret(text=forge.token),),
        owner="ada",
        created_ms=1,
    )
    with pytest.raises(FluxError, match="FLUXAGENTS_WEBHOOK_HOSTS"):
        RepositoryFiles().fetch(repository, "a.xml", COMMIT)


@pytest.mark.parametrize(
    "text",
    [
        "core.xml",
        "core.xml@main",
        f"../core.xml@{COMMIT}",
        f"/etc/passwd@{COMMIT}",
        f"a//b.xml@{COMMIT}",
        f"a\nb.xml@{COMMIT}",
        f"core.xml@{COMMIT}/../x",
        None,
        7,
    ],
)
def test_an_address_leads_nowhere_else(text: object) -> None:
    with pytest.raises(FluxError, match="names no file"):
        split_address(text)


def test_an_address_is_a_path_and_a_commit() -> None:
    assert split_address(f"models/a@b.xml@{COMMIT}") == ("models/a@b.xml", COMMIT)
