"""Ids of a model out of the ids that SBML can write."""

from __future__ import annotations

import re

_ENCODED = re.compile(r"__(\d+)__")
_PRINTABLE = range(33, 127)


def decode_id(identifier: str, prefix: str) -> str:
    """An SBML id without its prefix, with `__45__` as `-`; only printable ASCII, the rest stays as written.

    cobra decodes any number, and a control character in a name makes GLPK abort the process.
    """

    def character(match: re.Match[str]) -> str:
        code = int(match[1])
        return chr(code) if code in _PRINTABLE else match[0]

    return _ENCODED.sub(character, identifier).removeprefix(prefix)


def decode_species(identifier: str) -> str:
    """The id of a metabolite."""
    return decode_id(identifier, "M_")


def decode_reaction(identifier: str) -> str:
    """The id of a reaction."""
    return decode_id(identifier, "R_")


def decode_gene(identifier: str) -> str:
    """The id of a gene, in which cobra writes a dot as a word."""
    return decode_id(identifier.replace("__SBML_DOT__", "."), "G_")


def decode_group(identifier: str) -> str:
    """The id of a group."""
    return decode_id(identifier, "G_")
