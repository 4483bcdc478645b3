"""How a lead goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

import strawberry
from strawberry.relay import GlobalID

from hub.errors import NotFound
from hub.leads.lead import TOPIC
from hub.live.reader import Interest
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import subscribed
from schema.ids import uuid_of
from schema.subscriptions.follow import TOLD_ONCE, After, follow
from schema.types.sales_lead import SalesLead

REQUIRES: Final = Requires(Scope.LEADS_READ)


@strawberry.type(description="A lead as it is now, because it changed.")
class LeadUpdate:
    """One message."""

    cursor: str = strawberry.field(description="Give it as `after` to go on behind this message.")
    event: str = strawberry.field(
        description="CURRENT for the first message, else the change: SalesLeadCreateEvent, "
        "SalesLeadStateChangeEvent, SalesLeadAttributeValueChangeEvent."
    )
    lead: SalesLead = strawberry.field(description="The lead now.")


@strawberry.type
class LeadUpdates:
    """Mixed into Subscription."""

    @subscribed(f"A lead: first as it is now (unless `after` is given), then after each change. {TOLD_ONCE}", REQUIRES)
    async def lead_updates(
        self,
        info: Info,
        id: Annotated[GlobalID, strawberry.argument(description="The lead's id.")],
        after: After = None,
    ) -> AsyncGenerator[LeadUpdate, None]:
        """NOT_FOUND for a lead that the caller may not see, now or by then."""
        identity = uuid_of(id, "SalesLead")
        if await SalesLead.visible(info, identity) is None:
            raise NotFound("there is no such lead")
        messages = follow(info.context, Interest(TOPIC, str(identity)), after, REQUIRES)
        async with aclosing(messages):
            async for message in messages:
                lead = await SalesLead.visible(info, identity)
                if lead is None:
                    raise NotFound("the lead is no longer there")
                yield LeadUpdate(cursor=message.cursor, event=message.event, lead=lead)
