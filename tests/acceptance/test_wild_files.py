"""Every file of `tests/data/wild` by the command line, in a batch, and in a run: the number, or the word."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from uuid import uuid4

import pytest
from tests.support.stack import Stack
from tests.support.wild.folder import FILES, FOLDER, Given

from fluxagents.flows.errors import FluxError

QUESTION = "How fast does it grow?"
pytestmark = pytest.mark.timeout(900)  # the first test reads all files


@pytest.fixture(scope="module")
def first_answers(stack: Stack) -> dict[str, CompletedProcess[str]]:
    """What the command line says of each file; two at a time are read before."""

    def read(name: str) -> None:
        with suppress(FluxError):
            models.resolve(str(FOLDER / name))

    models = stack.client().models
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(read, FILES))
    words = ("tools", "call", "run_metabolic_fba", "--json", "--model")
    return {name: stack.command(*words, str(FOLDER / name)) for name in FILES}


@pytest.fixture(scope="module")
def readable(first_answers: dict[str, CompletedProcess[str]]) -> list[str]:
    return [name for name, done in first_answers.items() if done.returncode == 0]


@pytest.fixture(scope="module")
def batch(stack: Stack, readable: list[str]) -> dict[str, Any]:
    """File -> its row of one batch over all that can be read."""
    models = [word for name in readable for word in ("--model", str(FOLDER / name))]
    words = (
        "batch",
        "metabolic_analysis",
        *models,
        "--question",
        QUESTION,
        "--session",
        f"wild-{uuid4().hex[:8]}",
    )
    done = stack.command(*words, "--json")
    # What the model without an objective leaves open.
    assert done.returncode == 4, done.stdout + done.stderr
    return dict(zip(readable, json.loads(done.stdout)["runs"], strict=True))


@pytest.mark.parametrize("name", FILES)
def test_the_command_line_gives_the_number_or_the_word(
    stack: Stack, first_answers: dict[str, CompletedProcess[str]], name: str
) -> None:
    given, done = FILES[name], first_answers[name]
    if done.returncode:
        check_refusal(given, name, done.stdout + done.stderr)
        return
    result = json.loads(done.stdout)["result"]
    assert (given.growth_per_h, given.status) != (None, "optimal"), "is not refused"
    assert result["status"] == given.status
    assert result["growth_per_h"] == is_close(given.growth_per_h)
    shown = json.loads(stack.command("models", "show", Path(name).stem, "--json").stdout)
    warned = json.dumps(shown["warnings"], ensure_ascii=False)
    for word in given.warned:
        assert word in warned


def is_close(growth_per_h: float | None) -> Any:
    """What equals this growth; None equals None."""
    return None if growth_per_h is None else pytest.approx(growth_per_h, rel=1e-6, abs=1e-9)


def check_refusal(given: Given, name: str, output: str) -> None:
    assert given.refused, output
    for word in (Path(name).stem, *given.refused):
        assert word in output
    assert "Traceback" not in output


@pytest.mark.parametrize("name", FILES)
def test_a_batch_gives_the_same_number(batch: dict[str, Any], name: str) -> None:
    if name not in batch:
        assert FILES[name].refused
        return
    assert batch[name]["growth_per_h"] == is_close(FILES[name].growth_per_h)


def test_a_batch_with_files_that_cannot_be_read_names_each_and_starts_nothing(
    stack: Stack, readable: list[str]
) -> None:
    refused = [name for name in FILES if name not in readable]
    models = [word for name in refused for word in ("--model", str(FOLDER / name))]
    session = f"wild-{uuid4().hex[:8]}"
    done = stack.command("batch", "metabolic_analysis", *models, "--question", QUESTION, "--session", session)
    assert done.returncode == 2
    for name in refused:
        check_refusal(FILES[name], name, done.stdout + done.stderr)
    assert stack.client().store.runs(session=session) == []


@pytest.mark.parametrize("name", FILES)
def test_a_run_answers_with_the_number_or_does_not_start(
    stack: Stack, batch: dict[str, Any], name: str
) -> None:
    done = stack.command(
        "run",
        "metabolic_analysis",
        "--model",
        str(FOLDER / name),
        "--question",
        QUESTION,
        "--wait",
        "--json",
    )
    if name not in batch:
        assert done.returncode == 2, done.stdout + done.stderr
        check_refusal(FILES[name], name, done.stdout + done.stderr)
        return
    document = json.loads(done.stdout)
    assert document["status"] == "finished", document
    assert document["answered"] == ("no" if FILES[name].status == "no_objective" else "yes"), document
    growth = FILES[name].growth_per_h
    assert document["answer"]
    if growth:
        numbers = [float(text) for text in re.findall(r"\d+\.?\d*", document["answer"].replace(",", ""))]
        assert any(number == pytest.approx(growth, rel=5e-3) for number in numbers), document["answer"]
