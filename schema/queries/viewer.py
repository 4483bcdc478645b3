"""Who is asking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import strawberry

from hub.reads.reach import Reach
from hub.reads.viewer import CUSTOMER_OF_VIEWER, ViewerRow, viewer
from schema.authorise import ANYBODY, Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.reads import READS, Arguments, Found, OfScopes, ReadTerms, Slot
from schema.types.customer import Customer
from schema.types.of_row import OfRow


class Asking:
    """How the caller and his own customer are read by one statement."""

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found:
        """The customer is shown only where he is asked for."""
        return Found(ViewerRow, "customer_id", viewer(reach), through=CUSTOMER_OF_VIEWER)

    def values(self, arguments: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        """What the token says is bound with every request."""
        return {}


@strawberry.type(description="The caller, as his token says.")
class Viewer(OfRow):
    """What a client needs to know about itself."""

    subject: str = strawberry.field(description="The token's subject.")
    scopes: list[str] = strawberry.field(description="What the token allows, by name.", metadata={READS: OfScopes()})
    expires_at: datetime = strawberry.field(description="When the token ends.")

    @resolved(
        "The customer the caller is himself; null for anybody else.",
        Requires(Scope.CUSTOMERS_READ),
        reads=CUSTOMER_OF_VIEWER,
    )
    async def customer(self, info: Info) -> Customer | None:
        """A customer's own view."""
        own = info.context.principal.customer
        return None if own is None else await Customer.visible(info, own)


@strawberry.type
class ViewerQuery:
    """Mixed into Query."""

    @resolved("Who is asking, and what he may do.", ANYBODY, reads=Asking())
    def viewer(self, info: Info) -> Viewer:
        """From the token alone."""
        principal = info.context.principal
        return Viewer(
            subject=principal.subject,
            scopes=sorted(scope.value for scope in principal.scopes),
            expires_at=principal.expires_at,
        )
