"""Whose tokens this installation believes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from hub.access.development import DevelopmentTokens
from hub.access.keys import KeySource, read_keys
from hub.access.remote_keys import RemoteKeys
from hub.access.tokens import ALGORITHMS, TokenVerifier, Trust
from hub.clock import utc_now
from hub.entrypoints.identity_provider import fetch, fetch_discovered
from hub.errors import Invalid
from hub.settings.environment import Settings


def token_verifier(settings: Settings) -> TokenVerifier:
    """Development tokens in the embedded mode, and the provider that HUB_OIDC_... name; Invalid without any."""
    trusted: list[Trust] = []
    if settings.embedded:
        trusted.append(development_tokens(settings).trust)
    if settings.oidc_issuer is not None:
        trusted.append(Trust(settings.oidc_issuer, ALGORITHMS, _keys(settings.oidc_issuer, settings)))
    elif settings.oidc_jwks_url is not None or settings.jwt_public_key_file is not None:
        raise Invalid("set HUB_OIDC_ISSUER to the `iss` of the identity provider's tokens")
    if not trusted:
        raise Invalid("nobody's tokens are trusted: set HUB_OIDC_ISSUER to your identity provider")
    return TokenVerifier(trusted, settings.oidc_audience, timedelta(seconds=settings.clock_skew_s), utc_now)


def development_tokens(settings: Settings) -> DevelopmentTokens:
    """The issuer of this installation's own tokens; Unauthorised outside the embedded mode."""
    return DevelopmentTokens(
        settings.data_dir, embedded=settings.embedded, audience=settings.oidc_audience, clock=utc_now
    )


def _keys(issuer: str, settings: Settings) -> KeySource:
    """From the file or address that is named, else from where the provider itself says that they are."""
    if settings.oidc_jwks_url is not None:
        return RemoteKeys(partial(fetch, settings.oidc_jwks_url), utc_now)
    if settings.jwt_public_key_file is not None:
        return read_keys(settings.jwt_public_key_file.read_bytes())
    return RemoteKeys(partial(fetch_discovered, issuer), utc_now)
