"""A request in plain text, for formats that show no more than a text."""

from __future__ import annotations

from fluxagents.scheduler.runs.request_view import RequestView


def describe_request(view: RequestView) -> str:
    """The question, why it is asked, what would happen, who asked, and what follows from no answer."""
    lines = [
        view.request.question,
        f"why: {view.hypothesis}" if view.hypothesis else "",
        *(f"- {line}" for line in view.effect),
        f"asked by {view.asked_by}" if view.asked_by else "",
        f"if nobody answers: {view.if_nobody_answers}",
    ]
    return "\n".join(line for line in lines if line)
