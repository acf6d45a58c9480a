"""What every registered tool keeps, whatever it computes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from tests.support.broken_models import break_model
from tests.support.recorded_run import record

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.changes.change_effect import compute_effect
from fluxagents.tasks.fba.solving.conditions import MediumArgs
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import TOOLS, ToolEntry, tool_named
from fluxagents.tasks.tool import Tool

UNIT = re.compile(
    r"_(per_h|l_per_h|h|s|l|mmol_per_l|gdw_per_l|g_per_gdw|per_s|kda|mmol_per_gdw_h|mmol_c_per_gdw_h|mol_c_per_mol_c|mol_per_mol|g_per_g|fraction\w*|fraction_of_\w+)$|^(fraction)_"
)
UNIT_IN_WORDS = re.compile(
    r"1/h|mmol/gDW/h|, h\.|mol carbon|[Mm]ap units|[Pp]ercent|bits|[Mm]edian|[Ff]raction|[Cc]ount"
)
STATUSES = {"optimal", "zero_growth", "infeasible", "unbounded", "no_objective"}


def some(holds: Callable[[Tool], bool]) -> pytest.MarkDecorator:
    found = [tool for tool in TOOLS.values() if holds(tool)]
    return pytest.mark.parametrize("tool", found, ids=lambda tool: tool.name)


each_tool = some(lambda _: True)
each_tool_with_a_medium = some(lambda tool: issubclass(tool.args, MediumArgs))
each_tool_that_needs_approval = some(lambda tool: tool.needs_approval)
each_tool_that_reports_growth = some(
    lambda tool: {"status", "growth_per_h"} <= tool.result.model_fields.keys()
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """A store with the model and the recorded run that the examples name."""
    return record(str(tmp_path_factory.mktemp("store")))[1]


def example(tool: Tool) -> Any:
    return tool.parse(tool.example)


@pytest.fixture(scope="module")
def results(model: Any, sources: Sources) -> Callable[[Tool], Any]:
    """What a tool's example gives; each is computed once."""
    return cache(lambda tool: tool.carry_out(model, example(tool), sources))


def state(model: Any) -> dict[str, Any]:
    return {
        "bounds": {reaction.id: reaction.bounds for reaction in model.reactions},
        "objective": str(model.objective.expression),
        "direction": model.objective_direction,
        "medium": model.medium,
        "solver": model.solver.interface.__name__,
        "tolerance": model.tolerance,
        "size": (len(model.solver.variables), len(model.solver.constraints)),
        "growth": pytest.approx(model.slim_optimize(), rel=1e-9, nan_ok=True),
    }


@each_tool
def test_name_purpose_and_reference_are_there(tool: Tool) -> None:
    assert tool_named(tool.name) is tool
    assert "\n" not in tool.purpose
    assert len(tool.purpose) <= 120
    assert re.search(r"doi:|\d{4}", tool.reference)


@each_tool
def test_what_changes_a_model_says_how_that_is_made_good(tool: Tool) -> None:
    assert (tool.compensation is not None) == (tool.change is not None)


@each_tool
def test_schema_round_trips_and_refuses_extras(tool: Tool) -> None:
    described = json.loads(json.dumps(ToolEntry.of(tool).schema))
    assert set(described) == {"name", "description", "parameters"}
    assert described["parameters"]["additionalProperties"] is False
    assert set(described["parameters"]["properties"]) == set(tool.args.model_fields)
    args = example(tool)
    assert tool.parse(json.loads(args.model_dump_json())) == args


@each_tool
def test_unknown_argument_is_refused_with_the_nearest(tool: Tool) -> None:
    name = next(iter(tool.args.model_fields))
    with pytest.raises(FluxError) as raised:
        tool.parse({**tool.example, f"{name}x": 1})
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert f"'{name}x'" in str(raised.value)
    assert any(hint.startswith("nearest: ") and name in hint for hint in raised.value.suggestions)


@each_tool
def test_the_model_is_as_it_was(tool: Tool, model: Any, sources: Sources) -> None:
    before = state(model)
    tool.carry_out(model, example(tool), sources)
    assert state(model) == before


@each_tool_that_needs_approval
def test_its_effect_is_known_before_it_runs(tool: Tool, model: Any, sources: Sources) -> None:
    args, changed = example(tool), model.copy()
    if tool.name == "gapfill_model":
        changed.remove_reactions(["PGI", "GAPD"], remove_orphans=False)  # a gap that its example fills
    before = state(changed)
    effect = compute_effect(
        changed,
        lambda model: tool.apply(model, args, sources),
        evidence=lambda ids: tool.find_evidence(args, sources, ids),
    )
    assert state(changed) == before
    result: Any = tool.carry_out(changed, args, sources)
    tool.apply(changed, args, sources)
    after = changed.slim_optimize()
    assert effect.growth_after_per_h == pytest.approx(after, rel=1e-6)
    if tool.name != "gapfill_model":  # its own growth is that before
        assert effect.growth_after_per_h == pytest.approx(result.growth_per_h, rel=1e-6)
    assert effect.differences, "what changes nothing is refused"
    assert all(row.evidence for row in effect.differences if row.what.startswith("reaction "))
    assert all("there is no growth" in reason for reason in effect.unknown)
    assert len(effect.shorten().model_dump_json().encode()) <= SUMMARY_BYTES


@each_tool_with_a_medium
def test_the_model_is_as_it_was_after_an_error(tool: Tool, model: Any, sources: Sources) -> None:
    before = state(model)
    with pytest.raises(FluxError, match="EX_nonsense"):
        tool.carry_out(
            model,
            tool.parse({**tool.example, "medium_changes": {"EX_o2_e": 0, "EX_nonsense": 1}}),
            sources,
        )
    assert state(model) == before


@each_tool
def test_the_same_call_gives_the_same_result(
    tool: Tool, model: Any, sources: Sources, results: Callable[[Tool], Any]
) -> None:
    first = results(tool)
    model.slim_optimize()
    again = tool.carry_out(model, example(tool), sources)
    assert first.model_dump_json() == again.model_dump_json()
    assert isinstance(first, tool.result)


@each_tool
def test_result_survives_json_and_holds_no_nan(tool: Tool, results: Callable[[Tool], Any]) -> None:
    found = results(tool)
    assert tool.result.model_validate_json(found.model_dump_json()) == found
    json.dumps(found.model_dump(mode="json"), allow_nan=False)


@each_tool
def test_displays_keep_to_their_size(tool: Tool, results: Callable[[Tool], Any]) -> None:
    found = results(tool)
    assert len(json.dumps(found.key_findings(), allow_nan=False).encode()) <= KEY_FINDINGS_BYTES
    assert len(json.dumps(found.summary(), allow_nan=False).encode()) <= SUMMARY_BYTES
    for name, table in found.tables().items():
        assert name.isidentifier()
        assert all(isinstance(column, str) for column in table.columns)


@each_tool_that_reports_growth
@pytest.mark.parametrize("kind", ["infeasible", "zero_growth", "unbounded", "no_objective"])
def test_models_without_growth_give_typed_results(
    tool: Tool, model: Any, sources: Sources, results: Callable[[Tool], Any], kind: str
) -> None:
    with model:
        break_model(model, kind)
        found: Any = tool.carry_out(model, example(tool), sources)
    assert found.status == kind
    assert found.growth_per_h == (0.0 if kind == "zero_growth" else None)
    shown = found.key_findings()
    assert shown["status"] == kind
    json.dumps(shown, allow_nan=False)
    assert found.tables().keys() == results(tool).tables().keys()


OBJECTIVES = {"twice growth": (2.0, "max"), "minus growth minimised": (-1.0, "min")}


@each_tool
@pytest.mark.parametrize("kind", OBJECTIVES)
def test_growth_is_the_flux_of_biomass_whatever_factor_and_sense_the_objective_has(
    tool: Tool, model: Any, sources: Sources, results: Callable[[Tool], Any], kind: str
) -> None:
    expected = results(tool).model_dump(mode="json")
    with model:
        factor, direction = OBJECTIVES[kind]
        model.objective = {model.reactions.Biomass_Ecoli_core: factor}
        model.objective_direction = direction
        found = tool.carry_out(model, example(tool), sources).model_dump(mode="json")
    wrong = differences(expected, found)
    if tool.name == "test_modelseed_cobra_compatibility":  # says rightly that cobra's JSON loses the sense
        wrong = [text for text in wrong if "growth" in text]
    if tool.name == "export_model":  # the objective is in the file as the model states it
        wrong = [text for text in wrong if not text.startswith((".file", ".size_bytes"))]
    assert wrong == []


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where two results differ by more than rounding, but for what is said of the objective itself."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = [key for key in {**expected, **found} if key not in OF_THE_OBJECTIVE]
        return [d for key in keys for d in differences(expected.get(key), found.get(key), f"{path}.{key}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [d for index, pair in pairs for d in differences(*pair, f"{path}[{index}]")]
    if isinstance(expected, float) and isinstance(found, float | int):
        return (
            [] if found == pytest.approx(expected, rel=1e-6, abs=1e-9) else [f"{path}: {expected}, {found}"]
        )
    return [] if expected == found else [f"{path}: {expected!r}, {found!r}"]


OF_THE_OBJECTIVE = {"objective", "objective_direction", "objective_value", "size_bytes"}


@each_tool
def test_every_number_states_its_unit(tool: Tool) -> None:
    for name, description in (*numbers(tool.args), *numbers(tool.result)):
        assert UNIT.search(name) or UNIT_IN_WORDS.search(description), f"{tool.name}: {name}"


def numbers(schema_class: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each field that holds numbers, also in the models that it is made of."""
    for name, field in schema_class.model_fields.items():
        for inner in nested(field.annotation):
            yield from numbers(inner)
        if re.search(r"\b(float|int)\b", str(field.annotation)):
            yield name, field.description or ""


def nested(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from nested(part)


def test_statuses_are_the_five() -> None:
    assert {str(outcome) for outcome in Outcome} == STATUSES
