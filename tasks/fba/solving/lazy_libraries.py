"""cobra, optlang and swiglpk, imported when they are first used.

cobra takes three seconds to import. A process that lists tools or checks arguments imports the modules of
tools and needs neither cobra nor a solver.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["cobra", "optlang", "swiglpk"]


class _LazyModule:
    """Stands for a module; the first attribute that is read imports it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


if TYPE_CHECKING:
    import cobra
    import optlang
    import swiglpk
else:
    cobra = _LazyModule("cobra")
    optlang = _LazyModule("optlang")
    swiglpk = _LazyModule("swiglpk")
