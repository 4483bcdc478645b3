"""Texts that callers compare with are bounded, whichever list they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from inspect import isawaitable, signature
from typing import Any, Final

from strawberry.extensions import FieldExtension

from hub.errors import Invalid
from hub.reads.conditions import TEXT_MAX
from schema.context import Info

Next = Callable[..., Any]  # Any: strawberry's own signature of what comes behind an extension

_OTHERWISE: Final = frozenset({"self", "info", "input", "first", "last", "after", "before", "id", "ids", "by", "key"})
"""Bounded by what reads them: windows, ids, and inputs of mutations, whose texts are content."""


class BoundedTexts(FieldExtension):
    """INVALID for a text of a filter, or a name beside it, that is longer than anything it could equal."""

    def resolve(self, next_: Next, source: object, info: Info, **arguments: object) -> object:
        """For fields that answer at once."""
        check_texts(arguments)
        return next_(source, info, **arguments)

    async def resolve_async(self, next_: Next, source: object, info: Info, **arguments: object) -> object:
        """For fields that answer later."""
        check_texts(arguments)
        answer: object = next_(source, info, **arguments)
        return await answer if isawaitable(answer) else answer


def compares_texts(resolver: Callable[..., Any]) -> bool:
    """Whether a resolver has arguments that may be texts to compare with."""
    return not signature(resolver).parameters.keys() <= _OTHERWISE


def check_texts(arguments: Mapping[str, object]) -> None:
    """Raise Invalid where one is too long."""
    for name, value in arguments.items():
        if name not in _OTHERWISE and any(len(text) > TEXT_MAX for text in _texts(value)):
            raise Invalid(f"a text in a filter has at most {TEXT_MAX} characters", (name,))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name))
