"""The decorators of resolvers: a description is not optional, and a scope is asked for where the field is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import strawberry
from strawberry.types.field import StrawberryField

from schema.authorise import Requires
from schema.bounded import BoundedTexts, compares_texts
from schema.reads import READS

Resolver: TypeAlias = Callable[..., Any]  # Any: strawberry reads the resolver's own annotations


def resolved(
    description: str, *requires: Requires, name: str | None = None, reads: object = None
) -> Callable[[Resolver], StrawberryField]:
    """A field with a resolver. Fields of Query and Mutation name what they require; others only what is more.

    `reads` is how the field is read when a whole selection becomes one statement (see schema/reads.py).
    """

    def decorate(resolver: Resolver) -> StrawberryField:
        made: StrawberryField = strawberry.field(
            resolver,
            name=name,
            description=description,
            extensions=[*requires, BoundedTexts()] if compares_texts(resolver) else list(requires),
            metadata={} if reads is None else {READS: reads},
        )
        return made

    return decorate


def subscribed(description: str, *requires: Requires) -> Callable[[Resolver], StrawberryField]:
    """A field of Subscription; the resolver is an async generator."""

    def decorate(resolver: Resolver) -> StrawberryField:
        made: StrawberryField = strawberry.subscription(resolver, description=description, extensions=list(requires))
        return made

    return decorate
