"""Lanes of messages to and from humans; one that is stuck delays no other."""

from __future__ import annotations

from typing import Literal

from fluxagents.flows.events import Frozen
from fluxagents.scheduler.outbox.outbox import Outbox

LaneName = Literal["email", "slack", "slack-in"]
"""`slack-in`: what Slack told us, which is answered before it is dealt with."""


class Lane(Frozen):
    """A receiver of the outbox."""

    name: LaneName


ChannelOutbox = Outbox[Lane]
