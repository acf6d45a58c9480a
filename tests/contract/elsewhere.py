"""Calls every tool with its example in a process of its own, as another worker would; prints the results."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from pydantic import JsonValue
from tests.support.recorded_run import record

from fluxagents.tasks.registry import TOOLS


def results(folder: str) -> Mapping[str, JsonValue]:
    """What each tool finds on e_coli_core.

    Args:
        folder: For the store that the examples read.
    """
    sources = record(folder)[1]
    model = sources.models.load(sources.models.resolve("e_coli_core"))
    return {
        tool.name: tool.carry_out(
            model if tool.needs_model else None, tool.parse(tool.example), sources
        ).model_dump(mode="json")
        for tool in TOOLS.values()
    }


if __name__ == "__main__":
    json.dump(results(sys.argv[1]), sys.stdout)
