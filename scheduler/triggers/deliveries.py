"""Deliveries: what people do with what was posted for a trigger, and with the secrets that prove who did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.expressions import evaluate
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.triggers.event_trigger import EventTrigger, WebhookSource
from fluxagents.scheduler.triggers.intake.delivery import Delivery
from fluxagents.scheduler.triggers.intake.delivery_box import DeliveryBox
from fluxagents.scheduler.triggers.intake.file_fetcher import split_address
from fluxagents.scheduler.triggers.judgement import Names, build_inputs, choose_model, join_names, judge
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.scheduler.webhooks.endpoint import rotate_secrets
from fluxagents.scheduler.webhooks.incoming import check_incoming_secret, create_incoming_secret

ROTATION_S = 86_400.0
"""How long an old secret counts as well, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a delivery would start."""

    delivery: str
    came_ms: int
    fires: bool
    note: str = ""
    """Why not, or why its run could not start."""
    flow: str = ""
    model: str = ""
    inputs: Mapping[str, JsonValue] | None = None
    key: str = ""


class Deliveries:
    """What people do with deliveries.

    Args:
        client: Checks flows and models, and says who acts.
        triggers: Finds triggers.
        box: Keeps what was posted.
        clock: The time.
    """

    def __init__(self, client: RunClient, triggers: Triggers, box: DeliveryBox, clock: Clock) -> None:
        self._client = client
        self._triggers = triggers
        self._box = box
        self._clock = clock

    def list(self, name: str, *, limit: int) -> Sequence[Delivery]:
        """What was posted and is kept, the newest first.

        Raises:
            FluxError: If there is no such trigger, nothing is posted for it, or whoever acts may not see it.
        """
        self._find(name, Action.TRIGGER_REPLAY)
        return self._box.list(name, limit=limit)

    def replay(self, name: str, delivery_id: str) -> str:
        """Let a delivery start a run again, as the trigger is now.

        Returns:
            The id under which it does.

        Raises:
            FluxError: If there is no such trigger or no such delivery of it is kept.
        """
        trigger = self._find(name, Action.TRIGGER_REPLAY)
        self._get(name, delivery_id)
        self._client.authority.record(Action.TRIGGER_REPLAY, _resource(trigger))
        occurrence = self._box.replay(name, delivery_id)
        if occurrence is None:
            raise _not_kept(name, delivery_id)
        return occurrence

    def preview(
        self,
        name: str,
        *,
        limit: int = 5,
        payload: JsonValue = None,
        headers: Mapping[str, str] | None = None,
        when: str | None = None,
        model_from: str | None = None,
        expressions: Mapping[str, str] | None = None,
    ) -> Sequence[Preview]:
        """What the last deliveries would start; starts nothing.

        Args:
            name: Of the trigger.
            limit: How many of the last deliveries.
            payload: Instead of these, what could be posted.
            headers: With it, by name in lower case.
            when: Another condition than that of the trigger.
            model_from: Another expression for the model.
            expressions: Other inputs that are computed.

        Raises:
            FluxError: If there is no such trigger.
        """
        trigger = self._find(name, Action.TRIGGER_REPLAY)
        changes: dict[str, object] = {"when": when, "model_from": model_from, "expressions": expressions}
        tried = trigger.model_copy(
            update={field: value for field, value in changes.items() if value is not None}
        )
        if payload is not None:
            names: Names = {"payload": payload, "headers": dict(headers or {}), "delivery": "preview"}
            return [self._preview(tried, "preview", self._clock.now_ms(), names)]
        return [
            self._preview(tried, delivery.id, delivery.came_ms, delivery.names())
            for delivery in self._box.list(name, limit=limit)
        ]

    def rotate(self, name: str, *, overlap_s: float = ROTATION_S, secret: str | None = None) -> str:
        """Change the secret of a trigger; the old one counts as well, until the sender has the new one.

        Args:
            name: Of the trigger.
            overlap_s: How long the old secret counts.
            secret: The new one; without it one is made.

        Returns:
            The new secret, which is shown to nobody afterwards.

        Raises:
            FluxError: If there is no such trigger, or the secret does not fit.
        """
        trigger = self._find(name, Action.TRIGGER_ROTATE)
        assert isinstance(trigger.source, WebhookSource)
        scheme = trigger.source.scheme
        if secret is not None:
            check_incoming_secret(scheme, secret)
        new = secret or create_incoming_secret(scheme)
        self._client.authority.record(Action.TRIGGER_ROTATE, _resource(trigger))
        until_ms = self._clock.now_ms() + round(overlap_s * 1_000)
        self._box.keep_secrets(name, rotate_secrets(self._box.secrets(name), new, until_ms=until_ms))
        return new

    def _preview(self, trigger: EventTrigger, delivery_id: str, came_ms: int, names: Names) -> Preview:
        judgement = judge(trigger, (), names)
        if not judgement.fires:
            return Preview(delivery_id, came_ms, fires=False, note=judgement.note)
        flow = trigger.flow_name or trigger.flow
        try:
            joined = join_names([names])
            inputs = {**build_inputs(trigger, joined), **self._name_files(trigger, joined)}
            check_inputs(self._client.check_flow(trigger.flow).flow, inputs)
            model = choose_model(trigger, joined, "")
            if trigger.via and trigger.model_from:
                split_address(model)
            else:
                model = self._client.models.resolve(model, files=False).name
        except FluxError as error:
            return Preview(delivery_id, came_ms, fires=False, note=error.message, flow=flow)
        return Preview(
            delivery_id, came_ms, fires=True, flow=flow, model=model, inputs=inputs, key=judgement.key
        )

    def _name_files(self, trigger: EventTrigger, names: Names) -> dict[str, JsonValue]:
        """The files that would be fetched."""
        files = {name: evaluate(text, names) for name, text in trigger.fetch.items()}
        return {name: "@".join(split_address(text)) for name, text in files.items()}

    def _find(self, name: str, action: Action) -> EventTrigger:
        """A trigger for which things are posted, for those who may do this with it."""
        trigger = self._triggers.get(name).trigger
        self._client.authority.permit(action, _resource(trigger))
        if not isinstance(trigger.source, WebhookSource):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"trigger {name!r} waits for {trigger.source}: nothing is posted for it",
                suggestions=("`fluxagents triggers add NAME --on webhook` makes one that takes deliveries",),
            )
        return trigger

    def _get(self, name: str, delivery_id: str) -> Delivery:
        delivery = self._box.get(name, delivery_id)
        if delivery is None:
            raise _not_kept(name, delivery_id)
        return delivery


def _resource(trigger: EventTrigger) -> Resource:
    return Resource(kind="trigger", id=trigger.name, session=trigger.session)


def _not_kept(name: str, delivery_id: str) -> FluxError:
    return FluxError(
        ErrorClass.UNKNOWN_ID,
        f"trigger {name!r} keeps no delivery {delivery_id!r}",
        suggestions=(f"`fluxagents triggers deliveries {name}` shows those that it keeps",),
    )
