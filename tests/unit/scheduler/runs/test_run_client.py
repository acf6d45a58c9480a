"""Starting runs through the ports, without a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.hostile import HOSTILE_IDS

from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.memory.fair_shares import MIN_ISSUED
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.prompts.versions.prompt_names import list_prompt_names
from fluxagents.prompts.versions.store import MemoryPromptStore
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import CHUNK, RunSpec
from fluxagents.tasks.ports.models import ModelRef, ModelStore
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.clients.local_authority import build_process_authority
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
    store = MemoryRunStore(SystemClock())
    return RunClient(
        store=store,
        authority=build_process_authority(store.audit_log),
        publisher=published,
        clock=SystemClock(),
        models=cast("ModelStore", models),
        flows=FlowLibrary(),
        tools=TOOLS,
    )


def spec(model: str = "a", **inputs: Any) -> RunSpec:
    return RunSpec(model=model, inputs={"question": "How fast does it grow?", **inputs})


def test_a_batch_asks_for_each_model_once_and_lets_first_steps_wait_for_their_turn(
    client: RunClient, published: Published, models: Models
) -> None:
    runs = list(client.batch("metabolic_analysis", [spec("a"), spec("b")] * CHUNK))
    assert models.asked == ["a", "b"]
    assert [len(batch) for batch in published.batches] == [MIN_ISSUED]
    assert client.store.counts()["running"] == 2 * CHUNK
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
    store = MemoryRunStore(SystemClock())
    client = RunClient(
        store=store,
        authority=build_process_authority(store.audit_log),
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


@pytest.mark.parametrize("hostile", HOSTILE_IDS, ids=lambda text: ascii(text[:20]))
def test_no_hostile_id_starts_a_run(client: RunClient, published: Published, hostile: str) -> None:
    with pytest.raises(FluxError):
        client.start("metabolic_analysis", model="a", question="How fast does it grow?", run_id=hostile)
    assert client.store.runs() == []
    assert published.batches == []


@pytest.mark.parametrize("session", ["a\nb", "\x1b[2J", " a", "x" * 201])
def test_no_hostile_session_is_begun(client: RunClient, session: str) -> None:
    with pytest.raises(FluxError, match="cannot be the name of a session"):
        client.start("metabolic_analysis", model="a", question="Does it grow?", session=session)
    assert client.store.runs() == []


def test_inputs_have_sizes(client: RunClient) -> None:
    with pytest.raises(FluxError, match="input 'question' has 32,001 characters, at most 32,000"):
        client.start("metabolic_analysis", model="a", question="x" * 32_001)
    medium = {f"EX_{number}_e": 1.0 for number in range(20_000)}
    with pytest.raises(FluxError, match="at most 256,000"):
        client.start("metabolic_analysis", model="a", question="Does it grow?", medium=medium)
    assert client.store.runs() == []


@pytest.mark.parametrize("nobody", ["", " ", "a\nb", "\x1b[31mada", "x" * 201])
def test_who_acts_has_a_name(client: RunClient, nobody: str) -> None:
    run = client.start("metabolic_analysis", model="a", question="Does it grow?", stepwise=True)
    log = run.events()
    acts: list[Callable[[], object]] = [
        lambda: client.pause(run.id, by=nobody),
        lambda: client.resume(run.id, by=nobody),
        lambda: client.cancel(run.id, by=nobody, reason="r"),
        lambda: client.cancel_all([run.id], by=nobody, reason="r"),
        lambda: client.signal(run.id, "measured", by=nobody),
        lambda: client.fork(run.id, by=nobody),
        lambda: client.rollback(run.id, to=0, by=nobody),
        lambda: client.adopt(log, by=nobody),
    ]
    for act in acts:
        with pytest.raises(FluxError, match="cannot be the name of a person"):
            act()
    assert run.events() == log
    assert [state.run_id for state in client.store.runs()] == [run.id]


def test_what_people_say_has_sizes(client: RunClient) -> None:
    run = client.start("metabolic_analysis", model="a", question="Does it grow?", stepwise=True)
    log, long = run.events(), "x" * 32_001
    acts: list[tuple[str, Callable[[], object]]] = [
        ("the reason", lambda: client.cancel(run.id, by="ada", reason=long)),
        ("the reason", lambda: client.reject(f"{run.id}.1", by="ada", reason=long)),
        ("the reason", lambda: client.rollback(run.id, to=0, by="ada", reason=long)),
        ("the answer", lambda: client.reply(f"{run.id}.1", by="ada", answer=long)),
        ("argument 'x'", lambda: client.edit(run.id, {"x": long}, by="ada")),
        ("field 'x'", lambda: client.signal(run.id, "measured", by="ada", data={"x": long})),
        ("value 'x'", lambda: client.fork(run.id, by="ada", values={"x": long})),
    ]
    for what, act in acts:
        with pytest.raises(FluxError, match=f"{what} has 32,001 characters"):
            act()
    with pytest.raises(FluxError, match="cannot be the name of an event"):
        client.signal(run.id, "a\nb", by="ada")
    assert run.events() == log


def test_a_flow_may_be_named_by_its_digest_and_where_messages_come_in_by_no_file(
    client: RunClient, models: Models, tmp_path: Path
) -> None:
    library = Path(str(files("fluxagents.flows"))) / "library" / "metabolic_analysis.yaml"
    flow = tmp_path / "mine.yaml"
    flow.write_text(library.read_text().replace("flow: metabolic_analysis", "flow: mine"))
    checked = client.check_flow(str(flow)).flow
    by_digest = client.start(checked.digest, model="a", question="Does it grow?")
    assert by_digest.state.flow == checked.ref
    worker = RunClient(
        store=client.store,
        authority=client.authority,
        publisher=Published(),
        clock=SystemClock(),
        models=cast("ModelStore", models),
        flows=FlowLibrary((tmp_path,), files=False),
        tools=TOOLS,
    )
    with pytest.raises(FluxError, match="messages name flows by name or digest"):
        worker.check_flow(str(flow))
    assert worker.check_flow("mine").flow.digest == checked.digest
    assert worker.check_flow(checked.digest).flow.digest == checked.digest
    with pytest.raises(FluxError, match="no flow with digest"):
        worker.check_flow("0" * 64)
