"""The parsed models of one process within a bound of memory; the least recently used goes first."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cobra import Model


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A parsed model and what it takes in memory."""

    model: Model
    size_bytes: int


class ModelCache:
    """Parsed models by digest.

    A model is for one task at a time: the worker pool is prefork, one task per process.

    Args:
        most_bytes: Kept in memory. The model in use stays whatever its size.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._models: OrderedDict[str, CachedModel] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._models)

    def get(self, digest: str, parse: Callable[[], CachedModel]) -> Model:
        """The model of this digest, parsed if it is not here."""
        with self._lock:
            if digest not in self._models:
                cached = parse()
                _free_solver_with(cached.model)
                self._models[digest] = cached
                self._drop()
            self._models.move_to_end(digest)
            return self._models[digest].model

    def _drop(self) -> None:
        held = sum(cached.size_bytes for cached in self._models.values())
        dropped = False
        while held > self._most_bytes and len(self._models) > 1:
            _, cached = self._models.popitem(last=False)
            held -= cached.size_bytes
            dropped = True
        if dropped:
            del cached
            _collect()


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
