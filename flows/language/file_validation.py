"""Everything that is wrong with a flow's file, each with its line."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.pinning import linked
from fluxagents.flows.language.reading import document_with_lines, flow_from_mapping
from fluxagents.flows.language.validation import problems_of


def problems_in(
    text: str,
    *,
    where: str,
    tools: Mapping[str, ToolFacts],
    prompts: Collection[str],
    flows: Mapping[str, Flow],
) -> list[str]:
    """The problems of a file, a sentence each that begins with the file and the line.

    Args:
        text: The YAML document.
        where: What the sentences call it.
        tools: The tools that exist.
        prompts: The prompts that exist.
        flows: The flows that exist.
    """
    try:
        document, lines = document_with_lines(text, where=where)
        flow = flow_from_mapping(document, where=where, lines=lines)
    except FluxError as error:
        return [error.message, *(more.removeprefix("also ") for more in error.suggestions)]
    found = problems_of(flow, tools, prompts=prompts, flows=flows)
    said = [f"{where}:{lines.of(problem.path)}: {problem}" for problem in found]
    if not said:
        try:
            linked(flow, flows.__getitem__)
        except FluxError as error:
            said = [f"{where}: {error}"]
    return said
