"""The parsed models of one process within a bound of memory; the least recently used goes first."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import swiglpk
from cobra import Model

from fluxagents.tasks.fba.models.model_file import encode_model
from fluxagents.tasks.fba.solving.optlang_program import free_programs
from fluxagents.workers.models import model_forms
from fluxagents.workers.observing.metrics.amounts import Tally
from fluxagents.workers.observing.metrics.catalog import MODEL_CACHE

MEMORY_PER_FORM = 8
"""Bytes in memory for each byte of the fast form: 6.6 to 8.2 measured on models of 95 to 3,357 reactions."""


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A parsed model and what it takes in memory."""

    model: Model
    size_bytes: int


class ModelCache:
    """Parsed models by digest.

    A model is for one task at a time: the worker pool is prefork, one task per process.

    Args:
        max_bytes: Kept in memory. The model in use stays whatever its size.
        tally: Counts how often a model was here.
    """

    def __init__(self, max_bytes: int, tally: Tally | None = None) -> None:
        self._tally = tally or Tally()
        self._max_bytes = max_bytes
        self._models: OrderedDict[str, CachedModel] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._models)

    def get(self, digest: str, parse: Callable[[], CachedModel]) -> Model:
        """The model of this digest, parsed if it is not here."""
        with self._lock:
            self._tally.add(MODEL_CACHE, "hit" if digest in self._models else "load")
            if digest not in self._models:
                cached = parse()
                _free_solver_of(cached.model)
                self._models[digest] = cached
                self._drop()
            self._models.move_to_end(digest)
            return self._models[digest].model

    def load(self, digest: str, read_form: Callable[[], bytes]) -> Model:
        """The model of this digest, decoded from its fast form if it is not here."""

        def decode() -> CachedModel:
            form = read_form()
            return CachedModel(model_forms.decode_fast(form), len(form) * MEMORY_PER_FORM)

        return self.get(digest, decode)

    @staticmethod
    def encode(model: Model) -> tuple[bytes, bytes]:
        """A model as cobra's JSON, and in the fast form that `load` reads."""
        return encode_model(model, "json"), model_forms.encode_fast(model)

    def _drop(self) -> None:
        size_bytes = sum(cached.size_bytes for cached in self._models.values())
        dropped = False
        while size_bytes > self._max_bytes and len(self._models) > 1:
            _, cached = self._models.popitem(last=False)
            size_bytes -= cached.size_bytes
            dropped = True
        if dropped:
            del cached
            free_programs()


def _free_solver_of(model: Model) -> None:
    """Free the GLPK problem when the model goes: optlang never does, and 10 MB would leak each time."""
    finalizer = weakref.finalize(model, _delete_problem, model.solver.problem)
    finalizer.atexit = False


def _delete_problem(problem: Any) -> None:
    swiglpk.glp_delete_prob(problem)
