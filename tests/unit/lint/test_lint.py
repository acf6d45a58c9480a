"""The checks of the house see what they are for."""

from __future__ import annotations

import ast
from pathlib import PurePath

import pytest
from tests.lint.folders import MAX_ENTRIES, crowded_folders
from tests.lint.inner_imports import inner_imports
from tests.lint.names import is_participle, participles
from tests.lint.printing import COMMANDS, direct_prints


@pytest.mark.parametrize("word", ["settled", "told", "begun", "known"])
def test_a_participle_is_no_name(word: str) -> None:
    assert is_participle(word)


@pytest.mark.parametrize("word", ["build_commit", "seed", "is_lethal", "embed", "load", "told_by"])
def test_a_verb_is_a_name(word: str) -> None:
    assert not is_participle(word)


def test_functions_methods_and_private_ones_count_and_properties_do_not() -> None:
    tree = ast.parse(
        "def _said(): ...\n"
        "class Store:\n"
        "    async def settled(self): ...\n"
        "    @property\n"
        "    def closed(self): ...\n"
    )
    assert list(participles(tree)) == [(1, "_said"), (3, "settled")]


def test_an_import_inside_a_function_counts_once() -> None:
    tree = ast.parse("import a\ndef f():\n    def g():\n        import b\n    from c import d\n")
    assert list(inner_imports(tree)) == [4, 5]


def test_a_folder_counts_its_modules_and_sub_rooms() -> None:
    files = [PurePath(f"room/part/{number}.py") for number in range(MAX_ENTRIES + 1)]
    assert list(crowded_folders([*files, PurePath("room/part/__init__.py")])) == [
        (PurePath("room/part"), MAX_ENTRIES + 1)
    ]
    assert list(crowded_folders(files[:-1])) == []


def test_a_command_prints_through_the_output_module() -> None:
    tree = ast.parse("click.echo(x)\nConsole()\necho(x)\nopen_console().print(x)\n")
    assert list(direct_prints(COMMANDS / "runs" / "runs.py", tree)) == [(1, "click.echo"), (2, "Console")]
    assert list(direct_prints(COMMANDS / "display" / "output.py", tree)) == []
    assert list(direct_prints(PurePath("tasks/steps.py"), tree)) == []
