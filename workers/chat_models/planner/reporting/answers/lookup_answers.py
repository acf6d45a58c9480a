"""Look-ups: names and ids, tables of earlier results, files, and audits of runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fluxagents.workers.chat_models.planner.reporting.phrases import (
    count_things,
    format_number,
    join_words,
    verb_of,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import MAX_LISTED, ReportedFinding

_SHORT_DIGEST = len("sha256:") + 12
"""Characters of a digest that find an artifact."""


_LARGEST_FLUXES = 5


def describe_entity(finding: ReportedFinding) -> Iterator[str]:
    """What a name or id stands for."""
    query, matches = finding.values["query"], finding.values["matches"]
    entities = matches["entities"]
    if not entities:
        nearest = finding.get("nearest") or ()
        like = f"; nearest: {join_words(map(str, nearest[:MAX_LISTED]))}" if nearest else ""
        yield f"Nothing here is called {query}{like}."
        return
    if matches["count"] == 1:
        yield f"{query} is {_write_entity(entities[0])}."
        return
    listed = "; ".join(_write_entity(entity) for entity in entities[:MAX_LISTED])
    yield f"{query} may be any of {matches['count']}: {listed}."


def _write_entity(entity: Mapping[str, Any]) -> str:
    ids = entity.get("ids") or {}
    where = ", ".join(f"{namespace} {'/'.join(map(str, values))}" for namespace, values in ids.items())
    formula = f", {entity['formula']}" if entity.get("formula") else ""
    return f"{entity['name']} ({entity['kind']}{formula}{f'; {where}' if where else ''})"


def describe_search(finding: ReportedFinding) -> Iterator[str]:
    """What is found by words."""
    entities = finding.values["entities"]
    words = finding.values["words"]
    if not entities["count"]:
        yield f"Nothing is found for '{words}'."
        return
    listed = [f"{entry['name']} ({entry['entry']})" for entry in entities["entries"][:MAX_LISTED]]
    rest = f", and the rest in the tables of {finding.id}" if entities["count"] > len(listed) else ""
    found = count_things(entities["count"], "entry", "entries")
    yield f"{found} {verb_of(entities['count'])} found for '{words}': {', '.join(listed)}{rest}."


def describe_translation(finding: ReportedFinding) -> Iterator[str]:
    """Ids of another database."""
    mapped, asked = finding.values["mapped"], finding.values["ids"]
    namespace = str(finding.values["to_namespace"])
    pairs = [f"{one} is {other}" for one, other in list(mapped["values"].items())[:MAX_LISTED]]
    count, of = mapped["count"], count_things(asked, "id")
    if pairs:
        yield f"{count} of {of} {'has' if count == 1 else 'have'} one in {namespace}: {', '.join(pairs)}."
    elif asked == 1:
        yield f"The id has no equivalent in {namespace}."
    else:
        yield f"None of {of} has an equivalent in {namespace}."
    several = finding.get("ambiguous") or {}
    for one, others in list((several.get("values") or {}).items())[:MAX_LISTED]:
        yield f"{one} may be {join_words(map(str, others), 'or')}."
    yield from finding.list_all("no_equivalent", "id", "without an equivalent")
    yield from finding.list_all("unknown", "id", "unknown here")


def describe_rows(finding: ReportedFinding) -> Iterator[str]:
    """Rows of the table of an earlier result."""
    columns, rows = finding.values["columns"], finding.values["rows"]
    matching, total = finding.values["rows_matching"], finding.values["rows_in_table"]
    table = f"table {finding.values['table']} of {finding.values['tool']}"
    if not rows:
        yield f"No row of the {total} in {table} matches."
        return
    match = "matches" if matching == 1 else "match"
    yield f"{matching} of {count_things(total, 'row')} of {table} {match}; {' | '.join(columns)}:"
    shown = rows[:MAX_LISTED]
    lines = "; ".join(" | ".join(_write_cell(cell) for cell in row) for row in shown)
    rest = f"; and the rest in the tables of {finding.id}" if matching > len(shown) else ""
    yield f"{lines}{rest}."


def _write_cell(cell: object) -> str:
    if isinstance(cell, float):
        return format_number(cell)
    return "none" if cell is None else str(cell)


def describe_file(finding: ReportedFinding) -> Iterator[str]:
    """A file for other programs, and how to get it."""
    file = finding.get("file")
    if not file:
        yield "There are no fluxes to write."
        return
    name = file["name"]
    yield f"The file {name} is written ({finding.values['format']}, {file['size_bytes']} bytes)."
    yield f"`fluxagents artifacts get {file['digest'][:_SHORT_DIGEST]} -o {name}` saves it."
    if "is_unchanged" in finding.values:
        places = count_things(finding.values["differences"], "place")
        first = "; ".join(map(str, finding.values["first_differences"]))
        is_same = finding.values["is_unchanged"]
        yield f"Read again it {'is the same model' if is_same else f'differs in {places}: {first}'}."
    yield from finding.list_all("closed_by_knock_outs", "reaction", "closed by the knock-outs")


def describe_map(finding: ReportedFinding) -> Iterator[str]:
    """What is on the map, its largest fluxes, and how to look at it."""
    file = finding.get("file")
    if not file:
        yield "There are no fluxes to draw."
        return
    found = finding.values
    drawn = count_things(found["reactions"], "reaction")
    yield f"The map of {found['map']} shows {drawn}, {found['active_reactions']} with a flux."
    if found["fluxes_mmol_per_gdw_h"]["values"]:
        yield f"Largest are {_write_fluxes(finding, 'fluxes_mmol_per_gdw_h')} mmol/gDW/h."
    if status := finding.get("compared_status"):
        growth = found["compared_growth_per_h"]
        there = f"no growth ({status})" if growth is None else f"growth {format_number(growth)} per h"
        yield f"In the other state it has {there}."
        if found["differences_mmol_per_gdw_h"]["values"]:
            yield f"Most differ {_write_fluxes(finding, 'differences_mmol_per_gdw_h')} mmol/gDW/h."
    name, digest = file["name"], file["digest"][:_SHORT_DIGEST]
    yield "`fluxagents artifacts plot` draws it as a picture or, with `-o map.html`, as a page."
    yield f"`fluxagents artifacts get {digest} -o {name}` saves it for Escher."


def _write_fluxes(finding: ReportedFinding, field: str) -> str:
    largest = list(finding.values[field]["values"].items())[:_LARGEST_FLUXES]
    return join_words(f"{finding.names.write_short(name)} {format_number(flux)}" for name, flux in largest)


def describe_audit(finding: ReportedFinding) -> Iterator[str]:
    """Whether a run holds when it is looked at again."""
    run, passed = finding.values["run_id"], finding.values["passed"]
    start = f"{'Yes' if passed else 'No'}: run {run}"
    if finding.tool == "validate_tool_audit":
        steps, same = finding.values["steps"], finding.values["same"]
        again = f"{same} of {count_things(steps, 'result')} {verb_of(same)} the same when computed again"
        yield f"{start} {'holds' if passed else 'does not hold'}: {again}."
        for step in finding.values["wrong"]["steps"][:MAX_LISTED]:
            yield f"Step {step['step']} ({step['tool']}): {step['detail'] or step['verdict']}."
    elif finding.tool == "validate_ai_audit":
        decisions = count_things(finding.values["decisions"], "decision")
        yield f"{start} {'holds' if passed else 'does not hold'}: {decisions} looked at."
        yield from _list_findings(finding, "problems", "problem")
        yield from _list_findings(finding, "unverified", "unverified point")
    else:
        numbers, traced = count_things(finding.values["numbers"], "number"), finding.values["from_results"]
        holds = "holds" if passed else "does not hold"
        yield f"{start} {holds}: {traced} of {numbers} of its answers {verb_of(traced)} from results."
        wrong = finding.values["untraced"]
        if wrong["count"]:
            yield f"Not traced: {'; '.join(map(_write_item, wrong['numbers'][:MAX_LISTED]))}."


def _list_findings(finding: ReportedFinding, name: str, noun: str) -> Iterator[str]:
    listing = finding.values[name]
    if listing["count"]:
        items = "; ".join(map(_write_item, listing["findings"][:MAX_LISTED]))
        yield f"{count_things(listing['count'], noun)}: {items}."


def _write_item(item: object) -> str:
    if isinstance(item, Mapping):
        return ", ".join(
            f"{key} {_write_cell(value)}" for key, value in item.items() if value not in (None, "")
        )
    return str(item)
