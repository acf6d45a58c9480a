"""Signatures of exported runs: which installation wrote a file, and whether that is known here.

Ed25519, RFC 8032: whoever imports a file needs no secret to check it, only the public key of who wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.files.secret_file import create_secret, read_secret
from fluxagents.workers.settings import Settings

CONTEXT = b"fluxagents run export 1\n"
"""Before what is signed, so that no signature fits anything else."""

UNSIGNED = "not signed"

SHOWN_DIGITS = 12
"""Of a public key, where it is only to be told from others."""


class Signature(BaseModel):
    """The signature of a manifest, and the public key that checks it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(pattern=r"^[0-9a-f]{64}$")
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportKeys:
    """The key with which an installation signs, and those that it trusts."""

    private: Callable[[], Ed25519PrivateKey]
    """Its own; made when it is first needed."""
    trusted: Collection[str] = ()
    """Public keys of other installations, in hex digits."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The keys of the settings, the own one from the data folder where they name none."""
        if settings.export_key is not None:
            private = partial(_from_hex, settings.export_key.get_secret_value())
        else:
            private = partial(_load_or_create, settings.export_key_file)
        return cls(private=cache(private), trusted=settings.trusted_keys)

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """The key of a folder, which trusts no other."""
        return cls(private=cache(partial(_load_or_create, folder / "export.key")))

    @property
    def public(self) -> str:
        """The public key of this installation, in hex digits."""
        return self.private().public_key().public_bytes_raw().hex()

    def sign(self, manifest: bytes) -> Signature:
        """Sign the bytes of a manifest, and so all that it names."""
        return Signature(key=self.public, signature=self.private().sign(CONTEXT + manifest).hex())

    def doubt(self, manifest: bytes, signature: Signature | None) -> str:
        """Why nobody known here vouches for a manifest; empty if this or a trusted installation does.

        Raises:
            FluxError: `SCHEMA` if the signature is not one of this manifest: one of both was changed.
        """
        if signature is None:
            return UNSIGNED
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature.key))
            key.verify(bytes.fromhex(signature.signature), CONTEXT + manifest)
        except InvalidSignature as error:
            raise FluxError(
                ErrorClass.SCHEMA,
                "its signature is not of what it holds: the file was changed after it was signed",
                suggestions=("ask for the file again where it was written",),
            ) from error
        if signature.key == self.public or signature.key in self.trusted:
            return ""
        return f"signed by the unknown key {signature.key[:SHOWN_DIGITS]}…"


def _from_hex(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))


def _load_or_create(path: Path) -> Ed25519PrivateKey:
    seed = read_secret(path)
    if seed is None:
        create_secret(path, Ed25519PrivateKey.generate().private_bytes_raw().hex())
        # Another process may have been faster.
        seed = read_secret(path)
    try:
        return _from_hex(seed or "")
    except ValueError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, f"key file {str(path)!r} holds no key of 64 hex digits"
        ) from error
