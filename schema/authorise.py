"""What a field asks of the caller's token, declared where the field is."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any, Final

from strawberry.extensions import FieldExtension

from hub.access.principal import Scope
from hub.errors import Forbidden, Unauthorised
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

    def check(self, context: Context, place: str) -> None:
        """Raise Unauthorised or Forbidden; that somebody known was refused at `place` goes into the audit trail."""
        try:
            context.authorise(self.scope)
        except Forbidden:
            context.denies(place)
            raise
        except Unauthorised as error:
            context.denies(place, error.code)
            raise

    def resolve(self, next_: Next, source: object, info: Info, **arguments: object) -> object:
        """For fields that answer at once."""
        self.check(info.context, f"{info.path.typename}.{info.field_name}")
        return next_(source, info, **arguments)

    async def resolve_async(self, next_: Next, source: object, info: Info, **arguments: object) -> object:
        """For fields that answer later, and for subscriptions, whose stream is not awaited but handed on.

        A mutation that was carried out already was asked for its token then.
        """
        settled = info.context.settled
        if settled is not None and info.path.prev is None:
            return settled.again()
        self.check(info.context, f"{info.path.typename}.{info.field_name}")
        answer: object = next_(source, info, **arguments)
        return await answer if isawaitable(answer) else answer


ANYBODY: Final = Requires(None)
