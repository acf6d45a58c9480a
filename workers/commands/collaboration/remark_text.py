"""Remarks as people read them, in one line."""

from __future__ import annotations

import json

from fluxagents.flows.people.remarks import (
    Comment,
    Correction,
    ExpectedCall,
    Rating,
    RemarkBody,
    RequestClaim,
    RequestRelease,
    Watch,
)
from fluxagents.workers.commands.display.times import format_both


def describe_remark(body: RemarkBody) -> str:
    """What was said."""
    match body:
        case Rating():
            return f"{body.stars} of 5{': ' + body.reason if body.reason else ''}"
        case Correction():
            return "; ".join(_describe_expected(body))
        case Comment():
            return body.text
        case Watch():
            return "watches the run" if body.is_on else "watches the run no more"
        case RequestClaim():
            taken = f", taken from {body.taken_from}" if body.taken_from else ""
            return f"{body.request_id} until {format_both(body.until_ms)[0]} UTC{taken}"
        case RequestRelease():
            return body.request_id


def describe_expected_call(call: ExpectedCall) -> str:
    """A call with its arguments."""
    args = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in call.args.items())
    return f"{call.tool}({args})"


def _describe_expected(correction: Correction) -> list[str]:
    parts = []
    if correction.calls:
        parts.append(f"expected {', '.join(map(describe_expected_call, correction.calls))}")
    if correction.value:
        parts.append(f"expected {correction.value.name} = {correction.value.number:g}")
    if correction.answer:
        parts.append(f"should say: {correction.answer}")
    return parts
