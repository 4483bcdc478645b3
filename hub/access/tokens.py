"""From a bearer token to a principal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from pydantic import BaseModel

from hub.access.believed import BelievedTokens
from hub.access.claims import Claims
from hub.access.keys import KeySource
from hub.access.principal import Principal
from hub.clock import Clock
from hub.errors import Unauthorised


class _Issued(BaseModel):
    iss: str


LONGEST_TOKEN = 8_192

ALGORITHMS = frozenset({"RS256", "ES256"})
"""Of a token from an identity provider. A symmetric algorithm is never among them: with it, whoever holds the public
key could sign."""

_UNREADABLE = "this is not a JSON Web Token; send `Authorization: Bearer <token>`"

_REFUSED_CLAIMS = {
    "nbf": "the token is not valid yet; compare the clocks of its issuer and of this hub",
    "iat": "the token was issued in the future; compare the clocks of its issuer and of this hub",
    "aud": "the token is for another audience; ask the identity provider for one for this hub",
}


@dataclass(frozen=True)
class Trust:
    """An issuer, the algorithms it may use and its keys; a token is judged by its own issuer's alone."""

    issuer: str
    algorithms: frozenset[str]
    keys: KeySource


class TokenVerifier:
    """Verifies tokens of the trusted issuers for `audience`, with a tolerance of `skew` between clocks."""

    def __init__(self, trusted: Sequence[Trust], audience: str, skew: timedelta, clock: Clock) -> None:
        self._trusted = {trust.issuer: trust for trust in trusted}
        self._audience = audience
        self._skew = skew
        self._clock = clock
        self._believed = BelievedTokens()

    async def verify(self, token: str) -> Principal:
        """The caller. Raises Unauthorised with what to do about it, Transient when the keys cannot be had now."""
        known = self._believed.find(token, self._clock())
        return known or self._believed.keep(token, await self._proved(token), self._clock())

    async def _proved(self, token: str) -> Principal:
        header, issuer = _look_inside(token)
        trust = self._trusted.get(issuer)
        if trust is None:
            raise Unauthorised("this hub does not trust the issuer of the token; log in with its identity provider")
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in trust.algorithms or not isinstance(kid, str | None):
            raise Unauthorised(f"the token must be signed with {' or '.join(sorted(trust.algorithms))}")
        if "crit" in header:
            raise Unauthorised("the token needs an extension (crit) that this hub does not have")
        key = await trust.keys.find(kid, algorithm)
        if key is None:
            raise Unauthorised("the token is signed with a key that its issuer no longer lists; log in again")
        try:
            # Headers the library does not know are the issuer's business: none is critical.
            registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
            verified = jwt.decode(token, key, registry=registry)
        except JoseError:
            raise Unauthorised("the signature of the token does not hold; log in again") from None
        return self._principal(trust, verified.claims)

    def _principal(self, trust: Trust, claims: dict[str, object]) -> Principal:
        now = self._clock()
        wanted = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=int(self._skew.total_seconds()),
            iss={"essential": True, "value": trust.issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            wanted.validate(claims)
        except ExpiredTokenError:
            raise Unauthorised("the token has expired; log in again") from None
        except MissingClaimError as error:
            raise Unauthorised(f"the token lacks the claim {error.claim}; see the reference of tokens") from None
        except InvalidClaimError as error:
            refusal = _REFUSED_CLAIMS.get(error.claim, f"the claim {error.claim} of the token cannot be used")
            raise Unauthorised(refusal) from None
        return Claims.read(claims).principal(self._skew)


def _look_inside(token: str) -> tuple[Mapping[str, object], str]:
    """Header and issuer of a token that nobody has verified yet: only good for choosing what to verify it with."""
    if len(token) > LONGEST_TOKEN:
        raise Unauthorised(f"the token is longer than {LONGEST_TOKEN} characters")
    try:
        unverified = jws.extract_compact(token.encode("ascii"))
        issued = _Issued.model_validate_json(unverified.payload)
    except (JoseError, ValueError, RecursionError):
        raise Unauthorised(_UNREADABLE) from None
    return unverified.headers(), issued.iss
