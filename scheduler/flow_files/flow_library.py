"""Flows by name: those of the product, and those of folders that the user names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_yaml

SUFFIXES = (".yaml", ".yml")
SCENARIO_SUFFIXES = (".scenarios.yaml", ".scenarios.yml")
"""Of files that lie beside flows and say how they are tested."""


class FlowLibrary:
    """Reads flows from YAML files.

    Args:
        folders: Folders of the user, which need not exist; a flow there hides a shipped one of its name.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = tuple(folders)

    def flows(self) -> Mapping[str, Flow]:
        """All flows by name; a file that is no flow hides nothing and is left out, see `broken`."""
        return self._read()[0]

    def broken(self) -> Sequence[FluxError]:
        """What is wrong with the files that are no flows."""
        return self._read()[1]

    def texts(self, name: str | None = None) -> Iterator[tuple[str, str]]:
        """File and text of the flow of this name or of this file; of all flows when absent.

        Raises:
            FluxError: If there is no such flow, or the file cannot be read.
        """
        if name is not None and name.endswith(SUFFIXES):
            yield name, text_of(Path(name))
            return
        wanted = self.get(name).flow if name is not None else None
        for where, file in self._files():
            text = file.read_text(encoding="utf-8")
            if wanted is None or _calls_itself(wanted, text):
                yield where, text

    def get(self, name: str) -> Flow:
        """The flow of this name, or of this file.

        Raises:
            FluxError: If there is no such flow, or the file is none.
        """
        if name.endswith(SUFFIXES):
            return flow_from_yaml(text_of(Path(name)), where=name)
        flows, broken = self._read()
        if name not in flows:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no flow {name!r}",
                suggestions=(
                    *nearest(name, flows),
                    f"flows: {', '.join(flows)}",
                    *(f"unreadable: {error.message}" for error in broken),
                ),
            )
        return flows[name]

    def _read(self) -> tuple[dict[str, Flow], list[FluxError]]:
        found: dict[str, Flow] = {}
        broken: list[FluxError] = []
        for where, file in self._files():
            try:
                flow = flow_from_yaml(file.read_text(encoding="utf-8"), where=where)
            except FluxError as error:
                broken.append(error)
            else:
                found[flow.flow] = flow
        return found, broken

    def _files(self) -> Iterator[tuple[str, Traversable]]:
        shipped = files("fluxagents.flows").joinpath("library")
        for file in sorted(shipped.iterdir(), key=lambda path: path.name):
            if is_flow_file(file.name):
                yield file.name, file
        for folder in self._folders:
            for path in sorted(folder.glob("*")) if folder.is_dir() else ():
                if is_flow_file(path.name):
                    yield str(path), path


def is_flow_file(name: str) -> bool:
    """Whether a file of this name holds a flow."""
    return name.endswith(SUFFIXES) and not name.endswith(SCENARIO_SUFFIXES)


def _calls_itself(name: str, text: str) -> bool:
    try:
        return flow_from_yaml(text).flow == name
    except FluxError:
        return False


def text_of(path: Path) -> str:
    """The text of a flow's file.

    Raises:
        FluxError: `BAD_FLOW` if it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FluxError(ErrorClass.BAD_FLOW, f"flow file {str(path)!r} cannot be read: {error}") from error
