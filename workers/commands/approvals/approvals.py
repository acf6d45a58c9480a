"""`fluxagents approvals`: what waits for a human, and the answers; each command is imported when called."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.lazy_group import LazyGroup
from fluxagents.workers.commands.display.options import examples

COMMANDS = {
    "list": ("approvals.request_listing:list_requests", "List the requests that wait, the oldest first."),
    "show": ("approvals.request_answers:show", "Show one request as its humans get it."),
    "approve": ("approvals.request_answers:approve", "Approve: the run continues with what was shown."),
    "reject": ("approvals.request_answers:reject", "Reject: the run continues without it and knows why."),
    "edit": ("approvals.request_answers:edit", "Change the arguments that are asked for."),
    "abstain": ("approvals.request_votes:abstain", "Have no opinion: nobody waits for this vote any more."),
    "recuse": ("approvals.request_votes:recuse", "Step out of a request that is not yours to judge."),
    "delegate": ("approvals.request_votes:delegate", "Let another person vote in your place."),
    "form": ("approvals.request_dialogue:form", "Show what each argument of a call means and may be."),
    "ask": ("approvals.request_dialogue:ask", "Ask the agent before you vote."),
    "take-over": ("approvals.request_dialogue:take_over", "Give the result in the tool's place."),
    "claim": ("collaboration.request_claims:claim", "See to a request: nobody else answers it meanwhile."),
    "release": ("collaboration.request_claims:release", "Give a request back that you have claimed."),
    "assign": ("collaboration.request_claims:assign", "Say who is to answer a request."),
    "standing": ("approvals.standing:standing", "Approve in advance, within ranges of arguments."),
    "reply": ("approvals.request_answers:reply", "Answer a question or an escalation."),
}
"""Name -> (module:attribute below `fluxagents.workers.commands`, help)."""


@click.group(
    cls=LazyGroup,
    commands_below=COMMANDS,
    epilog=examples(
        "fluxagents approvals list",
        "fluxagents approvals approve 01JB….7",
        "fluxagents approvals reject 01JB….7 --reason 'keep the medium'",
        "fluxagents approvals edit 01JB….7 --set medium_changes.EX_ac_e=5",
        "fluxagents approvals delegate 01JB….7 --to ben --for 2d",
        "fluxagents approvals reply 01JB….9 'use acetate'",
    ),
)
def approvals() -> None:
    """List what waits for a human, and answer it. An answer counts once."""
