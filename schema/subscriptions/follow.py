"""Follow one object of the change feed, resumable and under the caller's rights for as long as it lasts."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated, Final

import strawberry

from hub.live.changes import Place, place_of
from hub.live.reader import Interest
from hub.live.subscribe import Subscription
from schema.authorise import Requires
from schema.context import Context
from schema.store_errors import translated

CURRENT: Final = "CURRENT"
"""The event of the first message: nothing happened, this is how things are."""

TOLD_ONCE: Final = "Changes that come faster than they are read are told once, with the latest state and event."
"""Of every subscription: a change says only "read again"."""

After = Annotated[
    str | None,
    strawberry.argument(description="Cursor of the last message received: go on behind it without loss or repeat."),
]


@dataclass(frozen=True, slots=True)
class Message:
    """That something happened, and where the subscriber stands once he has dealt with it."""

    cursor: str
    event: str

    @property
    def place(self) -> Place:
        """Up to where the feed has been delivered to him: what he reads now must not be older."""
        return place_of(self.cursor)


async def follow(
    context: Context, interest: Interest, after: str | None, requires: Requires
) -> AsyncGenerator[Message, None]:
    """CURRENT first unless it resumes, then each change; read the object anew for each message.

    The caller's rights are checked again before each message, and every second while there is none. Raises as
    Subscription does, Transient also where the database is away, TooManyAtOnce beyond the caller's limit, and
    Unauthorised as soon as his rights end.
    """
    hub, principal = context.hub, context.principal

    def check() -> None:
        requires.check(context, f"Subscription.{interest.topic}")

    hub.metrics.subscribed(interest.topic, +1)
    try:
        with hub.admission.following(principal):
            following = Subscription(hub.feed, hub.database, interest, cursor=after, latest_only=True)
            async with translated(), following as changes:
                with hub.watched.while_it_holds(check, changes.end):
                    if after is None:
                        yield Message(changes.cursor, CURRENT)
                    async for change in changes:
                        check()
                        yield Message(change.cursor, change.kind)
    finally:
        hub.metrics.subscribed(interest.topic, -1)
