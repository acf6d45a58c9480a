"""Audits of a real run: it passes as it was recorded, and each kind of tampering is found."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.recorded_run import RUN_ID, RecordedRun, record

from fluxagents.flows.commands import CallTool, Finish
from fluxagents.flows.errors import FluxError
from fluxagents.flows.events import DecisionMade, Event, RunFinished, RunStarted, Shard, ToolSucceeded
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.audits.number_trace import Trace, numbers_in, values_in
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import tool_named

Recorded = tuple[RecordedRun, Sources]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def recorded(folder: Path) -> Recorded:
    return record(str(folder))


def audit(name: str, recorded: Recorded, run: RecordedRun | None = None, **args: Any) -> Any:
    tool = tool_named(name)
    sources = recorded[1] if run is None else replace(recorded[1], runs=lambda: run)
    return tool.carry_out(None, tool.parse({"run_id": RUN_ID, **args}), sources)


def changed(run: RecordedRun, kind: type[Event], change: Callable[[Any], Event | None]) -> RecordedRun:
    """The run with the first event of a kind that the change applies to."""
    for at, event in enumerate(run.log):
        if isinstance(event, kind):
            new = change(event)
            if new is not None:
                return run.with_event(at, new)
    raise AssertionError(f"no {kind.__name__} to change")


@pytest.mark.parametrize(
    "name", ["validate_tool_audit", "validate_ai_audit", "validate_realtime_verification"]
)
def test_a_run_passes_as_it_was_recorded(recorded: Recorded, name: str) -> None:
    found = audit(name, recorded)
    assert found.passed, found.key_findings()


def test_every_result_is_computed_again(recorded: Recorded) -> None:
    found = audit("validate_tool_audit", recorded)
    tools = [step.tool for step in found.steps]
    assert tools == ["analyze_metabolic_model", "run_metabolic_fba", "analyze_essentiality"]
    assert {step.verdict for step in found.steps} == {"same"}
    assert all(step.values_compared > 50 for step in found.steps)
    assert [step.step for step in audit("validate_tool_audit", recorded, steps=[2]).steps] == [2]


def test_a_finding_that_was_changed_is_found(recorded: Recorded) -> None:
    def lie(event: Any) -> Event | None:
        findings = {**event.key_findings, "growth_per_h": event.key_findings["growth_per_h"] * 1.00001}
        return event.model_copy(update={"key_findings": findings})  # type: ignore[no-any-return] # an event

    run = changed(recorded[0], ToolSucceeded, lie)
    found = audit("validate_tool_audit", recorded, run)
    assert not found.passed
    assert found.steps[0].verdict == "differs"
    assert found.steps[0].detail.startswith("the key findings, growth_per_h: recorded 0.87393")
    assert found.steps[0].greatest_difference_fraction == pytest.approx(1e-5, rel=1e-2)
    assert audit("validate_tool_audit", recorded, run, tolerance_fraction=1e-4).passed


def test_another_steps_artifact_is_found(recorded: Recorded) -> None:
    first = next(event for event in recorded[0].log if isinstance(event, ToolSucceeded))
    run = changed(
        recorded[0],
        ToolSucceeded,
        lambda e: None if e is first else e.model_copy(update={"artifact": first.artifact}),
    )
    found = audit("validate_tool_audit", recorded, run)
    assert [step.verdict for step in found.steps] == ["same", "damaged", "same"]
    assert "is of tool 'analyze_metabolic_model'" in found.steps[1].detail


def test_arguments_that_were_not_those_are_found(recorded: Recorded) -> None:
    other = {"medium_changes": {"EX_o2_e": 0}}
    run = changed(
        recorded[0],
        ToolSucceeded,
        lambda event: event.model_copy(update={"call": CallTool(tool=event.call.tool, args=other)}),
    )
    found = audit("validate_tool_audit", recorded, run)
    assert (found.passed, found.steps[0].verdict) == (False, "damaged")


def test_damaged_bytes_are_found(recorded: Recorded, folder: Path) -> None:
    events = [event for event in recorded[0].log if isinstance(event, ToolSucceeded)]
    digest = recorded[1].artifacts.manifest(events[-1].artifact or "").tables["genes"].digest
    path = folder / "artifacts" / digest[7:9] / digest[7:]
    before = path.read_bytes()
    try:
        path.write_bytes(gzip.compress(before))
        found = audit("validate_tool_audit", recorded)
    finally:
        path.write_bytes(before)
    assert [step.verdict for step in found.steps] == ["same", "same", "damaged"]
    assert "is damaged" in found.steps[-1].detail


def test_a_table_that_was_exchanged_is_found(recorded: Recorded) -> None:
    """The artifact is whole, its digest right, and its numbers wrong."""
    artifacts = recorded[1].artifacts
    events = [event for event in recorded[0].log if isinstance(event, ToolSucceeded)]
    manifest = artifacts.manifest(events[-1].artifact or "")
    genes = artifacts.table(manifest.tables["genes"].digest)
    genes.loc[genes["id"] == "b0720", "growth_per_h"] = 0.5
    forged = manifest.model_copy(
        update={"tables": {**manifest.tables, "genes": artifacts.put_table(genes, tool="x")}}
    )
    ref = artifacts.put_json(forged.model_dump(mode="json"), tool="x")
    run = changed(
        recorded[0],
        ToolSucceeded,
        lambda e: e.model_copy(update={"artifact": ref.digest}) if e is events[-1] else None,
    )
    found = audit("validate_tool_audit", recorded, run)
    assert found.steps[-1].verdict == "differs"
    assert found.steps[-1].detail.startswith("table 'genes', growth_per_h of b0720: recorded 0.5, computed 0")


def test_a_part_of_a_call_is_audited_with_the_whole(recorded: Recorded) -> None:
    part = {"part": Shard(index=0, of=4), "parent": "01WHOLE"}
    run = changed(recorded[0], RunStarted, lambda event: event.model_copy(update=part))
    with pytest.raises(FluxError, match="audit run 01WHOLE"):
        audit("validate_tool_audit", recorded, run)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tool": "apply_medium", "args": {}}, "'apply_medium' got argument"),
        ({"tool": "analyze_essentiality", "args": {"gene": []}}, "unknown argument 'gene'"),
        ({"tool": "compare_everything", "args": {}}, "there is no tool 'compare_everything'"),
    ],
)
def test_a_call_that_could_not_be_decided_is_found(
    recorded: Recorded, change: dict[str, Any], said: str
) -> None:
    run = changed(
        recorded[0],
        DecisionMade,
        lambda event: event.model_copy(update={"decision": CallTool.model_validate(change)}),
    )
    found = audit("validate_ai_audit", recorded, run)
    assert not found.passed
    assert any(said in problem.what for problem in found.problems)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("digest", "", "has no digest"),
        ("chat_model", "", "names no chat model"),
        ("name", "final_report", "asks with prompt 'tool_selection', not 'final_report'"),
    ],
)
def test_a_decision_without_its_origin_is_found(
    recorded: Recorded, field: str, value: str, said: str
) -> None:
    def without(event: Any) -> Event:
        prompt = event.prompt.model_copy(update={field: value})
        return event.model_copy(update={"prompt": prompt})  # type: ignore[no-any-return] # an event

    found = audit("validate_ai_audit", recorded, changed(recorded[0], DecisionMade, without))
    assert not found.passed
    assert said in found.problems[0].what


def test_another_text_of_a_prompt_is_said_and_is_no_fault(recorded: Recorded) -> None:
    def other(event: Any) -> Event:
        prompt = event.prompt.model_copy(update={"digest": "0" * 64})
        return event.model_copy(update={"prompt": prompt})  # type: ignore[no-any-return] # an event

    found = audit("validate_ai_audit", recorded, changed(recorded[0], DecisionMade, other))
    assert found.passed
    assert "has another text in this installation" in found.unverified[0].what


def test_a_version_that_was_registered_at_run_time_is_known(recorded: Recorded) -> None:
    prompts = PromptManager()
    name = next(event.prompt.name for event in recorded[0].log if isinstance(event, DecisionMade))
    body = prompts.versions.find(name).source.split("---\n", 2)[2]
    new = prompts.versions.find(name, prompts.version_prompt(name, body))

    def other(event: Any) -> Event:
        update = {"name": name, "version": new.version, "digest": new.digest}
        prompt = event.prompt.model_copy(update=update if event.prompt.name == name else {})
        return event.model_copy(update={"prompt": prompt})  # type: ignore[no-any-return] # an event

    run, sources = recorded
    registered = replace(sources, prompts=lambda: prompts)
    changed_run = changed(run, DecisionMade, other)
    assert audit("validate_ai_audit", (run, sources), changed_run).unverified
    assert not audit("validate_ai_audit", (run, registered), changed_run).unverified


def test_a_change_without_an_approval_is_found(recorded: Recorded) -> None:
    call = CallTool(tool="apply_medium", args={"medium_changes": {"EX_o2_e": 0}})
    run = changed(recorded[0], ToolSucceeded, lambda event: event.model_copy(update={"call": call}))
    found = audit("validate_ai_audit", recorded, run)
    assert (found.passed, found.approvals) == (False, 1)
    assert "ran without an approval" in found.problems[0].what


def answered(run: RecordedRun, text: str) -> RecordedRun:
    made = changed(
        run,
        DecisionMade,
        lambda event: (
            event.model_copy(update={"decision": Finish(answer=text)}) if event.node == "report" else None
        ),
    )
    return changed(made, RunFinished, lambda event: event.model_copy(update={"answer": text}))


@pytest.mark.parametrize(
    ("answer", "untraced"),
    [
        ("Growth is 0.873922 1/h; 7 of 137 genes are essential.", []),
        ("Growth is about 0.87 1/h.", []),
        ("Growth is 0.88 1/h.", ["0.88"]),
        ("It takes up 21.8 mmol/gDW/h of oxygen and 10 of glucose.", []),
        ("Its growth is 0.873922 1/h and on acetate 0.389313 1/h.", ["0.389313"]),
        ("8 genes are essential: b0720 and others.", ["8"]),
        ("Essential are 5.1 % of the genes.", ["5.1"]),
    ],
)
def test_a_number_that_nothing_computed_is_flagged(
    recorded: Recorded, answer: str, untraced: list[str]
) -> None:
    found = audit("validate_realtime_verification", recorded, answered(recorded[0], answer))
    assert [number.said for number in found.numbers if number.origin == "untraced"] == untraced
    assert found.passed is not bool(untraced)
    shown = found.key_findings()["untraced"]
    assert shown["count"] == len(untraced)
    assert all(number["said"] in number["context"] for number in shown["numbers"])


def test_a_number_is_told_with_its_unit_and_the_artifact_behind_it(recorded: Recorded) -> None:
    text = "It grows at 0.873922 1/h, not at 0.873922 mmol/gDW/h."
    found = audit("validate_realtime_verification", recorded, answered(recorded[0], text))
    traced, lost = found.numbers[-2:]
    first = next(event for event in recorded[0].log if isinstance(event, ToolSucceeded))
    assert (traced.unit, traced.source) == ("1/h", "f1 analyze_metabolic_model")
    assert traced.artifact == first.artifact
    assert (lost.unit, lost.origin, lost.artifact) == ("mmol/gDW/h", "untraced", "")


def test_an_answer_that_flags_its_numbers_is_looked_at_once(recorded: Recorded) -> None:
    run = answered(recorded[0], "Growth is 0.88 1/h.")
    flagged = changed(
        run, RunFinished, lambda event: event.model_copy(update={"answer": f"{event.answer}\n\nNot: 0.88."})
    )
    found = audit("validate_realtime_verification", recorded, flagged)
    assert [number.said for number in found.numbers if number.origin == "untraced"] == ["0.88"]


def test_an_answer_that_differs_from_the_decision_is_looked_at(recorded: Recorded) -> None:
    run = changed(
        recorded[0], RunFinished, lambda event: event.model_copy(update={"answer": "Growth is 0.99 1/h."})
    )
    assert not audit("validate_realtime_verification", recorded, run).passed


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("growth is 0.873922 1/h, not 1.65307 1/h.", ["0.873922", "1.65307"]),
        ("2,583 reactions and 1e-07; 10mmol/gDW/h", ["2,583", "1e-07", "10"]),
        ("b0720, PFK2, K-12, 2-oxoglutarate, 6PGC, CO2, EC 2.7.1.11, h^-1", []),
        ("from -14.3 to 9.84; 1-3; \u221215.2", ["-14.3", "9.84", "1", "3", "-15.2"]),
        ("1. first\n2) second: 5 [f3, run_fba] sha256:0123", ["5"]),
    ],
)
def test_numbers_are_told_from_names(text: str, numbers: list[str]) -> None:
    assert [said.text for said in numbers_in(text)] == numbers


@pytest.mark.parametrize(
    ("said", "recorded_values", "traced"),
    [
        ("0.87", [0.8739], True),
        ("0.88", [0.8739], False),
        ("2", [1.65], False),
        ("2", [2], True),
        ("18", [17.804674], True),
        ("10", [-10.0], True),
        ("0.2", [0.2003], True),
        ("0.2", [0.23], False),
        ("1", [0.99999999], True),
        ("1", [0.95], False),
        ("0", [1e-9], True),
        ("0", [0.4], False),
        ("92 %", [0.92], True),
        ("92", [0.92], False),
        ("0.92", [True], False),
        ("2.67e-15", [2.6692082943796825e-15], True),
    ],
)
def test_a_number_is_traced_as_it_is_rounded(said: str, recorded_values: Any, traced: bool) -> None:
    (number,) = numbers_in(said)
    assert Trace(values_in(recorded_values)).has(number) is traced
