"""Replies go to webhooks, to people and to channels, and to nobody else."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.flows.memory.directory import MemoryDirectory
from fluxagents.flows.people.members import Person
from fluxagents.scheduler.people.contacts import check_reply_to, find_contact


@pytest.fixture
def directory() -> MemoryDirectory:
    directory = MemoryDirectory()
    for person in (
        Person(name="ana", email="Ana@lab.example", slack="UANA"),
        # As an early version kept them, which asked for no address of its own.
        Person(name="bob", email="both@lab.example"),
        Person(name="carl", email="both@lab.example"),
    ):
        directory.save(person, before=None)
    return directory


def test_a_person_is_found_by_an_address_that_is_theirs_alone(directory: MemoryDirectory) -> None:
    ana = find_contact(directory, "email", "ana@LAB.example")
    assert ana is not None
    assert (ana.name, find_contact(directory, "slack", "UANA")) == ("ana", ana)
    for address in ("both@lab.example", "eve@lab.example", ""):
        assert find_contact(directory, "email", address) is None


@pytest.mark.parametrize("text", ["", "lab", "email:ana@lab.example", "slack:C012AB3CD", "slack:C012/17.1"])
def test_where_replies_may_go(directory: MemoryDirectory, text: str) -> None:
    assert check_reply_to(directory, text) == text


@pytest.mark.parametrize(
    "text", ["email:eve@lab.example", "email:both@lab.example", "slack:#general", "fax:1", "slack:"]
)
def test_where_replies_may_not_go(directory: MemoryDirectory, text: str) -> None:
    with pytest.raises(FluxError):
        check_reply_to(directory, text)
