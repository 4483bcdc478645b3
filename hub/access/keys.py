"""The keys that tokens are verified with: from a file, or from an identity provider that changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import BaseModel, ValidationError

from hub.errors import Invalid

SMALLEST_RSA_BITS = 2048

VerificationKey = RSAKey | ECKey | OctKey


class KeySource(Protocol):
    """Where a token's key is looked up."""

    async def find(self, kid: str | None, algorithm: str) -> VerificationKey | None:
        """The key of that id for that algorithm; without an id the only one there is. None: there is no such key.

        Raises Transient when the keys cannot be had now.
        """
        ...


@dataclass(frozen=True)
class KeySet:
    """Public keys by (id, algorithm): a key serves one algorithm, so a token cannot have it used for another."""

    keys: Mapping[tuple[str | None, str], VerificationKey]

    async def find(self, kid: str | None, algorithm: str) -> VerificationKey | None:
        """See KeySource. A PEM file has no id and serves any."""
        fitting = {id_: key for (id_, for_algorithm), key in self.keys.items() if for_algorithm == algorithm}
        if kid is None:
            return next(iter(fitting.values())) if len(fitting) == 1 else None
        return fitting.get(kid) or fitting.get(None)


class _Jwk(BaseModel):
    """The public members of RFC 7517 and 7518; anything else, a private exponent too, is dropped on reading."""

    kty: str
    kid: str | None = None
    use: str | None = None
    alg: str | None = None
    crv: str | None = None
    n: str | None = None
    e: str | None = None
    x: str | None = None
    y: str | None = None

    def public_key(self) -> tuple[str, VerificationKey] | None:
        """The algorithm and the key; None for one of a kind that is not for us (RFC 7517 section 5: to be ignored)."""
        if self.use not in (None, "sig"):
            return None
        found: tuple[str, VerificationKey] | None = None
        members = self.model_dump(include={"kty", "crv", "n", "e", "x", "y"}, exclude_none=True)
        try:
            if self.kty == "RSA":
                found = "RS256", RSAKey.import_key(members)
            elif self.kty == "EC" and self.crv == "P-256":
                found = "ES256", ECKey.import_key(members)
        except (JoseError, ValueError):
            return None
        return found if found is not None and self.alg in (None, found[0]) else None


class _Jwks(BaseModel):
    keys: list[_Jwk]


def read_keys(text: bytes) -> KeySet:
    """A JWK set, or one PEM public key; raises Invalid when it holds no RSA key of 2048 bits and no P-256 key.

    Symmetric keys are ignored: whoever can read a key set could sign with them.
    """
    found: dict[tuple[str | None, str], VerificationKey] = {}
    if text.lstrip().startswith(b"-----BEGIN"):
        algorithm, key = _read_pem(text.strip())
        found[(None, algorithm)] = key
    else:
        for jwk in _read_jwks(text).keys:
            usable = jwk.public_key()
            if usable is not None:
                found[(jwk.kid, usable[0])] = usable[1]
    strong = {name: key for name, key in found.items() if _is_strong(key)}
    if not strong:
        raise Invalid("no usable key: wanted is RSA of 2048 bits or more, or EC P-256")
    return KeySet(strong)


def _read_jwks(text: bytes) -> _Jwks:
    try:
        return _Jwks.model_validate_json(text)
    except ValidationError:
        raise Invalid("neither a JWK set nor a PEM public key") from None


def _read_pem(text: bytes) -> tuple[str, VerificationKey]:
    if b"PRIVATE KEY" in text:
        raise Invalid("this is a private key; the hub wants the public one")
    try:
        return "RS256", RSAKey.import_key(text)
    except (JoseError, ValueError):
        pass
    try:
        return "ES256", ECKey.import_key(text)
    except (JoseError, ValueError):
        raise Invalid("not a PEM public key of RSA or EC") from None


def _is_strong(key: VerificationKey) -> bool:
    if isinstance(key, RSAKey):
        return key.raw_value.key_size >= SMALLEST_RSA_BITS
    return isinstance(key, ECKey) and key.curve_name == "P-256"
