"""An identity provider for tests: real keys, and tokens with anything wrong that a test asks for."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.registry import HeaderParameter

from hub.access.keys import read_keys
from hub.access.principal import Principal
from hub.access.tokens import ALGORITHMS, TokenVerifier, Trust

ISSUER = "https://login.example"
AUDIENCE = "contacthub"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SKEW = timedelta(seconds=30)

RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa-1"})

AGENT: Mapping[str, object] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "agent-7",
    "exp": int((NOON + timedelta(hours=1)).timestamp()),
    "roles": ["agent"],
}


def key_set(*keys: RSAKey | ECKey | OctKey) -> bytes:
    """A published JWK set; a symmetric key in it is published too, by mistake."""
    return json.dumps({"keys": [key.as_dict(private=isinstance(key, OctKey)) for key in keys]}).encode()


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def token(
    claims: Mapping[str, object] = AGENT,
    key: RSAKey | ECKey | OctKey = RSA,
    algorithm: str = "RS256",
    header: Mapping[str, object] | None = None,
) -> str:
    surprise = {"surprise": HeaderParameter("A header of this test", "int")}
    registry = jws.JWSRegistry(header_registry=surprise, algorithms=[algorithm], strict_check_header=False)
    return jwt.encode({"alg": algorithm, "kid": key.kid, **(header or {})}, dict(claims), key, registry=registry)


def unsigned(header: Mapping[str, object], claims: Mapping[str, object] = AGENT, signature: bytes = b"") -> str:
    """A token put together by hand, as an attacker would."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def verifier(*trusted: Trust, now: datetime = NOON) -> TokenVerifier:
    """Trusts the test's identity provider unless told otherwise."""
    provider = Trust(ISSUER, ALGORITHMS, read_keys(key_set(RSA, EC)))
    return TokenVerifier(trusted or (provider,), AUDIENCE, SKEW, lambda: now)


async def verify(bearer: str, now: datetime = NOON) -> Principal:
    return await verifier(now=now).verify(bearer)
