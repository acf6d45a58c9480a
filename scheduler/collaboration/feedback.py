"""Feedback: people rate and correct answers and decisions, whenever they like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.ratings import Ratings, find_ratings
from fluxagents.flows.people.remarks import (
    WHOLE_RUN,
    Correction,
    ExpectedCall,
    ExpectedValue,
    Rating,
    Remark,
)
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.flows.remedies import find_corrected_cases
from fluxagents.flows.texts.checks import check_document, check_text
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_REASON
from fluxagents.scheduler.collaboration.remark_writer import write_remark
from fluxagents.scheduler.people.directory import require_member
from fluxagents.scheduler.runs.run_client import RunClient

MIN_STARS, MAX_STARS = 1, 5

Opinion = TypeVar("Opinion", Rating, Correction)


class Feedback:
    """What people think of runs.

    Args:
        client: Of whoever acts.
        remedies: Learns from corrections what helps against an error.
    """

    def __init__(self, client: RunClient, remedies: RemedyBook) -> None:
        self._client = client
        self._remedies = remedies

    def rate(
        self, run_id: str, stars: int, *, on: str = WHOLE_RUN, reason: str = "", by: str | None = None
    ) -> Remark:
        """Say how good an answer or a decision is; a later rating of the same person replaces the former.

        Args:
            run_id: The run, ended or not, archived or not.
            stars: 1 to 5, 5 at best.
            on: `run` for its answer, `step:5` for the decision of a step, `finding:f3` for a finding.
            reason: Why.
            by: In whose name, if not your own.

        Raises:
            FluxError: If there is no such run, step or finding, or whoever acts may not.
        """
        if not (isinstance(stars, int) and MIN_STARS <= stars <= MAX_STARS):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT, f"{stars} stars are no rating; give {MIN_STARS} to {MAX_STARS}"
            )
        rating = Rating(stars=stars, reason=check_text(reason, "the reason", MAX_REASON))
        return write_remark(
            self._client,
            self._client.store.load(run_id),
            Action.RUN_RATE,
            lambda _, person: self._speak(person, rating),
            about=on,
            by=by,
            details={"stars": stars},
        )

    def correct(
        self,
        run_id: str,
        *,
        calls: Sequence[ExpectedCall] = (),
        value: ExpectedValue | None = None,
        answer: str = "",
        on: str = WHOLE_RUN,
        by: str | None = None,
    ) -> Remark:
        """Say what an answer or a decision should have been; the run stays as it is.

        `fluxagents eval add` makes an evaluation case of it. Where an error of the run was not resolved, the
        calls count as what helps against it.

        Args:
            run_id: The run, ended or not, archived or not.
            calls: All calls that answer the question, in any order; none leaves them open.
            value: A number that must be found.
            answer: What should have been said.
            on: As for `rate`.
            by: In whose name, if not your own.

        Raises:
            FluxError: If nothing is expected, an argument does not fit its tool, there is no such run, step
                or finding, or whoever acts may not.
        """
        check_text(answer, "the answer", MAX_REASON)
        if not calls and value is None and not answer:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                "the correction says nothing",
                suggestions=("name a call, a value or an answer that was expected",),
            )
        checked = tuple(map(self._check, calls))
        state = self._client.store.load(run_id)
        correction = Correction(calls=checked, value=value, answer=answer)
        remark = write_remark(
            self._client,
            state,
            Action.RUN_CORRECT,
            lambda _, person: self._speak(person, correction),
            about=on,
            by=by,
            details={"tools": [call.tool for call in checked]},
        )
        if checked and state.errors:
            cases = find_corrected_cases(
                self._client.store.events(run_id), [call.as_call() for call in checked]
            )
            self._remedies.record_outcome(f"{run_id}#{remark.number}", cases, remark.at_ms)
        return remark

    def ratings(self, run_id: str) -> Ratings:
        """What each person gave each subject of a run last."""
        return find_ratings(self._client.store.remarks.of(run_id))

    def _speak(self, person: str, opinion: Opinion) -> Opinion:
        """The opinion, if a person holds it."""
        if not isinstance(require_member(self._client.authority.directory, person).member, Person):
            raise FluxError(
                ErrorClass.PERMISSION,
                f"{quote(person)} is a service, and only people rate and correct",
                suggestions=("a service that speaks for others names the person with `by`",),
            )
        return opinion

    def _check(self, call: ExpectedCall) -> ExpectedCall:
        tools = self._client.tools
        if call.tool not in tools:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no tool {quote(call.tool)}",
                suggestions=(*nearest(call.tool, tools), "`fluxagents tools list` shows all"),
            )
        check_document(call.args, "argument")
        args = tools[call.tool].parse(call.args)
        return ExpectedCall(tool=call.tool, args=args.model_dump(mode="json", exclude_unset=True))
