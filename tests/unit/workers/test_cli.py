"""The command line answers fast, helps with examples, and says errors in one line or as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from types import SimpleNamespace

import click
import pytest
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers import cli
from fluxagents.workers.commands.services import services

HEAVY = ("celery", "cobra", "pydantic", "redis", "rich", "pandas", "structlog")
TABLES = ("numpy", "pandas", "pyarrow")
SLOW = ("cobra", "libsbml", "optlang", "matplotlib", "langchain_core")


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    captured = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 0), captured.out, captured.err


def run_script(*lines: str) -> str:
    """What a script prints in a process of its own."""
    command = [sys.executable, "-c", "\n".join(lines)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_help_imports_nothing_heavy() -> None:
    text = run_script(
        "import sys",
        "from fluxagents.workers.cli import main",
        "try:",
        "    main(['--help'])",
        "except SystemExit:",
        f"    print([name for name in {HEAVY!r} if name in sys.modules])",
    )
    assert text.splitlines()[-1] == "[]"
    assert all(name in text for name in cli.COMMANDS)


def test_neither_a_client_nor_the_help_of_a_command_imports_cobra() -> None:
    text = run_script(
        "import sys",
        "from importlib import import_module",
        "import fluxagents",
        "fluxagents.Client",
        "from fluxagents.workers.cli import COMMANDS",
        "for address, _ in COMMANDS.values():",
        "    import_module('fluxagents.workers.commands.' + address.partition(':')[0])",
        f"print([name for name in {SLOW!r} if name in sys.modules])",
    )
    assert text.splitlines() == ["[]"]


@pytest.mark.parametrize(
    ("modules", "needless"),
    [
        (
            ("runs.run_listing", "approvals.request_listing"),
            (*TABLES, "jinja2", "celery", "kombu", "structlog"),
        ),
        (("runs.run", "runs.ask"), (*TABLES, "jinja2")),
    ],
)
def test_commands_import_only_what_they_need(modules: tuple[str, ...], needless: tuple[str, ...]) -> None:
    text = run_script(
        "import sys",
        "from importlib import import_module",
        f"for name in {modules!r}:",
        "    import_module('fluxagents.workers.commands.' + name)",
        f"print([name for name in {needless!r} if name in sys.modules])",
    )
    assert text.splitlines() == ["[]"]


@pytest.mark.parametrize("name", ["up", "down", "status", "worker", "beat", "flower", "doctor"])
def test_help_of_a_command_shows_examples(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = call(capsys, name, "--help")
    assert code == 0
    assert "Examples:" in out
    assert f"fluxagents {name}" in out.partition("Examples:")[2]


def test_a_mistyped_command_is_met_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "dwn")
    assert code == 2
    assert "Did you mean: down" in err


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    holder = SimpleNamespace(error=RuntimeError("nothing set"))

    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    def status(*, as_json: bool) -> None:
        del as_json
        raise holder.error

    monkeypatch.setattr(services, "status", status)
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", "redis://:hunter2@127.0.0.1:1/0")
    return holder


def test_an_error_is_one_line_and_its_ways_out(
    capsys: pytest.CaptureFixture[str],
    failing: SimpleNamespace,
) -> None:
    failing.error = FluxError(ErrorClass.INTERNAL, "it broke", suggestions=["mend it"])
    code, out, err = call(capsys, "status")
    assert (code, out) == (1, "")
    assert err.splitlines() == ["error: it broke", "  → mend it"]


def test_an_error_is_json_for_a_script(capsys: pytest.CaptureFixture[str], failing: SimpleNamespace) -> None:
    failing.error = FluxError(ErrorClass.UNKNOWN_ID, "no run 'x'", suggestions=["nearest: y"])
    code, out, err = call(capsys, "status", "--json")
    assert (code, err) == (2, "")
    told = json.loads(out)["error"]
    assert told == {"kind": "unknown_id", "message": "no run 'x'", "suggestions": ["nearest: y"]}


@pytest.mark.parametrize("error", [RedisConnectionError("refused"), OperationalError("refused")])
def test_a_redis_that_is_gone_is_one_line(
    capsys: pytest.CaptureFixture[str],
    failing: SimpleNamespace,
    error: Exception,
) -> None:
    failing.error = error
    code, _, err = call(capsys, "status")
    assert code == 1
    assert err.startswith("error: Redis at redis://***@127.0.0.1:1/0")
    assert "Traceback" not in err
    assert "hunter2" not in err


def test_a_bug_is_not_hidden_but_what_is_in_it_from_outside(
    capsys: pytest.CaptureFixture[str], failing: SimpleNamespace
) -> None:
    failing.error = ZeroDivisionError("a bug \x1b]0;title\x07 of redis://:hunter2@127.0.0.1:1/0")
    code, out, err = call(capsys, "status")
    assert (code, out) == (1, "")
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.splitlines()[-1] == r"ZeroDivisionError: a bug \x1b]0;title\x07 of redis://***@127.0.0.1:1/0"


def test_bad_usage_with_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "status", "--json", "--nonsense")
    assert code == 2
    assert "nonsense" in json.loads(out)["error"]["message"]


def test_kinds_of_bad_usage_exist() -> None:
    assert {ErrorClass(kind) for kind in cli.BAD_USAGE}


@pytest.mark.parametrize("group", ["runs", "approvals"])
def test_every_command_of_a_lazy_group_is_where_its_table_says(
    capsys: pytest.CaptureFixture[str], group: str
) -> None:
    code, out, _ = call(capsys, group, "--help")
    assert code == 0
    lazy = getattr(import_module(f"fluxagents.workers.commands.{group}.{group}"), group)
    context = click.Context(lazy)
    for name in lazy.list_commands(context):
        command = lazy.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert f"  {name} " in out


@pytest.mark.parametrize("by", ["", "  "])
@pytest.mark.parametrize(
    "words", [("runs", "pause", "mine"), ("approvals", "approve", "mine.1"), ("prompts", "promote", "p", "1")]
)
def test_nobody_decides_without_a_name(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], by: str
) -> None:
    code, _, err = call(capsys, *words, "--by", by)
    assert code == 2
    assert f"{by!r} names nobody" in err
