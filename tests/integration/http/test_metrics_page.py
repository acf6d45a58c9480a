"""Metrics are for those with a key, and health for everybody."""

from __future__ import annotations

from tests.support.http_api import Api

from fluxagents.flows.people.roles import Role


def test_metrics_take_a_key(api: Api, ana: dict[str, str]) -> None:
    assert api.client.get("/metrics").status_code == 401
    page = api.client.get("/metrics", headers=ana)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/plain; version=")
    assert "fluxagents_redis_aof_ok 1.0" in page.text.splitlines()
    wanted = ana | {"Accept": "application/openmetrics-text; version=1.0.0"}
    assert api.client.get("/metrics", headers=wanted).text.endswith("# EOF\n")


def test_who_may_see_sessions_of_theirs_only_sees_no_metrics(api: Api) -> None:
    guest = api.bearer("guest", Role.VIEWER, place="session:s")
    assert api.client.get("/metrics", headers=guest).status_code == 403


def test_requests_are_counted_by_what_they_are_about(api: Api, ana: dict[str, str]) -> None:
    for _ in range(3):
        api.client.get("/v1/runs", headers=ana)
    api.client.get("/v1/runs/no-such-run", headers=ana)
    api.client.request("BREW", "/teapot")
    api.ports.metrics.store(listeners=7)
    page = api.client.get("/metrics", headers=ana).text
    name = "fluxagents_api_requests_total"
    assert f'{name}{{method="GET",resource="runs",status="2xx"}} 3.0' in page
    assert f'{name}{{method="GET",resource="runs",status="4xx"}} 1.0' in page
    assert f'{name}{{method="other",resource="other",status="4xx"}} 1.0' in page
    assert "fluxagents_api_listeners{" in page
    assert "no-such-run" not in page


def test_health_names_what_fails(api: Api) -> None:
    assert api.client.get("/livez").json() == {"status": "ok"}
    verbose = api.client.get("/healthz", params={"verbose": ""})
    assert verbose.status_code == 200
    assert "[+]redis ok" in verbose.text
