"""The policies of the guide do what it says of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.places import DOCS
from tests.unit.scheduler.runs.test_request_control import HOUR_S, Lab

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.language.validation import find_problems
from fluxagents.tasks.registry import TOOLS, tool_facts

BLOCKS = [
    yaml.safe_load(text) for text in re.findall(r"(?s)```yaml\n(.*?)```", (DOCS / "policies.md").read_text())
]
FLOW, *POLICIES = BLOCKS


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def approve(lab: Lab, run: str, *names: str) -> None:
    for name in names:
        lab.as_(name).approve(lab.request(run).id)


def one_of_the_team(lab: Lab, run: str) -> None:
    lab.desk.wait_s(4 * HOUR_S)
    assert lab.request(run).level == 1
    approve(lab, run, "ben")
    assert lab.state(run).answer == "done"


def two_curators(lab: Lab, run: str) -> None:
    approve(lab, run, "ana")
    assert lab.state(run).status == "waiting"
    approve(lab, run, "cat")
    assert lab.state(run).answer == "done"


def a_curator_and_the_lead(lab: Lab, run: str) -> None:
    approve(lab, run, "ana")
    lab.as_("dan").reject(lab.request(run).id, reason="not safe")
    assert lab.state(run).answer == "refused"


def in_working_hours(lab: Lab, run: str) -> None:
    # It was asked on a Tuesday at 23:13 in Berlin: eight hours of work are over on Wednesday at 17:00.
    lab.desk.wait_s(11.5 * HOUR_S)
    assert lab.request(run).level == 0
    lab.desk.wait_s(0.5 * HOUR_S)
    assert lab.request(run).level == 1
    lab.desk.wait_s(6 * HOUR_S)
    assert lab.request(run).seats == ("group:curators", "lea")
    lab.desk.wait_s(48 * HOUR_S)
    assert lab.state(run).answer == "refused"


def the_lead_or_two(lab: Lab, run: str) -> None:
    lab.as_("ana").reject(lab.request(run).id, reason="unsure")
    approve(lab, run, "ben", "cat")
    assert lab.state(run).answer == "done"


def always_a_human(lab: Lab, run: str) -> None:
    lab.desk.wait_s(30 * 24 * HOUR_S)
    request = lab.request(run)
    assert (request.urgency, request.level) == ("high", 1)
    with pytest.raises(FluxError, match="is assigned to lea, group:curators"):
        approve(lab, run, "dan")
    approve(lab, run, "ana")
    assert lab.state(run).answer == "done"


CHECKS: tuple[Callable[[Lab, str], None], ...] = (
    one_of_the_team,
    two_curators,
    a_curator_and_the_lead,
    in_working_hours,
    the_lead_or_two,
    always_a_human,
)


@pytest.mark.parametrize(("policy", "check"), list(zip(POLICIES, CHECKS, strict=True)))
def test_a_policy_of_the_guide_does_what_it_says(
    lab: Lab, policy: dict[str, Any], check: Callable[[Lab, str], None]
) -> None:
    run = lab.start(**policy)
    check(lab, run)
    asked = [each for each in lab.client.store.events(run) if isinstance(each, e.ApprovalRequested)]
    assert len(asked) == 1


def test_the_flow_of_the_guide_is_sound() -> None:
    flow = flow_from_yaml(yaml.safe_dump(FLOW, sort_keys=False))
    # It declares an approval for a tool that its readers may call as well.
    assert [str(problem) for problem in find_problems(flow, tool_facts(TOOLS))] == []


@pytest.mark.parametrize(
    ("approval", "message"),
    [
        ({"policy": {"any": ["ana"]}}, "there is no 'any' in a policy"),
        ({"policy": "not a name"}, "no person, no `group:NAME` and no `skill:NAME`"),
        ({"policy": "ana", "ladder": [{"after": "2h"}, {"after": "1h"}]}, "sort them"),
        ({"policy": "ana", "ladder": [{"after": "2x"}]}, "is no time like `30m`"),
        (
            {"policy": "ana", "ladder": [{"after": "1h", "then": "somewhere"}]},
            "leads to 'somewhere', which is no node",
        ),
        ({"policy": "ana", "ladder": [{"after": "1h", "via": "pigeon"}]}, "'pigeon', which is none of inbox"),
        ({"policy": "ana", "calendar": {"hours": "9-5"}}, "add one"),
        ({"policy": "ana", "ladder": [{"after": "1h"}], "calendar": {"hours": "9-5"}}, "are no hours like"),
        ({"polcy": "ana"}, "there is no such field 'polcy'; nearest: policy"),
        ({"policy": "ana", "ladder": [{"afer": "1h"}]}, "there is no such field 'afer'; nearest: after"),
    ],
)
def test_a_mistake_is_named_before_anything_runs(approval: dict[str, Any], message: str) -> None:
    nodes = FLOW["nodes"] | {"change": FLOW["nodes"]["change"] | {"approval": approval}}
    text = yaml.safe_dump(FLOW | {"nodes": nodes}, sort_keys=False)
    try:
        problems = "; ".join(map(str, find_problems(flow_from_yaml(text), tool_facts(TOOLS))))
    except FluxError as error:
        problems = str(error)
    assert "node 'change'" in problems
    assert message in problems
