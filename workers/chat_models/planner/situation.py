"""The prompt as the planner reads it, from the same sections and schemas that a chat model gets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.sections import read_lines, sections
from fluxagents.workers.chat_models.planner.words.named_biomass import split_biomass
from fluxagents.workers.chat_models.planner.words.phrase import EXCHANGE_ID

Entry = Mapping[str, Any]

_WANTED = "wanted"
"""What stands in place of the list of what is asked until it is given."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is asked, what is known, and what may be done."""

    task: str
    question: str
    biomass: str | None = None
    """The biomass reaction that the question or the inputs name."""
    conclusion: str = ""
    inputs: Entry = field(default_factory=dict)
    facts: Entry = field(default_factory=dict)
    findings: tuple[Entry, ...] = ()
    left_out: tuple[Entry, ...] = ()
    errors: tuple[Entry, ...] = ()
    humans: tuple[Entry, ...] = ()
    listed: tuple[str, ...] | None = None
    """Ids of the list of what is asked; None while it is not given."""
    steps_left: int = 1
    functions: Mapping[str, Entry] = field(default_factory=dict)
    """The parameters (JSON schema) of each function that may be called."""
    purposes: Mapping[str, str] = field(default_factory=dict)

    @property
    def open_errors(self) -> tuple[Entry, ...]:
        """Errors since the last success."""
        return tuple(error for error in self.errors if error.get("open"))

    @property
    def baseline_fails(self) -> bool:
        """Whether the model does not grow in its own medium."""
        return str(self.facts.get("status", "optimal")) != "optimal"

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Ids of exchange reactions in the findings and inputs; ids inside longer texts do not count."""
        texts = _list_texts([*self.findings, self.inputs])
        return tuple(dict.fromkeys(text for text in texts if re.fullmatch(EXCHANGE_ID, text)))

    @property
    def medium(self) -> dict[str, float]:
        """The uptakes that are known to be open: exchange -> uptake bound, or uptake, in mmol/gDW/h."""
        medium = self.inputs.get("medium")
        if isinstance(medium, Mapping):
            return dict(medium)
        unchanged = [
            finding for finding in self.findings if not finding.get("args", {}).get("medium_changes")
        ]
        changed = [finding for finding in self.findings if finding.get("tool") == "apply_medium"]
        return {
            **_merge_values(unchanged, "uptakes_mmol_per_gdw_h"),
            **_merge_values(unchanged, "medium_mmol_per_gdw_h"),
            **_merge_values(changed, "uptakes_after_mmol_per_gdw_h"),
        }


def _list_texts(data: Any) -> Iterator[str]:
    """The keys and texts in data, in their order."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield str(key)
            yield from _list_texts(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _list_texts(value)


def _merge_values(findings: Sequence[Entry], key: str) -> dict[str, float]:
    """The values that findings have under a key, by name; a later finding wins."""
    merged: dict[str, float] = {}
    for finding in findings:
        table = finding.get("found", {}).get(key)
        if isinstance(table, Mapping) and isinstance(table.get("values"), Mapping):
            merged |= table["values"]
    return merged


def read_situation(prompt: str, functions: Sequence[Mapping[str, Any]]) -> Situation:
    """Read a rendered prompt.

    Args:
        prompt: The user's text of a prompt of this package.
        functions: What may be called, in the shape of OpenAI's API.

    Raises:
        FluxError: `SCHEMA` if the prompt lacks a section that the planner reads.
    """
    parts = sections(prompt)
    offered = [entry["function"] for entry in functions]
    try:
        (inputs,) = read_lines(parts["inputs"])
        (facts,) = read_lines(parts.get("facts", "{}"))
        inputs = inputs if isinstance(inputs, dict) else {}
        question, biomass = split_biomass(parts["question"], inputs)
        return Situation(
            task=parts["task"],
            question=question,
            biomass=biomass,
            conclusion=parts.get("conclusion", ""),
            inputs=inputs,
            facts=facts if isinstance(facts, dict) else {},
            findings=_read_entries(parts["findings"]),
            left_out=_read_entries(parts.get("left_out", "")),
            errors=_read_entries(parts.get("errors", "")),
            humans=_read_entries(parts.get("humans", "")),
            listed=_read_listed(parts.get("asked", _WANTED)),
            steps_left=int(parts["steps_left"]),
            functions={entry["name"]: entry["parameters"] for entry in offered},
            purposes={entry["name"]: entry["description"] for entry in offered},
        )
    except (KeyError, ValueError) as error:
        raise FluxError(
            ErrorClass.SCHEMA,
            f"the offline planner cannot read this prompt: {type(error).__name__}: {error}",
            suggestions=("keep the sections task, question, inputs, findings and steps_left in the prompt",),
        ) from error


def _read_listed(text: str) -> tuple[str, ...] | None:
    return None if text == _WANTED else tuple(str(item["id"]) for item in _read_entries(text))


def _read_entries(text: str) -> tuple[Entry, ...]:
    return tuple(line for line in read_lines(text) if isinstance(line, dict))
