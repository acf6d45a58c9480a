"""Results of scenarios as JUnit XML, which CI systems read."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fluxagents.flows.testing.scenario_result import ScenarioResult
from fluxagents.scheduler.flow_files.scenario_suites import ScenarioCase


def build_junit(results: Sequence[tuple[ScenarioCase, ScenarioResult]]) -> str:
    """Write one suite for each flow, one case for each scenario."""
    root = Element("testsuites")
    suites: dict[str, Element] = {}
    for case, result in results:
        flow = case.flow.flow
        if flow not in suites:
            suites[flow] = SubElement(root, "testsuite", name=flow, tests="0", failures="0")
        element = SubElement(
            suites[flow], "testcase", classname=flow, name=case.scenario.name, file=case.where
        )
        _increment(suites[flow], "tests")
        if not result.holds:
            _increment(suites[flow], "failures")
            text = str(result)
            SubElement(element, "failure", message=text.partition("\n")[0]).text = text
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _increment(suite: Element, count: str) -> None:
    suite.set(count, str(int(suite.get(count, "0")) + 1))
