"""Changes of one customer's view."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

import strawberry
from strawberry.relay import GlobalID

from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import subscribed
from schema.ids import uuid_of
from schema.subscriptions.follow import After
from schema.subscriptions.follow_customer import follow_customer
from schema.types.customer import Customer

REQUIRES: Final = Requires(Scope.CUSTOMERS_READ)


@strawberry.type(description="A customer as he is now, because something about him changed.")
class CustomerUpdate:
    """One message."""

    cursor: str = strawberry.field(description="Give it as `after` to go on behind this message.")
    event: str = strawberry.field(
        description="CURRENT for the first message, else the change as TM Forum names it, such as "
        "CustomerAttributeValueChangeEvent."
    )
    customer: Customer = strawberry.field(description="The customer now; merged into another, he has that id.")


@strawberry.type
class CustomerUpdates:
    """Mixed into Subscription."""

    @subscribed(
        "A customer's view: first as it is now (unless `after` is given), then after each change. Changes that come "
        "faster than they are read are told once, with the latest state. Follows the id: when the customer is merged "
        "into another, that one is told from then on, and himself again when they are split.",
        REQUIRES,
    )
    async def customer_updates(
        self,
        info: Info,
        id: Annotated[GlobalID, strawberry.argument(description="The customer's id.")],
        after: After = None,
    ) -> AsyncGenerator[CustomerUpdate, None]:
        """NOT_FOUND for a customer that the caller may not see, as for one that is not there."""
        messages = follow_customer(info.context, "Customer", uuid_of(id, "Customer"), after, REQUIRES)
        async with aclosing(messages):
            async for message, row in messages:
                customer = Customer.shown(info, row)
                yield CustomerUpdate(cursor=message.cursor, event=message.event, customer=customer)
