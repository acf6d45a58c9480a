"""Compounds and reactions of ModelSEEDDatabase in one SQLite file: the adapter of `Biochem`.

https://github.com/ModelSEED/ModelSEEDDatabase: `Biochemistry/compounds.tsv` and `reactions.tsv`.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.ports.biochem import Entity, Kind

SOURCE = "ModelSEED"

NAMESPACES: Mapping[str, str] = {
    "bigg": "bigg",
    "bigg1": "bigg",
    "kegg": "kegg",
    "metacyc": "metacyc",
    "metanetx": "metanetx",
    "metanetx.chemical": "metanetx",
    "metanetx.reaction": "metanetx",
    "rhea": "rhea",
    "chebi": "chebi",
    "hmdb": "hmdb",
}
"""What the column `aliases` calls a database -> what we call it. The names that models use are left out."""

COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    "compound": ("id", "name", "formula", "inchikey", "is_obsolete", "aliases"),
    "reaction": ("id", "name", "equation", "is_obsolete", "aliases"),
}
"""That a file must have."""

MAX_FIELD_CHARACTERS = 1_000_000
"""The longest list of aliases has some thousands."""

_BATCH = 2_000

_SCHEMA = """
CREATE TABLE entity (
  key INTEGER PRIMARY KEY, kind TEXT, id TEXT, formula TEXT, obsolete INTEGER, names TEXT, ids TEXT);
CREATE TABLE xref (folded TEXT, namespace TEXT, key INTEGER);
CREATE TABLE name (folded TEXT, key INTEGER);
CREATE VIRTUAL TABLE words USING fts5(names, ids, content='');
CREATE TABLE about (kind TEXT, file TEXT, entities INTEGER);
"""
_INDEXES = """
CREATE INDEX xref_folded ON xref (folded);
CREATE INDEX name_folded ON name (folded);
"""

_BY_ID = """
SELECT kind, id, formula, obsolete, names, ids FROM entity
WHERE key IN (SELECT key FROM xref WHERE folded = :id AND (:namespace IS NULL OR namespace = :namespace))
AND (:kind IS NULL OR kind = :kind) ORDER BY obsolete, id
"""
_BY_NAME = """
SELECT kind, id, formula, obsolete, names, ids FROM entity
WHERE key IN (SELECT key FROM name WHERE folded = :name)
AND (:kind IS NULL OR kind = :kind) ORDER BY obsolete, id
"""
_BY_WORDS = """
SELECT e.kind, e.id, e.formula, e.obsolete, e.names, e.ids, count(*) OVER ()
FROM words JOIN entity e ON e.key = words.rowid
WHERE words MATCH :words AND (:kind IS NULL OR e.kind = :kind)
ORDER BY e.obsolete, rank, length(e.names), e.id LIMIT :limit
"""


class BiochemFile:
    """What was imported last, in one file; opened anew for each question, so an import shows at once.

    Args:
        path: Of the SQLite file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def source(self) -> str:
        """See `Biochem.source`."""
        return SOURCE if self._path.is_file() else ""

    def by_id(self, identifier: str, namespace: str | None, kind: Kind | None) -> Sequence[Entity]:
        """See `Biochem.by_id`."""
        return self._query(_BY_ID, {"id": identifier.casefold(), "namespace": namespace, "kind": kind})

    def by_name(self, name: str, kind: Kind | None) -> Sequence[Entity]:
        """See `Biochem.by_name`."""
        return self._query(_BY_NAME, {"name": name.casefold(), "kind": kind})

    def search(self, words: str, kind: Kind | None, limit: int) -> tuple[Sequence[Entity], int]:
        """See `Biochem.search`."""
        terms = re.findall(r"\w+", words)
        if not terms or not self._path.is_file():
            return (), 0
        # Each word as the beginning of one; quoted, so that nothing of it is an operator.
        matching = " ".join(f'"{term}"*' for term in terms)
        with closing(self._connect()) as database:
            rows = database.execute(_BY_WORDS, {"words": matching, "kind": kind, "limit": limit}).fetchall()
        return [_read_entity(row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0

    def namespaces(self) -> frozenset[str]:
        """See `Biochem.namespaces`."""
        if not self._path.is_file():
            return frozenset()
        with closing(self._connect()) as database:
            return frozenset(row[0] for row in database.execute("SELECT DISTINCT namespace FROM xref"))

    def status(self) -> list[dict[str, object]]:
        """What was imported: kind, file and count of entities each; nothing if nothing was."""
        if not self._path.is_file():
            return []
        with closing(self._connect()) as database:
            rows = database.execute("SELECT kind, file, entities FROM about ORDER BY kind").fetchall()
        return [{"kind": kind, "file": file, "entities": count} for kind, file, count in rows]

    def replace(self, files: Mapping[Kind, Path]) -> list[dict[str, object]]:
        """Import files instead of what is there: all of them, or nothing changes.

        Returns:
            As `status`.

        Raises:
            FluxError: `SCHEMA` for a file that is none of ModelSEEDDatabase, naming the line.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex}")
        try:
            with closing(sqlite3.connect(draft)) as database:
                # Nobody sees the draft, and one that is cut off is thrown away.
                database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
                first = 1
                for kind, path in files.items():
                    count = _fill(database, kind, path, first)
                    first += count
                    database.execute("INSERT INTO about VALUES (?, ?, ?)", (kind, path.name, count))
                database.executescript(_INDEXES)
                database.commit()
            with draft.open("rb") as written:
                os.fsync(written.fileno())
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)
        return self.status()

    def _query(self, query: str, values: Mapping[str, object]) -> list[Entity]:
        if not self._path.is_file():
            return []
        with closing(self._connect()) as database:
            return [_read_entity(row) for row in database.execute(query, values).fetchall()]

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)


def _read_entity(row: tuple[str, str, str, int, str, str]) -> Entity:
    kind, identifier, formula, obsolete, names, ids = row
    return Entity.model_validate(
        {
            "kind": kind,
            "source": SOURCE,
            "id": identifier,
            "formula": formula,
            "is_obsolete": bool(obsolete),
            "names": json.loads(names),
            "ids": json.loads(ids),
        }
    )


def _fill(database: sqlite3.Connection, kind: Kind, path: Path, first: int) -> int:
    """Write the rows of one file; returns how many there were."""
    rows: list[Entity] = []
    count = 0
    for entity in _entities(kind, path):
        rows.append(entity)
        if len(rows) == _BATCH:
            _write(database, rows, first + count)
            count += len(rows)
            rows.clear()
    _write(database, rows, first + count)
    count += len(rows)
    if not count:
        raise FluxError(ErrorClass.SCHEMA, f"file '{path.name}' holds no {kind}")
    return count


def _write(database: sqlite3.Connection, entities: Sequence[Entity], first: int) -> None:
    keyed = list(enumerate(entities, start=first))
    database.executemany(
        "INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (key, e.kind, e.id, e.formula, e.is_obsolete, json.dumps(e.names), json.dumps(e.ids))
            for key, e in keyed
        ],
    )
    database.executemany(
        "INSERT INTO xref VALUES (?, ?, ?)",
        [
            (identifier.casefold(), space, key)
            for key, entity in keyed
            for space, ids in entity.ids.items()
            for identifier in ids
        ],
    )
    database.executemany(
        "INSERT INTO name VALUES (?, ?)",
        [(folded, key) for key, e in keyed for folded in {name.casefold() for name in e.names}],
    )
    database.executemany(
        "INSERT INTO words (rowid, names, ids) VALUES (?, ?, ?)",
        [
            (key, "\n".join(e.names), " ".join(identifier for ids in e.ids.values() for identifier in ids))
            for key, e in keyed
        ],
    )


def _entities(kind: Kind, path: Path) -> Iterator[Entity]:
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            # Names hold quotes that mean nothing.
            reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = [name for name in COLUMNS[kind] if name not in (reader.fieldnames or ())]
            if missing:
                message = f"file '{path.name}' has no column '{missing[0]}': it is no {kind}s.tsv of {SOURCE}"
                raise FluxError(
                    ErrorClass.SCHEMA, message, suggestions=(f"needed: {', '.join(COLUMNS[kind])}",)
                )
            for row in reader:
                if any(row[name] is None for name in COLUMNS[kind]) or not row["id"]:
                    message = f"line {reader.line_num} of '{path.name}' has too few cells or no id"
                    raise FluxError(ErrorClass.SCHEMA, message)
                yield _parse_entity(kind, row)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"file '{path}' cannot be read: {reason}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FluxError(ErrorClass.SCHEMA, f"file '{path.name}' is no table: {error}") from error


def _parse_entity(kind: Kind, row: Mapping[str, str]) -> Entity:
    names, ids = [_value(row["name"])], {"modelseed": [row["id"]]}
    for part in _value(row["aliases"]).split("|"):
        label, _, values = part.partition(":")
        entries = [value.strip() for value in values.split(";") if value.strip()]
        if label.strip().casefold() == "name":
            names += entries
        elif space := NAMESPACES.get(label.strip().casefold()):
            ids.setdefault(space, []).extend(entries)
    if kind == "compound" and _value(row["inchikey"]):
        ids["inchikey"] = [row["inchikey"]]
    if kind == "reaction" and _value(row.get("ec_numbers") or ""):
        ids["ec"] = row["ec_numbers"].split("|")
    return Entity(
        kind=kind,
        source=SOURCE,
        id=row["id"],
        names=tuple(dict.fromkeys(name for name in names if name)),
        formula=_value(row["formula"]) if kind == "compound" else "",
        is_obsolete=row["is_obsolete"] == "1",
        ids={space: tuple(dict.fromkeys(entries)) for space, entries in ids.items()},
    )


def _value(cell: str) -> str:
    return "" if cell == "null" else cell
