"""`/prompts`: versions of what chat models are shown: how they do, what changed, and which runs get."""

from __future__ import annotations

from difflib import unified_diff
from typing import Annotated, get_args
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.prompts.versions.record import Label
from fluxagents.scheduler.http.access import check_may_read
from fluxagents.scheduler.http.routes.prompts import list_prompts, show_prompt, show_version
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to

router = APIRouter(route_class=PageRoute)

MAX_WEIGHT = 1_000_000

Version = Annotated[str, Query(max_length=40)]


@router.get("/prompts")
def list_all(who: Who) -> Response:
    """The prompts, and which versions new runs get."""
    return who.show("figures/prompts.html.j2", prompts=list_prompts(who.client, who.ports))


@router.get("/prompts/{name}")
def show(name: str, who: Who) -> Response:
    """A prompt: how each version does, and the experiment that is under way."""
    prompt = show_prompt(name, who.client, who.ports)
    arms = list(prompt.experiment)
    on = Resource(kind="prompt", id=name)
    return who.show(
        "figures/prompt.html.j2",
        prompt=prompt,
        figures={row["version"]: row for row in who.ports.prompt_figures(name)},
        comparison=who.ports.compare_prompts(name, arms[0], arms[1]) if arms else None,
        labels=get_args(Label),
        may_promote=who.client.authority.may(Action.PROMPT_PROMOTE, on),
    )


@router.get("/prompts/{name}/compare")
def compare(name: str, who: Who, old: Version, new: Version = "latest") -> Response:
    """What changed from one version to another, and how they do with confidence intervals."""
    before = show_version(name, old, who.client, who.ports)
    after = show_version(name, new, who.client, who.ports)
    lines = unified_diff(
        before.source.splitlines(),
        after.source.splitlines(),
        f"version {before.version}",
        f"version {after.version}",
        lineterm="",
    )
    return who.show(
        "figures/prompt_versions.html.j2",
        before=before,
        after=after,
        diff="\n".join(lines),
        comparison=who.ports.compare_prompts(name, before.version, after.version),
    )


@router.post("/prompts/{name}")
def change(name: str, who: Who) -> Response:
    """Promote a version, take a promotion back, or begin or end an experiment."""
    check_may_read(who.client, "prompt", name)
    form, releases, at_ms = who.form, who.ports.prompts().releases, who.ports.clock.now_ms()
    version = form.get("version")
    match form.get("act"):
        case "promote":
            label = _read_label(form.get("label"))
            by = _record(who, Action.PROMPT_PROMOTE, name, version=version, label=label)
            releases.promote(name, version, label, by=by, at_ms=at_ms)
        case "roll back":
            label = _read_label(form.get("label"))
            by = _record(who, Action.PROMPT_ROLL_BACK, name, label=label)
            releases.rollback(name, label, by=by, at_ms=at_ms)
        case "begin":
            weights = {key: _read_weight(text) for key, text in form.under("weight.").items() if text}
            by = _record(who, Action.PROMPT_EXPERIMENT, name)
            releases.begin_experiment(name, _require_arms(weights), by=by, at_ms=at_ms)
        case "end":
            by = _record(who, Action.PROMPT_EXPERIMENT, name)
            releases.end_experiment(name, by=by, at_ms=at_ms)
        case _:
            raise FluxError(ErrorClass.BAD_ARGUMENT, "no act is chosen")
    return go_to(f"/prompts/{quote_url(name, safe='')}")


def _record(who: Visitor, action: Action, name: str, **details: str) -> str:
    on = Resource(kind="prompt", id=name)
    return who.client.authority.record(action, on, details={**details})


def _read_label(text: str) -> Label:
    for label in get_args(Label):
        if text == label:
            found: Label = label
            return found
    raise FluxError(ErrorClass.BAD_ARGUMENT, "there is no such label", suggestions=get_args(Label))


def _read_weight(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:8]) <= MAX_WEIGHT:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"a weight is a whole number from 1 to {MAX_WEIGHT:,}")
    return int(text[:8])


def _require_arms(weights: dict[str, int]) -> dict[str, int]:
    if len(weights) < 2:  # noqa: PLR2004 # an experiment has two arms
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "an experiment has two versions or more",
            suggestions=("write a weight beside each of them",),
        )
    return weights
