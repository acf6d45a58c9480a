"""Flows by name: those of the product, and those of folders that the user names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.texts.display import quote
from fluxagents.prompts.file_identity import once_per_content

SUFFIXES = (".yaml", ".yml")
SCENARIO_SUFFIXES = (".scenarios.yaml", ".scenarios.yml")
"""Of the files of scenarios that lie beside flows."""


class FlowLibrary:
    """Reads flows from YAML files, each once in a process for as long as it stays the same.

    Args:
        folders: Folders of the user, which need not exist; a flow there hides a shipped one of its name.
        files: Whether a flow may be named as a file of this machine; not for what comes in messages.
    """

    def __init__(self, folders: Sequence[Path] = (), *, files: bool = True) -> None:
        self._folders = tuple(folders)
        self._may_read_files = files

    @property
    def folders(self) -> tuple[Path, ...]:
        """Those of the user."""
        return self._folders

    def flows(self) -> Mapping[str, Flow]:
        """All flows by name; a file that is no flow hides nothing and is left out, see `errors`."""
        return self._read()[0]

    def errors(self) -> Sequence[FluxError]:
        """What is wrong with the files that are no flows."""
        return self._read()[1]

    def texts(self, name: str | None = None) -> Iterator[tuple[str, str]]:
        """File and text of the flow of this name or of this file; of all flows when absent.

        Raises:
            FluxError: If there is no such flow, or the file cannot be read.
        """
        if name is not None and name.endswith(SUFFIXES):
            yield name, read_text(Path(name))
            return
        flow_name = self.get(name).flow if name is not None else None
        for file in self._files():
            text = read_text(file)
            if flow_name is None or _has_name(text, flow_name):
                yield _show(file), text

    def get(self, name: str) -> Flow:
        """The flow of this name, or of this file.

        Raises:
            FluxError: If there is no such flow, or the file is none.
        """
        if name.endswith(SUFFIXES):
            if not self._may_read_files:
                raise FluxError(
                    ErrorClass.BAD_FLOW,
                    f"flow {quote(name)} is a file; messages name flows by name or digest",
                    suggestions=(
                        "start the run with `Client` or `fluxagents run`, which store the file's flow",
                        "add a schedule of an earlier version again, with --replace",
                        "or put the file into the workers' flows folder (FLUXAGENTS_FLOWS_DIR)",
                    ),
                )
            return read_flow(Path(name))
        flows, errors = self._read()
        if name not in flows:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no flow {quote(name)}",
                suggestions=(
                    *nearest(name, flows),
                    f"flows: {', '.join(flows)}",
                    *(f"unreadable: {error.message}" for error in errors),
                ),
            )
        return flows[name]

    def _read(self) -> tuple[dict[str, Flow], list[FluxError]]:
        flows: dict[str, Flow] = {}
        errors: list[FluxError] = []
        for file in self._files():
            try:
                flow = read_flow(file)
            except FluxError as error:
                errors.append(error)
            else:
                flows[flow.flow] = flow
        return flows, errors

    def _files(self) -> Iterator[Path]:
        for folder in (_find_shipped(), *self._folders):
            yield from (path for path in sorted(folder.glob("*")) if is_flow_file(path.name))


class FlowSnapshot(FlowLibrary):
    """A library that reads its files once; later changes to them do not show."""

    def _read(self) -> tuple[dict[str, Flow], list[FluxError]]:
        return self._contents

    @cached_property
    def _contents(self) -> tuple[dict[str, Flow], list[FluxError]]:
        return super()._read()


def is_flow_file(name: str) -> bool:
    """Whether a file of this name holds a flow."""
    return name.endswith(SUFFIXES) and not name.endswith(SCENARIO_SUFFIXES)


def _has_name(text: str, name: str) -> bool:
    try:
        return flow_from_yaml(text).flow == name
    except FluxError:
        return False


@once_per_content
def read_flow(path: Path) -> Flow:
    """Read the flow of a file.

    Raises:
        FluxError: `BAD_FLOW` if it cannot be read or is no flow.
    """
    return flow_from_yaml(read_text(path), where=_show(path))


def read_text(path: Path) -> str:
    """Read the text of a file of flows or scenarios.

    Raises:
        FluxError: `BAD_FLOW` if it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FluxError(ErrorClass.BAD_FLOW, f"flow file {str(path)!r} cannot be read: {error}") from error


def _find_shipped() -> Path:
    """The folder with the flows of the package."""
    return Path(str(files("fluxagents.flows"))) / "library"


def _show(path: Path) -> str:
    """What errors call a file; a shipped one needs no folder."""
    return path.name if path.parent == _find_shipped() else str(path)
