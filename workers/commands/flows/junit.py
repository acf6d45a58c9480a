"""Verdicts on scenarios as JUnit XML, which CI systems read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

if TYPE_CHECKING:
    from fluxagents.flows.testing.verdict import Verdict
    from fluxagents.scheduler.flow_files.scenario_suites import Play


def junit_xml(judged: Sequence[tuple[Play, Verdict]]) -> str:
    """One suite for each flow, one case for each scenario."""
    root = Element("testsuites")
    suites: dict[str, Element] = {}
    for play, verdict in judged:
        flow = play.flow.flow
        suite = suites.setdefault(flow, Element("testsuite", name=flow, tests="0", failures="0"))
        case = SubElement(suite, "testcase", classname=flow, name=play.scenario.name, file=play.where)
        _count(suite, "tests")
        if not verdict.holds:
            _count(suite, "failures")
            text = str(verdict)
            SubElement(case, "failure", message=text.partition("\n")[0]).text = text
    root.extend(suites.values())
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _count(suite: Element, what: str) -> None:
    suite.set(what, str(int(suite.get(what, "0")) + 1))
