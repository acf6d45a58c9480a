"""Whether the HTTP services that an installation talks to answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from fluxagents.workers import flower
from fluxagents.workers.run_file import RunStatus
from fluxagents.workers.settings import Settings

TIMEOUT_S = 5.0
OPENAI_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was seen of a service."""

    well: bool
    seen: str
    way_out: str = ""
    needed: bool = True
    """Whether the rest cannot work without it."""


def flower_problem(settings: Settings, status: RunStatus | None) -> Answer:
    """Whether Flower answers on this machine; everything else works without it."""
    address = flower.url(settings.flower_port) if status is None else status.flower
    if flower.answers(urlsplit(address).port or settings.flower_port):
        return Answer(well=True, seen=f"answers at {address}")
    return Answer(
        well=False,
        needed=False,
        seen=f"does not answer at {address}",
        way_out="`fluxagents flower` starts it, if this is its machine",
    )


def chat_problem(settings: Settings) -> Answer:
    """Whether the OpenAI-compatible endpoint of the settings answers and knows the model."""
    base = (settings.chat_base_url or OPENAI_URL).rstrip("/")
    model = settings.chat_model.partition(":")[2]
    if not base.startswith(("http://", "https://")):
        return Answer(
            well=False, seen=f"{base} is no web address", way_out="correct FLUXAGENTS_CHAT_BASE_URL"
        )
    headers = {"Accept": "application/json"}
    if settings.chat_api_key is not None:
        headers["Authorization"] = f"Bearer {settings.chat_api_key.get_secret_value()}"
    request = Request(f"{base}/models", headers=headers)  # noqa: S310 # the scheme was checked
    try:
        with urlopen(request, timeout=min(TIMEOUT_S, settings.chat_timeout_s)) as response:  # noqa: S310 # as above
            listed = json.load(response)
    except HTTPError as error:
        error.close()
        return Answer(
            well=False,
            seen=f"{base}/models answers {error.code} {error.reason}",
            way_out="check FLUXAGENTS_CHAT_API_KEY and FLUXAGENTS_CHAT_BASE_URL",
        )
    except (OSError, HTTPException, ValueError) as error:
        return Answer(
            well=False,
            seen=f"{base}/models cannot be read: {error}",
            way_out="start the endpoint or correct FLUXAGENTS_CHAT_BASE_URL",
        )
    return _about_model(base, model, listed)


def _about_model(base: str, model: str, listed: object) -> Answer:
    entries = listed.get("data", []) if isinstance(listed, dict) else []
    names = [str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry]
    if names and model not in names:
        return Answer(
            well=False,
            seen=f"{base} does not list {model!r}; it lists {', '.join(names[:5])}",
            way_out="set FLUXAGENTS_CHAT_MODEL to openai:<one of these>",
        )
    return Answer(well=True, seen=f"{model} at {base}")
