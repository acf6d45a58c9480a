"""Models and results in an S3 bucket, models from a web server: both spoken to over a socket."""

from __future__ import annotations

import hashlib
import http.server
import importlib.util
import multiprocessing
import sys
import threading
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from click.testing import CliRunner
from fsspec.registry import _registry
from tests.support.bucket_server import KEY, SECRET, serving_bucket

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.reducer import fold
from fluxagents.workers.cli import cli
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.files.stored_bytes import StoredBytes
from fluxagents.workers.models.model_store import ModelFiles

STORE = "s3://bucket/prefix"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server of the S3 protocol with one empty bucket."""
    with serving_bucket() as url:
        yield url


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The environment of somebody who may use the bucket."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    file_system = fsspec.get_filesystem_class("s3")
    file_system.clear_instance_cache()
    yield endpoint
    file_system.clear_instance_cache()


@pytest.fixture(scope="session")
def cobra_data() -> Path:
    spec = importlib.util.find_spec("cobra")
    assert spec
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"


class Site(http.server.SimpleHTTPRequestHandler):
    """Files of a folder; those below `private` need a login."""

    def do_GET(self) -> None:
        if self.path.startswith("/private"):
            self.send_error(403)
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        if self.path.startswith("/private"):
            self.send_error(403)
        else:
            super().do_HEAD()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(cobra_data: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Site, directory=str(cobra_data))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def refused(error: FluxError, *says: str) -> None:
    told = "".join(traceback.format_exception(error)) + " ".join(error.suggestions)
    for text in says:
        assert text in told, told
    assert SECRET not in told


@pytest.mark.usefixtures("s3")
def test_a_model_is_added_from_a_bucket(cobra_data: Path, tmp_path: Path) -> None:
    data = (cobra_data / "textbook.xml.gz").read_bytes()
    StoredBytes(STORE).write("shared/mine.xml.gz", data)
    added = CliRunner().invoke(cli, ["models", "add", f"{STORE}/shared/mine.xml.gz"])
    assert added.exit_code == 0, added.output
    assert hashlib.sha256(data).hexdigest()[:8] in added.output
    models = ModelFiles(str(tmp_path))
    with pytest.raises(FluxError) as raised:
        models.add(f"{STORE}/shared/gone.xml")
    refused(raised.value, f"{STORE}/shared/gone.xml", "No such file", "check the bucket")


def test_a_model_is_added_from_the_web_and_its_token_is_told_to_nobody(site: str, tmp_path: Path) -> None:
    models = ModelFiles(str(tmp_path), hosts=("127.0.0.1",))
    record = models.add(f"http://{site}/mini.json?token={SECRET}")
    assert record.name == "mini"
    assert len(models.load(record.ref).reactions) == 18
    address = f"http://ada:{SECRET}@{site}"
    for path, reason in (("gone.xml", "No such file"), ("private/mine.xml", "HTTP status 403")):
        with pytest.raises(FluxError) as raised:
            models.add(f"{address}/{path}?token={SECRET}")
        assert raised.value.kind is ErrorClass.UNREADABLE_MODEL
        refused(raised.value, f"http://{site}/{path}?…", reason, "without a login")
    with pytest.raises(FluxError) as raised:
        models.resolve(f"{address}/mini.json?token={SECRET}", files=False)
    refused(raised.value, f"there is no model 'http://{site}/mini.json?…'")


def test_a_web_server_that_does_not_answer_is_no_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FluxError) as raised:
        ModelFiles(str(tmp_path), hosts=("127.0.0.1",)).add("http://127.0.0.1:1/mine.xml")
    refused(raised.value, "http://127.0.0.1:1/mine.xml", "Connect call failed")


@pytest.mark.usefixtures("s3")
def test_models_artifacts_and_runs_live_in_a_bucket(cobra_data: Path) -> None:
    models = ModelFiles(STORE)
    ref = models.add(cobra_data / "mini.json", "small").ref
    assert ModelFiles(STORE).resolve("small") == ref
    assert len(ModelFiles(STORE).load(ref).reactions) == 18
    assert "small" in {record.name for record in models.list()}

    artifacts = ArtifactFiles(STORE)
    table = pd.DataFrame({"reaction": ["PFK", "PGI"], "flux_mmol_per_gdw_h": [7.5, 4.9]})
    stored = artifacts.put_table(table, tool="t")
    assert ArtifactFiles(STORE).table(stored.digest).equals(table)
    (listed,) = artifacts.list_files()
    assert (f"sha256:{listed.name}", listed.size_bytes) == (stored.digest, stored.size_bytes)
    assert listed.written_s > 0
    hexes = stored.digest.removeprefix("sha256:")
    StoredBytes(STORE).write(f"artifacts/{hexes[:2]}/{hexes}", b"other bytes")
    with pytest.raises(FluxError, match="is damaged"):
        artifacts.get(stored.digest)

    events: tuple[e.Event, ...] = (
        e.RunStarted(seq=0, at_ms=1, run_id="r", session="s", start_node="a", inputs={},
                     flow=e.FlowRef(name="f", version=1, digest="d")),
        e.RunFinished(seq=1, at_ms=2, node="a", answer="42"),
    )  # fmt: skip
    archive = Archive(STORE)
    assert not archive.holds("r")
    archive.put(fold(events), events)
    assert Archive(STORE).holds("r")
    assert Archive(STORE).events("r") == events
    assert StoredBytes(STORE).names("archive") == ["own"]


@pytest.mark.usefixtures("s3")
def test_what_another_process_wrote_is_seen() -> None:
    store = StoredBytes(STORE)
    store.write("shared/a", b"1")
    assert [file.name for file in store.files("shared/later")] == []
    writer = multiprocessing.get_context("fork").Process(
        target=StoredBytes(STORE).write, args=("shared/later/b", b"2")
    )
    # A worker of the pool is forked from a process that has used the store.
    writer.start()
    writer.join(60)
    assert writer.exitcode == 0
    assert store.exists("shared/later/b")
    assert store.names("shared/later") == ["b"]


@pytest.mark.usefixtures("s3")
def test_a_mistyped_bucket_is_not_made() -> None:
    store = ModelFiles("s3://bukket/prefix")
    for _ in range(2):
        with pytest.raises(FluxError) as raised:
            store.add_named("textbook")
        refused(raised.value, "s3://bukket/prefix", "check the bucket")


@pytest.mark.usefixtures("s3")
def test_without_credentials_the_error_says_where_they_come_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(FluxError) as raised:
        ModelFiles(str(tmp_path)).add(f"{STORE}/mine.xml")
    refused(raised.value, f"{STORE}/mine.xml", "credentials", "AWS_ACCESS_KEY_ID")
    with pytest.raises(FluxError) as raised:
        ArtifactFiles(STORE).put_json({}, tool="t")
    refused(raised.value, f"the store '{STORE}'", "credentials", "AWS_ACCESS_KEY_ID")


@pytest.mark.usefixtures("s3")
def test_keys_in_the_address_of_a_bucket_are_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(FluxError) as raised:
        ModelFiles(str(tmp_path)).add(f"s3://key:{SECRET}@bucket/mine.xml")
    refused(raised.value, "s3://bucket/mine.xml")


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [("s3://bucket/mine.xml", "s3fs", "s3"), ("https://example.org/mine.xml", "aiohttp", "http")],
)
def test_a_missing_extra_is_named(
    url: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for protocol in (extra, f"{extra}s"):
        monkeypatch.delitem(_registry, protocol, raising=False)
    for name in ("fsspec.implementations.http", "fluxagents.workers.files.web.web_files"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(FluxError) as raised:
        ModelFiles(str(tmp_path)).add(url)
    refused(raised.value, url, "not installed", f"pip install 'fluxagents[{extra}]'")
