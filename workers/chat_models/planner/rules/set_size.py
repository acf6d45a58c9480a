"""How many knock-outs a set has that a question asks for."""

from __future__ import annotations

from fluxagents.workers.chat_models.planner.words.phrase import Phrase

_KNOCK_OUTS = (
    r"(N)\b (?:gene |reaction )?(?:knockout|absent|remove|gene|reaction|GENE|REACTION)\b"
    r"|order (?:(?:at|of|to|with) )*(N)\b"
)


def find_set_size(phrase: Phrase) -> int | None:
    """The most knock-outs of a set: "up to 2 knock-outs", "of order 3", "triple", "pairs"."""
    counts = [int(count) for count in phrase.find_numbers(_KNOCK_OUTS)]
    if counts:
        return max(counts)
    return 3 if phrase.has("triple") else 2 if phrase.has("pair|double") else None
