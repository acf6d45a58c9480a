"""How long solvers work within a call: what a tool computes beside them is not counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any

_NAMES = {"hybrid": "highs"}
"""Interfaces of optlang that are not called as their solver: HiGHS, and OSQP for quadratic programs."""

_seconds: ContextVar[dict[str, float] | None] = ContextVar("solver_seconds", default=None)


@contextmanager
def measure_solvers() -> Iterator[Mapping[str, float]]:
    """How many seconds each solver works in the block, by its name; blocks inside it are not counted."""
    seconds: dict[str, float] = {}
    token = _seconds.set(seconds)
    try:
        yield seconds
    finally:
        _seconds.reset(token)


@contextmanager
def time_solver(name: str) -> Iterator[None]:
    """Count the time of the block as that of a solver."""
    began = perf_counter()
    try:
        yield
    finally:
        seconds = _seconds.get()
        if seconds is not None:
            seconds[name] = seconds.get(name, 0.0) + perf_counter() - began


def solve_program(program: Any) -> str:
    """Solve a program of optlang; its status."""
    interface = str(program.interface.__name__).rpartition(".")[2].removesuffix("_interface")
    with time_solver(_NAMES.get(interface, interface)):
        return str(program.optimize())
