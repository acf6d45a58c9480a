"""YAML as plain values: as cobra's own loader reads it, in a fifth of the time."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path

import pytest
import yaml
from cobra.io.yaml import yaml as cobra_yaml

from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.yaml_document import parse_yaml


def test_file_of_cobra_is_as_cobra_reads_it() -> None:
    spec = importlib.util.find_spec("cobra")
    assert spec is not None
    assert spec.origin is not None
    text = (Path(spec.origin).parent / "data" / "mini.yml").read_text()
    assert json.dumps(parse_yaml(text)) == json.dumps(cobra_yaml.load(text))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),  # nitric oxide, and a truth value in YAML 1.1
        ("on", "on"),
        ("1e3", 1000.0),
        ("-10", -10),
        ("0123", "0123"),  # an id
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        ("'10'", "10"),
        ("-.inf", -math.inf),
        ("true", True),
        ("~", None),
        ("", None),
        ("!odd x", "x"),
        ("!!python/name:os.system x", "x"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(written: str, value: object) -> None:
    read = parse_yaml(f"a: {written}")
    assert read == {"a": value}
    assert isinstance(read, dict)
    assert type(read["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\na: 2", "names 'a' twice in one table, at line 2"),
        ("!!omap\n- a: 1\n- a: 2", "names 'a' twice in one table, at line 3"),
        ("!!omap\n- a: 1\n  b: 2", "has an !!omap with an entry that is no pair, at line 2"),
        ("a: &x [*x]", "has an alias inside what it stands for, at line 1"),
        ("? [a]\n: 1", "has a key that is no text, at line 1"),
    ],
)
def test_what_has_no_one_meaning_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(RefusedFileError, match=says):
        parse_yaml(text)


def test_aliases_are_built_once() -> None:
    """Each line repeats the one before it ten times."""
    lines = ["a0: &a0 [1]"]
    lines += [f"a{index}: &a{index} [{', '.join([f'*a{index - 1}'] * 10)}]" for index in range(1, 20)]
    read = parse_yaml("\n".join(lines))
    assert isinstance(read, dict)
    assert read["a19"][0] is read["a19"][9]


def test_what_is_no_yaml_is_said_by_its_reader() -> None:
    with pytest.raises(yaml.YAMLError):
        parse_yaml("a: [1")
