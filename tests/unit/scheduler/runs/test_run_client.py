"""Starting runs through the ports, without a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.prompts.versions.prompt_names import list_prompt_names
from fluxagents.prompts.versions.store import MemoryPromptStore
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import CHUNK, RunSpec
from fluxagents.tasks.ports.models import ModelRef, ModelStore
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.machine.clock import SystemClock


@dataclass
class Published:
    """Keeps what was published."""

    unreachable: tuple[type[Exception], ...] = ()
    batches: list[list[Outgoing]] = field(default_factory=list)

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self.batches.append(list(outgoing))

    def stop(self, run_id: str, seq: int, attempt: int) -> None: ...

    def is_idle(self, queue: str) -> bool:
        return bool(queue)


@dataclass
class Models:
    """Knows every model, and counts how often it is asked."""

    asked: list[str] = field(default_factory=list)

    def resolve(self, text: str, *, files: bool = True) -> ModelRef:
        assert files
        self.asked.append(text)
        return ModelRef(digest=f"sha256:{list(dict.fromkeys(self.asked)).index(text) + 1:0>64}", name=text)


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def client(published: Published, models: Models) -> RunClient:
    return RunClient(
        store=MemoryRunStore(SystemClock()),
        publisher=published,
        clock=SystemClock(),
        models=cast("ModelStore", models),
        flows=FlowLibrary(),
        tools=TOOLS,
    )


def spec(model: str = "a", **inputs: Any) -> RunSpec:
    return RunSpec(model=model, inputs={"question": "How fast does it grow?", **inputs})


def test_a_batch_asks_for_each_model_once_and_publishes_in_chunks(
    client: RunClient, published: Published, models: Models
) -> None:
    runs = list(client.batch("metabolic_analysis", [spec("a"), spec("b")] * CHUNK))
    assert models.asked == ["a", "b"]
    assert [len(batch) for batch in published.batches] == [CHUNK, CHUNK]
    assert len({run.id for run in runs}) == 2 * CHUNK
    assert {run.state.model_name: run.state.model for run in runs} == {
        "a": f"sha256:{1:064x}",
        "b": f"sha256:{2:064x}",
    }


def test_a_batch_computes_the_digest_of_its_flow_once(
    client: RunClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = cast("property", Flow.digest)
    asked: list[str] = []

    def counted(flow: Flow) -> str:
        asked.append(flow.flow)
        return cast("str", digest.__get__(flow))

    monkeypatch.setattr(Flow, "digest", property(counted))
    list(client.batch("metabolic_analysis", [spec()] * 50))
    assert len(asked) <= 3


def test_a_run_with_an_id_of_its_own_is_published_once(client: RunClient, published: Published) -> None:
    for _ in range(2):
        client.start("metabolic_analysis", model="a", question="How fast does it grow?", run_id="mine")
    assert [outgoing.run_id for batch in published.batches for outgoing in batch] == ["mine"]


def test_runs_of_a_batch_are_kept_when_the_broker_is_cut_off(
    client: RunClient, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(outgoing: Sequence[Outgoing]) -> None:
        raise ConnectionError(f"{len(outgoing)} messages and no route to the broker")

    published.unreachable = (ConnectionError,)
    monkeypatch.setattr(published, "publish", cut_off)
    runs = list(client.batch("metabolic_analysis", [spec("a"), spec("b")]))
    assert [run.status for run in runs] == ["running", "running"]


def test_an_order_that_does_not_fit_ends_the_batch(client: RunClient) -> None:
    with pytest.raises(FluxError, match="no input 'questoin'"):
        list(client.batch("metabolic_analysis", [spec(questoin="typo")]))


def test_the_same_start_again_starts_nothing(client: RunClient, published: Published) -> None:
    first = client.start("metabolic_analysis", model="a", question="Growth?", run_id="mine")
    again = client.start("metabolic_analysis", model="a", question="Growth?", run_id="mine", lane="bulk")
    assert first.id == again.id == "mine"
    assert [len(batch) for batch in published.batches] == [1]


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"model": "b"}, r"model a \(0+\), not b \(0+\)"),
        ({"question": "Yield?"}, "question 'Growth\\?', not 'Yield\\?'"),
        ({"medium": {"EX_ac_e": 5}}, "medium 'None', not '{'EX_ac_e': 5}'"),
        ({"session": "weekly"}, "session 'mine', not 'weekly'"),
        (
            {"flow": "hypothesis_test"},
            r"flow metabolic_analysis v\d+ \(\w{12}\), not hypothesis_test v\d+ \(\w{12}\)",
        ),
    ],
)
def test_another_start_under_the_id_of_a_run_is_refused(
    client: RunClient, published: Published, changed: dict[str, Any], difference: str
) -> None:
    stated: dict[str, Any] = {"flow": "metabolic_analysis", "model": "a", "question": "Growth?"}
    client.start(**stated, run_id="mine")
    with pytest.raises(FluxError, match=f"there is a run 'mine' already, with .*{difference}") as refused:
        client.start(**{**stated, **changed}, run_id="mine")
    assert refused.value.kind == "bad_argument"
    assert refused.value.suggestions[0] == "`fluxagents runs show mine` shows it"
    assert [len(batch) for batch in published.batches] == [1]
    assert client.get("mine").state.inputs["question"] == "Growth?"


def test_two_runs_of_a_batch_cannot_share_an_id(client: RunClient) -> None:
    specs = [RunSpec(model="a", inputs={"question": q}, run_id="mine") for q in ("one", "two", "one")]
    with pytest.raises(FluxError, match="question 'one', not 'two'"):
        list(client.batch("metabolic_analysis", specs))


@pytest.mark.parametrize("by", ["", "  ", "\t\n"])
@pytest.mark.parametrize(
    "act",
    [
        lambda client, by: client.pause("mine", by=by),
        lambda client, by: client.cancel("mine", by=by, reason="r"),
        lambda client, by: client.cancel_all(["mine"], by=by, reason="r"),
        lambda client, by: client.signal("mine", "measured", by=by),
        lambda client, by: client.fork("mine", by=by),
        lambda client, by: client.adopt(client.store.events("mine"), by=by),
        lambda client, by: client.rollback("mine", to=0, by=by),
        lambda client, by: client.restart("mine", node="describe", by=by),
    ],
)
def test_nobody_acts_without_a_name(
    client: RunClient, act: Callable[[RunClient, str], object], by: str
) -> None:
    client.start("metabolic_analysis", model="a", question="Growth?", run_id="mine")
    before = client.store.events("mine")
    with pytest.raises(FluxError, match="cannot be the name of a person"):
        act(client, by)
    assert client.store.events("mine") == before


def test_a_later_start_reads_no_file(
    published: Published, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = RunClient(
        store=MemoryRunStore(SystemClock()),
        publisher=published,
        clock=SystemClock(),
        models=cast("ModelStore", models),
        flows=FlowLibrary(),
        tools=TOOLS,
        prompts=lambda: list_prompt_names(MemoryPromptStore()),
    )
    client.start("model_comparison", model="a", models=["a", "b"], question="Growth?")

    def refuse(self: Path, *_: object, **__: object) -> str:
        raise AssertionError(f"{self} was read again")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_text", refuse)
    client.start("model_comparison", model="a", models=["a", "b"], question="Growth?")
    assert [len(batch) for batch in published.batches] == [1, 1]
