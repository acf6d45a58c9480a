"""Evaluation cases as files of the user's own: YAML, one a case, called as the run that it was made of."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.collaboration.evaluation_case import EvaluationCase
from fluxagents.workers.files.table_file import replace_atomically

SUFFIX = ".yaml"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")


def write_case(folder: Path, case: EvaluationCase, *, replace: bool) -> Path:
    """Write a case; its file.

    Raises:
        FluxError: If there is a case of this run already, and it is not to be replaced.
    """
    path = folder / f"{name_case(case.run)}{SUFFIX}"
    if path.exists() and not replace:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there is a case of run {case.run!r} already: {path}",
            suggestions=("replace it with --replace", "or change the file"),
        )
    folder.mkdir(parents=True, exist_ok=True)
    document = case.model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    with replace_atomically(path) as file:
        file.write_bytes(text.encode())
    return path


def read_cases(folder: Path) -> Mapping[str, EvaluationCase]:
    """All cases of a folder by name, sorted.

    Raises:
        FluxError: `SCHEMA` if a file is none, naming the file and the field.
    """
    return {path.stem: _read(path) for path in sorted(folder.glob(f"*{SUFFIX}"))}


def select_cases(folder: Path, names: tuple[str, ...]) -> Mapping[str, EvaluationCase]:
    """The cases of these names, or all.

    Raises:
        FluxError: If there is none, or none of a name.
    """
    cases = read_cases(folder)
    if not cases:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there are no cases in {folder}",
            suggestions=("`fluxagents eval add RUN` makes one of a run",),
        )
    for name in names:
        if name not in cases:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no case {quote(name)}",
                suggestions=(*nearest(name, cases), "`fluxagents eval list` shows all"),
            )
    return {name: case for name, case in cases.items() if not names or name in names}


def name_case(run_id: str) -> str:
    """What the case of a run is called: its id, if that can be the name of a file."""
    return run_id if _PLAIN.fullmatch(run_id) else hashlib.sha256(run_id.encode()).hexdigest()[:20]


def _read(path: Path) -> EvaluationCase:
    try:
        return EvaluationCase.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FluxError(
            ErrorClass.SCHEMA, f"{path} is no evaluation case: {where}: {first['msg']}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FluxError(ErrorClass.SCHEMA, f"{path} is no YAML: {error}") from error
