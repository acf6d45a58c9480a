"""The parsed models of one process: a few, the least recently used dropped first and freed."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cobra import Model


class ModelCache:
    """At most `most` parsed models by digest.

    A model is for one task at a time: the worker pool is prefork, one task per process.

    Args:
        most: iJO1366 takes about 150 MB parsed.
    """

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError("a model cache holds at least the model in use")
        self._most = most
        self._models: OrderedDict[str, Model] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._models)

    def get(self, digest: str, parse: Callable[[], Model]) -> Model:
        """The model of this digest, parsed if it is not here."""
        with self._lock:
            if digest not in self._models:
                model = parse()
                _free_solver_with(model)
                self._models[digest] = model
            self._models.move_to_end(digest)
            wanted = self._models[digest]
            if len(self._models) > self._most:
                while len(self._models) > self._most:
                    self._models.popitem(last=False)
                _collect()
            return wanted


def _free_solver_with(model: Model) -> None:
    """Free the GLPK problem when the model goes: optlang never does, and 10 MB would leak each time."""
    finalizer = weakref.finalize(model, _delete_problem, model.solver.problem)
    finalizer.atexit = False


def _delete_problem(problem: Any) -> None:
    import swiglpk  # noqa: PLC0415 - the client imports this module and needs no solver

    swiglpk.glp_delete_prob(problem)


def _collect() -> None:
    """Models are cycles of references, and sympy remembers their expressions."""
    from sympy.core.cache import clear_cache  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

    clear_cache()
    gc.collect()
