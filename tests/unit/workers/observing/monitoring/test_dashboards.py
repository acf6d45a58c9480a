"""Dashboards show every metric, name none that does not exist, and are as Grafana reads them."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel
from tests.support.places import DOCS, ROOT

from fluxagents.workers.observing.metrics.catalog import BY_NAME, METRICS
from fluxagents.workers.observing.metrics.exposition import TRACE_LABEL
from fluxagents.workers.observing.monitoring.dashboards import list_queries

GRAFANA = ROOT / "deploy" / "grafana"
PAGE = ROOT / "tests" / "data" / "metrics" / "healthy.txt"
"""Of a real installation after one run."""
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))


def read_source(name: str) -> dict[str, Any]:
    """A source of data, as Grafana is given it."""
    file = GRAFANA / "provisioning" / "datasources" / f"{name}.yml"
    (source,) = yaml.safe_load(file.read_text())["datasources"]
    return dict(source)


SOURCES = {read_source(name)["uid"] for name in ("prometheus", "jaeger")}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


class Source(Strict):
    type: Literal["prometheus", "jaeger"]
    uid: str


class Place(Strict):
    x: Annotated[int, Field(ge=0, lt=24)]
    y: Annotated[int, Field(ge=0)]
    w: Annotated[int, Field(ge=1, le=24)]
    h: Annotated[int, Field(ge=1)]


class Target(Strict):
    ref_id: Annotated[str, Field(pattern=r"^[A-Z]$")]
    datasource: Source
    expr: str
    legend_format: str
    exemplar: bool


class TraceTarget(Strict):
    """As Grafana's source for Jaeger reads it: a search, or the id of a trace."""

    ref_id: Annotated[str, Field(pattern=r"^[A-Z]$")]
    datasource: Source
    query_type: Literal["search"] | None = None
    service: str | None = None
    tags: str | None = None
    limit: str | None = None
    query: str | None = None


class TextBox(Strict):
    """What a reader fills in."""

    name: Annotated[str, Field(pattern=r"^[a-z]+$")]
    label: str
    type: Literal["textbox"]
    query: str
    hide: Literal[0]


class Panel(Strict):
    """As far as ours go, of the schema of Grafana's dashboards (`kinds/dashboard`, version 39)."""

    id: int
    title: str
    type: Literal["timeseries", "stat", "table", "traces"]
    datasource: Source
    grid_pos: Place
    field_config: dict[str, Any]
    options: dict[str, Any]
    targets: Annotated[list[Target | TraceTarget], Field(min_length=1)]


class Dashboard(Strict):
    uid: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,40}$")]
    title: str
    tags: list[str]
    schema_version: Literal[39]
    version: int
    editable: bool
    refresh: str
    time: dict[str, str]
    timezone: str
    annotations: dict[str, list[Any]]
    templating: dict[Literal["list"], list[TextBox]]
    panels: list[Panel]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dashboard_is_as_grafana_reads_it(file: Path) -> None:
    dashboard = TypeAdapter(Dashboard).validate_json(file.read_text())
    numbers = [panel.id for panel in dashboard.panels]
    assert len(set(numbers)) == len(numbers)
    places = {(panel.grid_pos.x, panel.grid_pos.y) for panel in dashboard.panels}
    assert len(places) == len(numbers)
    for panel in dashboard.panels:
        assert {target.datasource for target in panel.targets} == {panel.datasource}
        assert panel.datasource.uid in SOURCES
    used = set(re.findall(r"\$([a-z]+)", file.read_text()))
    assert used == {each.name for each in dashboard.templating["list"]}


def test_an_exemplar_leads_to_the_store_of_traces() -> None:
    source = read_source("prometheus")
    (destination,) = source["jsonData"]["exemplarTraceIdDestinations"]
    assert (destination["name"], destination["datasourceUid"]) == (TRACE_LABEL, read_source("jaeger")["uid"])
    targets = [
        target
        for file in FILES
        for panel in json.loads(file.read_text())["panels"]
        for target in panel["targets"]
        if target.get("exemplar")
    ]
    assert targets
    assert all("_bucket[" in target["expr"] for target in targets)


def test_every_query_names_metrics_that_exist_and_every_metric_has_a_panel() -> None:
    shown = set()
    for file in FILES:
        for query in list_queries(json.loads(file.read_text())):
            for name in re.findall(r"fluxagents_\w+", query):
                base = name if name in BY_NAME else re.sub(r"_(bucket|count|sum)$", "", name)
                assert base in BY_NAME, query
                shown.add(base)
    assert shown == {metric.name for metric in METRICS}


def test_every_query_has_an_answer_on_the_page_of_a_real_installation(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    families = list(text_string_to_metric_families(PAGE.read_text()))
    samples = [sample for family in families for sample in family.samples]
    queries = {
        query.replace("$__rate_interval", "1m").replace("[1d]", "[5m]").replace("[1h]", "[5m]")
        for file in FILES
        for query in list_queries(json.loads(file.read_text()))
    }
    case = {
        "interval": "15s",
        # What is counted has to grow, or no quantile is a number.
        "input_series": [
            {"series": name_series(each), "values": f"0{each.value:+.6f}x40"} for each in samples
        ],
        "promql_expr_test": [
            {"expr": query, "eval_time": "10m", "exp_samples": []} for query in sorted(queries)
        ],
    }
    file = tmp_path / "queries.json"
    file.write_text(json.dumps({"evaluation_interval": "15s", "tests": [case]}))
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    # No answer is expected, so those that have one are complained of.
    said = done.stdout + done.stderr
    answered = set(re.findall(r'expr: "(.*?)", time: ', said.replace('\\"', '"')))
    assert len(answered) > len(queries) / 2, said
    assert answered <= queries, said
    shown = {sample.name for sample in samples}
    for query in sorted(queries - answered):
        names = set(re.findall(r"fluxagents_\w+", query))
        assert not names or not names <= shown, f"{query} has no answer"


def name_series(sample: Sample) -> str:
    labels = ",".join(f"{name}={json.dumps(value)}" for name, value in sorted(sample.labels.items()))
    return f"{sample.name}{{{labels}}}"


def test_the_files_are_made_from_the_list() -> None:
    files = runpy.run_path(str(DOCS / "write_monitoring.py"))["render_files"]()
    for path, text in files.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: `make monitoring` writes it anew"
    assert set(FILES) == {path for path in files if path.suffix == ".json"}
