"""What a repository is told of a run: only of a commit, only of its end, in the form that GitHub takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fluxagents.scheduler.webhooks.commit_status import MAX_DESCRIPTION, build_status, has_status, read_status
from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret
from fluxagents.scheduler.webhooks.notice import Notice
from fluxagents.scheduler.webhooks.relay import is_told

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = Endpoint(
    name="ci",
    form="github",
    url="https://api.github.com/repos/lab/models",
    events=("*",),
    secrets=(Secret(text="token"),),
    owner="ada",
    created_ms=1,
)


def notice(kind: str = "run.finished", commit: str = COMMIT, reply_to: str = "ci", **data: Any) -> Notice:
    told = {"run_id": "r1", "trigger": "pushes", **data}
    return Notice(
        key="r1|9",
        type=kind,
        at_ms=1,
        session="s",
        flow="model_check",
        reply_to=reply_to,
        data=told,
        reply={"commit": commit} if commit else {},
    )


@pytest.mark.parametrize(
    ("kind", "data", "state", "description"),
    [
        ("run.finished", {"answer": "Passed:\n score 0.9"}, "success", "Passed: score 0.9"),
        ("run.failed", {"error": {"kind": "infeasible", "message": "Worse."}}, "failure", "Worse."),
        ("run.cancelled", {}, "error", "Cancelled"),
        ("run.dead", {"error": {"message": "It died."}}, "error", "It died."),
    ],
)
def test_an_end_is_a_status(kind: str, data: dict[str, Any], state: str, description: str) -> None:
    commit, body = read_status(build_status(notice(kind, **data), "https://flux.example.org"))
    assert commit == COMMIT
    assert json.loads(body) == {
        "state": state,
        "description": description,
        "context": "fluxagents/pushes",
        "target_url": "https://flux.example.org/v1/runs/r1",
    }


def test_a_long_answer_is_cut_to_what_is_taken() -> None:
    _, body = read_status(build_status(notice(answer="µ" * 1_000), ""))
    status = json.loads(body)
    assert len(status["description"]) == MAX_DESCRIPTION
    assert "target_url" not in status


@pytest.mark.parametrize(
    "other",
    [
        notice("run.started"),
        notice(commit=""),
        notice(commit=COMMIT[:7]),
        notice(commit=f"{COMMIT[:-1]}/../../x"),
        notice(commit=COMMIT.upper()),
        notice(reply_to="lab"),
        notice(reply_to=""),
    ],
)
def test_nothing_else_is_told(other: Notice) -> None:
    assert not is_told(REPOSITORY, other)
    assert is_told(REPOSITORY, notice())
    assert has_status(notice())
