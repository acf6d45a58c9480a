"""All requests of a run begin alike to the byte, so that a provider reads the beginning from its cache."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.chat_endpoint import (
    ChatEndpoint,
    Provider,
    Reply,
    calling,
    completion,
    message,
    serving,
    using,
)
from tests.support.decisions import ANSWER_TOOLS, BASELINE, LISTED, decide_with, state_at
from tests.support.recorded_run import RUN_ID, record

from fluxagents.flows.commands import AskedItem
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.events import DecisionMade, DecisionRefused, ToolFailed
from fluxagents.flows.state import Finding, Note, RunState, Summary
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.chat_model import chat_model
from fluxagents.workers.settings import Settings

QUESTION = "How fast does it grow without oxygen?"
ITEM = {"id": "a1", "quantity": "growth rate", "condition": "without oxygen"}


@pytest.fixture(params=["openai", "anthropic"])
def endpoint(request: pytest.FixtureRequest) -> Iterator[ChatEndpoint]:
    with serving(request.param) as found:
        yield found


def decider_of(endpoint: ChatEndpoint, **options: Any) -> Decider:
    settings = Settings(
        chat_model=f"{endpoint.provider}:tiny", chat_base_url=endpoint.url, chat_api_key="sk-1"
    )
    return Decider(*chat_model(settings), PromptManager(), TOOLS, **options)


def call(provider: Provider, name: str, args: dict[str, Any]) -> Reply:
    return calling(name, json.dumps(args)) if provider == "openai" else using(name, args)


def text(provider: Provider, said: str) -> Reply:
    if provider == "openai":
        return completion({"content": said}, reason="stop")
    return message({"type": "text", "text": said}, reason="end_turn")


def beginning_of(body: bytes) -> dict[str, Any]:
    """All of a request but what its user says."""
    found: dict[str, Any] = json.loads(body)
    said = found.pop("messages")
    return {**found, "instructions": [entry for entry in said if entry["role"] == "system"]}


def beginnings(endpoint: ChatEndpoint) -> list[str]:
    """The different beginnings of what was sent, with the order of their parts."""
    return list(dict.fromkeys(json.dumps(beginning_of(body)) for body in endpoint.requests))


def test_a_run_begins_its_requests_alike_after_results_errors_and_invalid_answers(
    endpoint: ChatEndpoint, tmp_path: Path
) -> None:
    end = {"answer": "f4.", "answers": [{"id": "a1", "finding": "f4"}]}
    script: Sequence[Reply] = (
        text(endpoint.provider, "It grows."),
        call(endpoint.provider, "run_metabolic_fba", {"asked": [ITEM], "medium_changes": {"EX_o_e": 0}}),
        call(endpoint.provider, "run_metabolic_fba", {"medium_changes": {"EX_o2_e": 0}}),
        call(endpoint.provider, "finish", {"answer": "f4."}),
        call(endpoint.provider, "finish", end),
        text(endpoint.provider, "0.212 1/h."),
    )
    endpoint.replies = list(script)
    run, _ = record(str(tmp_path), QUESTION, decider=decider_of(endpoint))
    kinds = [type(event) for event in run.log]
    assert (kinds.count(DecisionRefused), kinds.count(ToolFailed), kinds.count(DecisionMade)) == (2, 1, 4)
    assert run.load(RUN_ID).answered == "yes"
    del endpoint.requests[-1]  # of the report, which has no tools
    assert len(endpoint.requests) == 5
    assert len(beginnings(endpoint)) == 1


def failed(kind: ErrorClass) -> ErrorInfo:
    return FluxError(kind, "it failed").info("run_metabolic_fba")


def many(count: int) -> list[Finding]:
    return [
        BASELINE.model_copy(update={"id": f"f{at}", "args": {"objective": f"R{at}"}})
        for at in range(1, count + 1)
    ]


def states() -> Iterator[RunState]:
    """Where a run may stand at one of its decisions."""
    base = state_at(QUESTION).model_copy(update={"keeps_list": True})
    listed = (AskedItem.model_validate(ITEM),)
    yield base
    yield base.model_copy(update={"asked": listed})
    yield base.model_copy(update={"asked": ()})
    for kind in ErrorClass:
        standing = state_at(QUESTION, errors=[failed(kind)], open_errors=1)
        yield standing.model_copy(update={"keeps_list": True})
    told = Summary(text="It grows [f1].", ids=("f1", "f2"))
    noted = state_at(QUESTION, notes=[Note(by="ada", about="apply_medium", text="rejected: no")])
    yield noted.model_copy(update={"keeps_list": True, "asked": listed, "summary": told})
    tested = [finding.model_copy(update={"hypothesis": "It grows."}) for finding in many(60)]
    yield state_at(QUESTION, findings=tested).model_copy(update={"keeps_list": True, "asked": listed})
    other = state_at("Which genes are essential?", inputs={"medium": {"EX_o2_e": 0}})
    yield other.model_copy(update={"keeps_list": True, "run_id": "02J", "model_name": "iJO1366"})


@pytest.mark.parametrize("prompt", ["tool_selection", "no_growth", "hypothesis", "final_report"])
def test_a_node_begins_its_requests_alike_wherever_a_run_stands(endpoint: ChatEndpoint, prompt: str) -> None:
    endpoint.replies = [call(endpoint.provider, "finish", {"answer": "done", **LISTED})]
    decider = decider_of(endpoint, max_tokens=9_000)
    tools = () if prompt == "final_report" else ANSWER_TOOLS[:4]
    results = [decider.decide(state, decide_with(tools, prompt=prompt)) for state in states()]
    assert any(result.request and result.request.left_out for result in results)
    assert len(endpoint.requests) == len(results)
    assert len(beginnings(endpoint)) == 1
