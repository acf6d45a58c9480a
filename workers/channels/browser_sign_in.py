"""Signing in with a browser, as the settings say."""

from __future__ import annotations

import secrets
from importlib import import_module

from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.sign_in import IdentityProvider, SignIn
from fluxagents.workers.files.secret_file import create_secret, read_secret
from fluxagents.workers.redis.people.directory import RedisDirectory
from fluxagents.workers.redis.people.key_book import RedisKeyBook
from fluxagents.workers.redis.people.session_book import RedisSessionBook
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.settings import Settings

DONE_PATH = "/sign-in/done"
"""Where the provider sends a browser back to; it must know `FLUXAGENTS_PUBLIC_URL` with this path."""


def open_sign_in(settings: Settings, redis: Redis, log: AuditLog) -> SignIn:
    """What signs people in.

    Raises:
        FluxError: If the settings are not complete, or `authlib` is not installed.
    """
    prefix, clock = settings.key_prefix, RedisClock(redis)
    directory = RedisDirectory(redis, prefix=prefix)
    return SignIn(
        _open_provider(settings) if settings.oidc_issuer else None,
        api_keys=ApiKeys(RedisKeyBook(redis, prefix=prefix), directory, clock),
        directory=directory,
        log=log,
        sessions=RedisSessionBook(redis, prefix=prefix),
        clock=clock,
        key=load_session_key(settings),
    )


def load_session_key(settings: Settings) -> bytes:
    """The key that signs sessions: that of the settings, else of the data folder, made when it is needed.

    Raises:
        FluxError: If the key file cannot be used.
    """
    if settings.session_key is not None:
        return settings.session_key.get_secret_value().encode()
    key = read_secret(settings.session_key_file)
    if key is None:
        create_secret(settings.session_key_file, secrets.token_hex(32))
        # Another process may have been faster.
        key = read_secret(settings.session_key_file) or ""
    return key.encode()


def _open_provider(settings: Settings) -> IdentityProvider:
    try:
        # It brings authlib, which is an extra and takes a while to import.
        module = import_module("fluxagents.workers.channels.oidc_provider")
    except ImportError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"FLUXAGENTS_OIDC_ISSUER is set, and signing in cannot work: {error}",
            suggestions=("pip install 'fluxagents[oidc]'",),
        ) from error
    provider: IdentityProvider = module.OidcProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.public_url + DONE_PATH,
    )
    return provider
