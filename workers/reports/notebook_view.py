"""What a notebook is given of a run, a result or a group: HTML, and plain text where HTML is not shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container


class NotebookView(ABC):
    """Something that notebooks and IPython's shell show by themselves."""

    @abstractmethod
    def _repr_html_(self) -> str:
        """A static card."""

    @abstractmethod
    def _repr_text_(self) -> str:
        """The same in a few lines, for a shell."""

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        """All forms by their media type; see IPython's documentation of rich display."""
        forms = {"text/html": self._repr_html_, "text/plain": self._repr_text_}
        return {
            kind: draw()
            for kind, draw in forms.items()
            if (include is None or kind in include) and (exclude is None or kind not in exclude)
        }
