"""A form with files is read byte for byte; what is no form is named."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI, Request
from starlette.types import Message

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.pages.form import MAX_FIELDS, Form, read_form

TYPE = "multipart/form-data; boundary=----b"
FIELD = b'------b\r\nContent-Disposition: form-data; name="universe"\r\n\r\n e_coli_core \r\n'
END = b"------b--\r\n"


def read(content_type: str, body: bytes) -> Form:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "app": FastAPI()}
    return asyncio.run(read_form(Request(scope, receive)))


def file_part(name: str, content: bytes) -> bytes:
    head = f'------b\r\nContent-Disposition: form-data; name="genome"; filename="{name}"\r\n'
    return head.encode() + b"Content-Type: application/gzip\r\n\r\n" + content + b"\r\n"


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 3, b"\r\n\r\n--b\r\n------\n", "é".encode()])
def test_a_file_is_read_as_it_was_sent(content: bytes) -> None:
    form = read(TYPE, FIELD + file_part("grün.fna", content) + END)
    assert form.get("universe") == "e_coli_core"
    assert (form.files["genome"].name, form.files["genome"].content) == ("grün.fna", content)


def test_a_path_is_no_part_of_a_name_and_a_field_without_a_file_is_none() -> None:
    assert read(TYPE, file_part(r"C:\data\a.fna", b">") + END).files["genome"].name == "a.fna"
    assert read(TYPE, file_part("", b"") + END).files == {}


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        ("multipart/form-data", END, "Missing boundary"),
        (TYPE, FIELD + file_part("a.fna", b">"), "its end is missing"),
        (TYPE, b"before " + FIELD + END, "Invalid multipart"),
        (TYPE, b"------b\r\nContent-Disposition: form-data\r\n\r\n\r\n" + END, '"name" must be provided'),
        (TYPE, b'------b\r\nContent-Disposition: form-data; name="a"\r\n' + END, "Invalid multipart"),
        (TYPE, FIELD * (MAX_FIELDS + 1) + END, "Too many fields"),
        ("application/x-www-form-urlencoded", b"a=1&" * (MAX_FIELDS + 1), "Too many fields"),
    ],
)
def test_what_is_no_form_is_named(content_type: str, body: bytes, words: str) -> None:
    with pytest.raises(FluxError, match=f"no form that can be read: .*{words}"):
        read(content_type, body)
