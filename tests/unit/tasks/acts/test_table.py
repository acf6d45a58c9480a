"""Every Celery task of a step finds its act in the table."""

from __future__ import annotations

from pathlib import Path

from tests.support.recorded_run import acts_in

from fluxagents.tasks.dispatch import step_kind
from fluxagents.tasks.steps import STEP_TASKS, TOOL_TASKS


def test_every_step_task_has_an_act_and_every_act_a_task(tmp_path: Path) -> None:
    tasks = [task.name for task in (*STEP_TASKS.values(), *TOOL_TASKS.values())]
    assert {step_kind(task) for task in tasks} == set(acts_in(str(tmp_path)))
