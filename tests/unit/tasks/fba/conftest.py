"""The models whose values are known, read from SBML by cobra itself, once a session."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from cobra.io import read_sbml_model
from tests.support.places import SHARED

from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.models import SHIPPED
from fluxagents.tasks.registry import tool_named

if TYPE_CHECKING:
    from fluxagents.tasks.ports.sources import Sources


def _shipped(name: str) -> Any:
    spec = importlib.util.find_spec("cobra")
    assert spec is not None
    assert spec.origin is not None
    return read_sbml_model(str(Path(spec.origin).parent / "data" / SHIPPED[name]))


@pytest.fixture(scope="session")
def textbook() -> Any:
    return _shipped("textbook")


@pytest.fixture
def fresh_textbook() -> Any:
    """In the order of its file: reactions that a test removes come back at the end."""
    return _shipped("textbook")


@pytest.fixture(scope="session")
def ijo1366() -> Any:
    return _shipped("iJO1366")


@pytest.fixture(scope="session")
def salmonella() -> Any:
    return _shipped("salmonella")


@pytest.fixture(scope="session")
def iml1515() -> Any:
    file = SHARED / "models" / "iML1515.xml.gz"
    if not file.exists():
        pytest.skip(f"iML1515.xml.gz is not at {file.parent}")
    return read_sbml_model(str(file))


@pytest.fixture
def call() -> Callable[..., Any]:
    """Run a tool by its name, with arguments as a chat model gives them."""

    def run(tool: str, model: Any, **args: Any) -> Any:
        chosen = tool_named(tool)
        return chosen.run(model, chosen.parse(args))

    return run


@pytest.fixture
def call_media() -> Callable[..., Any]:
    """As `call`, for tools that read the media library."""

    def run(tool: str, model: Any, library: MediaLibrary | None = None, **args: Any) -> Any:
        chosen = tool_named(tool)
        checked = chosen.parse(args)
        assert chosen.gather is not None
        gathered = chosen.gather(cast("Sources", SimpleNamespace(media=library or MediaLibrary())), checked)
        return chosen.run(model, checked, gathered)

    return run
