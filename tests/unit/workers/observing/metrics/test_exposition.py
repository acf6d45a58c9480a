"""What the store counted is shown as Prometheus reads it."""

from __future__ import annotations

import re

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from tests.support.places import ROOT

from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.amounts import Amounts, Tally, read_trace_mark
from fluxagents.workers.observing.metrics.exposition import Reading, SnapshotCollector, write_page


def lines(amounts: Amounts, *readings: Reading) -> list[str]:
    page, _ = write_page(SnapshotCollector(amounts.fields(), readings))
    return page.decode().splitlines()


def test_buckets_are_added_up_and_sums_are_in_seconds() -> None:
    amounts = Amounts()
    for ms in (100, 101, 700_000):
        amounts.observe(m.TOOL_SECONDS, "run_fba", "ok", ms=ms)
    page = lines(amounts)
    name, labels = m.TOOL_SECONDS.name, 'outcome="ok",tool="run_fba"'
    bucket = {
        line.split('le="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1])
        for line in page
        if line.startswith(f"{name}_bucket")
    }
    assert (bucket["0.05"], bucket["0.1"], bucket["0.5"], bucket["600.0"], bucket["+Inf"]) == (0, 1, 2, 2, 3)
    assert any(re.fullmatch(rf"{name}_sum{{.*}} 700\.201", line) for line in page), labels


def test_a_bucket_leads_to_the_latest_trace_in_openmetrics_alone() -> None:
    traced = Amounts("0af7651916cd43dd8448eb211c80319c", at_ms=1_700_000_000_500)
    for ms in (20, 2_000):
        traced.observe(m.STEPS, "tool", ms=ms)
    untraced = Amounts()
    untraced.observe(m.STEPS, "decide", ms=20)
    marks = {series: read_trace_mark(text) for series, text in traced.exemplars().items()}
    assert untraced.exemplars() == {}
    collector = SnapshotCollector(traced.fields() | untraced.fields(), (), marks)
    page, _ = write_page(collector, "application/openmetrics-text; version=1.0.0")
    exemplars = {
        (sample.labels["kind"], sample.labels["le"]): sample.exemplar
        for family in parse_openmetrics(page.decode())  # type: ignore[no-untyped-call] # it ships half its types
        for sample in family.samples
        if sample.exemplar
    }
    assert set(exemplars) == {("tool", "0.05"), ("tool", "5.0")}
    exemplar = exemplars["tool", "5.0"]
    assert (exemplar.labels, exemplar.value) == ({"trace_id": "0af7651916cd43dd8448eb211c80319c"}, 2.0)
    assert float(exemplar.timestamp or 0) == 1_700_000_000.5
    page, _ = write_page(collector)
    assert b"trace_id" not in page


def test_a_name_with_the_separator_in_it_makes_no_other_series() -> None:
    amounts = Amounts()
    amounts.add(m.CHAT_DEFERRED, "a|b")
    assert f'{m.CHAT_DEFERRED.name}{{chat_model="a/b"}} 1.0' in lines(amounts)


def test_what_another_version_counted_is_left_out() -> None:
    page, _ = write_page(SnapshotCollector({"gone_total|x": 1, "fluxagents_waits_total|a|b": 2}, ()))
    assert b"gone" not in page
    assert b"fluxagents_waits_total{" not in page


def test_every_metric_is_there_from_the_first_scrape() -> None:
    page = "\n".join(lines(Amounts()))
    assert all(f"# TYPE {metric.name} {metric.kind}" in page for metric in m.METRICS)


def test_units_stand_in_the_names() -> None:
    for metric in m.METRICS:
        assert metric.name.endswith("_total") is (metric.kind == "counter")
        if metric.kind == "histogram":
            assert metric.name.endswith("_seconds")
            assert list(metric.buckets) == sorted(metric.buckets)


def test_redis_counts_waits_in_the_same_buckets() -> None:
    script = (ROOT / "workers" / "redis" / "lua" / "metrics.lua").read_text()
    bounds = re.search(r"WAIT_BOUNDS_MS = \{(.*)\}", script)
    assert bounds is not None
    assert [int(bound) / 1_000 for bound in bounds[1].split(",")] == list(m.WAIT_BUCKETS_S)


@pytest.mark.parametrize(
    "script", sorted((ROOT / "workers" / "redis" / "lua").glob("*.lua")), ids=lambda p: p.stem
)
def test_redis_counts_what_is_in_the_list(script: str) -> None:
    named = re.findall(r"'(fluxagents_\w+)[|']", (ROOT / script).read_text())
    assert set(named) <= set(m.BY_NAME)


def test_what_could_not_be_stored_is_counted_later() -> None:
    tally = Tally()
    tally.add(m.MODEL_CACHE, "hit")
    taken = tally.take()
    assert tally.take() == {}
    tally.give_back(taken)
    tally.add(m.MODEL_CACHE, "hit")
    assert list(tally.take().values()) == [2]
