"""cobra, optlang, swiglpk, NumPy and pandas, imported when they are first used.

cobra takes three seconds to import, pandas one. A process that lists tools, checks arguments or starts runs
imports the modules of tools and needs neither cobra nor a solver nor tables.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["cobra", "np", "optlang", "pd", "swiglpk"]


class _LazyModule:
    """Stands for a module; the first attribute that is read imports it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


if TYPE_CHECKING:
    import cobra
    import numpy as np
    import optlang
    import pandas as pd
    import swiglpk
else:
    cobra = _LazyModule("cobra")
    np = _LazyModule("numpy")
    optlang = _LazyModule("optlang")
    pd = _LazyModule("pandas")
    swiglpk = _LazyModule("swiglpk")
