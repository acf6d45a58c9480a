"""The connection to an API: where it is, with which key it is asked, and what is sent again."""

from __future__ import annotations

import time
from typing import Any

import httpx2

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.clients.http.api_calls import (
    SUCCESS,
    TRIES,
    ApiCall,
    explain_outage,
    is_in_flight,
    read_problem,
)
from fluxagents.workers.settings import Settings

PAUSE_S = 0.2
"""Before a request that had no answer is sent again."""

TIMEOUT_S = 60.0


class ApiConnection:
    """Sends requests and raises the errors that answers tell of; threads may share it.

    Args:
        url: Of the API; `FLUXAGENTS_API_URL` when absent.
        key: The API key; `FLUXAGENTS_API_KEY` when absent.

    Raises:
        FluxError: If one of them is named nowhere.
    """

    def __init__(self, url: str | None, key: str | None) -> None:
        self._http = httpx2.Client(**_connection_options(url, key))

    def send(self, call: ApiCall) -> bytes:
        """The body of the answer.

        Raises:
            FluxError: That the answer tells of, or `PROVIDER_OUTAGE` if none comes.
        """
        return self._request(call).content

    def read_tag(self, call: ApiCall) -> str:
        """The `ETag` of the answer: what a change of it is to match."""
        return str(self._request(call).headers.get("ETag", ""))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _request(self, call: ApiCall) -> httpx2.Response:
        tries = TRIES if call.is_repeatable else 1
        while True:
            tries -= 1
            try:
                answer = self._http.request(
                    call.method, call.path, json=call.body, content=call.content, headers=call.headers
                )
            except httpx2.TransportError as error:
                if not tries:
                    raise explain_outage(str(self._http.base_url), error) from error
                time.sleep(PAUSE_S)
                continue
            if answer.status_code in SUCCESS:
                return answer
            problem = read_problem(answer.status_code, answer.content)
            if not tries or not is_in_flight(answer.content):
                raise problem
            time.sleep(PAUSE_S)


def _connection_options(url: str | None, key: str | None) -> dict[str, Any]:
    """The options of an httpx2 client."""
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
