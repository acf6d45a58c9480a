"""Models in a folder or under a URL: the adapter of `ModelStore`. Only `load` and `derive` import cobra.

models/<hex>/original     the bytes that were added
models/<hex>/record.json  name, format, lineage, warnings
models/<hex>/parsed-3.json  the fast form, written when the file is read
models/<hex>/refused-3.json  why the file is no model, so that nobody tries again
names/<name>              the digest that the name means
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.prompts.file_identity import once_per_content
from fluxagents.tasks.fba.genomes.reference_set import UNIVERSES, find_reference
from fluxagents.tasks.ports.models import (
    SHIPPED,
    ModelChange,
    ModelFormat,
    ModelRecord,
    ModelRef,
    ModelWarning,
)
from fluxagents.tasks.ports.outage import StoreOutageError
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.files.stored_bytes import StoredBytes
from fluxagents.workers.models.model_source import (
    FORMATS,
    check_size,
    file_bytes,
    file_name,
    format_of,
    is_url,
    suffix_of,
)
from fluxagents.workers.models.parser.parsing import FORM, ParsingLimits, parse
from fluxagents.workers.observing.metrics.amounts import Tally

if TYPE_CHECKING:
    from cobra import Model

    from fluxagents.workers.models.model_cache import ModelCache


CACHE_BYTES = 256_000_000
"""Of one worker process: about 17 models of the size of iJO1366."""

SHORTEST_PREFIX = 6
"""Hex digits that may stand for a digest."""

DIGEST_LENGTH = 64
"""Hex digits of a whole one."""

_KEEP_UNREAD = ("correct the file; `fluxagents models add --unchecked` keeps it as it is",)

_PREFIX = re.compile(rf"(?:sha256:)?([0-9a-f]{{{SHORTEST_PREFIX},{DIGEST_LENGTH}}})")
_NAME = re.compile(r"[\w.+\- ]{1,200}")
_PARSED = f"parsed-{FORM}.json"
_REFUSED = f"refused-{FORM}.json"


class ModelFiles:
    """Models below a folder or URL.

    Args:
        url: Anything that fsspec opens; shared by all workers and clients.
        cache_bytes: Memory of this process for parsed models.
        limits: Of parsing one file.
        hosts: Web servers that models may come from though their addresses are private.
        patience_s: How long to try again while the store is full or away.
        tally: Counts how often a model was in the memory of this process.
    """

    def __init__(
        self,
        url: str,
        *,
        cache_bytes: int = CACHE_BYTES,
        limits: ParsingLimits | None = None,
        hosts: Collection[str] = (),
        patience_s: float = 0.0,
        tally: Tally | None = None,
    ) -> None:
        self._hosts = hosts
        self._tally = tally
        self._bytes = StoredBytes(url, patience_s=patience_s)
        self._cache_bytes = cache_bytes
        self._limits = limits or ParsingLimits()

    def add(
        self,
        source: Path | str | bytes,
        name: str | None = None,
        *,
        suffix: str | None = None,
        unchecked: bool = False,
    ) -> ModelRecord:
        """See `ModelStore.add`."""
        if not isinstance(source, bytes):
            shown = file_name(source)
        elif name is None:
            raise FluxError(ErrorClass.BAD_ARGUMENT, "bytes of a model need a name")
        else:
            shown, name = name, name if suffix else None
        suffix = suffix or suffix_of(shown)
        kind = format_of(shown, suffix)
        data = source if isinstance(source, bytes) else file_bytes(source, self._hosts)
        check_size(shown, len(data))
        stem = shown[: -len(suffix)] if shown.lower().endswith(suffix) else shown
        name = _choose_name(name, stem, _digest_of(data))
        record = _record_of(data, name, kind, suffix)
        if unchecked:
            return self._store(record, lambda: data)
        where = f"model '{name}'"
        if not isinstance(source, bytes):
            where = f"model file '{hide_secrets(str(source))}'"
        return self._store_checked(record, data, where)

    def add_named(self, name: str) -> ModelRecord:
        """See `ModelStore.add_named`."""
        if name in UNIVERSES:
            file = find_reference().universe(name)
        elif name in SHIPPED:
            file = _cobra_data_folder() / SHIPPED[name]
        else:
            message = f"no model '{name}' comes with cobra"
            suggestions = nearest(name, SHIPPED) or (f"models: {', '.join(SHIPPED)}",)
            raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=suggestions)
        return self._store(_describe_shipped(file).model_copy(update={"name": name}), file.read_bytes)

    def resolve(self, text: str, *, files: bool = True) -> ModelRef:
        """See `ModelStore.resolve`."""
        if text in SHIPPED or text in UNIVERSES:
            return self.add_named(text).ref
        # Quoting leaves these as they are, and a folder has no bytes.
        stored = None if text in {"", ".", ".."} else self._bytes.read(f"names/{quote(text, safe='')}")
        if stored is not None:
            return ModelRef(digest=stored.decode(), name=text)
        prefix = _PREFIX.fullmatch(text.lower())
        digests = self._with_prefix(prefix[1]) if prefix else ()
        if len(digests) > 1:
            message = f"'{text}' begins the digests of {len(digests)} models"
            raise FluxError(
                ErrorClass.BAD_ARGUMENT, message, suggestions=tuple(f"sha256:{h}" for h in digests[:3])
            )
        if digests:
            return self._record(digests[0]).ref
        if files and (is_url(text) or Path(text).is_file() or suffix_of(text) in FORMATS):
            return self.add(text).ref
        added = (unquote(name) for name in self._bytes.names("names"))
        names = list(dict.fromkeys((*SHIPPED, *added, *UNIVERSES)))
        suggestions = nearest(text, names) or (f"models: {', '.join(names[:20])}",)
        raise FluxError(
            ErrorClass.UNKNOWN_ID, f"there is no model '{hide_secrets(text)}'", suggestions=suggestions
        )

    def load(self, ref: ModelRef) -> Model:
        """See `ModelStore.load`."""
        return self._cache.load(ref.digest, lambda: self._parse(ref))

    @cached_property
    def _cache(self) -> ModelCache:
        # It brings cobra; whoever only adds and lists models needs none.
        from fluxagents.workers.models.model_cache import ModelCache  # noqa: PLC0415

        return ModelCache(self._cache_bytes, self._tally)

    def derive(self, parent: ModelRef, model: Model, change: ModelChange, *, run: str = "") -> ModelRecord:
        """See `ModelStore.derive`."""
        data, form = self._cache.encode(model)
        hexes = _hex(_digest_of(data))
        if self._bytes.exists(_record_name(hexes)):
            run = self._record(hexes).run or run
        record = ModelRecord(
            digest=_digest_of(data),
            name=f"{parent.name[:150]}+{hexes[:8]}",
            format=ModelFormat.JSON,
            suffix=".json",
            size_bytes=len(data),
            parent=parent.digest,
            change=change,
            run=run,
            warnings=self.show(parent).warnings,
        )
        self._bytes.write(f"models/{hexes}/original", data)
        self._bytes.write(f"models/{hexes}/{_PARSED}", form)
        self._write(record)
        return record

    def list(self) -> Sequence[ModelRecord]:
        """See `ModelStore.list`."""
        folders = self._bytes.names("models")
        records = (self._record(hexes) for hexes in folders if self._bytes.exists(_record_name(hexes)))
        return sorted(records, key=lambda record: (record.name, record.digest))

    def show(self, ref: ModelRef) -> ModelRecord:
        """See `ModelStore.show`."""
        return self._record(_hex(ref.digest))

    def is_read(self, ref: ModelRef) -> bool:
        """Whether its file has been read by this version, so that its record holds all warnings."""
        return self._bytes.exists(f"models/{_hex(ref.digest)}/{_PARSED}")

    def read_form(self, ref: ModelRef) -> bytes:
        """The fast form of a model, which is written first where there is none; raises as `load`."""
        return self._parse(ref)

    def original(self, ref: ModelRef) -> bytes | None:
        """The file as it was added; None for a model that was made from another."""
        return self._bytes.read(f"models/{_hex(ref.digest)}/original")

    def adopt(self, record: ModelRecord, original: bytes) -> ModelRecord:
        """Store a model of another installation; its name here differs if that means another model already.

        Args:
            record: What that installation knew about it.
            original: Its bytes, which have the digest that the record names.
        """
        hexes = hashlib.sha256(original).hexdigest()
        assert record.digest == f"sha256:{hexes}"
        if self._bytes.exists(_record_name(hexes)):
            return self._record(hexes)
        name = record.name if _NAME.fullmatch(record.name) else "imported"
        if self._find_digest(name) not in {None, record.digest}:
            name = f"{name[:150]}-{hexes[:8]}"
        record = record.model_copy(update={"name": name})
        self._bytes.write(f"models/{hexes}/original", original)
        self._write(record)
        return record

    def _find_digest(self, name: str) -> str | None:
        """The digest of the model of this name; None if there is none."""
        if name in SHIPPED:
            return _describe_shipped(_cobra_data_folder() / SHIPPED[name]).digest
        stored = self._bytes.read(f"names/{quote(name, safe='')}")
        return None if stored is None else stored.decode()

    def _store(self, record: ModelRecord, read: Callable[[], bytes]) -> ModelRecord:
        """Store bytes as they are, unread if they are stored already; those then get another name."""
        hexes = _hex(record.digest)
        if self._bytes.exists(_record_name(hexes)):
            record = self._record(hexes).model_copy(update={"name": record.name})
        else:
            self._bytes.write(f"models/{hexes}/original", read())
        self._write(record)
        return record

    def _store_checked(self, record: ModelRecord, data: bytes, where: str) -> ModelRecord:
        """As `_store`, but the file is read first; one that is refused leaves nothing behind."""
        hexes = _hex(record.digest)
        if self.is_read(record.ref):
            return self._store(record, lambda: data)
        if self._bytes.exists(_record_name(hexes)):
            known = self._record(hexes)
            record = record.model_copy(
                update={"parent": known.parent, "change": known.change, "run": known.run}
            )
        outcome = parse(data, record.suffix, self._limits)
        if outcome.parsed is None:
            raise _unreadable(where, outcome.reason, _KEEP_UNREAD)
        self._bytes.write(f"models/{hexes}/original", data)
        record = self._keep_reading(record, outcome.parsed, outcome.warnings)
        self._write(record)
        return record

    def _write(self, record: ModelRecord) -> None:
        self._write_record(record)
        self._write_changed(f"names/{quote(record.name, safe='')}", record.digest.encode())

    def _write_record(self, record: ModelRecord) -> None:
        self._write_changed(_record_name(_hex(record.digest)), record.model_dump_json(indent=1).encode())

    def _write_changed(self, name: str, data: bytes) -> None:
        """Write what does not stand there yet: a write waits for the disk, a look does not."""
        if self._bytes.read(name) != data:
            self._bytes.write(name, data)

    def _record(self, hexes: str) -> ModelRecord:
        data = self._bytes.read(_record_name(hexes))
        if data is None:
            raise FluxError(ErrorClass.UNKNOWN_ID, f"no model sha256:{hexes} is stored")
        return ModelRecord.model_validate_json(data)

    def _with_prefix(self, prefix: str) -> Sequence[str]:
        if (
            len(prefix) == DIGEST_LENGTH
        ):  # a batch names all its models so; it need not list the store for each
            return [prefix] if self._bytes.exists(_record_name(prefix)) else []
        return [hexes for hexes in self._bytes.names("models") if hexes.startswith(prefix)]

    def _parse(self, ref: ModelRef) -> bytes:
        folder = f"models/{_hex(ref.digest)}"
        data = self._bytes.read(f"{folder}/{_PARSED}")
        if data is not None:
            return data
        record = self.show(ref)
        where = f"model '{ref.name}'"
        refused = self._bytes.read(f"{folder}/{_REFUSED}")
        if refused is not None:
            raise _unreadable(where, json.loads(refused)["reason"])
        original = self._bytes.read(f"{folder}/original")
        if original is None or hashlib.sha256(original).hexdigest() != _hex(ref.digest):
            raise _unreadable(where, "the stored file is missing or damaged: add it again")
        outcome = parse(original, record.suffix, self._limits)
        if outcome.parsed is None:
            if outcome.is_final:
                self._bytes.write(f"{folder}/{_REFUSED}", json.dumps({"reason": outcome.reason}).encode())
            raise _unreadable(where, outcome.reason)
        self._keep_reading(record, outcome.parsed, outcome.warnings)
        return outcome.parsed

    def _keep_reading(
        self, record: ModelRecord, form: bytes, warnings: tuple[ModelWarning, ...]
    ) -> ModelRecord:
        """Store the fast form of a file, and its record with the warnings of this reading."""
        inherited = self._inherit_warnings(record)
        kinds = {warning.kind for warning in inherited}
        own = (warning for warning in warnings if warning.kind not in kinds)
        record = record.model_copy(update={"warnings": (*inherited, *own)})
        # The record comes first: whoever finds the fast form relies on its warnings.
        self._write_record(record)
        self._bytes.write(f"models/{_hex(record.digest)}/{_PARSED}", form)
        return record

    def _inherit_warnings(self, record: ModelRecord) -> tuple[ModelWarning, ...]:
        """The warnings about the file that a changed model was made from, read anew if need be."""
        if record.parent is None:
            return ()
        parent = ModelRef(digest=record.parent, name=record.name)
        try:
            self._parse(parent)
            return self.show(parent).warnings
        except StoreOutageError:
            raise
        except FluxError:  # an imported model has come without its parent
            return record.warnings


def _unreadable(where: str, reason: str, suggestions: tuple[str, ...] = ()) -> FluxError:
    return FluxError(ErrorClass.UNREADABLE_MODEL, f"{where} {reason}", suggestions=suggestions)


def _record_of(data: bytes, name: str, kind: ModelFormat, suffix: str) -> ModelRecord:
    return ModelRecord(digest=_digest_of(data), name=name, format=kind, suffix=suffix, size_bytes=len(data))


@once_per_content
def _describe_shipped(file: Path) -> ModelRecord:
    return _record_of(file.read_bytes(), file.name, ModelFormat.SBML, ".xml.gz")


def _digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _record_name(hexes: str) -> str:
    return f"models/{hexes}/record.json"


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")


def _cobra_data_folder() -> Path:
    """Where cobra keeps its models, found without importing it."""
    spec = importlib.util.find_spec("cobra")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"


def _choose_name(name: str | None, stem: str, digest: str) -> str:
    """The name to store under; names of shipped models always mean those."""
    if name is None:
        plain = re.sub(r"[^\w.+\- ]", "_", stem)[:150] or "model"
        return f"{plain}-{_hex(digest)[:8]}" if plain in SHIPPED else plain
    if not _NAME.fullmatch(name) or _PREFIX.fullmatch(name):
        message = f"'{name[:80]}' cannot name a model"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, message, suggestions=("letters, digits, spaces and any of . + - _",)
        )
    if name in SHIPPED:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"'{name}' is the name of a model that comes with cobra")
    return name
