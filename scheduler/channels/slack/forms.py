"""Forms that buttons in Slack open: a reason, a question back, or other arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.channels.answer_desk import AnswerDesk
from fluxagents.scheduler.channels.argument_texts import NO, YES, write_value
from fluxagents.scheduler.channels.slack.slack_event import FORM, REASON, Press
from fluxagents.scheduler.runs.argument_form import ArgumentField

MAX_TITLE = 24
MAX_FIELDS = 60
"""Of a view; Slack takes 100 blocks."""
MAX_CHOICES = 100
MAX_CHOICE = 75
MAX_VALUE = 3_000
MAX_HINT = 300

OpenView = Callable[[str, dict[str, Any]], None]
"""Opens a view for the press of this trigger; a `FluxError` where Slack does not."""

_TITLES = {"reject": "Reject", "ask": "Ask the agent", "edit": "Other arguments"}
_LABELS = {
    "reject": "Why not (the agent reads it)",
    "ask": "What do you want to know before you decide?",
}

Block = dict[str, Any]

log = structlog.get_logger("slack")


class SlackForms:
    """Opens the form of a button.

    Args:
        answers: Knows the requests.
        open_view: Opens a view.
    """

    def __init__(self, answers: AnswerDesk, open_view: OpenView) -> None:
        self._answers = answers
        self._open_view = open_view

    def show(self, press: Press) -> bool:
        """Open the form that a button asks for; False if the request or Slack does not allow it."""
        kind = press.action.removeprefix(FORM)
        try:
            is_current = self._answers.show(press.request).digest == press.digest
            if is_current:
                fields = self._answers.show_form(press.request) if kind == "edit" else ()
                self._open_view(press.delivery, build_view(kind, press, fields))
        except FluxError as error:
            log.warning("no form", request=press.request, why=error.message)
            return False
        return is_current


def build_view(kind: str, press: Press, fields: Sequence[ArgumentField]) -> dict[str, Any]:
    """The view of a form.

    Args:
        kind: `reject`, `ask` or `edit`.
        press: Of the button that opens it.
        fields: The arguments of the call, for `edit`.
    """
    about = {"request": press.request, "digest": press.digest, "place": press.place}
    return {
        "type": "modal",
        "callback_id": kind,
        "private_metadata": json.dumps(about),
        "title": _plain(_TITLES[kind], MAX_TITLE),
        "submit": _plain("Send", MAX_TITLE),
        "close": _plain("Not now", MAX_TITLE),
        "blocks": list(_write_fields(fields)) if kind == "edit" else [_write_text(kind)],
    }


def _write_text(kind: str) -> Block:
    element = {"type": "plain_text_input", "action_id": REASON, "multiline": True, "max_length": MAX_VALUE}
    return _input(REASON, _LABELS[kind], element, is_optional=kind == "reject")


def _write_fields(fields: Sequence[ArgumentField]) -> Iterator[Block]:
    """What the call names, and what else the tool takes, as far as Slack has room for it."""
    for field in fields[:MAX_FIELDS]:
        text = write_value(field.value)
        if len(text) <= MAX_VALUE:
            label = f"{field.name} ({field.unit})" if field.unit else field.name
            yield _input(field.name, label, _write_element(field, text), hint=field.description)


def _write_element(field: ArgumentField, text: str) -> Block:
    choices = [YES, NO] if field.type == "yes_no" else [write_value(choice) for choice in field.choices]
    if 0 < len(choices) <= MAX_CHOICES and all(0 < len(choice) <= MAX_CHOICE for choice in choices):
        options = [{"text": _plain(choice, MAX_CHOICE), "value": choice} for choice in choices]
        chosen = [option for option in options if option["value"] == text]
        element: Block = {"type": "static_select", "action_id": field.name, "options": options}
        return {**element, "initial_option": chosen[0]} if chosen else element
    if field.type in {"number", "integer"}:
        element = {
            "type": "number_input",
            "action_id": field.name,
            "is_decimal_allowed": field.type == "number",
        }
        limits = {"min_value": field.minimum, "max_value": field.maximum}
        element |= {name: f"{value:g}" for name, value in limits.items() if value is not None}
    else:
        element = {"type": "plain_text_input", "action_id": field.name, "multiline": field.type != "text"}
    return {**element, "initial_value": text} if text else element


def _input(name: str, label: str, element: Block, *, is_optional: bool = True, hint: str = "") -> Block:
    block: Block = {
        "type": "input",
        "block_id": name,
        "optional": is_optional,
        "label": _plain(label, MAX_HINT),
        "element": element,
    }
    return {**block, "hint": _plain(hint, MAX_HINT)} if hint else block


def _plain(text: str, limit: int) -> Block:
    shown = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return {"type": "plain_text", "text": shown, "emoji": False}
