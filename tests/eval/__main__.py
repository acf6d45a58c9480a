"""`make eval`: how often decisions are right, how well runs recover, and what a decision is shown.

`python -m tests.eval questions` evaluates one part.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.eval import context
from tests.eval.errors import run as errors
from tests.eval.questions import run as questions
from tests.eval.runs import run as runs

Evaluation = Callable[..., str]

PARTS: Mapping[str, Evaluation] = {
    "questions": questions.report,
    "runs": runs.report,
    "errors": errors.report,
    "context": context.report,
}
"""By name: takes `chat` and `as_json`, gives the report."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.eval", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none")
    parser.add_argument(
        "--chat-model",
        metavar="NAME",
        help="offline, openai:<model> or anthropic:<model>; as FLUXAGENTS_CHAT_MODEL if absent",
    )
    parser.add_argument("--first", type=int, metavar="N", help="of `runs`: the first N questions only")
    parser.add_argument("--tools", default="", metavar="A,B", help="of `runs`: offer these tools only")
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="of `runs`: keep outcomes, and go on from them"
    )
    parser.add_argument("--json", action="store_true", help="counts and wrong answers as JSON")
    options = parser.parse_args()
    for part in options.parts or PARTS:
        if part not in PARTS:
            parser.error(f"there is no part '{part}': {', '.join(PARTS)}")
        sample: dict[str, object] = {}
        if part == "runs":
            tools = tuple(filter(None, options.tools.split(",")))
            sample = {"first": options.first, "tools": tools, "record": options.record}
        sys.stdout.write(PARTS[part](chat=options.chat_model, as_json=options.json, **sample) + "\n")


main()
