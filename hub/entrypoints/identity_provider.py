"""What an identity provider publishes about itself (OpenID Connect Discovery 1.0) and its keys, over HTTP."""

from __future__ import annotations

from typing import Final

import httpx2
from pydantic import BaseModel, ValidationError

from hub.errors import Transient

TIMEOUT_S: Final = 5.0
BYTES_MAX: Final = 1_000_000


class _Provider(BaseModel):
    issuer: str
    jwks_uri: str


async def fetch(url: str) -> bytes:
    """The document at the address; Transient when it cannot be read now, or is longer than 1 MB."""
    try:
        async with httpx2.AsyncClient(timeout=TIMEOUT_S) as client, client.stream("GET", url) as answer:
            answer.raise_for_status()
            read = b""
            async for chunk in answer.aiter_bytes():
                read += chunk
                if len(read) > BYTES_MAX:
                    raise Transient("what the identity provider publishes is longer than 1 MB")
    except httpx2.HTTPError as error:
        raise Transient(f"the identity provider cannot be read: {type(error).__name__}") from error
    return read


async def fetch_discovered(issuer: str) -> bytes:
    """The key set of the provider that `issuer` names, found as section 4 says.

    Transient when the provider names itself otherwise than it was asked for: its keys must not speak for another.
    """
    document = await fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    try:
        provider = _Provider.model_validate_json(document)
    except ValidationError as error:
        raise Transient("the identity provider publishes no OpenID configuration") from error
    if provider.issuer != issuer:
        raise Transient("the identity provider names itself otherwise than HUB_OIDC_ISSUER does")
    return await fetch(provider.jwks_uri)
