"""Media told apart by what differs."""

from __future__ import annotations

import json
from collections.abc import Sequence


def medium_labels(media: Sequence[str]) -> list[str]:
    """A label per medium; for media given as JSON the uptakes (mmol/gDW/h) that not all of them have."""
    parsed = [json.loads(medium) if medium.startswith("{") else None for medium in media]
    uptakes = [set(medium.items()) for medium in parsed if medium is not None]
    common = set.intersection(*uptakes) if len(uptakes) > 1 else set()
    return [
        (text or "model's own medium")
        if medium is None
        else ", ".join(f"{name} {limit:g}" for name, limit in medium.items() if (name, limit) not in common)
        or "nothing else"
        for text, medium in zip(media, parsed, strict=True)
    ]
