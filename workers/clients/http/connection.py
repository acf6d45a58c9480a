"""Where the API is, and with which key it is asked."""

from __future__ import annotations

from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.settings import Settings

PAUSE_S = 0.2
"""Before a request that had no answer is sent again."""

TIMEOUT_S = 60.0


def connection_options(url: str | None, key: str | None) -> dict[str, Any]:
    """The options of an httpx2 client.

    Args:
        url: Of the API; `FLUXAGENTS_API_URL` when absent.
        key: The API key; `FLUXAGENTS_API_KEY` when absent.

    Raises:
        FluxError: If one of them is named nowhere.
    """
    settings = Settings.load()
    url = url or settings.api_url
    key = key or (settings.api_key.get_secret_value() if settings.api_key else "")
    if not url or not key:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"no {'address' if not url else 'key'} of the API is named",
            suggestions=(
                "set FLUXAGENTS_API_URL to what `fluxagents url api` prints on its machine",
                "set FLUXAGENTS_API_KEY to what `fluxagents api-keys create` printed",
            ),
        )
    return {"base_url": url, "headers": {"Authorization": f"Bearer {key}"}, "timeout": TIMEOUT_S}
