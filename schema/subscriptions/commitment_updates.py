"""What becomes of a promise."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

import strawberry
from strawberry.relay import GlobalID

from hub.contacts.commitment import TOPIC
from hub.errors import NotFound
from hub.live.reader import Interest
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import subscribed
from schema.ids import uuid_of
from schema.subscriptions.follow import TOLD_ONCE, After, follow
from schema.types.promise import Commitment

REQUIRES: Final = Requires(Scope.CONTACTS_READ)


@strawberry.type(description="A promise as it is now, because it changed.")
class CommitmentUpdate:
    """One message."""

    cursor: str = strawberry.field(description="Give it as `after` to go on behind this message.")
    event: str = strawberry.field(
        description="CURRENT for the first message, else the change: CommitmentCreateEvent, CommitmentStateChangeEvent."
    )
    commitment: Commitment = strawberry.field(description="The promise now.")


@strawberry.type
class CommitmentUpdates:
    """Mixed into Subscription."""

    @subscribed(
        f"A promise: first as it is now (unless `after` is given), then after each change. {TOLD_ONCE}", REQUIRES
    )
    async def commitment_updates(
        self,
        info: Info,
        id: Annotated[GlobalID, strawberry.argument(description="The promise's id.")],
        after: After = None,
    ) -> AsyncGenerator[CommitmentUpdate, None]:
        """NOT_FOUND for a promise that the caller may not see, now or by then."""
        identity = uuid_of(id, "Commitment")
        if await Commitment.visible(info, identity) is None:
            raise NotFound("there is no such promise")
        messages = follow(info.context, Interest(TOPIC, str(identity)), after, REQUIRES)
        async with aclosing(messages):
            async for message in messages:
                commitment = await Commitment.visible(info, identity)
                if commitment is None:
                    raise NotFound("the promise is no longer there")
                yield CommitmentUpdate(cursor=message.cursor, event=message.event, commitment=commitment)
