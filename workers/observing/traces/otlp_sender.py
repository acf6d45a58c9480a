"""Sends spans by OTLP over HTTP. Brings OpenTelemetry (extra `tracing`): imported where traces are sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SpanExportResult

from fluxagents.workers.observing.traces.step_spans import SpanBuilder
from fluxagents.workers.observing.traces.traced_step import TracedStep
from fluxagents.workers.settings import Settings

TIMEOUT_S = 10.0
"""With the attempts that the exporter makes by itself."""


class OtlpSender:
    """See `SpanSender`.

    Args:
        settings: Say where to, with which headers, and whether content is sent.
    """

    def __init__(self, settings: Settings) -> None:
        # A receiver that is away is said once a relay, not at each attempt.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
        self._builder = SpanBuilder(content=settings.trace_content)
        self._exporter = OTLPSpanExporter(
            settings.trace_url,
            headers=settings.trace_header_fields,
            timeout=TIMEOUT_S,
            compression=Compression.Gzip,
        )

    def __call__(self, steps: Sequence[TracedStep]) -> bool:
        spans = [span for step in steps for span in self._builder.build(step)]
        return not spans or self._exporter.export(spans) is SpanExportResult.SUCCESS
