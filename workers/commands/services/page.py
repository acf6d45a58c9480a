"""`page`: a link that signs whoever runs the command in to the page."""

from __future__ import annotations

import webbrowser

import click

from fluxagents.workers.channels.browser_sign_in import open_sign_in
from fluxagents.workers.commands.command_client import open_authority
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.services.url import find_api_url
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.people.audit_log import RedisAuditLog
from fluxagents.workers.settings import Settings


@click.command(epilog=examples("fluxagents page", "fluxagents page --open"))
@click.option("--open", "opens", is_flag=True, help="Open it in the browser of this machine as well.")
@json_option
def page(*, opens: bool, as_json: bool) -> None:
    """Print a link to the page that signs you in, once and within five minutes.

    You are there who you are here: the user of this machine, or whose key FLUXAGENTS_API_KEY is.
    """
    settings = Settings.load()
    redis = connection.connect(settings, decode_responses=False)
    log = RedisAuditLog(redis, prefix=settings.key_prefix)
    token = open_sign_in(settings, redis, log).create_link(open_authority(settings).actor)
    link = f"{settings.public_url or find_api_url(settings)}/enter/link?once={token}"
    if opens:
        webbrowser.open(link)
    if as_json:
        print_json({"url": link})
    else:
        echo(link)
