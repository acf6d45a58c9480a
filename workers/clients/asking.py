"""Asks a question of a model: picks the flow that answers it, and starts a run of it."""

from __future__ import annotations

from typing import Any

from fluxagents.flows.events import Lane
from fluxagents.scheduler.runs.run import Run
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.workers.chat_models.planner.flow_choice import choose_flow


class AskingClient(RunClient):
    """A client that needs no flow, only a question."""

    def ask(
        self,
        question: str,
        *,
        model: str,
        session: str = "",
        lane: Lane = "interactive",
        run_id: str | None = None,
        **inputs: Any,
    ) -> Run:
        """Start a run of the flow that answers a question, and return at once.

        The flow is the one of the library whose example questions are like this one, such as `strain_design`
        for "design a strain that overproduces succinate", or else `metabolic_analysis`.

        Args:
            question: What you want to know, in plain language.
            model: A model's name, file or content digest.
            session: Runs that belong together share one; by default the run is its own session.
            lane: `bulk` for work that nobody waits for.
            run_id: With an id of your own, a second start of the same run starts nothing.
            inputs: Further inputs of the flow, such as `medium`; they replace those of the question.

        Raises:
            FluxError: If the model or an input is not known or does not fit.
        """
        choice = choose_flow(question)
        return self.start(
            choice.flow,
            model=model,
            session=session,
            lane=lane,
            run_id=run_id,
            **{**choice.inputs, **inputs},
        )
