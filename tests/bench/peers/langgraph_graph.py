"""Ten no-op nodes as a LangGraph graph whose checkpoints are kept by the SQLite saver.

LangGraph has no queue and no workers: two threads of one process invoke the graph for one run after the
other, and a process that is started again invokes those whose checkpoints have no end. `durability="sync"`
writes each checkpoint before the next node begins; the default may lose some of them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from tests.bench.journal import note
from tests.bench.peers.work import STATE, STEPS, folder


class State(TypedDict):
    run: str
    state: str


def node(step: int) -> Callable[[State], State]:
    def noop(state: State) -> State:
        note("step", state["run"], step)
        return state

    return noop


def build(saver: Any) -> Any:
    graph = StateGraph(State)
    names = [START, *(f"step{step}" for step in range(1, STEPS + 1)), END]
    for step, name in enumerate(names[1:-1], start=1):
        graph.add_node(name, node(step))
    for before, after in pairwise(names):
        graph.add_edge(before, after)
    return graph.compile(checkpointer=saver)


def serve(database: Path, runs: int) -> None:
    with SqliteSaver.from_conn_string(str(database)) as saver, ThreadPoolExecutor(2) as threads:
        graph = build(saver)

        def go_on(run: str) -> None:
            config = {"configurable": {"thread_id": run}}
            snapshot = graph.get_state(config)
            if not snapshot.values or snapshot.next:
                begun = None if snapshot.values else {"run": run, "state": STATE}
                graph.invoke(begun, config, durability="sync")

        note("ready")
        note("enqueue")
        for _ in threads.map(go_on, [f"run{number}" for number in range(runs)]):
            pass
        threading.Event().wait()


if __name__ == "__main__":
    serve(folder() / "langgraph.sqlite", int(sys.argv[1]))
