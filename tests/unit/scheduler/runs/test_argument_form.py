"""The inputs and facts of a run as a form: of the types that the flow declares, or else of the values."""

from __future__ import annotations

from pydantic import JsonValue

from fluxagents.flows.language.definition import FactSpec, Flow, InputSpec
from fluxagents.flows.language.nodes import EndNode, ToolNode
from fluxagents.scheduler.runs.argument_form import build_value_form


def test_inputs_and_facts_are_fields_of_their_types() -> None:
    flow = Flow(
        flow="growth",
        version=1,
        purpose="Grows.",
        inputs={
            "question": InputSpec(type="string", required=True),
            "medium_changes": InputSpec(type="object", purpose="Most uptakes in mmol/gDW/h.", default={}),
        },
        facts={"growth_per_h": FactSpec(type="number", unit="1/h")},
        start="grow",
        nodes={
            "grow": ToolNode(
                kind="tool",
                tool="run_metabolic_fba",
                next="done",
                facts={"genes": "genes", "unknown": "unknown", "growth_per_h": "growth_per_h"},
            ),
            "done": EndNode(kind="end", message="done"),
        },
    )
    values: dict[str, JsonValue] = {
        "genes": ["b0720"],
        "unknown": None,
        "growth_per_h": 0.5,
        "question": "?",
        "medium_changes": None,
    }
    fields = build_value_form(flow, values)
    assert [(field.name, field.type, field.value, field.unit) for field in fields] == [
        ("question", "text", "?", ""),
        ("medium_changes", "object", None, "mmol/gDW/h"),
        ("growth_per_h", "number", 0.5, "1/h"),
        ("genes", "list", ["b0720"], ""),
    ]
    assert [field.required for field in fields] == [True, False, False, False]
    assert fields[1].default == {}
