"""The trace that a run belongs to, as W3C's `traceparent`: `00-TRACE-SPAN-FLAGS`.

See https://www.w3.org/TR/trace-context/. Ids are derived from runs and steps, so that whoever speaks of
a step, now or after a crash, names the same span. A run that joins no other trace is its own parent:
the span in its context is that of the run itself.
"""

from __future__ import annotations

import hashlib
import re

TRACEPARENT = "traceparent"
"""The header of HTTP requests and of messages."""

_CONTEXT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<rest>-.*)?"
)
_VERSION = "00"
_SAMPLED = 1
_RANGE = 2**64


def read_trace(text: str) -> str:
    """The trace that a header names, as 32 hex digits; empty if it is no `traceparent`."""
    match = _match(text)
    return match["trace"] if match else ""


def begin_trace(run_id: str, *, share: float, parent: str = "") -> str:
    """The context of a new run; empty for a run that is not traced.

    Args:
        run_id: The run.
        share: Of runs that are traced, 0 to 1; 0 traces none, whoever asks for it.
        parent: The `traceparent` of the request for the run; its sender has decided then.
    """
    if not share:
        return ""
    match = _match(parent)
    if match:
        return _write(match["trace"], match["span"]) if int(match["flags"], 16) & _SAMPLED else ""
    trace = _derive(32, run_id)
    # As OpenTelemetry's ratio sampler, which looks at the last eight bytes.
    return _write(trace, find_run_span(run_id)) if int(trace[16:], 16) < share * _RANGE else ""


def pass_on(context: str, run_id: str, seq: int) -> str:
    """The context of a run that a step begins; empty if the run of the step is not traced."""
    return context and build_step_context(find_trace(context), run_id, seq)


def build_step_context(trace: str, run_id: str, seq: int) -> str:
    """The context of what a step does."""
    return _write(trace, find_step_span(run_id, seq))


def find_trace(context: str) -> str:
    """The trace, as 32 hex digits; empty for no context."""
    return context[3:35]


def find_parent(context: str) -> str:
    """The span in a context, as 16 hex digits."""
    return context[36:52]


def find_run_span(run_id: str) -> str:
    """The span of a whole run."""
    return _derive(16, run_id, "run")


def find_step_span(run_id: str, seq: int) -> str:
    """The span of a step."""
    return _derive(16, run_id, "step", seq)


def find_work_span(run_id: str, seq: int, number: int) -> str:
    """The span of one call of a tool or a chat model in a step."""
    return _derive(16, run_id, "work", seq, number)


def _match(text: str) -> re.Match[str] | None:
    match = _CONTEXT.fullmatch(text)
    # Only a later version may say more.
    return None if match is None or (match["version"] == _VERSION and match["rest"]) else match


def _derive(digits: int, *parts: str | int) -> str:
    text = "\n".join(map(str, ("fluxagents", *parts)))
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _write(trace: str, span: str) -> str:
    return f"{_VERSION}-{trace}-{span}-{_SAMPLED:02}"
