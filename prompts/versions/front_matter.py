"""The head of a template file: what the prompt is for, its variables and its test cases."""

from __future__ import annotations

from typing import Annotated, Literal

import yaml
from pydantic import Field, JsonValue, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.node_base import StrictModel
from fluxagents.flows.language.yaml_loader import YAML_LOADER

FENCE = "---"

VariableType = Literal["string", "number", "integer", "boolean", "object", "array"]


class PromptCase(StrictModel):
    """A test of a prompt: its variables and what the rendered text must and must not contain."""

    name: str = Field(min_length=1)
    variables: dict[str, JsonValue] = Field(default_factory=dict)
    expect: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()


class MadeFor(StrictModel):
    """What a prompt was written and tested with."""

    chat_models: tuple[str, ...] = Field(min_length=1)
    """Chat models by the name that events give them; others may be asked too."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Sent with every request of the prompt; what the installation sets when absent."""


class FrontMatter(StrictModel):
    """What a template says about itself."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: int = Field(ge=1)
    purpose: str = Field(min_length=1)
    made_for: MadeFor | None = None
    variables: dict[str, VariableType]
    cases: tuple[PromptCase, ...] = Field(min_length=1)


class Head:
    """The front matter of one file, with the line of each of its entries.

    Args:
        text: The YAML between the fences.
        file: What errors call the file.

    Raises:
        FluxError: `SCHEMA`, naming file and line, if it is no front matter.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        try:
            self._root = yaml.compose(text, Loader=YAML_LOADER)
            document = yaml.load(text, Loader=YAML_LOADER)  # noqa: S506 # it is the safe one
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 2 if error.problem_mark else 1
            message = f"{file}:{line}: the front matter is not YAML: {error.problem}"
            raise FluxError(ErrorClass.SCHEMA, message) from error
        try:
            self.content = FrontMatter.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "front matter"
            message = f"{self.at(*first['loc'])}: {field}: {first['msg']}"
            raise FluxError(
                ErrorClass.SCHEMA,
                message,
                suggestions=(f"the front matter has {', '.join(FrontMatter.model_fields)}",),
            ) from error

    def at(self, *path: str | int) -> str:
        """File and line of an entry, or of the nearest entry around it."""
        node, line = self._root, 0
        for part in path:
            entry = _child(node, part)
            if entry is None:
                break
            key, node = entry
            line = key.start_mark.line
        return f"{self.file}:{line + 2}"


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value of an entry; an item of a list is its own key."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def split(source: str, file: str) -> tuple[str, str]:
    """The YAML and the body of a template file; the body keeps the line numbers of the file.

    Raises:
        FluxError: `SCHEMA` if the file does not begin with a front matter between two fences.
    """
    lines = source.split("\n")
    if lines[0].rstrip() != FENCE:
        message = f"{file}:1: a prompt begins with a front matter between two lines `{FENCE}`"
        raise FluxError(ErrorClass.SCHEMA, message)
    end = next((index for index, line in enumerate(lines[1:], start=1) if line.rstrip() == FENCE), None)
    if end is None:
        message = f"{file}:{len(lines)}: the front matter that begins in line 1 has no closing `{FENCE}`"
        raise FluxError(ErrorClass.SCHEMA, message)
    return "\n".join(lines[1:end]), "\n" * (end + 1) + "\n".join(lines[end + 1 :])
