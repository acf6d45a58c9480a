"""Whether the HTTP services that an installation talks to answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPException
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from fluxagents.workers.chat_models.choice import ChatChoice, missing_extra
from fluxagents.workers.host import flower
from fluxagents.workers.host.api import process as api
from fluxagents.workers.host.run_file import RunStatus
from fluxagents.workers.settings import Settings

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAnswer:
    """What was seen of a service."""

    well: bool
    seen: str
    way_out: str = ""
    needed: bool = True
    """Whether the rest cannot work without it."""


def flower_problem(settings: Settings, status: RunStatus | None) -> EndpointAnswer:
    """Whether Flower answers on this machine; everything else works without it."""
    address = flower.url(settings.flower_port) if status is None else status.flower
    if flower.answers(urlsplit(address).port or settings.flower_port):
        return EndpointAnswer(well=True, seen=f"answers at {address}")
    return EndpointAnswer(
        well=False,
        needed=False,
        seen=f"does not answer at {address}",
        way_out="`fluxagents flower` starts it, if this is its machine",
    )


def api_problem(address: str) -> EndpointAnswer:
    """Whether the API that `fluxagents up` keeps running answers; runs go on without it."""
    if api.answers(urlsplit(address).port or 80, timeout_s=TIMEOUT_S):
        return EndpointAnswer(well=True, seen=f"answers at {address}")
    return EndpointAnswer(
        well=False,
        needed=False,
        seen=f"does not answer at {address}: no page, no metrics, no webhooks in",
        way_out="`fluxagents status` names its log",
    )


def chat_problem(choice: ChatChoice, timeout_s: float) -> EndpointAnswer:
    """Whether the provider of a chat model answers and knows the model."""
    if not choice.address.startswith(("http://", "https://")):
        return EndpointAnswer(
            well=False,
            seen=f"{choice.address} is no web address",
            way_out=f"correct {choice.variables}_BASE_URL",
        )
    if find_spec(f"langchain_{choice.provider}") is None:
        missing = missing_extra(choice)
        return EndpointAnswer(well=False, seen=missing.message, way_out="; ".join(missing.suggestions))
    ask = _anthropic_problem if choice.provider == "anthropic" else _openai_problem
    return ask(choice, min(TIMEOUT_S, timeout_s))


def _openai_problem(choice: ChatChoice, timeout_s: float) -> EndpointAnswer:
    listing = f"{choice.address}/models"
    headers = {"Accept": "application/json"}
    if choice.api_key is not None:
        headers["Authorization"] = f"Bearer {choice.api_key.get_secret_value()}"
    request = Request(listing, headers=headers)  # noqa: S310 # the scheme was checked
    try:
        with urlopen(request, timeout=timeout_s) as response:  # noqa: S310 # as above
            listed = json.load(response)
    except HTTPError as error:
        error.close()
        return _refusal(choice, f"{listing} answers {error.code} {error.reason}")
    except (OSError, HTTPException, ValueError) as error:
        return _unreachable(choice, f"{listing} cannot be read: {error}")
    entries = listed.get("data", []) if isinstance(listed, dict) else []
    names = [str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry]
    if names and choice.name not in names:
        return EndpointAnswer(
            well=False,
            seen=f"{choice.address} does not list {choice.name!r}; it lists {', '.join(names[:5])}",
            way_out=f"set {choice.variables}_MODEL to openai:<one of these>",
        )
    return _well(choice)


def _anthropic_problem(choice: ChatChoice, timeout_s: float) -> EndpointAnswer:
    anthropic: Any = import_module("anthropic")  # it comes with the optional extra
    key = choice.api_key.get_secret_value() if choice.api_key is not None else "none"
    try:
        with anthropic.Client(
            api_key=key, base_url=choice.address, timeout=timeout_s, max_retries=0
        ) as client:
            client.models.retrieve(choice.name)
    except anthropic.NotFoundError:
        return EndpointAnswer(
            well=False,
            seen=f"{choice.address} does not know {choice.name!r}",
            way_out=f"set {choice.variables}_MODEL to anthropic:<a model of the provider>",
        )
    except anthropic.APIStatusError as error:
        return _refusal(choice, f"{choice.address} answers {error.status_code} to {choice.name!r}")
    except (anthropic.APIConnectionError, anthropic.AnthropicError, ValueError) as error:
        return _unreachable(choice, f"{choice.address} cannot be read: {error}")
    return _well(choice)


def _well(choice: ChatChoice) -> EndpointAnswer:
    return EndpointAnswer(well=True, seen=f"{choice.name} at {choice.address}")


def _refusal(choice: ChatChoice, seen: str) -> EndpointAnswer:
    return EndpointAnswer(
        well=False, seen=seen, way_out=f"check {choice.variables}_API_KEY and {choice.variables}_BASE_URL"
    )


def _unreachable(choice: ChatChoice, seen: str) -> EndpointAnswer:
    return EndpointAnswer(
        well=False, seen=seen, way_out=f"start the endpoint or correct {choice.variables}_BASE_URL"
    )
