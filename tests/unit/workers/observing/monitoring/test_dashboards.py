"""Dashboards show every metric, name none that does not exist, and are as Grafana reads them."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel
from tests.support.places import DOCS, ROOT

from fluxagents.workers.observing.metrics.catalog import BY_NAME, METRICS
from fluxagents.workers.observing.monitoring.dashboards import list_queries

GRAFANA = ROOT / "deploy" / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Source(Strict):
    type: Literal["prometheus"]
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


class Panel(Strict):
    """As far as ours go, of the schema of Grafana's dashboards (`kinds/dashboard`, version 39)."""

    id: int
    title: str
    type: Literal["timeseries", "stat", "table"]
    datasource: Source
    grid_pos: Place
    field_config: dict[str, Any]
    options: dict[str, Any]
    targets: Annotated[list[Target], Field(min_length=1)]


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
    templating: dict[str, list[Any]]
    panels: list[Panel]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dashboard_is_as_grafana_reads_it(file: Path) -> None:
    dashboard = TypeAdapter(Dashboard).validate_json(file.read_text())
    numbers = [panel.id for panel in dashboard.panels]
    assert len(set(numbers)) == len(numbers)
    places = {(panel.grid_pos.x, panel.grid_pos.y) for panel in dashboard.panels}
    assert len(places) == len(numbers)
    source = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text())
    known = {each["uid"] for each in source["datasources"]}
    assert {target.datasource.uid for panel in dashboard.panels for target in panel.targets} <= known


def test_every_query_names_metrics_that_exist_and_every_metric_has_a_panel() -> None:
    shown = set()
    for file in FILES:
        for query in list_queries(json.loads(file.read_text())):
            for name in re.findall(r"fluxagents_\w+", query):
                base = name if name in BY_NAME else re.sub(r"_(bucket|count|sum)$", "", name)
                assert base in BY_NAME, query
                shown.add(base)
    assert shown == {metric.name for metric in METRICS}


def test_the_files_are_made_from_the_list() -> None:
    files = runpy.run_path(str(DOCS / "write_monitoring.py"))["render_files"]()
    for path, text in files.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: `make monitoring` writes it anew"
    assert set(FILES) == {path for path in files if path.suffix == ".json"}
