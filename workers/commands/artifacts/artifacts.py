"""`fluxagents artifacts`: the full data of results, as files and as plots."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.history.event_text import SHORT_DIGEST
from fluxagents.tasks.ports.artifacts import Manifest, Provenance
from fluxagents.workers.commands.artifacts.add import add
from fluxagents.workers.commands.artifacts.address import (
    address_options,
    artifact_store,
    find_digest,
    output_path,
)
from fluxagents.workers.commands.artifacts.plot import plot
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.files.artifact_kind import detect_kind
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.files.table_file import write_bytes
from fluxagents.workers.files.table_formats import FORMATS, Format, encode_tables, rows_as_json


@click.group(
    epilog=examples(
        "fluxagents artifacts list",
        "fluxagents artifacts show 3f9a11c02b7e",
        "fluxagents artifacts get 3f9a11c02b7e --table genes --format csv > genes.csv",
        "fluxagents artifacts get --run 01JB… --step 4 -o result.xlsx",
        "fluxagents artifacts plot --run 01JB… --step 4 -o genes.svg",
        "fluxagents artifacts add observed.tsv",
    )
)
def artifacts() -> None:
    """List, show, export and plot the full data of results; store tables of your own."""


artifacts.add_command(add)
artifacts.add_command(plot)


@artifacts.command("list", epilog=examples("fluxagents artifacts list --tool analyze_essentiality --json"))
@click.option("--tool", help="Only results of this tool.")
@click.option("--all", "with_parts", is_flag=True, help="Tables and plots too, not only results.")
@click.option(
    "--most", "limit", type=click.IntRange(min=1), default=50, show_default=True, help="Most results to list."
)
@json_option
def list_artifacts(tool: str | None, with_parts: bool, limit: int, as_json: bool) -> None:
    """List results, the newest first."""
    store = artifact_store()
    rows: list[dict[str, Any]] = []
    for file in store.list_files():
        about = _describe(store, f"sha256:{file.name}")
        if (with_parts or about["kind"] == "result") and tool in {None, about["tool"]}:
            written = datetime.fromtimestamp(file.written_s, tz=UTC).isoformat(timespec="seconds")
            rows.append({**about, "bytes": file.size_bytes, "written": written})
        if len(rows) == limit:
            break
    if as_json:
        print_json(rows)
        return
    columns = ("tool", "model", *(("kind", "bytes") if with_parts else ()))
    print_table(
        ("artifact", "written (UTC)", *columns),
        [
            (
                row["digest"][:SHORT_DIGEST],
                row["written"][5:16].replace("T", " "),
                *(row[column] for column in columns),
            )
            for row in rows
        ],
        empty="no artifacts",
    )


def _describe(store: ArtifactFiles, digest: str) -> dict[str, Any]:
    about: dict[str, Any] = {"digest": digest, "kind": "damaged", "tool": "", "model": "", "tables": ""}
    try:
        about["kind"] = detect_kind(store.get(digest))
        if about["kind"] == "result":
            manifest = store.manifest(digest)
            tables = ", ".join(f"{name} ({ref.rows})" for name, ref in manifest.tables.items())
            provenance = manifest.provenance
            about |= {"tool": provenance.tool, "model": provenance.model_id, "tables": tables}
    except FluxError as error:
        if error.kind is not ErrorClass.SCHEMA:
            raise
    return about


@artifacts.command(epilog=examples("fluxagents artifacts show 3f9a11c02b7e --json"))
@address_options
@json_option
def show(artifact: str | None, run_id: str | None, step: int | None, as_json: bool) -> None:
    """Show a result: its summary, its tables, and where it comes from."""
    store = artifact_store()
    digest = find_digest(store, artifact, run_id, step)
    kind = detect_kind(store.get(digest))
    if kind != "result":
        _show_part(store, digest, kind, as_json=as_json)
        return
    manifest = store.manifest(digest)
    if as_json:
        print_json({"digest": digest, **manifest.model_dump(mode="json")})
        return
    echo(f"{manifest.provenance.tool}  {digest}\n")
    rows = [(key, _text(value)) for key, value in manifest.result.items()]
    print_table(("what", "value"), rows)
    echo()
    print_table(
        ("table", "rows", "columns", "artifact"),
        [
            (name, ref.rows, ", ".join(ref.columns), ref.digest[:SHORT_DIGEST])
            for name, ref in manifest.tables.items()
        ],
        empty="no tables",
    )
    if manifest.files:
        echo()
        print_table(
            ("file", "bytes", "artifact"),
            [(name, ref.size_bytes, ref.digest[:SHORT_DIGEST]) for name, ref in manifest.files.items()],
        )
    echo()
    print_table(("provenance", "value"), _provenance_rows(manifest.provenance))
    if manifest.provenance.command:
        echo(f"\nagain: {manifest.provenance.command}")


def _provenance_rows(provenance: Provenance) -> list[tuple[str, str]]:
    """All that is known, with the digest cut as in lists; the JSON document has it whole."""
    known = provenance.model_dump(mode="json", exclude={"command"}, exclude_defaults=True)
    if provenance.model_digest:
        known["model_digest"] = provenance.model_digest[:SHORT_DIGEST]
    return [(key, _text(value)) for key, value in known.items()]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _show_part(store: ArtifactFiles, digest: str, kind: str, *, as_json: bool) -> None:
    data = store.get(digest)
    if kind == "table":
        table = store.table(digest)
        about: dict[str, Any] = {"rows": len(table), "columns": list(table.columns)}
    else:
        about = {}
    about = {"digest": digest, "kind": kind, "bytes": len(data), **about}
    if as_json:
        print_json(about)
    else:
        print_table(("what", "value"), [(key, _text(value)) for key, value in about.items()])


@artifacts.command(
    epilog=examples(
        "fluxagents artifacts get 3f9a11c02b7e --table genes --format csv > genes.csv",
        "fluxagents artifacts get 3f9a11c02b7e -o all_tables.xlsx",
        "fluxagents artifacts get 3f9a11c02b7e --file e_coli_core_without_b0720.xml -o mutant.xml",
        "fluxagents artifacts get --run 01JB… --step 4 --format json",
    )
)
@address_options
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "tsv", "json", "parquet", "xlsx"]),
    help="By the suffix of FILE if absent, else csv for one table and json for a whole result.",
)
@click.option("--table", "name", help="One table of the result; `artifacts show` names them.")
@click.option("--file", "file_name", help="One file of the result, as it is; `artifacts show` names them.")
@click.option("--output", "-o", metavar="FILE", help="Where to write it; standard output if absent.")
def get(
    artifact: str | None,
    run_id: str | None,
    step: int | None,
    kind: Format | None,
    name: str | None,
    file_name: str | None,
    output: str | None,
) -> None:
    """Write a result, or one of its tables or files, as a file."""
    store = artifact_store()
    digest = find_digest(store, artifact, run_id, step)
    path = output_path(output)
    if file_name is not None:
        data = store.get(_find_file(store.manifest(digest), file_name))
        _write(data, path, binary=detect_kind(data) == "file")
        return
    stored = detect_kind(store.get(digest))
    if stored in {"svg", "png", "json", "file"}:
        if kind is not None and kind != stored:
            raise click.UsageError(f"artifact {digest[:SHORT_DIGEST]} is {stored}; leave out --format")
        _write(store.get(digest), path, binary=stored in {"png", "file"})
        return
    chosen = kind or _format_by_suffix(path) or ("csv" if stored == "table" or name else "json")
    _write(_export(store, digest, stored, chosen, name), path, binary=chosen in {"parquet", "xlsx"})


def _export(store: ArtifactFiles, digest: str, stored: str, kind: Format, name: str | None) -> bytes:
    if stored == "table":
        if name is not None:
            raise click.UsageError(f"artifact {digest[:SHORT_DIGEST]} is one table; leave out --table")
        table = store.table(digest)
        return (
            rows_as_json(table)
            if kind == "json"
            else encode_tables(kind, {"table": table}, {"artifact": digest})
        )
    manifest = store.manifest(digest)
    names = _table_names(manifest, name)
    if kind in {"csv", "tsv", "parquet"} and len(names) != 1:
        every = f"tables: {', '.join(manifest.tables) or 'none'}"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{kind} holds one table, and this result of '{manifest.provenance.tool}' has {len(names)}",
            suggestions=(f"name one with --table; {every}", "or choose --format xlsx or json for all"),
        )
    tables = {table_name: store.table(manifest.tables[table_name].digest) for table_name in names}
    if kind == "json" and name is not None:
        return rows_as_json(tables[name])
    about = {"artifact": digest, **manifest.model_dump(mode="json", exclude={"tables", "schema_version"})}
    return encode_tables(kind, tables, about)


def _find_file(manifest: Manifest, name: str) -> str:
    if name in manifest.files:
        return manifest.files[name].digest
    raise FluxError(
        ErrorClass.UNKNOWN_ID,
        f"this result of '{manifest.provenance.tool}' has no file '{name}'",
        suggestions=(*nearest(name, manifest.files), f"files: {', '.join(manifest.files) or 'none'}"),
    )


def _table_names(manifest: Manifest, name: str | None) -> tuple[str, ...]:
    if name is None:
        return tuple(manifest.tables)
    if name not in manifest.tables:
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"this result of '{manifest.provenance.tool}' has no table '{name}'",
            suggestions=(*nearest(name, manifest.tables), f"tables: {', '.join(manifest.tables) or 'none'}"),
        )
    return (name,)


def _format_by_suffix(path: Path | None) -> Format | None:
    suffix = path.suffix.removeprefix(".").lower() if path else ""
    return next((kind for kind in FORMATS if kind == suffix), None)


def _write(data: bytes, path: Path | None, *, binary: bool) -> None:
    if path is not None:
        write_bytes(path, data)
        echo(f"{path}: {len(data)} bytes", err=True)
        return
    if binary and sys.stdout.isatty():
        raise click.UsageError("this format is not for a terminal: give --output FILE")
    if sys.stdout.isatty():
        echo(data.decode(errors="replace"), nl=False)
    else:
        click.echo(data, nl=False)
