"""`up`, `down`, `status`, and one command per service for production."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NoReturn

import click

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.ports.refused_messages import Refusal, describe_refused
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import PlainConsole, echo, print_json, print_table
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.services import status_view
from fluxagents.workers.commands.services.status_view import Announcer, StartProgress, View
from fluxagents.workers.host import data_folder, launch, run_file
from fluxagents.workers.host import detach as background
from fluxagents.workers.host import flower as web
from fluxagents.workers.host.api import process as http_api
from fluxagents.workers.host.supervisor import Supervisor, handle_signals
from fluxagents.workers.machine.private_files import UMASK
from fluxagents.workers.observing import log
from fluxagents.workers.observing.secret_mask import build_mask
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.observing.refused_messages import RedisRefusedMessages
from fluxagents.workers.settings import Settings

PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": True}


@click.command(epilog=examples("fluxagents up", "fluxagents up --detach", "fluxagents up --detach --json"))
@click.option("-d", "--detach", is_flag=True, help="Return once everything answers.")
@click.option("--ready-fd", type=int, hidden=True)
@json_option
def up(*, detach: bool, ready_fd: int | None, as_json: bool) -> None:
    """Start Redis (unless FLUXAGENTS_REDIS_URL names one), the workers, beat, Flower and the API.

    With a mailbox or Slack in the settings, what listens to them as well.

    Stays in the foreground, shows the state of the services, restarts what crashes, and stops everything
    on Ctrl-C.
    """
    settings = Settings.load()
    status = run_file.read(settings.run_file)
    if status is not None and status.running():
        if as_json:
            print_json(status_view.as_json(status))
        else:
            echo(f"running already (process {status.supervisor.pid}); stop it with `fluxagents down`")
        return
    new_password = ready_fd is None and _prepare(settings)
    if not detach:
        if new_password:
            _tell_login(settings)
        _foreground(ready_fd)
        return
    status = background.start(settings, StartProgress().show)
    if as_json:
        print_json(status_view.as_json(status))
        return
    print_table(status_view.COLUMNS, status_view.rows(status))
    if new_password:
        _tell_login(settings)
    echo(f"page {status.api}   `fluxagents page` signs you in; the API is at the same address")
    echo(f"Flower {status.flower}   Redis {status.redis}   stop with `fluxagents down`")


def _prepare(settings: Settings) -> bool:
    """Make the data folder private and choose a password of Flower; whether that is new."""
    closed = data_folder.prepare(settings)
    if closed:
        echo(closed, err=True)
    return web.make_password(settings)


def _tell_login(settings: Settings) -> None:
    """Say how to log in to Flower."""
    echo(f"Flower: user {web.USER}, password {web.read_password(settings)}")
    echo(f"(said once; `fluxagents url flower` says it again, {settings.flower_password_file} keeps it)")


def _foreground(ready_fd: int | None) -> None:
    if ready_fd is not None:
        os.set_inheritable(ready_fd, False)
    settings = Settings.load()
    log.configure(settings, build_mask(settings))
    view = View(PlainConsole())
    announcer = Announcer(
        view,
        ready=lambda: None if ready_fd is None else background.tell_ready(ready_fd),
        failed=lambda service: (
            None if ready_fd is None else background.tell_error(ready_fd, background.stays_down(service))
        ),
    )
    try:
        supervisor = Supervisor(settings, say=view.say, show=announcer.show)
        handle_signals(supervisor)
        with view.live():
            supervisor.run()
    except FluxError as error:
        if ready_fd is not None and not announcer.is_announced:
            background.tell_error(ready_fd, error)
        raise


@click.command(epilog=examples("fluxagents down", "fluxagents down --json"))
@json_option
def down(*, as_json: bool) -> None:
    """Stop what `fluxagents up` started: gracefully first, then by force. No run is lost."""
    settings = Settings.load()
    with notice_when_slow("stopping: steps that run may end first …"):
        stopped = background.stop(settings)
    if as_json:
        print_json({"stopped": stopped})
    elif stopped:
        echo(f"stopped: {', '.join(stopped)}")
    else:
        echo(f"nothing runs on {settings.data_dir}")


@click.command(epilog=examples("fluxagents status", "fluxagents status --json"))
@json_option
def status(*, as_json: bool) -> int:
    """Show the services that `fluxagents up` started, and whether there is room for what they write.

    Exit status 0 if all run and can write, else 1.
    """
    settings = Settings.load()
    written = run_file.read(settings.run_file)
    services = None if written is None else written.without_ended()
    running = services is not None and services.running()
    refused = _read_refused(settings)
    problems = data_folder.find_problems(settings) if settings.data_dir.exists() else []
    if services is not None and services.problem and not problems:
        problems = [services.problem]
    if as_json:
        document = {"running": False, "services": []} if services is None else status_view.as_json(services)
        print_json({**document, "problems": problems, "refused_messages": refused})
    elif services is None:
        echo(f"nothing runs on {settings.data_dir}; start it with `fluxagents up`")
    else:
        print_table(status_view.COLUMNS, status_view.rows(services))
        if services.api:
            echo(f"page {services.api}   `fluxagents page` signs you in; the API is at the same address")
        echo(f"Flower {services.flower}   Redis {services.redis}")
        if not running:
            echo("the supervisor was killed: `fluxagents down` stops what it left running")
    if not as_json:
        for problem in problems:
            echo(f"{problem}; the services go on by themselves when that is mended", fg="yellow")
    if refused and not as_json:
        echo(f"{describe_refused(refused)}; `fluxagents doctor` says what to do", fg="yellow")
    return 0 if running and services is not None and services.ready and not problems else 1


def _read_refused(settings: Settings) -> Mapping[Refusal, int] | None:
    """How many messages workers refused; None where Redis does not answer, which the services show."""
    try:
        redis = connection.connect(settings, decode_responses=False)
    except FluxError:
        return None
    with redis:
        return RedisRefusedMessages(redis, prefix=settings.key_prefix).counts()


@click.command(
    context_settings=PASS_ON,
    epilog=examples(
        "fluxagents worker --pool tools",
        "fluxagents worker --pool decide --concurrency 16",
        "fluxagents worker --pool tools --max-tasks-per-child 500",
    ),
)
@click.option(
    "--pool",
    type=click.Choice(["decide", "tools", "long", "control", "all"]),
    default="all",
    show_default=True,
    help="Which queues to serve, and how.",
)
@click.argument("celery_arguments", nargs=-1, type=click.UNPROCESSED)
def worker(*, pool: str, celery_arguments: tuple[str, ...]) -> None:
    """Run one worker in the foreground; further arguments go to `celery worker`.

    decide: decisions and messages to humans (threads). tools: tools, one process per core. long: slow
    tools, one at a time. control: the reconciler. all: everything in one worker.
    """
    settings = Settings.load()
    become(launch.worker(settings, pool, celery_arguments))


@click.command(
    context_settings=PASS_ON, epilog=examples("fluxagents beat", "fluxagents beat --loglevel DEBUG")
)
@click.argument("celery_arguments", nargs=-1, type=click.UNPROCESSED)
def beat(*, celery_arguments: tuple[str, ...]) -> None:
    """Run the scheduler in the foreground; further arguments go to `celery beat`.

    Several may run: one holds the lock and ticks, the others wait for it.
    """
    become(launch.beat(Settings.load(), celery_arguments))


@click.command(
    context_settings=PASS_ON,
    epilog=examples("fluxagents flower", "fluxagents flower --port=5556 --basic_auth=me:secret"),
)
@click.argument("flower_arguments", nargs=-1, type=click.UNPROCESSED)
def flower(*, flower_arguments: tuple[str, ...]) -> None:
    """Run Flower in the foreground, read-only on loopback; further arguments are those of `celery flower`.

    The user is `fluxagents`; the password is FLUXAGENTS_FLOWER_PASSWORD, or one that is chosen and kept.
    FLUXAGENTS_FLOWER_HOSTS names the hosts under which it may be called beside those of loopback.
    """
    settings = Settings.load()
    if settings.flower_password is None and _prepare(settings):
        echo("Flower has a new password: `fluxagents url flower` shows it", err=True)
    become(web.command(settings, extra=flower_arguments))


@click.command(
    epilog=examples(
        "fluxagents api", "fluxagents api --port 8200", "fluxagents api --host 0.0.0.0 --processes 4"
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), help="FLUXAGENTS_API_PORT, or 8100, if absent.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that serve requests.",
)
def api(*, host: str, port: int | None, processes: int) -> None:
    """Run the HTTP API in the foreground. Its addresses below /v1 take a key: `fluxagents api-keys create`.

    It speaks plain HTTP: put a server that speaks TLS before it unless it stays on this machine.
    """
    settings = Settings.load()
    become(http_api.command(port=port or settings.api_port, host=host, processes=processes))


def become(command: list[str]) -> NoReturn:
    """Turn this process into the command, once Redis has answered; what it writes is private."""
    settings = Settings.load()
    closed = data_folder.close(settings)
    if closed:
        echo(closed, err=True)
    connection.connect(settings).close()
    os.umask(UMASK)
    os.execve(command[0], command, launch.environment(settings))  # noqa: S606 # our own command
