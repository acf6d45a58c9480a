"""Programs that do not come from a model, for a chosen solver.

The solver of a model itself is never switched: it does not come back as it was.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, MutableSet
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, Literal

from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.lazy_libraries import optlang, swiglpk
from fluxagents.tasks.ports.results import Args

Solver = Literal["glpk", "highs"]


class IntegerArgs(Args):
    """Of a tool that solves an integer program."""

    integer_solver: Solver = Field(
        default="glpk",
        description="glpk, or highs of the extra 'highs': the same optimum, maybe another of equal ones.",
    )

    @property
    def further_solvers(self) -> tuple[str, ...]:
        return ("highspy",) if self.integer_solver == "highs" else ()


@contextmanager
def optlang_program(solver: Solver) -> Iterator[Any]:
    """An empty `optlang` model, silent.

    Raises:
        FluxError: `SOLVER` if the solver is not installed.
    """
    if solver == "highs":
        yield _hybrid_program()
        return

    program = optlang.glpk_interface.Model()
    try:
        yield program
    finally:
        swiglpk.glp_delete_prob(program.problem)  # optlang never does


def _hybrid_program() -> Any:
    try:
        hybrid_interface = import_module("optlang.hybrid_interface")
    except ImportError as error:
        raise FluxError(
            ErrorClass.SOLVER,
            f"the solver 'highs' is not installed: {error}",
            suggestions=("pip install 'fluxagents[highs]'", "choose the solver 'glpk'"),
        ) from error
    silence_highs_banner()
    program = hybrid_interface.Model()
    program.configuration.verbosity = 0
    order_names(program.problem)
    return program


def order_names(problem: Any) -> None:
    """Give the names of a problem of HiGHS and OSQP an order.

    optlang keeps them in sets, whose order differs between processes, and with it the choice among optima.
    """
    problem.variables = _Names(sorted(problem.variables))
    problem.constraints = _Names(sorted(problem.constraints))


def free_programs() -> None:
    """Free models and programs that nobody has: cycles of references, whose expressions sympy remembers."""
    import_module("sympy.core.cache").clear_cache()
    gc.collect()


@cache
def silence_highs_banner() -> None:
    """Suppress the banner that the first instance in a process prints before it can be silenced."""
    highspy = import_module("highspy")
    terminal = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        highspy.Highs()
    finally:
        os.dup2(terminal, 1)
        os.close(terminal)
        os.close(nowhere)


class _Names(MutableSet[str]):
    """A set in the order in which its members came."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names: dict[str, None] = dict.fromkeys(names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, value: str) -> None:
        self._names[value] = None

    def discard(self, value: str) -> None:
        self._names.pop(value, None)
