"""A customer as of a past moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from hub.customers.past import view_at
from hub.errors import Invalid, NotFound
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.types.past import PastView

Id = Annotated[GlobalID, strawberry.argument(description="The customer's id; a merged one still works.")]
At = Annotated[datetime, strawberry.argument(description="The moment, in the hub's own time.")]


@strawberry.type
class CustomerHistoryQuery:
    """Mixed into Query."""

    @resolved(
        "The customer's view as it was known at a past moment, from the versions of his records and of what he had; "
        "null before the hub knew him. NOT_FOUND for a customer that you may not see, INVALID for a moment "
        "longer ago than versions are kept.",
        Requires(Scope.CUSTOMERS_READ),
    )
    async def customer_history(self, info: Info, id: Id, at: At) -> PastView | None:
        """Whom his records belong to is as decided now."""
        row = await info.context.loaders.customers.load(uuid_of(id, "Customer"))
        if row is None:
            raise NotFound("there is no such customer")
        info.context.shows(info, [row.id])
        hub, kept = info.context.hub, info.context.hub.privacy.keep_days.versions
        if kept is not None and at < info.context.now() - timedelta(days=kept):
            raise Invalid(f"what was known so long ago is not kept: {kept} days back at most", ("at",))
        async with info.context.reading() as connection:
            golden = await view_at(connection, row.id, hub.terms.keys, hub.rules, at)
        return None if golden is None else PastView.of(row.id, golden, at)
