"""`fluxagents approvals show` and the answers: approve, reject, edit and reply."""

from __future__ import annotations

import time
from pathlib import Path

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.state import RunState
from fluxagents.prompts.human_text import human_text
from fluxagents.workers.archive.prompt_library import open_prompts
from fluxagents.workers.commands.approvals.argument_edits import read_edits
from fluxagents.workers.commands.approvals.vote_result import print_vote
from fluxagents.workers.commands.artifacts.add import store_table
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import (
    by_option,
    comment_option,
    digest_option,
    examples,
    json_option,
)
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.display.prompting import prompt_answer

EFFECT_S = 100.0
"""As long as the effect of an edited call may take before the command goes away."""

POLL_S = 0.2


@click.command(epilog=examples("fluxagents approvals show 01JB….7"))
@click.argument("request_id")
@json_option
def show(request_id: str, as_json: bool) -> None:
    """Show one request as its humans get it: what would run, what was tried, and the possible answers."""
    client = CommandClient()
    view = client.show_request(request_id)
    state = client.store.load(view.run_id)
    text = human_text(open_prompts(client.settings), state, view.request, silence=view.if_nobody_answers).text
    if as_json:
        # The fields of the request stand at the top, where early versions had them.
        shown = view.request.model_dump(mode="json")
        beside = view.model_dump(mode="json", exclude={"request", "effect", "id", "kind"})
        print_json({**shown, **beside, "effect_lines": list(view.effect), "text": text})
    else:
        echo(text)


@click.command(epilog=examples("fluxagents approvals approve 01JB….7"))
@click.argument("request_id")
@comment_option
@digest_option
@by_option
@json_option
def approve(request_id: str, comment: str, digest: str, by: str | None, as_json: bool) -> None:
    """Approve: once its policy is met, the run continues with exactly what was shown."""
    state = CommandClient().approve(request_id, by=by, comment=comment, digest=digest)
    print_vote(state, request_id, "approved", as_json=as_json)


@click.command(epilog=examples("fluxagents approvals reject 01JB….7 --reason 'keep the medium'"))
@click.argument("request_id")
@click.option("--reason", required=True, help="Why; the chat model sees it.")
@digest_option
@by_option
@json_option
def reject(request_id: str, reason: str, digest: str, by: str | None, as_json: bool) -> None:
    """Reject: the run continues without it and knows why."""
    state = CommandClient().reject(request_id, by=by, reason=reason, digest=digest)
    print_vote(state, request_id, "rejected", as_json=as_json)


@click.command(
    epilog=examples(
        "fluxagents approvals edit 01JB….7 --set bounds.PFK.upper_mmol_per_gdw_h=5",
        "fluxagents approvals edit 01JB….7 --arg replace=true",
    )
)
@click.argument("request_id")
@click.option(
    "--set",
    "edits",
    multiple=True,
    metavar="PATH=VALUE",
    help="A value to change, also one within an argument: its effect is computed, and it is asked for again.",
)
@click.option(
    "--arg", "pairs", multiple=True, metavar="NAME=VALUE", help="An argument to change and approve at once."
)
@click.option("--ask-again", is_flag=True, help="With --arg: do not approve, but ask everybody again.")
@comment_option
@digest_option
@by_option
@json_option
def edit(
    request_id: str,
    edits: tuple[str, ...],
    pairs: tuple[str, ...],
    ask_again: bool,
    comment: str,
    digest: str,
    by: str | None,
    as_json: bool,
) -> None:
    """Change the arguments of a call that is asked for: what was said before counts no more.

    With --set the effect of the new call is computed and everybody is asked again; with --arg it is approved
    at once, without a look at its effect.
    """
    if bool(edits) == bool(pairs):
        raise click.UsageError(
            "say what to change by --set or by --arg: `fluxagents approvals form` lists it"
        )
    client = CommandClient()
    call = client.request(request_id).call
    args = read_edits(edits or pairs, call.args if call else {})
    if edits or ask_again:
        state = client.edit_request(request_id, args, by=by, comment=comment, digest=digest)
        if state.describes_requests:
            _await_effect(client, request_id)
        print_vote(state, request_id, "edited", as_json=as_json)
        return
    state = client.approve(request_id, by=by, args=args, comment=comment, digest=digest)
    print_vote(state, request_id, "approved with other arguments", as_json=as_json)


def _await_effect(client: CommandClient, request_id: str) -> None:
    """Wait for the effect of the new call, so that whoever looks next sees it; it comes all the same."""
    late = time.monotonic() + EFFECT_S
    while time.monotonic() < late:
        request = client.store.load(request_id.rpartition(".")[0]).waiting_for
        if request is None or request.id != request_id or request.effect is not None:
            return
        time.sleep(POLL_S)


@click.command(
    epilog=examples(
        "fluxagents approvals reply 01JB….9 'use acetate'",
        "fluxagents approvals reply 01JB….9",
        "fluxagents approvals reply 01JB….9 --file growth.tsv",
    )
)
@click.argument("request_id")
@click.argument("answer", required=False)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A table (csv, tsv, xlsx, parquet): it is stored, and its digest is the answer.",
)
@by_option
@json_option
def reply(request_id: str, answer: str | None, file: Path | None, by: str | None, as_json: bool) -> None:
    """Answer a question or an escalation; without ANSWER, show what it takes and ask until it fits."""
    if file is not None and answer is not None:
        raise click.UsageError("give an ANSWER or a --file, not both")
    client = CommandClient()
    if file is not None:
        answer = store_answer(file, client.request(request_id))
    state = (
        client.reply(request_id, by=by, answer=answer)
        if answer is not None
        else _ask_until_it_fits(client, request_id, by)
    )
    print_vote(state, request_id, "answered", as_json=as_json)


def store_answer(file: Path, request: HumanRequest) -> str:
    """Store a file that is the answer to a question; its digest.

    Raises:
        FluxError: `BAD_ARGUMENT` if the question takes no file, or none whose name ends like this.
    """
    form = request.answer
    if form is None or form.kind != "file":
        expected = form.text if form else "a text"
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"request {request.id!r} takes no file, but {expected}")
    if form.endings and file.suffix.casefold() not in form.endings:
        message = f"request {request.id!r} takes no file like {file.name!r}"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(f"expected: {form.text}",))
    return store_table(file).digest


def _ask_until_it_fits(client: CommandClient, request_id: str, by: str | None) -> RunState:
    """Ask at the terminal, and again with the reason while an answer is not what is asked for."""
    while True:
        answer = prompt_answer(client.request(request_id))
        try:
            return client.reply(request_id, by=by, answer=answer)
        except FluxError as error:
            if error.kind is not ErrorClass.BAD_ARGUMENT:
                raise
            echo("; ".join((error.message, *error.suggestions)), fg="red", err=True)
