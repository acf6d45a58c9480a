"""What a decision is shown, against the naive transcript: fewer tokens, with all facts that questions need.

The chat model of these runs follows a script, so that the figures are the same for all.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import context


def report(*, chat: str | None, as_json: bool) -> str:
    """Tokens of decisions in runs of 6 to 30 steps, and the facts that they are shown."""
    del chat
    with TemporaryDirectory() as name:
        if as_json:
            measured = [context.measure(Path(name) / str(count), count) for count in context.RUNS]
            return json.dumps([asdict(one) for one in measured], indent=2)
        return "\n".join(["context", *context.lines(Path(name))])
