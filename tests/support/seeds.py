"""Markup in every place that a text of others can come from, to be looked for wherever it is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from langchain_core.messages import AIMessage, BaseMessage
from tests.support.decisions import FakeChat, calls
from tests.support.http_api import Api
from tests.support.story import whole

from fluxagents.flows.errors import ErrorClass, ErrorInfo
from fluxagents.flows.people.members import ServiceAccount
from fluxagents.flows.people.roles import Role
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.flows.remedies import ErrorCase, RemedyTrial
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.webhooks.signature import build_headers
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.clients.local import LocalClient

FOREIGN = "evil.example"
"""A server that no page may speak to."""

MARKS = f'flux-seed, [src^="//{FOREIGN}"], [onerror], [onload], [href^="javascript:"]'
"""What the markup of a seed would become."""

CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good."


def seed(place: str) -> str:
    """A text for a place: one line, short enough for a name, that closes what it may stand in."""
    return (
        f"{place}'\"</textarea></title></script><flux-seed></flux-seed>"
        f"<img src=//{FOREIGN} onerror=seeded=1><script>seeded=1</script>"
    )


def find_places(text: str) -> set[str]:
    """The places whose seeds stand in a text, whole."""
    return {place for place in PLACES if seed(place) in text}


PLACES = frozenset(
    {
        "agree",
        "answer",
        "cancelled",
        "comment",
        "compartment",
        "error",
        "flow",
        "hook",
        "input",
        "key",
        "label",
        "model",
        "notebook",
        "prompt",
        "question",
        "rating",
        "remedy",
        "robot",
        "schedule",
        "session",
    }
)
"""Whose texts a page of each kind shows; names in models stand in further tables, plots and maps."""

FLOW = f"""
flow: seeded
version: 1
purpose: {json.dumps(seed("flow"))}
inputs:
  question: {{type: string}}
  place: {{type: string}}
start: draw
nodes:
  draw:
    kind: tool
    tool: draw_flux_map
    args: {{compared_with: {{medium_changes: {{EX_o2_e: 0}}}}}}
    next: lethal
  lethal: {{kind: tool, tool: run_gene_deletion_analysis, next: screen}}
  screen: {{kind: tool, tool: run_flux_variability_analysis, next: export}}
  export: {{kind: tool, tool: export_model, args: {{format: sbml}}, next: think}}
  think: {{kind: decide, prompt: tool_selection, tools: [run_metabolic_fba], max_steps: 3, next: report}}
  report: {{kind: decide, prompt: final_report, max_steps: 2, next: done}}
  done: {{kind: end, message: done}}
"""

ASKING = f"""
flow: asking
version: 1
purpose: {json.dumps(seed("flow"))}
inputs:
  question: {{type: string}}
start: agree
nodes:
  agree:
    kind: approve
    question: {json.dumps(seed("agree"))}
    assignees: [anyone]
    next: done
    on_reject: done
  done: {{kind: end, message: done}}
"""


class Parrot(FakeChat):
    """A chat model that was taken in by what it read: it answers with markup."""

    def answer(self, messages: list[BaseMessage], tools: list[dict[str, Any]]) -> AIMessage:
        del messages
        (finish,) = (each["function"] for each in tools if each["function"]["name"] == "finish")
        required = finish["parameters"].get("required", ())
        listed = {
            "asked": [{"id": "a1", "quantity": seed("answer")[:60]}],
            "answers": [{"id": "a1", "finding": "f1"}],
        }
        return calls(
            (
                "finish",
                {"answer": seed("answer")} | {name: listed[name] for name in required if name in listed},
            )
        )


def write_model(folder: Path) -> Path:
    """The textbook model as SBML, with a seed in every name and as XHTML in its notes."""
    from cobra.io import load_model, write_sbml_model  # noqa: PLC0415 - a second to import

    model = load_model("textbook")
    for entries, place in (
        (model.metabolites, "metabolite"),
        (model.reactions, "reaction"),
        (model.genes, "gene"),
    ):
        for entry in entries:
            entry.name = seed(place)
    for reaction in model.reactions:
        reaction.subsystem = seed("subsystem")
    model.compartments = dict.fromkeys(model.compartments, seed("compartment"))
    model.name = seed("model")
    path = folder / "seeded.xml"
    write_sbml_model(model, str(path))
    text = path.read_text(encoding="utf-8")
    body = f'<body xmlns="http://www.w3.org/1999/xhtml"><flux-seed/><img src="//{FOREIGN}"/></body>'
    notes = f"<notes>{body}</notes>"
    head, opening, rest = text.partition("<listOfUnitDefinitions")
    assert opening
    path.write_text(f"{head}{notes}{opening}{rest}", encoding="utf-8")
    return path


def build_client(api: Api) -> LocalClient:
    """Runs go on in this process, in the store of the API, and a parrot decides."""
    return LocalClient(
        api.folder / "store",
        store=api.ports.client.store,
        decider=lambda: Decider(Parrot(), "parrot", PromptManager(), TOOLS),
    )


def plant(api: Api, folder: Path) -> list[str]:
    """Let a seed come in by every door; returns the paths to which no link of a section leads."""
    ana = api.bearer("ana", Role.ADMIN)

    def send(method: str, path: str, body: Any) -> Any:
        answer = api.client.request(method, f"/v1/{path}", json=body, headers=ana)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    local, session = build_client(api), seed("session")
    record = local.models.add(write_model(folder), "seeded")
    flows = [folder / "seeded.yaml", folder / "asking.yaml"]
    for path, text in zip(flows, (FLOW, ASKING), strict=True):
        path.write_text(text, encoding="utf-8")
    given: Any = {"model": record.name, "session": session, "question": seed("question")}
    first, second = (local.start(str(flows[0]), place=seed("input"), **given) for _ in range(2))
    asking = local.start(str(flows[1]), **given)
    cancelled = local.start(str(flows[1]), **given)
    changing = api.local().start(
        "metabolic_analysis", model=record.name, session=session, question=f"{CHANGE} {seed('question')}"
    )
    assert first.status == "finished", first.state.error
    assert (asking.status, changing.status) == ("waiting", "waiting")
    foreign = whole(
        "foreign", session=session, model_name=seed("model"), inputs={"question": seed("question")}
    )
    state = fold(foreign)
    api.ports.client.store.create(Commit(foreign, state, None), state.model_dump_json())
    send("POST", f"runs/{cancelled.id}/cancel", {"reason": seed("cancelled")})
    send("POST", f"runs/{first.id}/comments", {"text": f"@ana {seed('comment')}"})
    send("POST", f"runs/{first.id}/ratings", {"stars": 1, "reason": seed("rating")})
    send("PUT", "queries/seeded", {"description": seed("view"), "where": {"status": "failed"}})
    run = {"flow": "metabolic_analysis", "model": record.name, "inputs": {"question": seed("schedule")}}
    send("POST", "schedules", {**run, "name": "seeded", "timing": {"kind": "every", "seconds": 86_400}})
    source = {"kind": "webhook", "scheme": {"kind": "standard"}}
    secret = send("POST", "triggers", {**run, "name": "seeded", "source": source})["secret"]
    body = json.dumps({"model": seed("hook")}).encode()
    signed = build_headers([secret], "msg_1", api.ports.clock.now_ms() // 1_000, body)
    headers = {"content-type": "application/json", "user-agent": seed("hook"), **signed}
    assert api.client.post("/v1/hooks/seeded", content=body, headers=headers).status_code == 202
    error = ErrorInfo(
        kind=ErrorClass.SOLVER,
        where=seed("error"),
        message=seed("error"),
        retryable=False,
        fingerprint="0a1b2c3d4e5f",
    )
    trial = RemedyTrial(seed("remedy"), helped=True)
    api.ports.remedies.record_outcome("a", [ErrorCase(error, 2, (trial,))], at_ms=1)
    blocks = [{"kind": "text", "text": seed("notebook")}, {"kind": "run", "run": first.id}]
    place = f"sessions/{quote(session, safe='')}"
    send("PATCH", f"{place}/description", {"label": seed("label")})
    send("PUT", f"{place}/notebook", {"version": 0, "blocks": blocks})
    shared = send("POST", f"{place}/notebook/links", {})
    robot = ServiceAccount(name="robot", purpose=seed("robot"))
    assert api.ports.client.authority.directory.save(robot, before=None)
    send("POST", "keys", {"owner": "ana", "purpose": seed("key"), "scopes": ["read"]})
    text = re.sub(r"\nversion: \d+", r"\nversion: 99", PromptManager().versions.find("tool_selection").source)
    send("POST", "prompts/tool_selection/versions", {"source": f"{text}\n{seed('prompt')}"})
    return [
        f"/runs/{first.id}",
        f"/runs/{cancelled.id}",
        "/runs/foreign",
        f"/runs/{changing.id}",
        f"/runs/{first.id}/diff/{second.id}",
        f"/runs/{first.id}/diff/{changing.id}",
        f"/requests/{asking.state.waiting_for.id}" if asking.state.waiting_for else "",
        f"/requests/{changing.state.waiting_for.id}" if changing.state.waiting_for else "",
        f"/models/{record.digest}",
        f"/flows/{first.state.flow.digest}",
        "/prompts/tool_selection",
        "/people/robot",
        "/triggers/seeded",
        shared["path"],
        f"/v1/{place}/report",
        "/ask",
        "/enter",
    ]
