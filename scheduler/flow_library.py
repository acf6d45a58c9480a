"""Flows by name: those of the product, and those of folders that the user names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from fluxagents.flows.definition import Flow, flow_from_yaml
from fluxagents.flows.errors import ErrorClass, FluxError, nearest


class FlowLibrary:
    """Reads flows from YAML files.

    Args:
        folders: Folders of the user; a flow there hides one of the product with the same name.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = tuple(folders)

    def flows(self) -> Mapping[str, Flow]:
        """All flows by name.

        Raises:
            FluxError: If a file is no flow.
        """
        found: dict[str, Flow] = {}
        for path in sorted(
            files("fluxagents.flows").joinpath("library").iterdir(), key=lambda path: path.name
        ):
            if path.name.endswith(".yaml"):
                flow = flow_from_yaml(path.read_text(encoding="utf-8"), where=path.name)
                found[flow.flow] = flow
        for folder in self._folders:
            for file in sorted(folder.glob("*.yaml")):
                flow = flow_from_yaml(file.read_text(encoding="utf-8"), where=str(file))
                found[flow.flow] = flow
        return found

    def get(self, name: str) -> Flow:
        """The flow of this name, or of this file.

        Raises:
            FluxError: If there is no such flow.
        """
        if name.endswith((".yaml", ".yml")):
            return self._from_file(Path(name))
        flows = self.flows()
        if name not in flows:
            known = (f"flows: {', '.join(flows)}",)
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no flow {name!r}",
                suggestions=(*nearest(name, flows), *known),
            )
        return flows[name]

    def _from_file(self, path: Path) -> Flow:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FluxError(
                ErrorClass.BAD_FLOW, f"flow file {str(path)!r} cannot be read: {error}"
            ) from error
        return flow_from_yaml(text, where=str(path))
