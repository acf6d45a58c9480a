"""Parts of prompts are written in before a template is parsed, and errors still name file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.parts import find_templates, list_parts, read_parts
from fluxagents.prompts.versions.store import MemoryPromptStore

BODY = '{% if times > 1 %}\n{% include "hello" %}\n{% endif %}\nBye.\n'


def manager(folder: Path, head: str, part: str, body: str = BODY) -> PromptManager:
    (folder / "parts").mkdir(exist_ok=True)
    (folder / "parts" / "hello.md.j2").write_text(part)
    (folder / "greeting.md.j2").write_text(head + body)
    return PromptManager(folder)


def test_a_part_is_rendered_where_it_is_included(tmp_path: Path, head: str) -> None:
    prompts = manager(tmp_path, head, "Hello {{ who }}!\n")
    assert prompts.get_prompt("greeting", who="Ada", times=2) == "Hello Ada!\nBye."
    assert prompts.get_prompt("greeting", who="Ada", times=1) == "Bye."


def test_the_digest_covers_the_parts_and_the_source_needs_none(tmp_path: Path, head: str) -> None:
    before = manager(tmp_path, head, "Hello {{ who }}!\n").versions.find("greeting")
    after = manager(tmp_path, head, "Hello {{ who }}?\n").versions.find("greeting")
    assert before.digest != after.digest
    assert "include" not in before.source
    assert PromptManager(tmp_path).versions.parse(before.source, "copy.md.j2").digest == before.digest


def test_a_version_keeps_its_parts_when_a_release_ships_others(tmp_path: Path, head: str) -> None:
    manager(tmp_path, head, "Hello {{ who }}!\n")
    store = MemoryPromptStore()
    used = {"greeting": PromptManager(tmp_path, store).versions.select_for_run("greeting", "run", {}).digest}
    (tmp_path / "parts" / "hello.md.j2").write_text("Good day {{ who }}, Hello Ada\n")
    later = PromptManager(tmp_path, store)
    assert (
        later.versions.select_for_run("greeting", "run", used)
        .render({"who": "Ada", "times": 2})
        .startswith("Hello Ada!")
    )
    assert later.get_prompt("greeting", who="Ada", times=2).startswith("Good day")


def test_a_version_registered_at_run_time_may_include_parts(tmp_path: Path, head: str) -> None:
    prompts = manager(tmp_path, head, "Hello {{ who }}!\n")
    assert prompts.version_prompt("greeting", f"{BODY}See you.\n") == "2"
    assert prompts.get_prompt("greeting", who="Ada", times=2) == "Hello Ada!\nBye.\nSee you."


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (
            "Hello\n{{ who }}{{ whom }}\n",
            r"parts/hello\.md\.j2:2: the front matter declares no variable 'whom'",
        ),
        ("Hello {{ who }}\n\n{% if %}\n", r"parts/hello\.md\.j2:3: "),
    ],
)
def test_what_is_wrong_in_a_part_names_its_file_and_line(
    tmp_path: Path, head: str, part: str, says: str
) -> None:
    with pytest.raises(FluxError, match=says) as caught:
        manager(tmp_path, head, part)
    assert caught.value.kind is ErrorClass.SCHEMA


def test_what_fails_while_a_part_is_rendered_names_its_file_and_line(tmp_path: Path, head: str) -> None:
    prompts = manager(tmp_path, head, "Hello {{ who }}\n{{ 1 / 0 }}\n")
    with pytest.raises(FluxError, match=r"^parts/hello\.md\.j2:2: division by zero"):
        prompts.get_prompt("greeting", who="Ada", times=2)


def test_lines_after_a_part_are_those_of_the_file(tmp_path: Path, head: str) -> None:
    with pytest.raises(FluxError, match=r"greeting\.md\.j2:17: the front matter declares no variable 'whom'"):
        manager(tmp_path, head, "Hello\n{{ who }}\n", BODY.replace("Bye.", "Bye {{ whom }}"))


@pytest.mark.parametrize("name", ["helo", "../greeting", "/etc/passwd"])
def test_a_part_that_is_not_there_is_refused(tmp_path: Path, head: str, name: str) -> None:
    says = rf"greeting\.md\.j2:15: there is no part '{name}'; (nearest|parts): hello"
    with pytest.raises(FluxError, match=says):
        manager(tmp_path, head, "Hello {{ who }}\n", BODY.replace("hello", name))


def test_every_part_that_ships_is_used_by_a_prompt_that_ships() -> None:
    sources = [entry.read_text() for entry in find_templates().iterdir() if entry.is_file()]
    for name in read_parts(list_parts(find_templates())):
        assert any(f'{{% include "{name}" %}}' in source for source in sources), name
