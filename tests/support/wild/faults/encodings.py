"""The bytes: byte-order marks, other encodings, line ends, compression, and files that end too early."""

from __future__ import annotations

import bz2
import gzip
from functools import partial

from hypothesis import strategies as st
from tests.support.wild.draft import Draft
from tests.support.wild.fault import ALL, DOCUMENTS, SBML, Faulty, Loaded, Refused, register_fault
from tests.support.wild.network import Network

_TEXT = (*SBML, *DOCUMENTS)


@register_fault(*_TEXT)
def draw_byte_order_mark(_draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    return Faulty(Draft(network), Loaded(network), change=lambda data: b"\xef\xbb\xbf" + data)


@register_fault(*_TEXT)
def draw_utf16(_draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """Read, or refused in clear words."""

    def encode(data: bytes) -> bytes:
        return data.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")

    return Faulty(Draft(network), (Loaded(network), Refused(("UTF-16",))), change=encode)


@register_fault(*_TEXT)
def draw_line_ends_of_windows(_draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    return Faulty(Draft(network), Loaded(network), change=lambda data: data.replace(b"\n", b"\r\n"))


@register_fault(*ALL)
def draw_compressed(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    suffix = draw(st.sampled_from([".gz", ".bz2"]))
    compress = gzip.compress if suffix == ".gz" else bz2.compress
    return Faulty(Draft(network), Loaded(network), change=compress, suffix=suffix)


@register_fault(*ALL)
def draw_compressed_and_cut(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    suffix = draw(st.sampled_from([".gz", ".bz2"]))
    part = draw(st.floats(0.3, 0.95))

    def cut(data: bytes) -> bytes:
        whole = gzip.compress(data) if suffix == ".gz" else bz2.compress(data)
        return whole[: int(len(whole) * part)]

    return Faulty(Draft(network), Refused(("truncated",)), change=cut, suffix=suffix)


@register_fault(*ALL)
def draw_called_compressed_and_is_not(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    suffix = draw(st.sampled_from([".gz", ".bz2"]))
    return Faulty(Draft(network), Refused(("decompress",)), suffix=suffix)


@register_fault(*ALL)
def draw_cut(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    """A YAML file that ends between two reactions is a shorter file, so it is cut before the first."""
    part = draw(st.floats(0.05, 0.95))

    def cut(data: bytes) -> bytes:
        end = data.index(b'"reactions"') if form in {"yaml", "raven-yaml"} else len(data)
        return data[: int(end * part)]

    return Faulty(Draft(network), Refused(()), change=cut)


@register_fault(*ALL)
def draw_text_of_another_kind(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """A page of a web server, or nothing but blanks, in place of the model."""
    page = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
    content = draw(st.sampled_from([page, b" \n", b"null", b"[]", b"{}", b"\x00" * 200]))
    return Faulty(Draft(network), Refused(()), change=partial(_replace, content))


def _replace(content: bytes, _data: bytes) -> bytes:
    return content
