"""Puts together what sends traces, if the extra for it is there."""

from __future__ import annotations

from importlib import import_module

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.observing.traces.trace_relay import TraceRelay
from fluxagents.workers.observing.traces.traced_step import SpanSender, TracedSteps
from fluxagents.workers.settings import Settings


def open_trace_relay(settings: Settings, steps: TracedSteps) -> TraceRelay:
    """What sends the spans of these steps to where the settings say.

    Raises:
        FluxError: If OpenTelemetry is missing.
    """
    return TraceRelay(steps, open_sender(settings))


def open_sender(settings: Settings) -> SpanSender:
    """What sends spans.

    Raises:
        FluxError: If OpenTelemetry is missing.
    """
    try:
        module = import_module("fluxagents.workers.observing.traces.otlp_sender")
    except ImportError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"FLUXAGENTS_TRACE_URL is set, and traces cannot be sent: {error}",
            suggestions=("pip install 'fluxagents[tracing]'",),
        ) from error
    sender: SpanSender = module.OtlpSender(settings)
    return sender
