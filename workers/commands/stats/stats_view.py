"""The statistics of runs as tables."""

from __future__ import annotations

from typing import Any

from fluxagents.workers.commands.display.output import count_text, echo, fold, print_table
from fluxagents.workers.commands.display.times import format_duration

ROWS = 15
"""Steps and errors that are shown; `--json` has all."""

Row = dict[str, Any]


def print_stats(document: Row) -> None:
    """Print the tables that have rows, the most general first."""
    _print_runs(document)
    if not document["runs"]:
        return
    _print_flows(document["flows"])
    _print_spent(document["spent_s"])
    _print_tools(document["tools"])
    _print_chat_models(document)
    _print_errors(document)
    _print_requests(document)
    _print_steps(document["steps"])
    for run in document["unreadable"]:
        echo(f"not counted, cannot be read: {run['run']}: {run['why']}", fg="yellow", err=True)


def _heading(text: str) -> None:
    echo(f"\n{text}", bold=True)


def _print_runs(document: Row) -> None:
    if not document["runs"]:
        echo("no runs; `fluxagents stats --help` shows how to choose others")
        return
    echo(
        f"{count_text(document['runs'], 'run')}: {document['in_redis']:,} in Redis, "
        f"{document['in_archive']:,} in the archive"
    )
    echo(f"started {_day(document['first_started'])} to {_day(document['last_started'])} (UTC)")
    echo(", ".join(f"{count:,} {status}" for status, count in document["status"].items()))
    if document["answered"]:
        counts = ", ".join(f"{count:,} {answered}" for answered, count in document["answered"].items())
        echo(f"answered: {counts}")
    if document["children"]:
        echo(f"They began {count_text(document['children'], 'child run')}, whose work is counted below.")


def _day(time: str) -> str:
    return time[:16].replace("T", " ")


def _times(figures: Row, *names: str) -> list[str]:
    return ["-" if figures[name] is None else format_duration(figures[name]) for name in names]


def _print_flows(flows: list[Row]) -> None:
    _heading("Flows: duration of ended runs")
    print_table(
        ("flow", "runs", "failed", "answered", "median", "p90", "max", "tokens/run"),
        [
            (
                row["flow"],
                f"{row['runs']:,}",
                sum(row["status"].get(status, 0) for status in ("failed", "dead")),
                _format_answered(row["answered"]),
                *_times(row["duration_s"], "median", "p90", "max"),
                f"{row['tokens'] / row['runs']:,.0f}" if row["runs"] else "-",
            )
            for row in flows
        ],
    )


def _format_answered(counts: Row) -> str:
    """The share of the finished runs that have answered all that was asked, of those that say."""
    total = sum(counts.values())
    return f"{counts.get('yes', 0) / total:.0%}" if total else "-"


def _print_spent(spent: dict[str, float]) -> None:
    total = sum(spent.values())
    if total:
        parts = sorted(((seconds, name) for name, seconds in spent.items() if seconds), reverse=True)
        shares = [f"{name} {seconds / total:.0%} ({format_duration(seconds)})" for seconds, name in parts]
        _heading("Where the time of the runs went")
        echo(fold(", ".join(shares)))


def _print_tools(tools: list[Row]) -> None:
    if tools:
        _heading("Tools: time per call, or per part of a split call")
        print_table(
            ("tool", "calls", "median", "p90", "max"),
            [(row["tool"], _calls(row), *_times(row["work_s"], "median", "p90", "max")) for row in tools],
        )


def _calls(row: Row) -> str:
    more = (f", {row[what]:,} {what}" for what in ("parts", "failed", "retries") if row[what])
    return f"{row['calls']:,}{''.join(more)}"


def _print_chat_models(document: Row) -> None:
    if document["chat_models"]:
        _heading("Chat models: tokens, and time per request")
        print_table(
            ("chat model", "calls", "in", "out", "median", "p90", "max"),
            [
                (
                    row["chat_model"],
                    f"{row['calls']:,}" + (f", {row['refused']:,} refused" if row["refused"] else ""),
                    f"{row['tokens_in']:,}",
                    f"{row['tokens_out']:,}",
                    *_times(row["work_s"], "median", "p90", "max"),
                )
                for row in document["chat_models"]
            ],
        )
    cost = document["cost"]
    if cost["amount"] and cost["currency"]:
        echo(f"They cost {cost['amount']:.4f} {cost['currency']}")
    elif cost["unpriced"]:
        names = ", ".join(cost["unpriced"])
        echo(fold(f"cost unknown: FLUXAGENTS_CHAT_PRICES has no price for {names}"))
    if document["compactions"]:
        echo(f"{document['compactions']} contexts compacted, {document['tokens_saved']:,} tokens saved")


def _print_errors(document: Row) -> None:
    errors = document["errors"]
    if errors:
        times = sum(row["times"] for row in errors)
        _heading(f"Errors, by fingerprint: {times:,} in all, {document['retries']:,} steps retried")
        print_table(
            ("fingerprint", "kind", "times", "runs", "latest"),
            [
                (
                    row["fingerprint"],
                    row["kind"],
                    row["times"],
                    row["runs"],
                    f"{row['where']}: {row['message']}",
                )
                for row in errors[:ROWS]
            ],
            cut_last=True,
        )


def _print_requests(document: Row) -> None:
    if not document["requests"]:
        return
    _heading("Humans: time to answer")
    print_table(
        ("", "asked", "outcomes", "median", "p90", "max"),
        [
            (
                row["kind"],
                row["count"],
                ", ".join(f"{outcome} {count}" for outcome, count in row["outcomes"].items()),
                *_times(row["delay_s"], "median", "p90", "max"),
            )
            for row in document["requests"]
        ],
    )
    print_table(
        ("by", "answers", "median", "p90", "max"),
        [
            (row["by"], row["count"], *_times(row["delay_s"], "median", "p90", "max"))
            for row in document["humans"]
        ],
        empty="nobody has answered yet",
    )


def _print_steps(steps: list[Row]) -> None:
    for flow in dict.fromkeys(row["flow"] for row in steps):
        rows = [row for row in steps if row["flow"] == flow and row["work_s"]["count"]]
        if not rows:
            continue
        more = f", the {ROWS} longest of {len(rows)}" if len(rows) > ROWS else ""
        _heading(f"Steps of {flow}{more}: time in the queue and at work")
        print_table(
            ("node", "kind", "steps", "queue", "p90", "work", "p90"),
            [
                (
                    row["node"],
                    row["kind"],
                    row["count"],
                    *_times(row["queue_s"], "median", "p90"),
                    *_times(row["work_s"], "median", "p90"),
                )
                for row in rows[:ROWS]
            ],
        )
