"""Runs evaluation cases in this process, with the planner or a chat model."""

from __future__ import annotations

from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.collaboration.evaluation_case import EvaluationCase, Judgement, judge_case
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.chat_model import chat_model
from fluxagents.workers.chat_models.choice import first_choice, request_budget
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings


class SkippingClock:
    """The time, and whatever pauses were skipped: between two tries nothing happens here."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._skipped_ms = 0

    def now_ms(self) -> int:
        return self._clock.now_ms() + self._skipped_ms

    def skip_to(self, at_ms: int) -> None:
        """Let it be this time, if it lies ahead (Unix time in ms)."""
        self._skipped_ms += max(at_ms - self.now_ms(), 0)


class CaseRunner:
    """Puts cases to a chat model; each runs on its own, and nothing of it stays.

    Args:
        settings: Which chat model, where models and flows lie.
        folder: For the models and results of the cases.

    Raises:
        FluxError: If the chat model cannot be made.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        chat, self.chat_model = chat_model(settings)
        decider = Decider(
            chat,
            self.chat_model,
            PromptManager(),
            TOOLS,
            max_tokens=request_budget(first_choice(settings), settings),
            settings={} if settings.chat_temperature == "off" else None,
        )
        self._clock = SkippingClock()
        self._client = LocalClient(
            folder, clock=self._clock, decider=lambda: decider, flow_folders=(settings.flows_folder,)
        )
        self._models, self._adopting = ModelFiles(settings.artifact_url), ModelFiles(str(folder))

    def run(self, case: EvaluationCase) -> Judgement:
        """Run a case to its end, or until it asks a human.

        Raises:
            FluxError: If its model or its flow is not here.
        """
        inputs = {**case.inputs, **({"question": case.question} if case.question else {})}
        spec = RunSpec(model=self._bring_model(case), inputs=inputs)
        run = next(iter(self._client.batch(case.flow, [spec], lane="interactive")))
        state = run.state
        while state.status == "running" and state.not_before_ms:
            self._clock.skip_to(state.not_before_ms)
            self._client.tick()
            state = run.state
        return judge_case(case, state, run.events())

    def _bring_model(self, case: EvaluationCase) -> str:
        """The digest of the model, once it is where the case runs."""
        ref = ModelRef(digest=case.model, name=case.model_name)
        original = self._models.original(ref)
        if original is None:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"model {quote(case.model_name)} ({case.model}) of the case of run {case.run!r} is not here",
                suggestions=("add it again: `fluxagents models add FILE`",),
            )
        return self._adopting.adopt(self._models.show(ref), original).ref.digest
