"""The runbooks for people: what to look at, and what to do, when an alert fires."""

from __future__ import annotations

from importlib.resources import files

from markdown_it import MarkdownIt

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.workers.observing.monitoring.alerts import ALERTS, burn_alerts

FOLDER = files(__package__) / "runbooks"


def render_runbook(name: str) -> str:
    """A runbook as HTML.

    Args:
        name: Of its alert, or of those that share it.

    Raises:
        FluxError: `UNKNOWN_ID` if there is none of that name.
    """
    names = sorted({alert.runbook_name for alert in (*ALERTS, *burn_alerts())})
    if name not in names:
        raise FluxError(
            ErrorClass.UNKNOWN_ID, f"there is no runbook '{name}'", suggestions=nearest(name, names)
        )
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return str(MarkdownIt("commonmark", {"html": False}).render(text))
