from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.versions.manager import PromptManager

Write = Callable[[str], PromptManager]

BODY = "Hello {{ who }}, {{ times }} times.\n"


def test_a_prompt_is_rendered_with_its_variables(write: Write, head: str) -> None:
    assert write(head + BODY).get_prompt("greeting", who="Ada", times=2) == "Hello Ada, 2 times."


def test_the_digest_is_that_of_the_whole_file(write: Write, head: str) -> None:
    template = write(head + BODY).versions.find("greeting")
    assert template.digest == hashlib.sha256((head + BODY).encode()).hexdigest()


@pytest.mark.parametrize("name", PromptManager().names)
def test_the_prompts_that_ship_pass_their_own_cases(name: str) -> None:
    report = PromptManager().test_prompt(name)
    assert report["failed"] == 0, report
    assert report["passed"] >= 1


def test_a_case_that_fails_is_reported_with_what_is_missing(write: Write, head: str) -> None:
    prompts = write(head + BODY)
    case = {"name": "bad", "variables": {"who": "Bob", "times": 1}, "expect": ["Ada"], "reject": ["Bob"]}
    report = prompts.test_prompt("greeting", [case])
    assert (report["passed"], report["failed"]) == (0, 1)
    assert report["cases"][0]["missing"] == ["Ada"]
    assert report["cases"][0]["unwanted"] == ["Bob"]


def test_a_broken_case_names_file_and_line(write: Write, head: str) -> None:
    broken = head.replace("{who: Ada, times: 2}", "{who: Ada}")
    with pytest.raises(
        FluxError, match=r"greeting\.md\.j2:9: case 'one' is broken: .*needs the variable 'times'"
    ):
        write(broken + BODY).test_prompt("greeting")


def test_what_is_no_case_is_refused(write: Write, head: str) -> None:
    with pytest.raises(FluxError, match="not a test case of prompt 'greeting': name"):
        write(head + BODY).test_prompt("greeting", [{"variables": {}}])


def test_unknown_names_and_versions_are_named(write: Write, head: str) -> None:
    prompts = write(head + BODY)
    with pytest.raises(FluxError, match="there is no prompt 'greting'; nearest: greeting"):
        prompts.get_prompt("greting")
    with pytest.raises(FluxError, match="prompt 'greeting' has no version '7'; versions: 1, latest"):
        prompts.get_prompt("greeting", version="7", who="Ada", times=1)


def test_a_new_body_keeps_the_front_matter_and_becomes_the_latest(write: Write, head: str) -> None:
    prompts = write(head + BODY)
    assert prompts.version_prompt("greeting", "Hello {{ who }}! ({{ times }})") == "2"
    assert prompts.get_prompt("greeting", who="Ada", times=2) == "Hello Ada! (2)"
    assert prompts.get_prompt("greeting", version="1", who="Ada", times=2) == "Hello Ada, 2 times."
    assert prompts.versions.list_numbers("greeting") == ("1", "2")
    assert prompts.versions.find("greeting", "1").digest != prompts.versions.find("greeting", "2").digest


def test_the_same_content_is_no_new_version(write: Write, head: str) -> None:
    prompts = write(head + BODY)
    assert prompts.version_prompt("greeting", head + BODY) == "1"
    assert prompts.versions.list_numbers("greeting") == ("1",)


def test_a_taken_number_is_refused_with_the_next_one(write: Write, head: str) -> None:
    with pytest.raises(FluxError, match="has a version 1 with other content; call it version 2"):
        write(head + BODY).version_prompt("greeting", head + "Hello {{ who }} {{ times }}")


def test_a_version_that_fails_its_own_case_is_refused(write: Write, head: str) -> None:
    prompts = write(head + BODY)
    with pytest.raises(FluxError, match=r"case 'one' of prompt 'greeting' misses \['Hello Ada'\]"):
        prompts.version_prompt("greeting", "Bye {{ who }} {{ times }}")
    assert prompts.versions.list_numbers("greeting") == ("1",)


def test_a_version_of_another_name_is_refused(write: Write, head: str) -> None:
    with pytest.raises(FluxError, match="the new version of prompt 'farewell' calls itself 'greeting'"):
        write(head + BODY).version_prompt("farewell", head + BODY)


def test_a_file_is_called_after_its_prompt(write: Write, head: str) -> None:
    with pytest.raises(FluxError, match=r"greeting\.md\.j2:2: the prompt calls itself 'hello'") as caught:
        write(head.replace("name: greeting", "name: hello") + BODY)
    assert caught.value.kind is ErrorClass.SCHEMA
