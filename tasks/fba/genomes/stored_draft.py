"""A draft as a tool names it: the digest of a stored one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.draft_model import BUILD, ModelDraft
from fluxagents.tasks.fba.solving.conditions import GrowthArgs

if TYPE_CHECKING:
    from fluxagents.tasks.ports.sources import Sources

WHERE = f"'draft.digest' of a result of '{BUILD}'"


class DraftArgs(GrowthArgs):
    """Which draft; the model is the universal one that it was made from."""

    draft: str = Field(min_length=6, max_length=300, description=f"Its digest, {WHERE}.")


def read_draft(sources: Sources, args: DraftArgs) -> ModelDraft:
    """The draft that the arguments name.

    Raises:
        FluxError: `UNKNOWN_ID` if nothing is stored under the digest, `SCHEMA` if that is no draft.
    """
    store = sources.artifacts
    try:
        return ModelDraft.model_validate_json(store.get(store.find(args.draft)))
    except ValidationError as error:
        message = f"artifact '{args.draft[:19]}' is no draft of a model"
        raise FluxError(ErrorClass.SCHEMA, message, suggestions=(f"give {WHERE}",)) from error
