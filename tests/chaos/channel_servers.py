"""A mail server and Slack that write down each request that reaches them, until they are killed.

`python -m tests.chaos.channel_servers MAIL_PORT SLACK_PORT FILE`
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.support.mail_receiver import MailReceiver, receive_mail
from tests.support.slack_server import SlackServer, serve_slack

_LOCK = Lock()
_LINK = re.compile(r"https?://\S+/answer/\S+")


@dataclass
class KeptMail(MailReceiver):
    """Writes down what came before it says that it has it."""

    path: Path = Path()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        mail = self.mails[-1]
        body = mail.get_body(("plain",))
        link = _LINK.search(body.get_content() if body else "")
        note(self.path, id=str(mail["Message-ID"])[1:].partition("@")[0], link=link[0] if link else "")
        return answer


@dataclass
class KeptSlack(SlackServer):
    """As `KeptMail`."""

    path: Path = Path()

    def write(self, method: str, document: dict[str, Any]) -> dict[str, Any]:
        answer = super().write(method, document)
        if method == "chat.postMessage":
            metadata = document["metadata"]
            metadata = json.loads(metadata) if isinstance(metadata, str) else metadata
            note(self.path, id=metadata["event_payload"]["message"], link="")
        return answer


def note(path: Path, **line: str) -> None:
    """Add a line that outlives this process."""
    with _LOCK, path.open("a") as file:
        file.write(f"{json.dumps(line)}\n")


def main(mail_port: str, slack_port: str, file: str) -> None:
    path = Path(file)
    mail, slack = KeptMail(port=int(mail_port), path=path), KeptSlack(path=path)
    with receive_mail(mail), serve_slack(slack, port=int(slack_port)):
        Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
