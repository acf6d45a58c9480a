"""Humans are told what a run waits for, in the words of a prompt, also when that prompt is broken."""

from __future__ import annotations

from pathlib import Path

from tests.support.decisions import state_at
from tests.support.recorded_run import acts_in

from fluxagents.flows.commands import NotifyHuman
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import HumanNotified
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.dispatch import NOTIFY

REQUEST = HumanRequest(id="01J.7", kind="question", node="answer", question="How much?", digest="ab")


class Told:
    """A channel that keeps what it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def notify(self, run_id: str, request: HumanRequest, *, key: str, text: str) -> tuple[str, ...]:
        assert (run_id, request.id, key) == ("01J", "01J.7", "01J.7")
        self.texts.append(text)
        return ("told",)


def notified(folder: Path, prompts: PromptManager) -> tuple[str, HumanNotified]:
    channel = Told()
    acts = acts_in(str(folder), notifier=channel, prompts=prompts)
    state = state_at("Which medium?").model_copy(update={"waiting_for": REQUEST, "status": "waiting"})
    controller = FlowController(FlowLibrary().get("metabolic_analysis"))
    (event,) = acts[NOTIFY](controller, state, NotifyHuman(request_id=REQUEST.id))
    assert isinstance(event, HumanNotified)
    assert event.channels == ("told",)
    return channel.texts[0], event


def test_the_text_comes_from_the_prompt_that_the_event_names(tmp_path: Path) -> None:
    prompts = PromptManager()
    text, event = notified(tmp_path, prompts)
    assert "> How much?" in text
    assert "fluxagents approvals reply 01J.7 TEXT" in text
    assert event.prompt == prompts.versions.find("escalation").digest


def test_a_version_in_production_is_what_humans_get(tmp_path: Path) -> None:
    prompts = PromptManager()
    body = prompts.versions.find("escalation").source.split("---\n", 2)[2]
    prompts.releases.promote("escalation", prompts.version_prompt("escalation", f"Dear human,\n{body}"))
    text, event = notified(tmp_path, prompts)
    assert text.startswith("Dear human,\n")
    assert event.prompt == prompts.versions.find("escalation", "production").digest


def test_a_version_that_cannot_be_rendered_does_not_keep_humans_from_knowing(tmp_path: Path) -> None:
    prompts = PromptManager()
    source = prompts.versions.find("escalation").source.replace("version: 2", "version: 3")
    broken = source.replace("  digest: string\n", "  digest: string\n  channel: string\n").replace(
        "      digest: 9f86d081884c7d65\n", "      digest: 9f86d081884c7d65\n      channel: mail\n"
    )
    prompts.releases.promote(
        "escalation", prompts.version_prompt("escalation", f"{broken}By {{{{ channel }}}}.\n")
    )
    text, event = notified(tmp_path, prompts)
    assert (text, event.prompt) == ("How much?", "")
