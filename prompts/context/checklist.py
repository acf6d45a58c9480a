"""Where a decision stands with the list of what the question asks."""

from __future__ import annotations

from typing import Literal

from fluxagents.flows.commands import Decide
from fluxagents.flows.state import RunState

QUESTION = "question"
"""The input of a flow that holds what the user wants to know."""

ChecklistStage = Literal["wanted", "kept", ""]
"""`wanted`: the next call must give the list. `kept`: the end must say what answers each item; there is none
if a chat model has given an empty list twice. Empty: nothing is listed."""


def checklist_stage(state: RunState, command: Decide) -> ChecklistStage:
    """What a decision must say of the things that are asked.

    Nothing if nobody asked anything, if no tool can be chosen, or if the log is of an early version.
    """
    if not (state.keeps_list and command.tools and state.inputs.get(QUESTION)):
        return ""
    return "wanted" if state.asked is None else "kept"
