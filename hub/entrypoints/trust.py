"""Whose tokens this installation believes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx2

from hub.access.development import DevelopmentTokens
from hub.access.keys import read_keys
from hub.access.remote_keys import RemoteKeys
from hub.access.tokens import ALGORITHMS, TokenVerifier, Trust
from hub.clock import utc_now
from hub.errors import Invalid, Transient
from hub.settings.environment import Settings

FETCH_TIMEOUT_S = 5.0
LONGEST_KEY_SET = 1_000_000


def token_verifier(settings: Settings) -> TokenVerifier:
    """Development tokens in the embedded mode, and the provider that HUB_OIDC_... name; Invalid without any."""
    trusted: list[Trust] = []
    if settings.embedded:
        trusted.append(development_tokens(settings).trust)
    if settings.oidc_jwks_url is not None:
        trusted.append(Trust(_issuer(settings), ALGORITHMS, RemoteKeys(_fetching(settings.oidc_jwks_url), utc_now)))
    elif settings.jwt_public_key_file is not None:
        keys = read_keys(settings.jwt_public_key_file.read_bytes())
        trusted.append(Trust(_issuer(settings), ALGORITHMS, keys))
    if not trusted:
        raise Invalid(
            "nobody's tokens are trusted: set HUB_OIDC_JWKS_URL or HUB_JWT_PUBLIC_KEY_FILE, and HUB_OIDC_ISSUER"
        )
    return TokenVerifier(trusted, settings.oidc_audience, timedelta(seconds=settings.clock_skew_s), utc_now)


def development_tokens(settings: Settings) -> DevelopmentTokens:
    """The issuer of this installation's own tokens; Unauthorised outside the embedded mode."""
    return DevelopmentTokens(
        settings.data_dir, embedded=settings.embedded, audience=settings.oidc_audience, clock=utc_now
    )


def _issuer(settings: Settings) -> str:
    if settings.oidc_issuer is None:
        raise Invalid("set HUB_OIDC_ISSUER to the `iss` of the identity provider's tokens")
    return settings.oidc_issuer


def _fetching(url: str) -> Callable[[], Awaitable[bytes]]:
    async def fetch() -> bytes:
        try:
            async with httpx2.AsyncClient(timeout=FETCH_TIMEOUT_S) as client:
                answer = await client.get(url)
                answer.raise_for_status()
        except httpx2.HTTPError as error:
            raise Transient(f"the identity provider's key set cannot be read: {type(error).__name__}") from error
        if len(answer.content) > LONGEST_KEY_SET:
            raise Transient("the identity provider's key set is larger than 1 MB")
        return answer.content

    return fetch
