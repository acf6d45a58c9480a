"""Every entry has one form, whoever wrote it, and carries its run and step."""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from fluxagents.workers.observing import log
from fluxagents.workers.observing.run_lines import RunLines
from fluxagents.workers.observing.secret_mask import SecretMask
from fluxagents.workers.settings import Settings

TRACE = "0af7651916cd43dd8448eb211c80319c"
SHOWN = repr({"run": "r1.run0", "step": 12, "trace": TRACE})
"""What a message shows of its arguments."""


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.usefixtures("restored")
def test_both_loggers_write_the_same_json() -> None:
    stream = io.StringIO()
    log.configure(Settings(log_format="json"), SecretMask(), stream)
    with log.bind(run="r1", step=4, trace="0af7", by="lea"):
        structlog.get_logger("ours").info("claimed", tool="fba")
        logging.getLogger("celery.worker").warning("slow %s", "disk")
    logging.getLogger("celery.worker").info("after")
    ours, theirs, after = entries(stream)
    assert list(ours)[:3] == ["@timestamp", "log.level", "message"]
    assert (ours["message"], ours["fluxagents.tool"]) == ("claimed", "fba")
    assert (theirs["message"], theirs["log.level"]) == ("slow disk", "warning")
    assert theirs["log.logger"] == "celery.worker"
    for entry in (ours, theirs):
        assert (entry["fluxagents.run"], entry["fluxagents.step"]) == ("r1", 4)
        assert (entry["trace.id"], entry["user.name"]) == ("0af7", "lea")
        assert (entry["process.pid"], entry["service.name"]) == (os.getpid(), "fluxagents")
        assert entry["@timestamp"].endswith("Z")
    assert "fluxagents.run" not in after


@pytest.mark.usefixtures("restored")
def test_an_exception_is_one_line_of_json() -> None:
    stream = io.StringIO()
    log.configure(Settings(log_format="json"), SecretMask(), stream)
    try:
        float("infeasible")
    except ValueError:
        logging.getLogger("x").exception("failed")
    (entry,) = entries(stream)
    assert "ValueError: could not convert string to float: 'infeasible'" in entry["error.stack_trace"]


@pytest.mark.usefixtures("restored")
def test_the_level_is_that_of_the_settings() -> None:
    stream = io.StringIO()
    log.configure(Settings(log_format="pretty", log_level="WARNING"), SecretMask(), stream)
    structlog.get_logger("x").info("quiet")
    structlog.get_logger("x").warning("loud")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("form", ["json", "pretty"])
def test_an_exception_does_not_tell_the_values_of_variables(form: Any) -> None:
    stream = io.StringIO()
    log.configure(Settings(log_format=form), SecretMask(), stream)

    def connect(password: str) -> None:
        raise ConnectionError(f"refused after {len(password)} letters")

    try:
        connect("2retnuh"[::-1])  # a traceback quotes this line
    except ConnectionError:
        logging.getLogger("x").exception("failed")
    assert "refused after 7 letters" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("form", ["json", "pretty"])
def test_no_id_colours_a_log_or_writes_a_line_of_its_own(form: Any) -> None:
    stream = io.StringIO()
    log.configure(Settings(log_format=form), SecretMask(), stream)
    hostile = "\x9b31m\u202e\x07\n2026 all is well"
    with log.bind(run=hostile):
        structlog.get_logger("ours").warning("refused", why=hostile)
    text = stream.getvalue()
    assert len(text.splitlines()) == 1
    assert not set(text) & set("\x9b\u202e\x07")


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("form", ["json", "pretty"])
def test_no_message_and_no_error_writes_what_looks_like_an_entry(form: Any) -> None:
    stream = io.StringIO()
    log.configure(Settings(log_format=form), SecretMask(), stream)

    def refuse(text: str) -> None:
        raise ValueError(text)

    forged = "2026-11-30T00:00:00Z [info     ] all is well"
    hostile = f"\x9b31m\u202e\x07\x1b[2J\r{forged}\n{forged}\x0b{forged}\u2028{forged}"
    logging.getLogger("theirs").warning("said %s", hostile)
    try:
        refuse(hostile)
    except ValueError:
        logging.getLogger("theirs").exception("failed")
        structlog.get_logger("ours").exception(hostile, why=hostile)
    text = stream.getvalue()
    assert "Traceback" in text
    assert text.count("all is well") >= 4 * 5
    assert [line for line in text.splitlines() if line.startswith("2026-11-30T00:00:00Z")] == []
    assert not set(re.sub(r"\x1b\[\d*m", "", text)) & set("\x9b\u202e\x07\x1b\r\x0b\u2028")


@pytest.mark.usefixtures("restored")
def test_what_celery_says_of_a_step_stands_under_its_run() -> None:
    stream = io.StringIO()
    lines = RunLines(log.configure(Settings(log_format="json"), SecretMask(["hunter22"]), stream))
    logging.getLogger().addHandler(lines)
    logger = logging.getLogger("celery.app.trace")
    logger.info("succeeded with hunter22", extra={"data": {"id": "run-r1.run0.12.1", "kwargs": SHOWN}})
    logger.info("succeeded", extra={"data": {"id": "another-task"}})
    ours, another = entries(stream)
    assert (ours["fluxagents.run"], ours["fluxagents.step"]) == ("r1.run0", 12)
    assert ours["trace.id"] == TRACE
    assert "fluxagents.run" not in another
    (line,) = lines.take()
    assert line.run_id == "r1.run0"
    assert line.text == stream.getvalue().splitlines()[0]
    assert json.loads(line.text)["message"] == "succeeded with ***"
    assert lines.take() == []
