"""How a contact goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

import strawberry
from strawberry.relay import GlobalID

from hub.contacts.session import TOPIC
from hub.errors import NotFound
from hub.live.reader import Interest
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import subscribed
from schema.ids import uuid_of
from schema.subscriptions.follow import TOLD_ONCE, After, follow
from schema.types.session import CustomerSession

REQUIRES: Final = Requires(Scope.CONTACTS_READ)


@strawberry.type(description="A session as it is now, because something happened in it.")
class SessionUpdate:
    """One message."""

    cursor: str = strawberry.field(description="Give it as `after` to go on behind this message.")
    event: str = strawberry.field(
        description="CURRENT for the first message, else the change: CustomerSessionCreateEvent, "
        "CustomerSessionStateChangeEvent, CustomerSessionAttributeValueChangeEvent."
    )
    session: CustomerSession = strawberry.field(description="The session now.")


@strawberry.type
class SessionUpdates:
    """Mixed into Subscription."""

    @subscribed(
        f"A session: first as it is now (unless `after` is given), then after each change. {TOLD_ONCE}", REQUIRES
    )
    async def session_updates(
        self,
        info: Info,
        id: Annotated[GlobalID, strawberry.argument(description="The session's id.")],
        after: After = None,
    ) -> AsyncGenerator[SessionUpdate, None]:
        """NOT_FOUND for a session that the caller may not see, now or by then."""
        identity = uuid_of(id, "CustomerSession")
        if await CustomerSession.visible(info, identity) is None:
            raise NotFound("there is no such session")
        messages = follow(info.context, Interest(TOPIC, str(identity)), after, REQUIRES)
        async with aclosing(messages):
            async for message in messages:
                session = await CustomerSession.visible(info, identity)
                if session is None:
                    raise NotFound("the session is no longer there")
                yield SessionUpdate(cursor=message.cursor, event=message.event, session=session)
