"""`metrics`: the page that Prometheus reads, without the API."""

from __future__ import annotations

import click

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.workers.commands.display.options import examples
from fluxagents.workers.commands.display.output import echo
from fluxagents.workers.host.metrics_page import open_metrics
from fluxagents.workers.observing.metrics.catalog import BY_NAME
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings


@click.command(epilog=examples("fluxagents metrics", "fluxagents metrics fluxagents_runs"))
@click.argument("names", nargs=-1)
def metrics(*, names: tuple[str, ...]) -> None:
    """Show all metrics, or those that are named. docs/metrics.md says what each means."""
    for name in names:
        if name not in BY_NAME:
            raise FluxError(
                ErrorClass.UNKNOWN_ID, f"there is no metric {name!r}", suggestions=nearest(name, BY_NAME)
            )
    settings = Settings.load()
    with connection.connect(settings) as redis:
        page, _ = open_metrics(settings, redis).write()
    for family in page.decode().split("# HELP ")[1:]:
        if not names or family.split(maxsplit=1)[0] in names:
            echo(f"# HELP {family}", nl=False)
