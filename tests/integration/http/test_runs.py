"""Runs over HTTP."""

from __future__ import annotations

from typing import Any

from tests.support.http_api import Api

START: dict[str, Any] = {
    "flow": "metabolic_analysis",
    "model": "e_coli_core",
    "inputs": {"question": "How fast does it grow?"},
}


def test_a_started_run_has_an_address_under_which_it_is_shown(api: Api, rob: dict[str, str]) -> None:
    started = api.client.post("/v1/runs", json=START, headers=rob)
    assert started.status_code == 201, started.text
    shown = api.client.get(started.headers["Location"], headers=rob)
    assert shown.json() == started.json()
    assert shown.json()["inputs"]["question"] == START["inputs"]["question"]
    again = api.client.get(
        started.headers["Location"], headers={**rob, "If-None-Match": shown.headers["ETag"]}
    )
    assert again.status_code == 304
