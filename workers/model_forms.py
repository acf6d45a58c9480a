"""The fast stored form of a parsed model: JSON with every number in full, and back.

The client imports this module and needs no cobra, so cobra is imported when a model is at hand.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cobra import Model

FORM = 1
"""Changes when the stored form does: older forms are then written again from the original file."""


def dumped(model: Model) -> bytes:
    """The model as JSON; the same model always gives the same bytes."""
    from cobra.io import model_to_dict  # noqa: PLC0415 - see above

    form = {
        "form": FORM,
        "objective_direction": model.objective_direction,
        "non_functional_genes": sorted(gene.id for gene in model.genes if not gene.functional),
        "model": model_to_dict(model, sort=False),
    }
    return json.dumps(form, default=_plain, allow_nan=False, separators=(",", ":")).encode()


def loaded(data: bytes) -> Model:
    """The model of a stored form, on GLPK, for use in one process."""
    from cobra import Configuration  # noqa: PLC0415 - see above
    from cobra.io import model_from_dict  # noqa: PLC0415 - see above

    # A Celery child is daemonic and may have no children; the parallelism is over tasks.
    Configuration().processes = 1
    Configuration().solver = "glpk"
    form: dict[str, Any] = json.loads(data)
    model = model_from_dict(form["model"])
    model.objective_direction = form["objective_direction"]
    for identifier in form["non_functional_genes"]:
        model.genes.get_by_id(identifier).functional = False
    return model


def _plain(value: object) -> object:
    """What JSON does not know: numpy numbers and sets from a model's notes and annotations."""
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
