from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.versions.template import PromptTemplate


def template(head: str, body: str) -> PromptTemplate:
    return PromptTemplate(head + body, "greeting.md.j2")


BODY = "Hello {{ who }}\n{{ times }}\n"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"who": "Ada"}, r"greeting\.md\.j2:7: prompt 'greeting' needs the variable 'times' \(integer\)"),
        ({"who": "Ada", "times": "2"}, r":7: variable 'times' of prompt 'greeting' is '2', expected integer"),
        ({"who": "Ada", "times": True}, r":7: variable 'times' .* is True, expected integer"),
        (
            {"who": "Ada", "times": 1, "whom": 1},
            r":5: prompt 'greeting' has no variable 'whom'; nearest: who",
        ),
    ],
)
def test_variables_that_do_not_fit_name_file_and_line(head: str, values: dict[str, Any], says: str) -> None:
    with pytest.raises(FluxError, match=says) as caught:
        template(head, BODY).render(values)
    assert caught.value.kind is ErrorClass.BAD_ARGUMENT


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("version: 1", "version: one", r"greeting\.md\.j2:3: version: Input should be a valid integer"),
        ("who: string", "who: text", r"greeting\.md\.j2:6: variables\.who"),
        ("purpose: Greets.", "reason: Greets.", r"greeting\.md\.j2:\d+: purpose: Field required"),
        (
            "expect: [Hello Ada]",
            "expects: [Hello Ada]",
            r"greeting\.md\.j2:11: cases\.0\.expects: Extra inputs",
        ),
        ("purpose: Greets.", "purpose: [", r"greeting\.md\.j2:\d+: the front matter is not YAML"),
        ("---\nname", "name", r"greeting\.md\.j2:1: a prompt begins with a front matter"),
        ("---\nH", "H", r"greeting\.md\.j2:\d+: the front matter that begins in line 1 has no closing"),
    ],
)
def test_a_bad_front_matter_names_file_and_line(head: str, old: str, new: str, says: str) -> None:
    source = (head + BODY).replace(old, new, 1)
    with pytest.raises(FluxError, match=says) as caught:
        PromptTemplate(source, "greeting.md.j2")
    assert caught.value.kind is ErrorClass.SCHEMA


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            "\n\n{{ whom }}{{ who }}{{ times }}",
            r"md\.j2:16: the front matter declares no variable 'whom'; nearest: who",
        ),
        ("{{ who }}", r"md\.j2:7: the template does not use the variable 'times'"),
        ("{{ who }}{{ times }}\n{% if %}", r"md\.j2:15: "),
        ("{{ who }}{{ times }}{{ range(3) }}", r"md\.j2:14: the front matter declares no variable 'range'"),
    ],
)
def test_a_bad_body_names_file_and_line(head: str, body: str, says: str) -> None:
    with pytest.raises(FluxError, match=says):
        template(head, body)


@pytest.mark.parametrize(
    "attack",
    [
        "{{ who.__class__.__mro__[1].__subclasses__() }}",
        "{{ who.__init__.__globals__ }}",
        "{{ ''['__cl' ~ 'ass__'] }}",
        "{{ (who|attr('__class__')) }}",
        "{{ who.format.__self__ }}",
        "{{ '{0.__class__.__mro__}'.format(who) }}",
        "{% include '/etc/passwd' %}",
        "{{ who.nothing }}",
        "{{ 1 / 0 }}",
    ],
)
def test_nothing_leads_out_of_the_sandbox(head: str, attack: str) -> None:
    prompt = template(head, f"{{{{ who }}}}{{{{ times }}}}\n{attack}")
    with pytest.raises(FluxError, match=r"greeting\.md\.j2:15: ") as caught:
        prompt.render({"who": "Ada", "times": 1})
    assert caught.value.kind is ErrorClass.SCHEMA


def test_data_cannot_be_changed_by_a_template(head: str) -> None:
    source = head.replace("who: string", "who: array").replace("who: Ada", "who: [Ada]")
    prompt = PromptTemplate(source + "{{ who.append(1) }}{{ times }}", "greeting.md.j2")
    with pytest.raises(FluxError, match="unsafe"):
        prompt.render({"who": [], "times": 1})


def test_what_is_filled_in_is_escaped_and_json_is_compact(head: str) -> None:
    source = head.replace("who: string", "who: object").replace("who: Ada", "who: {a: 1}")
    prompt = PromptTemplate(source + "<x>{{ who }}</x>{{ times }}", "greeting.md.j2")
    assert prompt.render({"who": {"a": "</x>&"}, "times": 1}) == '<x>{"a":"&lt;/x>&amp;"}</x>1'


def test_not_a_number_is_refused(head: str) -> None:
    source = head.replace("who: string", "who: object").replace("who: Ada", "who: {a: 1}")
    prompt = PromptTemplate(source + "{{ who }}{{ times }}", "greeting.md.j2")
    with pytest.raises(FluxError, match="not JSON compliant"):
        prompt.render({"who": {"a": float("nan")}, "times": 1})


def test_a_prompt_says_what_it_was_made_for(head: str) -> None:
    assert template(head, BODY).made_for is None
    made_for = "made_for: {chat_models: [a, b], temperature: 0.5}\nvariables:"
    found = template(head.replace("variables:", made_for, 1), BODY).made_for
    assert found is not None
    assert (found.chat_models, found.temperature) == (("a", "b"), 0.5)


@pytest.mark.parametrize(
    ("made_for", "says"),
    [
        ("{chat_models: []}", r"greeting\.md\.j2:5: made_for\.chat_models: "),
        ("{chat_models: [a], temperature: 3}", r":5: made_for\.temperature: Input should be less than"),
        ("{chat_models: [a], top_p: 1}", r":5: made_for\.top_p: Extra inputs are not permitted"),
    ],
)
def test_settings_that_are_none_name_file_and_line(head: str, made_for: str, says: str) -> None:
    with pytest.raises(FluxError, match=says):
        template(head.replace("variables:", f"made_for: {made_for}\nvariables:", 1), BODY)
