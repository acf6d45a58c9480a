"""Which functions a function may call, as far as its code and that of the functions in it name them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any


def find_called(function: Callable[..., Any], package: str) -> set[FunctionType]:
    """A function and all those of a package that it may reach by names, closures and wrapped functions."""
    seen: set[FunctionType] = set()
    waiting: list[object] = [function]
    while waiting:
        value = waiting.pop()
        if isinstance(value, FunctionType) and value not in seen:
            seen.add(value)
            if value is function or value.__module__.startswith(package) or value.__closure__:
                waiting += _list_named(value)
    return seen


def _list_named(function: FunctionType) -> Iterator[object]:
    """The values that its code names, and those that it encloses."""
    for cell in function.__closure__ or ():
        yield cell.cell_contents
    for name in _list_names(function.__code__):
        yield function.__globals__.get(name)


def _list_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _list_names(constant)
