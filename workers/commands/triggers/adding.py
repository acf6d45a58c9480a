"""`fluxagents triggers add`: which events start which runs."""

from __future__ import annotations

from typing import Literal, cast

import click
from pydantic import ValidationError

from fluxagents.flows.events import Lane
from fluxagents.scheduler.schedules.grid import every as interval
from fluxagents.scheduler.triggers.event_trigger import (
    ArtifactSource,
    EventTrigger,
    FileSource,
    ModelSource,
    RunEnd,
    RunSource,
    Source,
    WebhookSource,
)
from fluxagents.scheduler.webhooks.incoming import create_incoming_secret
from fluxagents.workers.commands.display.options import examples, json_option, parse_pairs, parse_texts
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.triggers import trigger_access
from fluxagents.workers.commands.triggers.deliveries import SECRET_VARIABLE, print_secret


@click.command(
    epilog=examples(
        "fluxagents triggers add slow --on run --of metabolic_analysis --when 'growth_per_h < 0.1' "
        "--flow model_validation",
        "fluxagents triggers add check --on model --flow model_validation",
        "fluxagents triggers add again --on run --ends failed --ends dead --flow metabolic_analysis "
        "--expression 'question=question' --wait 10m --debounce --key model_name --max-open 1",
        "fluxagents triggers add pushes --on webhook --scheme github --model e_coli_core "
        "--flow metabolic_analysis --expression question=payload.question",
    )
)
@click.argument("name")
@click.option(
    "--on",
    "kind",
    type=click.Choice(["run", "model", "artifact", "webhook", "file"]),
    required=True,
    help="A run has ended; a tool made a model, or stored a result; something was posted; a file changed.",
)
@click.option("--of", default="", help="Only of this flow (--on run), of this tool, or files of such names.")
@click.option("--folder", default="", help="With --on file: a folder of the workers, or s3://bucket/prefix.")
@click.option("--every", default="1m", show_default=True, help="With --on file: how often one looks.")
@click.option(
    "--settle", default="10s", show_default=True, help="With --on file: it has been the same for so long."
)
@click.option("--backlog", is_flag=True, help="With --on file: those that are there now count as well.")
@click.option(
    "--ends",
    type=click.Choice(["finished", "failed", "cancelled", "dead"]),
    multiple=True,
    default=("finished",),
    show_default=True,
    help="With --on run: how it ended.",
)
@click.option(
    "--scheme",
    type=click.Choice(["standard", "github", "slack", "hmac"]),
    default="standard",
    show_default=True,
    help="With --on webhook: how it is signed.",
)
@click.option(
    "--hmac",
    "details",
    multiple=True,
    metavar="NAME=TEXT",
    help="With --scheme hmac: header, algorithm, encoding, prefix, delivery_header.",
)
@click.option(
    "--secret",
    envvar=SECRET_VARIABLE,
    help="With --on webhook: one that the sender has.  [default: one is made]",
)
@click.option("--when", default="", help="A condition on the event, in the language of flows.")
@click.option(
    "--flow", required=True, help="What is started: a flow's name, or a file, which fixes the flow."
)
@click.option("--model", help="On this model.  [default: the one of the event]")
@click.option("--model-from", default="", help="Instead: an expression that gives a name or digest.")
@click.option(
    "--via",
    default="",
    metavar="WEBHOOK",
    help="A repository: --model-from and --fetch give files of it, as 'path@commit'.",
)
@click.option(
    "--fetch",
    "files",
    multiple=True,
    metavar="NAME=TEXT",
    help="An input that is a model: an expression that gives a file of the repository.",
)
@click.option("--input", "pairs", multiple=True, metavar="NAME=VALUE", help="An input of the flow.")
@click.option(
    "--expression", "texts", multiple=True, metavar="NAME=TEXT", help="An input, computed from the event."
)
@click.option("--wait", help="Gather events for so long (30s, 10m), and start one run for all of them.")
@click.option("--debounce", is_flag=True, help="The wait begins anew with each event.")
@click.option("--key", default="", help="An expression: events with equal values belong together.")
@click.option("--max-open", type=click.IntRange(0), default=0, help="Runs of a key that may be open at once.")
@click.option("--reply-to", default="", metavar="WEBHOOK", help="Is told how the runs go.")
@click.option(
    "--reply",
    "replies",
    multiple=True,
    metavar="NAME=TEXT",
    help="Where there, by an expression: commit=payload.after",
)
@click.option("--lane", type=click.Choice(["bulk", "interactive"]), default="bulk", show_default=True)
@click.option("--replace", is_flag=True, help="Replace the trigger of this name.")
@json_option
def add(
    name: str,
    kind: Literal["run", "model", "artifact", "webhook", "file"],
    of: str,
    folder: str,
    every: str,
    settle: str,
    backlog: bool,
    ends: tuple[RunEnd, ...],
    scheme: str,
    details: tuple[str, ...],
    secret: str | None,
    when: str,
    flow: str,
    model: str | None,
    model_from: str,
    via: str,
    files: tuple[str, ...],
    pairs: tuple[str, ...],
    texts: tuple[str, ...],
    wait: str | None,
    debounce: bool,
    key: str,
    max_open: int,
    reply_to: str,
    replies: tuple[str, ...],
    lane: str,
    replace: bool,
    as_json: bool,
) -> None:
    """Start a run of a flow for each event from now on, under NAME.

    Expressions speak of the event: for --on run of the facts and inputs of the run, and of run_id, session,
    flow, status, answer, error, model, model_name; for model and artifact of tool, artifact, findings and the
    same ids; for webhook of payload, headers and delivery; for file of address, name, size and digest. With
    --wait there are also `events`, all that were gathered. An event that a trigger led to starts no run of
    the same trigger again.

    What --on webhook waits for is posted to /v1/hooks/NAME of the API, signed with the secret that is printed
    once.
    """
    if debounce and wait is None:
        raise click.UsageError("--debounce needs --wait")
    if (kind == "file") != bool(folder):
        raise click.UsageError("--on file and --folder belong together")
    source: Source
    match kind:
        case "webhook":
            source = _read_hook(scheme, details)
        case "file":
            source = _read_folder(folder, of, every=every, settle=settle, backlog=backlog)
        case _:
            source = _read_source(kind, of, ends)
    if isinstance(source, WebhookSource) and secret is None and not replace:
        secret = create_incoming_secret(source.scheme)
    trigger = trigger_access.open_triggers().add(
        name,
        source=source,
        flow=flow,
        when=when,
        model=model or "",
        model_from=model_from,
        via=via,
        fetch=parse_texts(files),
        inputs=parse_pairs(pairs),
        expressions=parse_texts(texts),
        lane=cast("Lane", lane),
        wait_s=interval(wait).seconds if wait else 0.0,
        is_debounced=debounce,
        key=key,
        max_open=max_open,
        reply_to=reply_to,
        reply=parse_texts(replies),
        secret=secret if isinstance(source, WebhookSource) else None,
        replace=replace,
    )
    _print_added(trigger, secret, as_json=as_json)


def _print_added(trigger: EventTrigger, secret: str | None, *, as_json: bool) -> None:
    """What a trigger starts now; for one that others post to, where, and the secret if it is new."""
    name, flow = trigger.name, trigger.flow_name or trigger.flow
    document = {"name": name, "on": str(trigger.source), "session": trigger.session}
    if not isinstance(trigger.source, WebhookSource):
        if as_json:
            print_json(document)
        else:
            echo(f"{name}: {trigger.source} starts {flow}")
        return
    address = f"/v1/hooks/{name}"
    if as_json:
        print_json({**document, "address": address, "secret": secret})
        return
    echo(f"{name}: what is posted to {address} of the API starts {flow}", err=True)
    if secret:
        print_secret(name, secret)
    else:
        echo(f"{name} keeps its secret", err=True)


def _read_folder(folder: str, pattern: str, *, every: str, settle: str, backlog: bool) -> FileSource:
    """Which files start runs, and how often they are looked for."""
    return FileSource(
        address=folder,
        pattern=pattern or "*",
        every_s=interval(every).seconds,
        settle_s=interval(settle).seconds,
        backlog=backlog,
    )


def _read_hook(scheme: str, details: tuple[str, ...]) -> WebhookSource:
    """How senders sign."""
    given = parse_texts(details)
    if given and scheme != "hmac":
        raise click.UsageError("--hmac needs --scheme hmac")
    if scheme == "hmac" and not given.get("header"):
        raise click.UsageError("--scheme hmac needs the header with the signature: --hmac header=X-Signature")
    try:
        return WebhookSource.model_validate({"scheme": {"kind": scheme, **given}})
    except ValidationError as error:
        raise click.UsageError(f"--hmac does not fit: {error.errors()[0]['msg']}") from error


def _read_source(kind: str, of: str, ends: tuple[RunEnd, ...]) -> Source:
    match kind:
        case "model":
            return ModelSource(tool=of)
        case "artifact":
            return ArtifactSource(tool=of)
    return RunSource(flow=of, ends=ends)
