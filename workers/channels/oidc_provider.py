"""An OpenID provider, by the authorization code flow with PKCE."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import SecretStr

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.sign_in import Identity, PendingSignIn

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
"""Of signatures of a provider; none with a shared secret, and never `none`."""

TIMEOUT_S = 10.0
LEEWAY_S = 60
"""By which the clock of the provider may differ."""


class OidcProvider:
    """A provider, found by its issuer.

    Args:
        issuer: Its address, exactly as it calls itself.
        client_id: How it calls this service.
        client_secret: What this service shows it.
        redirect_uri: Where it sends browsers back to.
    """

    def __init__(self, issuer: str, client_id: str, client_secret: SecretStr, redirect_uri: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri

    def authorization_url(self, pending: PendingSignIn) -> str:
        url: str
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._metadata["authorization_endpoint"],
                state=pending.state,
                nonce=pending.nonce,
                code_verifier=pending.verifier,
            )
        return url

    def identify(self, code: str, pending: PendingSignIn) -> Identity:
        try:
            with self._client() as client:
                tokens = client.fetch_token(
                    self._metadata["token_endpoint"], code=code, code_verifier=pending.verifier
                )
            claims = self._read_id_token(tokens, pending.nonce)
        except (OAuthError, JoseError, ValueError, KeyError) as error:
            raise FluxError(
                ErrorClass.PERMISSION,
                f"the provider {self._issuer} vouches for nobody: {error}",
                suggestions=("sign in again",),
            ) from error
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        return Identity(
            issuer=claims["iss"],
            subject=claims["sub"],
            email=str(claims.get("email", "")),
            display=str(claims.get("name", "")),
        )

    def _client(self) -> Any:
        return OAuth2Client(
            self._client_id,
            self._client_secret.get_secret_value(),
            scope="openid profile email",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
        )

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        """What the provider says of itself."""
        metadata = self._get(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        if metadata.get("issuer") != self._issuer:
            raise FluxError(
                ErrorClass.PERMISSION,
                f"the provider at {self._issuer} calls itself {metadata.get('issuer')!r}",
                suggestions=("set FLUXAGENTS_OIDC_ISSUER to what it calls itself",),
            )
        return metadata

    def _read_id_token(self, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of the token, signed by the provider now, for this service and this sign-in."""
        # Keys are read anew: providers change them, and sign-ins are rare.
        keys = KeySet.import_key_set(self._get(self._metadata["jwks_uri"]))  # type: ignore[arg-type]
        token = jwt.decode(tokens["id_token"], keys, algorithms=ALGORITHMS)
        options = {"iss": {"essential": True, "value": self._issuer}, "aud": {"value": self._client_id}}
        parameters = {
            "nonce": nonce,
            "client_id": self._client_id,
            "access_token": tokens.get("access_token"),
        }
        CodeIDToken(token.claims, token.header, options=options, params=parameters).validate(leeway=LEEWAY_S)
        return token.claims

    def _get(self, url: str) -> dict[str, Any]:
        try:
            answer = httpx2.get(url, timeout=TIMEOUT_S, follow_redirects=False).raise_for_status()
            document: dict[str, Any] = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise self._unreachable(error) from error
        return document

    def _unreachable(self, error: Exception) -> FluxError:
        return FluxError(
            ErrorClass.PROVIDER_OUTAGE,
            f"the sign-in provider {self._issuer} cannot be reached: {error}",
            suggestions=(
                "correct FLUXAGENTS_OIDC_ISSUER, or try again later",
                "or act by key",
            ),
        )
