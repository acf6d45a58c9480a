"""A model out of the document that cobra writes as JSON or YAML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from cobra import Model
from cobra.io.yaml import yaml

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models import model_forms
from fluxagents.workers.models.reading.bounds import read_with_any_bounds
from fluxagents.workers.models.reading.refusal import RefusedFileError


def read_json(data: bytes) -> tuple[Model, list[ModelWarning]]:
    """The model, and what a user should know about its file; raises `RefusedFileError`."""
    return _restore(json.loads(data)), []


def read_yaml(data: bytes) -> tuple[Model, list[ModelWarning]]:
    """As `read_json`."""
    return _restore(yaml.load(data.decode())), []


def _restore(described: Any) -> Model:
    """The model of cobra's JSON or YAML."""
    if not isinstance(described, dict) or not described.get("reactions"):
        raise RefusedFileError("is no readable model: it has no list of reactions")
    for kind in ("reactions", "metabolites", "genes"):
        _check_unique(kind.removesuffix("s"), (str(row.get("id")) for row in described.get(kind, ())))
    known = {row["id"] for row in described["metabolites"]}
    for row in described["reactions"]:
        for metabolite in row["metabolites"]:
            if metabolite not in known:
                where = f"the metabolite '{metabolite}' in reaction '{row['id']}'"
                raise RefusedFileError(f"refers to {where} and does not declare it")
    return read_with_any_bounds(lambda: model_forms.restore(described))


def _check_unique(what: str, identifiers: Iterable[str]) -> None:
    twice = [identifier for identifier, count in Counter(identifiers).items() if count > 1]
    if twice:
        more = f" (and {len(twice) - 1} more)" if twice[1:] else ""
        raise RefusedFileError(f"declares the {what} '{twice[0]}' more than once{more}")
