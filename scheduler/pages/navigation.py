"""The sections of the site, in the order of its menu."""

from __future__ import annotations

from typing import NamedTuple


class Section(NamedTuple):
    """One entry of the menu."""

    path: str
    title: str
    is_daily: bool = True
    """Whether it stands in the menu itself, and not below *More*."""
    for_admins: bool = False
    """Whether others do not see it."""


SECTIONS = (
    Section("/", "Home"),
    Section("/runs", "Runs"),
    Section("/requests", "Approvals"),
    Section("/sessions", "Sessions"),
    Section("/models", "Models"),
    Section("/flows", "Flows"),
    Section("/schedules", "Schedules"),
    Section("/triggers", "Triggers", is_daily=False),
    Section("/prompts", "Prompts", is_daily=False),
    Section("/errors", "Errors", is_daily=False),
    Section("/statistics", "Statistics", is_daily=False),
    Section("/operations", "Operations", is_daily=False, for_admins=True),
    Section("/people", "People", is_daily=False),
    Section("/keys", "Keys", is_daily=False),
)


def list_sections(*, is_admin: bool) -> tuple[Section, ...]:
    """Those that somebody may see."""
    return tuple(section for section in SECTIONS if is_admin or not section.for_admins)
