"""What a field asks of the caller's token, declared where the field is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from strawberry.extensions import FieldExtension

from hub.access.authorise import authorise
from hub.access.principal import Scope
from schema.context import Context, Info

__all__ = ["ANYBODY", "Requires", "Scope"]

Next = Callable[..., Any]  # Any: strawberry's own signature of what comes behind an extension


class Requires(FieldExtension):
    """The token must carry `scope` and still be good; None: any good token will do.

    Every field of Query, Mutation and Subscription has one (the authorisation matrix test fails otherwise). Which
    *rows* a caller may see is not decided here but by the reach in every statement.
    """

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope

    def check(self, context: Context) -> None:
        """Raise Unauthorised or Forbidden."""
        authorise(context.principal, self.scope, context.now())

    def resolve(self, next_: Next, source: object, info: Info, **arguments: object) -> object:
        """For fields that answer at once, and for subscriptions."""
        self.check(info.context)
        return next_(source, info, **arguments)

    async def resolve_async(
        self, next_: Callable[..., Awaitable[object]], source: object, info: Info, **arguments: object
    ) -> object:
        """For fields that answer later."""
        self.check(info.context)
        return await next_(source, info, **arguments)


ANYBODY: Final = Requires(None)
