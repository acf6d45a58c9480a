"""The sections of the site, in the order of its menu."""

from __future__ import annotations

from typing import NamedTuple


class Section(NamedTuple):
    """One entry of the menu."""

    path: str
    title: str


SECTIONS = (
    Section("/", "Home"),
    Section("/runs", "Runs"),
    Section("/requests", "Approvals"),
    Section("/sessions", "Sessions"),
    Section("/models", "Models"),
    Section("/flows", "Flows"),
    Section("/schedules", "Schedules"),
    Section("/triggers", "Triggers"),
    Section("/prompts", "Prompts"),
    Section("/errors", "Errors"),
    Section("/statistics", "Statistics"),
    Section("/people", "People"),
    Section("/keys", "Keys"),
)
