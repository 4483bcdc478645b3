"""Tokens for trying the hub out: signed with a key of this installation, and worth nothing anywhere else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import OctKey

from hub.access.keys import KeySet
from hub.access.principal import Role, Scope
from hub.access.tokens import Trust
from hub.clock import Clock
from hub.errors import Invalid, Unauthorised
from hub.records.identity import CustomerId

ISSUER = "contacthub:development"
ALGORITHM = "HS256"
KEY_FILE = "development.key"


class DevelopmentTokens:
    """Issues tokens and trusts them, in the embedded mode only: raises Unauthorised outside it.

    The key is made on first use, as a file in `data_dir` that its owner alone can read; two processes that come at once
    get the same one. Deleting the file ends every token issued under it at the next start.
    """

    def __init__(self, data_dir: Path, *, embedded: bool, audience: str, clock: Clock) -> None:
        if not embedded:
            raise Unauthorised(
                "development tokens exist only where the hub runs its own database; use the identity provider"
            )
        self._key = OctKey.import_key(_read_or_make(data_dir / KEY_FILE))
        self._audience = audience
        self._clock = clock

    @property
    def trust(self) -> Trust:
        """What a TokenVerifier of the same installation needs to accept them."""
        return Trust(ISSUER, frozenset({ALGORITHM}), KeySet({(None, ALGORITHM): self._key}))

    def issue(
        self,
        role: Role,
        customer_id: CustomerId | None = None,
        lifetime: timedelta = timedelta(hours=12),
        scopes: Collection[Scope] = (),
    ) -> str:
        """A bearer token; a customer's needs his id, any other must not have one (Invalid).

        `scopes` narrows what the role may; none are named for all of them.
        """
        if (role is Role.CUSTOMER) != (customer_id is not None):
            raise Invalid("a customer's token needs a customer id, and no other has one", ("customer_id",))
        now = self._clock()
        claims: dict[str, object] = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": f"development:{role.value}",
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "roles": [role.value],
            "jti": secrets.token_hex(8),
        }
        if scopes:
            claims["scope"] = " ".join(sorted(scopes))
        if customer_id is not None:
            claims["customer_id"] = str(customer_id)
        return jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM])


def _read_or_make(path: Path) -> bytes:
    """Raises Unauthorised for a file that others can read: they could make themselves any token."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_urlsafe(32))
        try:
            # A link appears with its content and never replaces another: the first of two processes wins.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    if path.stat().st_mode & 0o077:
        raise Unauthorised(f"{path} can be read by others; delete it and a new key is made")
    return path.read_bytes()
