"""The names of all prompts, without a look into any: a template file is called after its prompt."""

from __future__ import annotations

from pathlib import Path

from fluxagents.prompts.versions.parts import SUFFIX, find_templates, list_templates
from fluxagents.prompts.versions.store import PromptStore


def list_prompt_names(store: PromptStore, folder: Path | None = None) -> tuple[str, ...]:
    """All prompts, sorted.

    Args:
        store: Where versions lie that were registered at run time.
        folder: Where the template files lie; the package's own when absent.
    """
    files = list_templates(folder or find_templates())
    return tuple(sorted({*(file.name.removesuffix(SUFFIX) for file in files), *store.names()}))
