"""One version of one prompt: parsed once, rendered with variables that are checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from traceback import extract_tb
from types import CodeType
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.prompts.versions.front_matter import Head, MadeFor, PromptCase, VariableType, split
from fluxagents.prompts.versions.sandbox import build_sandbox

_PYTHON_TYPES: Mapping[VariableType, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list, tuple),
}


class PromptTemplate:
    """A prompt as a template file holds it.

    Args:
        source: The whole file: front matter and Jinja2 body, its parts inserted (see `parts`).
        file: What errors call the file.
        places: File and line of each line of the source, where parts come from other files.

    Raises:
        FluxError: `SCHEMA`, naming file and line, for a bad front matter or body, or for a body that uses a
            variable which the front matter does not declare, or the other way round.
    """

    def __init__(self, source: str, file: str, places: Sequence[str] = ()) -> None:
        head, body = split(source, file)
        self.file = file
        self._places = places
        self.source = source
        self.digest = hashlib.sha256(source.encode()).hexdigest()
        """The sha256 of the whole file."""
        self._head = Head(head, file)
        self._environment = build_sandbox()
        try:
            tree = self._environment.parse(body, name=file, filename=file)
        except TemplateSyntaxError as error:
            raise FluxError(ErrorClass.SCHEMA, f"{self._at(error.lineno)}: {error.message}") from error
        self._check_names(tree)
        code: CodeType = self._environment.compile(tree, name=file, filename=file)
        self._template = Template.from_code(self._environment, code, {})

    @property
    def name(self) -> str:
        return self._head.content.name

    @property
    def version(self) -> str:
        return str(self._head.content.version)

    @property
    def purpose(self) -> str:
        return self._head.content.purpose

    @property
    def made_for(self) -> MadeFor | None:
        """The chat models and settings that the prompt was written and tested with."""
        return self._head.content.made_for

    @property
    def variables(self) -> Mapping[str, VariableType]:
        """What must be given to render, name -> type."""
        return self._head.content.variables

    @property
    def cases(self) -> tuple[PromptCase, ...]:
        return self._head.content.cases

    def case_at(self, index: int) -> str:
        """File and line of one of the prompt's own cases."""
        return self._head.at("cases", index)

    def render(self, values: Mapping[str, Any]) -> str:
        """The text that is sent.

        Raises:
            FluxError: `BAD_ARGUMENT` for a missing or unknown variable or one of another type; `SCHEMA` if
                the template itself fails or tries to leave its sandbox. Each names file and line.
        """
        self._check_values(values)
        try:
            return self._template.render(dict(values)).strip("\n")
        except (TemplateError, TypeError, ValueError, KeyError, ArithmeticError) as error:
            lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == self.file]
            at = self._at(lines[-1]) if lines and lines[-1] else self.file
            raise FluxError(ErrorClass.SCHEMA, f"{at}: {error}") from error

    def _at(self, line: int) -> str:
        """File and line that a line of the source comes from."""
        return self._places[line - 1] if line <= len(self._places) else f"{self.file}:{line}"

    def _check_names(self, tree: nodes.Template) -> None:
        used = find_undeclared_variables(tree)
        for node in sorted(tree.find_all(nodes.Name), key=lambda name: name.lineno):
            if node.name in used and node.name not in self.variables:
                message = f"{self._at(node.lineno)}: the front matter declares no variable '{node.name}'"
                suggestions = nearest(node.name, self.variables)
                raise FluxError(ErrorClass.SCHEMA, message, suggestions=suggestions)
        for name in self.variables:
            if name not in used:
                at = self._head.at("variables", name)
                raise FluxError(ErrorClass.SCHEMA, f"{at}: the template does not use the variable '{name}'")

    def _check_values(self, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in self.variables:
                raise FluxError(
                    ErrorClass.BAD_ARGUMENT,
                    f"{self._head.at('variables')}: prompt '{self.name}' has no variable '{name}'",
                    suggestions=nearest(name, self.variables) or (f"it has {', '.join(self.variables)}",),
                )
        for name, kind in self.variables.items():
            at = self._head.at("variables", name)
            if name not in values:
                message = f"{at}: prompt '{self.name}' needs the variable '{name}' ({kind})"
                raise FluxError(ErrorClass.BAD_ARGUMENT, message)
            value = values[name]
            if not isinstance(value, _PYTHON_TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
                message = f"{at}: variable '{name}' of prompt '{self.name}' is {value!r:.80}, expected {kind}"
                raise FluxError(ErrorClass.BAD_ARGUMENT, message)
