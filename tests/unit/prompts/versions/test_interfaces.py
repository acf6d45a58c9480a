"""The interfaces that users of earlier systems know, with their names, arguments and defaults."""

from __future__ import annotations

import inspect

import pytest

from fluxagents.prompts.context.context_manager import ContextManager
from fluxagents.prompts.versions.manager import PromptManager


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (PromptManager.get_prompt, {"name": None, "version": "latest", "kwargs": None}),
        (PromptManager.test_prompt, {"name": None, "cases": None}),
        (PromptManager.version_prompt, {"name": None, "template": None}),
        (ContextManager.__init__, {"max_tokens": 8_000}),
        (ContextManager.optimize_context, {"messages": ()}),
        (ContextManager.add_context_item, {"item": None, "priority": None}),
        (ContextManager.compress_context, {"messages": None}),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_arguments_are_those_that_are_known(method: object, arguments: dict[str, object]) -> None:
    assert callable(method)
    parameters = inspect.signature(method).parameters
    given = {
        name: None if parameter.default is parameter.empty else parameter.default
        for name, parameter in parameters.items()
        if name != "self" and (parameter.kind is not parameter.KEYWORD_ONLY)
    }
    assert given == arguments


def test_a_prompt_is_versioned_tested_and_rendered_by_the_known_calls() -> None:
    prompts = PromptManager()
    source = prompts.versions.find("escalation").source.split("---\n", 2)[2]
    case = prompts.versions.find("escalation").cases[0].model_dump()
    version = prompts.version_prompt("escalation", f"{source}Thank you.\n")
    assert prompts.test_prompt("escalation", [case])["passed"] == 1
    newest, oldest = (
        prompts.get_prompt("escalation", version=one, **case["variables"]) for one in ("latest", "2")
    )
    assert version == "3"
    assert newest.endswith("Thank you.")
    assert not oldest.endswith("Thank you.")


def test_a_context_is_a_list_of_messages_within_the_budget() -> None:
    manager = ContextManager(40)
    manager.add_context_item({"role": "system", "content": "You are brief."}, priority=9)
    messages = [{"role": "user", "content": f"{at} " * 12} for at in range(5)]
    context = manager.optimize_context(messages)
    assert isinstance(context, list)
    assert context[0]["content"] == "You are brief."
    assert context[-1]["content"] == messages[-1]["content"].rstrip()
    assert context.tokens <= 40
    assert [message["content"] for message in manager.compress_context([{"content": '{"a": 1}'}])] == [
        '{"a":1}'
    ]
