"""Who is asking."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.authorise import ANYBODY, Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.customer import Customer


@strawberry.type(description="The caller, as his token says.")
class Viewer:
    """What a client needs to know about itself."""

    subject: str = strawberry.field(description="The token's subject.")
    scopes: list[str] = strawberry.field(description="What the token allows, by name.")
    expires_at: datetime = strawberry.field(description="When the token ends.")

    @resolved("The customer the caller is himself; null for anybody else.", Requires(Scope.CUSTOMERS_READ))
    async def customer(self, info: Info) -> Customer | None:
        """A customer's own view."""
        own = info.context.principal.customer
        return None if own is None else await Customer.visible(info, own)


@strawberry.type
class ViewerQuery:
    """Mixed into Query."""

    @resolved("Who is asking, and what he may do.", ANYBODY)
    def viewer(self, info: Info) -> Viewer:
        """From the token alone."""
        principal = info.context.principal
        return Viewer(
            subject=principal.subject,
            scopes=sorted(scope.value for scope in principal.scopes),
            expires_at=principal.expires_at,
        )
