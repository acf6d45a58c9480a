"""`url`: the address of Redis or Flower with its password, and of the API, for other programs."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.host import flower, run_file
from fluxagents.workers.host.api import process as http_api
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings


@click.command(
    epilog=examples(
        "fluxagents url",
        'celery -b "$(fluxagents url)" inspect ping',
        'curl "$(fluxagents url flower)/api/workers"',
    )
)
@click.argument("service", type=click.Choice(["redis", "flower", "api"]), default="redis")
@json_option
def url(*, service: str, as_json: bool) -> None:
    """Print the URL of Redis, or of Flower, with its password, or of the API.

    Keep one with a password as you keep a password.
    """
    settings = Settings.load()
    addresses = {"redis": connection.find_url, "flower": _flower_url, "api": find_api_url}
    address = addresses[service](settings)
    if as_json:
        print_json({"service": service, "url": address})
    else:
        echo(address)


def _flower_url(settings: Settings) -> str:
    return flower.url_with_login(settings, find_flower_url(settings))


def find_flower_url(settings: Settings) -> str:
    """Where Flower answers on this machine, without its login."""
    status = run_file.read(settings.run_file)
    return flower.url(settings.flower_port) if status is None else status.flower


def find_api_url(settings: Settings) -> str:
    """Where the API of this machine answers."""
    status = run_file.read(settings.run_file)
    return http_api.url(settings.api_port) if status is None or not status.api else status.api
