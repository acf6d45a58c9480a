"""The servers of an installation's mail, as the settings name them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from fluxagents.flows.errors import ErrorClass, FluxError


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where a server of mail is, and how to log in."""

    host: str
    port: int
    user: str
    password: SecretStr
    is_encrypted: bool
    """From the first byte on; else after STARTTLS, which only a server on this machine may do without."""
    folder: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


PORTS = {"smtp": 587, "smtps": 465, "imap": 143, "imaps": 993}


def read_mail_server(url: SecretStr, variable: str) -> MailServer:
    """The server that a URL names: `smtps://user:password@host:port`, `imaps://user:password@host/folder`.

    Raises:
        FluxError: `BAD_ARGUMENT`, naming the variable; the URL is not repeated, for it holds a password.
    """
    parts = urlsplit(url.get_secret_value())
    try:
        port = parts.port or PORTS[parts.scheme]
    except (KeyError, ValueError) as error:
        raise _bad_url(variable) from error
    if not parts.hostname:
        raise _bad_url(variable)
    return MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=SecretStr(unquote(parts.password or "")),
        is_encrypted=parts.scheme.endswith("s"),
        folder=unquote(parts.path.strip("/")),
    )


def _bad_url(variable: str) -> FluxError:
    kind = "imap" if "IMAP" in variable else "smtp"
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"{variable} names no server of mail",
        suggestions=(f"write {kind}s://USER:PASSWORD@HOST, with what is no letter or digit as %XX",),
    )
