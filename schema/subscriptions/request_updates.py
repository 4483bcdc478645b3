"""How a request goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

import strawberry
from strawberry.relay import GlobalID

from hub.contacts.request import TOPIC
from hub.errors import NotFound
from hub.live.reader import Interest
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import subscribed
from schema.ids import uuid_of
from schema.subscriptions.follow import TOLD_ONCE, After, follow
from schema.types.request import BusinessRequest

REQUIRES: Final = Requires(Scope.CUSTOMERS_READ)


@strawberry.type(description="A request as it is now, because it changed.")
class RequestUpdate:
    """One message."""

    cursor: str = strawberry.field(description="Give it as `after` to go on behind this message.")
    event: str = strawberry.field(
        description="CURRENT for the first message, else the change: BusinessRequestCreateEvent, "
        "BusinessRequestStateChangeEvent, BusinessRequestAttributeValueChangeEvent."
    )
    request: BusinessRequest = strawberry.field(description="The request now.")


@strawberry.type
class RequestUpdates:
    """Mixed into Subscription."""

    @subscribed(
        f"A request: first as it is now (unless `after` is given), then after each change. {TOLD_ONCE}", REQUIRES
    )
    async def request_updates(
        self,
        info: Info,
        id: Annotated[GlobalID, strawberry.argument(description="The request's id.")],
        after: After = None,
    ) -> AsyncGenerator[RequestUpdate, None]:
        """NOT_FOUND for a request that the caller may not see, now or by then."""
        identity = uuid_of(id, "BusinessRequest")
        if await BusinessRequest.visible(info, identity) is None:
            raise NotFound("there is no such request")
        messages = follow(info.context, Interest(TOPIC, str(identity)), after, REQUIRES)
        async with aclosing(messages):
            async for message in messages:
                request = await BusinessRequest.visible(info, identity)
                if request is None:
                    raise NotFound("the request is no longer there")
                yield RequestUpdate(cursor=message.cursor, event=message.event, request=request)
