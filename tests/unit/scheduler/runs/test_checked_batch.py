"""A batch is checked before its first run starts; all its models that cannot be used are named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.runs.checked_batch import check_batch
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.workers.clients.local import LocalClient

WILD = Path(__file__).parents[3] / "data/wild"


def specs(*models: str) -> list[RunSpec]:
    return [RunSpec(model=model, inputs={"question": "Does it grow?"}) for model in models]


def test_every_bad_file_is_named_at_once(tmp_path: Path) -> None:
    client = LocalClient(tmp_path)
    files = [str(WILD / name) for name in ("nan.json", "base.json", "dupid.json")]
    with pytest.raises(FluxError) as raised:
        check_batch(client, "metabolic_analysis", specs(*files, "e_coli_cor"))
    lines = raised.value.message.splitlines()
    assert lines[0] == "3 models cannot be used:"
    assert all(name in line for name, line in zip((files[0], files[2], "e_coli_cor"), lines[1:], strict=True))
    assert raised.value.kind is ErrorClass.UNREADABLE_MODEL


def test_a_file_stands_for_its_digest_from_then_on(tmp_path: Path) -> None:
    client = LocalClient(tmp_path)
    checked = check_batch(client, "metabolic_analysis", specs(str(WILD / "base.json"), "e_coli_core"))
    digest = client.models.resolve("base").digest
    assert [spec.model for spec in checked.specs] == [digest, "e_coli_core"]
    assert {ref.name for ref in checked.models.values()} == {"base", "e_coli_core"}
