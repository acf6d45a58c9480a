"""The commands about people, keys and the log, on a real Redis, as `docs/people.md` calls them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner, Result
from redis import Redis
from tests.support.places import DOCS

from fluxagents.scheduler.people.local_user import OsUser
from fluxagents.workers.cli import cli
from fluxagents.workers.clients import local_authority

Call = Callable[..., Result]


@pytest.fixture
def call(redis_url: str, key_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls the program, by default as ada, the first user of an installation."""
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(words: str, user: str = "ada", **env: str) -> Result:
        monkeypatch.setattr(local_authority, "current_os_user", lambda: OsUser(1_000, user))
        arguments = shlex.split(words, comments=True)
        return CliRunner().invoke(cli, arguments, env=env, standalone_mode=False)

    return run


def page_commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (DOCS / "people.md").read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("fluxagents ") for line in lines)
    return [line.removeprefix("fluxagents ") for line in lines]


def test_the_page_can_be_followed_from_its_first_command_to_its_last(call: Call) -> None:
    for words in page_commands():
        done = call(words, "root")
        assert done.exit_code == 0, (words, done.output, done.exception)


def test_who_is_first_is_told_once_on_standard_error(call: Call) -> None:
    first, second = call("people me"), call("people me")
    assert first.stdout == second.stdout == "ada, by os-user 1000\nroles: admin\n"
    assert "ada (user ada of this machine) is now the admin" in first.stderr
    assert second.stderr == ""


def test_another_user_is_nobody_until_they_are_added(call: Call) -> None:
    call("people me")
    refused = call("people me", "bob")
    assert "user 'bob' of this machine is nobody in this installation" in str(refused.exception)
    assert call("people add robert --role viewer --os-user bob").exit_code == 0
    assert call("people me", "bob").stdout == "robert, by os-user 1000\nroles: viewer\n"
    assert "it takes the role admin" in str(call("people add eve", "bob").exception)
    assert "it takes the role admin" in str(call("audit list", "bob").exception)


def test_a_key_is_shown_once_and_acts_for_its_owner(call: Call) -> None:
    call("people add ci --service --role runner")
    created = json.loads(call("api-keys create --owner ci --scope people --json").stdout)
    key = created["key"]
    assert call("people me", FLUXAGENTS_API_KEY=key).stdout == (
        f"ci, by api-key {created['prefix']}, with the scopes people\nroles: runner\n"
    )
    shown = "".join(
        call(words).output
        for words in ("api-keys list", "api-keys list --json", "audit list --json", "audit export")
    )
    assert created["prefix"] in shown
    assert key.removeprefix(created["prefix"] + "_") not in shown
    assert call(f"api-keys revoke {created['prefix']}").exit_code == 0
    assert "is revoked" in str(call("people me", FLUXAGENTS_API_KEY=key).exception)


def test_a_log_that_was_changed_cut_or_written_anew_is_found(
    call: Call, redis: Redis, key_prefix: str
) -> None:
    for name in ("bob", "carla", "dora"):
        call(f"people add {name}")
    noted = call("audit verify").stdout.split()[-1]
    call("audit export --output whole.jsonl")
    assert call("audit verify --file whole.jsonl").return_value == 0
    log = f"{key_prefix}audit"
    lines = cast("list[bytes]", redis.lrange(log, 0, -1))

    redis.lset(log, 2, lines[2].replace(b"carla", b"clara").decode())
    changed = call("audit verify")
    assert (changed.return_value, changed.stdout) == (1, "entry 3 was changed\n")

    redis.lset(log, 2, lines[2].decode())
    redis.rpop(log)
    cut = call("audit verify --json")
    assert (cut.return_value, json.loads(cut.stdout)["faults"]) == (
        1,
        ["entries 4 to 4 are missing at the end"],
    )

    # Whoever owns Redis writes the head anew as well: only what was noted elsewhere shows it.
    earlier = json.loads(lines[2])
    redis.hset(f"{key_prefix}audit-head", mapping={"number": 3, "digest": earlier["digest"]})
    assert call("audit verify").return_value == 0
    assert call(f"audit verify --head {noted}").return_value == 1
    assert "is not NUMBER:DIGEST" in str(call("audit verify --head 4").exception)
    # As on a machine that has not the workers' archive.
    redis.ltrim(log, 1, -1)
    redis.hset(f"{key_prefix}audit-head", "sealed", 1)
    assert "have left Redis, and are not here" in call("audit verify").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("people add 'a b'", "'a b' cannot name a person"),
        ("people add bob --purpose x", "are for services"),
        ("people add ci --service --os-user ci", "are for persons"),
        ("people add bob --session s --project p", "not both"),
        ("people change ada", "say what is to change"),
        ("people change nobody --disable", "there is no person or service 'nobody'"),
        ("people change ada --disable", "'ada' is the last admin"),
        ("people role group:nobody viewer", "there is no group 'nobody'"),
        ("api-keys revoke flux_00000000", "there is no API key 'flux_00000000'"),
        ("api-keys create --expires soon", "'soon'"),
    ],
)
def test_what_cannot_be_done_says_why(call: Call, words: str, said: str) -> None:
    call("people me")
    done = call(words)
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
