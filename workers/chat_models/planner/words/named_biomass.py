"""What a run or its question names as the biomass reaction: "use bio2 as biomass"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_AS_BIOMASS = re.compile(
    r"[\s,;(]*\b(?:(?:and|please)\s+)?(?:use|take|using|taking|with)\s+(?:the\s+)?(?:reaction\s+)?['\"`]?"
    r"(?P<reaction>[^\s,;'\"`]+)['\"`]?\s+as\s+(?:the\s+)?(?:biomass|growth)(?:\s+reaction)?\b[).]?",
    re.IGNORECASE,
)


def split_biomass(question: str, inputs: Mapping[str, Any]) -> tuple[str, str | None]:
    """The question without what it says of biomass, and the reaction that it or the input `biomass` names."""
    match = _AS_BIOMASS.search(question)
    given = inputs.get("biomass")
    if match is None:
        return question, given if isinstance(given, str) else None
    return f"{question[: match.start()]}{question[match.end() :]}".lstrip(" ,;:.") or question, match[
        "reaction"
    ]
