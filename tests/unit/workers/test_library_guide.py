"""The examples of docs/library.md, run in this process: the answers are those that the guide shows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.support.places import DOCS

from fluxagents.workers.clients.local import LocalClient

GUIDE = DOCS / "library.md"
EXAMPLE = re.compile(r"```sh\n(fluxagents run .*?)```\n\n```text\n(.*?)```", re.DOTALL)
EXAMPLES = EXAMPLE.findall(GUIDE.read_text(encoding="utf-8"))


def inputs_of(words: list[str]) -> dict[str, Any]:
    """What stands behind each `--input`, as the command line reads it."""
    given = [words[place + 1] for place, word in enumerate(words) if word == "--input"]
    return {name: _value(text) for name, _, text in (one.partition("=") for one in given)}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def plain(answer: str) -> str:
    """Without line breaks and digests, which name the versions of packages."""
    return " ".join(re.sub(r"sha256:[0-9a-f]+", "sha256:…", answer).split())


def test_the_guide_shows_every_flow_that_needs_no_chat_model_and_no_genome() -> None:
    shown = {shlex.split(command)[2] for command, _ in EXAMPLES}
    assert shown == set(LocalClient("unused").flows.flows()) - {"hypothesis_test", "model_from_genome"}


def mark_example(command: str, answer: str) -> Any:
    """The example as a case of its flow; `model_check` solves a genome-scale model for half a minute."""
    flow = shlex.split(command)[2]
    marks = [pytest.mark.long] if flow == "model_check" else []
    return pytest.param(command, answer, id=flow, marks=marks)


@pytest.mark.parametrize(("command", "answer"), [mark_example(*example) for example in EXAMPLES])
def test_an_example_gives_what_the_guide_shows(command: str, answer: str, tmp_path: Path) -> None:
    words = shlex.split(command.replace("\\\n", " "))
    client = LocalClient(tmp_path)
    for model in ("e_coli_core", "iJO1366"):
        client.models.add_named(model)
    run = client.start(words[2], model=words[words.index("--model") + 1], **inputs_of(words))
    assert run.status == "finished", run.state.error
    assert run.answer is not None
    assert plain(run.answer) == plain(answer)
