"""What the claims of a verified token make of its subject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from hub.access.principal import SCOPES_OF, Principal, Role, Scope
from hub.errors import Unauthorised
from hub.records.identity import CustomerId

_LAST_SECOND = 253_402_300_799  # of the year 9999, after which there is no datetime


def _known(value: object) -> object:
    """Roles of other applications in the same token say nothing here, whatever shape they have."""
    named = [value] if isinstance(value, str) else value
    return [role for role in named if isinstance(role, str) and role in set(Role)] if isinstance(named, list) else named


class Claims(BaseModel):
    """The claims the hub reads: `roles` (a list or one name), `customer_id`, `queue`, OAuth's `scope`, `jti`, `iat`."""

    sub: Annotated[str, Field(min_length=1, max_length=255)]
    exp: float
    roles: Annotated[frozenset[Role], BeforeValidator(_known), Field(min_length=1)]
    scope: str | None = None
    customer_id: UUID | None = None
    queue: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    jti: Annotated[str, Field(max_length=500)] | None = None
    iat: Annotated[float, Field(ge=0, le=_LAST_SECOND)] | None = None

    @classmethod
    def read(cls, claims: Mapping[str, object]) -> Self:
        """Raises Unauthorised, naming the claims it cannot use but not what they hold."""
        try:
            return cls.model_validate(claims)
        except ValidationError as error:
            names = sorted({str(finding["loc"][0]) for finding in error.errors()})
            raise Unauthorised(f"the token cannot be used: see its {', '.join(names)}") from None

    def principal(self, skew: timedelta) -> Principal:
        """Raises Unauthorised for a customer's token that does not say which one, or that has other roles too."""
        if Role.CUSTOMER in self.roles and (len(self.roles) > 1 or self.customer_id is None):
            # One person may be customer and agent; a token that is both would see everybody as a customer.
            raise Unauthorised("a customer's token has the role customer alone, and a customer_id")
        if Role.CUSTOMER not in self.roles and self.customer_id is not None:
            raise Unauthorised("only a customer's token has a customer_id")
        return Principal(
            subject=self.sub,
            scopes=self._scopes(),
            customer=None if self.customer_id is None else CustomerId(self.customer_id),
            expires_at=datetime.fromtimestamp(min(self.exp, _LAST_SECOND - skew.total_seconds()), UTC) + skew,
            roles=self.roles,
            queue=self.queue,
            token_id=self.jti,
            issued_at=None if self.iat is None else datetime.fromtimestamp(self.iat, UTC),
        )

    def _scopes(self) -> frozenset[Scope]:
        """What the roles allow, narrowed by `scope` when that names any of the hub's (not just "openid profile")."""
        allowed = frozenset[Scope]().union(*(SCOPES_OF[role] for role in self.roles))
        named = frozenset(scope for scope in Scope if scope.value in (self.scope or "").split())
        return allowed & named if named else allowed
