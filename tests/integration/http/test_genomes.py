"""Genomes over HTTP: what is stored, and what is refused with which words."""

from __future__ import annotations

import asyncio
import gzip
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.genomes import GENOME
from tests.support.http_api import Api
from tests.support.page_visits import enter, open_browser, send_files
from tests.support.page_visits import send as send_form

from fluxagents import AsyncHttpClient, FluxError, HttpClient
from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.people.roles import Role
from fluxagents.tasks.fba.genomes.reading.genome_file import GenomeFormat
from fluxagents.workers.cli import cli

PROTEINS = b">a\nMKVLAAGIVGLCAKAYESTQ\n>b\nMSTNPKPQRKTKRNTNRRPQ\n"


def send(api: Api, headers: dict[str, str], data: bytes) -> str:
    upload = str(api.client.post("/v1/uploads", headers=headers).json()["upload"])
    part = {**headers, "Content-Type": "application/partial-upload", "Upload-Offset": "0"}
    assert api.client.patch(f"/v1/uploads/{upload}", content=data, headers=part).status_code == 200
    return upload


def test_a_genome_is_stored_under_the_digest_of_what_is_in_it(api: Api, rob: dict[str, str]) -> None:
    digests = set()
    for data in (GENOME.read_bytes(), gzip.compress(GENOME.read_bytes())):
        upload = send(api, rob, data)
        answer = api.client.post("/v1/genomes", json={"upload": upload, "name": GENOME.name}, headers=rob)
        assert answer.status_code == 201
        assert answer.json()["format"] == "eggNOG-mapper annotations"
        assert answer.json()["size_bytes"] == GENOME.stat().st_size
        digests.add(answer.json()["digest"])
        assert api.client.head(f"/v1/uploads/{upload}", headers=rob).status_code == 404
    (digest,) = digests
    assert api.ports.artifacts().get(digest) == GENOME.read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("e.faa", b"", "is empty"),
        ("t.faa", b"Dear Ana, the genome is on the server.", "is no genome: it begins with 'Dear Ana"),
        ("p.fna.gz", gzip.compress(PROTEINS), "is protein FASTA, and its name promises nucleotide FASTA"),
        ("d.faa", PROTEINS + b">a\nMKV\n", "has the id 'a' twice"),
        ("g.faa.gz", gzip.compress(PROTEINS)[:-9], "is damaged"),
    ],
    ids=["empty", "text", "proteins", "repeated", "damaged"],
)
def test_what_is_no_genome_is_refused_by_every_door(
    api: Api, rob: dict[str, str], tmp_path: Path, *, name: str, data: bytes, words: str
) -> None:
    message = f"genome file '{name}' {words}"
    answer = api.client.post("/v1/genomes", json={"upload": send(api, rob, data), "name": name}, headers=rob)
    assert answer.status_code == 422
    assert message in answer.json()["detail"]

    enter(api, browser := open_browser(api), "rob", Role.RUNNER)
    status, page = send_files(browser, "/genomes", {"genome": (name, data)}, universe="e_coli_core")
    assert (status, message in unescape(page)) == (422, True)

    file = tmp_path / name
    file.write_bytes(data)
    for command in (["add", str(file)], ["proteins", str(file), "-o", str(tmp_path / "p.tsv")]):
        refused = CliRunner().invoke(cli, ["genomes", *command])
        assert (refused.exit_code != 0, message in str(refused.exception)) == (True, True)


def test_who_only_looks_stores_none(api: Api, rob: dict[str, str]) -> None:
    body = {"upload": send(api, rob, PROTEINS), "name": "p.faa"}
    reader = api.bearer("vera", Role.VIEWER)
    assert api.client.post("/v1/genomes", json=body, headers=reader).status_code == 403


def test_who_only_looks_begins_none_on_the_page(api: Api, rob: dict[str, str]) -> None:
    body = {"upload": send(api, rob, PROTEINS), "name": "p.faa"}
    digest = api.client.post("/v1/genomes", json=body, headers=rob).json()["digest"]
    enter(api, browser := open_browser(api), "vera", Role.VIEWER)
    status, page = send_form(browser, "/genomes", genome_digest=digest, universe="e_coli_core")
    assert (status, "may not" in page) == (403, True)


def test_a_script_sends_a_file_in_parts(
    served: tuple[Api, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxagents.workers.clients.http.uploads.PART_BYTES", 50)
    api, address = served
    key = api.bearer("rob", Role.RUNNER)["Authorization"].partition(" ")[2]
    file = tmp_path / "p.faa"
    file.write_bytes(PROTEINS)
    with HttpClient(address, key) as client:
        stored = client.genomes.add(file)
        with pytest.raises(FluxError, match=r"genome file .none\.faa. cannot be read") as raised:
            client.genomes.add(tmp_path / "none.faa")
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert stored.format is GenomeFormat.PROTEINS
    assert api.ports.artifacts().get(stored.digest) == PROTEINS

    async def again() -> str:
        async with AsyncHttpClient(address, key) as client:
            return (await client.genomes.add(file)).digest

    assert asyncio.run(again()) == stored.digest
