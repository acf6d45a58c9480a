"""Every example in every help text is a call that the command tree takes, of things that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.support.places import DOCS

from fluxagents.scheduler.batches.run_media import resolve_media
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.fba.genomes.reference_set import UNIVERSES
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.models import SHIPPED
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.cli import cli
from fluxagents.workers.commands.conditions import read_requests
from fluxagents.workers.models.model_store import ModelFiles

PROGRAM = "fluxagents"
OWN_FILES = (".yaml", ".yml", ".xml", ".xml.gz", ".json")
"""What examples call the files of a reader."""


def list_commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command of the tree with its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from list_commands(command, (*path, name))


COMMANDS = {"": cli, **dict(list_commands(cli))}


def list_examples() -> list[str]:
    """The lines of all help texts that call the program, each once."""
    texts = (command.epilog or "" for command in COMMANDS.values())
    lines = (line.strip() for text in texts for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line.startswith(f"{PROGRAM} ")))


def split_words(line: str) -> list[str]:
    """The words of an example after the program's name, without what the shell keeps for itself."""
    words = shlex.split(line, comments=True)[1:]
    return words[: words.index(">")] if ">" in words else words


NAMED_FILES = {
    word
    for line in list_examples()
    for word in split_words(line)
    if re.fullmatch(r"[\w….]+\.(?:zip|tsv|j2|jsonl|json|faa|fna|gz|gbk|gff)", word)
}


def parse_example(line: str) -> click.Context:
    """The context of the command that an example calls, with its arguments read and nothing carried out."""
    words = split_words(line)
    command: click.Command = cli
    context = click.Context(cli, info_name=PROGRAM)
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]!r}"
        name, command, words = words[0], found, words[1:]
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=name, parent=context)
        else:
            context = command.make_context(name, words, parent=context)
    return context


@pytest.fixture(autouse=True)
def _folder_of_the_reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The files that examples name lie in the working directory."""
    for name in NAMED_FILES:
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path / "data"))


@pytest.mark.parametrize("line", list_examples())
def test_an_example_is_a_call_that_the_command_takes(line: str) -> None:
    named = parse_example(line).params
    flow, tool = named.get("flow"), named.get("tool")
    if isinstance(flow, str) and not flow.endswith(OWN_FILES):
        FlowLibrary(()).get(flow)
    if isinstance(tool, str):
        assert tool in TOOLS.entries
    models = named.get("models") or (named.get("model"),)
    for model in models:
        assert is_model_of_examples(model), model


def is_model_of_examples(model: object) -> bool:
    """A model that is always there, one made from it, or a file of the reader."""
    if not isinstance(model, str):
        return model is None
    return model.partition("+")[0] in {*SHIPPED, *UNIVERSES, "my_model"} or model.endswith(OWN_FILES)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_an_example(path: str) -> None:
    assert COMMANDS[path].epilog, path
    assert f"{PROGRAM} {path}".strip() in (COMMANDS[path].epilog or "")


WITHOUT_SERVICES = ("tools ", "media ", "schedules preview ", "flows list", "flows show ", "models list")
"""Beginnings of examples that can be carried out as they stand."""

PLACEHOLDERS = re.compile(r"3f9a11c02b7e|01JB|my_")
"""What stands for something of the reader's."""


@pytest.mark.parametrize(
    "line",
    [
        line
        for line in list_examples()
        if line.removeprefix(f"{PROGRAM} ").startswith(WITHOUT_SERVICES) and not PLACEHOLDERS.search(line)
    ],
)
def test_an_example_that_needs_no_services_runs_and_what_it_grows_grows(line: str) -> None:
    words = split_words(line)
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "no growth" not in done.stderr
    assert "status: zero_growth" not in done.stdout


@pytest.mark.parametrize("line", [line for line in list_examples() if re.search("--medium|--change", line)])
def test_the_media_of_the_examples_give_growth(line: str, tmp_path: Path) -> None:
    named = parse_example(line).params
    library = MediaLibrary()
    media = named.get("media") or filter(None, [named.get("medium")])
    requests = read_requests(library, tuple(media), named["changes"])
    models = named.get("models") or (named["model"],)
    found = resolve_media(ModelFiles(str(tmp_path)), models, requests)
    assert not [note for each in found.values() for note in each.notes if "no growth" in note]


def list_page_commands(name: str) -> list[str]:
    """The calls in the shell blocks of a page, those over several lines as one."""
    page = (DOCS / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith(f"{PROGRAM} ")]


@pytest.mark.parametrize("line", [*list_page_commands("first-hour.md"), *list_page_commands("operations.md")])
def test_guides_type_what_the_commands_take(line: str) -> None:
    named = parse_example(line).params
    if isinstance(named.get("flow"), str):
        FlowLibrary(()).get(named["flow"])
