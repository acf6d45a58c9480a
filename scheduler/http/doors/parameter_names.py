"""Query parameters that an address does not have: to ignore one would answer another question."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import isclass

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from fluxagents.flows.errors import nearest


def refuse_unknown_parameters(request: Request) -> None:
    """Let a request through whose parameters its address has.

    Raises:
        RequestValidationError: If there are others; it names them, and those that are spelled alike.
    """
    if not request.query_params:
        return
    known = list(_list_parameters(request.scope["route"].dependant))
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise RequestValidationError(
            [{"loc": ("query", name), "msg": _explain(name, known)} for name in unknown]
        )


def _list_parameters(needed: Dependant) -> Iterator[str]:
    for field in needed.query_params:
        kind = field.field_info.annotation
        if isclass(kind) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield field.alias
    for inner in needed.dependencies:
        yield from _list_parameters(inner)


def _explain(name: str, known: list[str]) -> str:
    hints = (*nearest(name, known), f"there are {', '.join(known)}" if known else "it has none")
    return f"is no parameter of this address; {hints[0]}"
