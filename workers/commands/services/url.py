"""`url`: the address of Redis or Flower with its password, for programs that are not of this project."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.host import flower, run_file
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings


@click.command(
    epilog=examples(
        "fluxagents url",
        'celery -b "$(fluxagents url)" inspect ping',
        'curl "$(fluxagents url flower)/api/workers"',
    )
)
@click.argument("service", type=click.Choice(["redis", "flower"]), default="redis")
@json_option
def url(*, service: str, as_json: bool) -> None:
    """Print the URL of Redis, or of Flower, with its password. Keep it as you keep a password."""
    settings = Settings.load()
    address = connection.find_url(settings) if service == "redis" else _flower_url(settings)
    if as_json:
        print_json({"service": service, "url": address})
    else:
        echo(address)


def _flower_url(settings: Settings) -> str:
    status = run_file.read(settings.run_file)
    address = flower.url(settings.flower_port) if status is None else status.flower
    return flower.url_with_login(settings, address)
