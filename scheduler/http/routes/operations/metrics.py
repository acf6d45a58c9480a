"""The metrics of the installation, for Prometheus."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from fluxagents.scheduler.http.access import Client, Ports, check_may_read

router = APIRouter(tags=["metrics"])


@router.get("/metrics", summary="All metrics, as Prometheus reads them", response_class=Response)
def show_metrics(
    client: Client,
    ports: Ports,
    accept: Annotated[str, Header(max_length=1_000)] = "",
) -> Response:
    """Read when they are asked for; OpenMetrics for those who accept it, else Prometheus' text format."""
    check_may_read(client, "metrics")
    page, media_type = ports.metrics.write(accept)
    return Response(page, media_type=media_type)
