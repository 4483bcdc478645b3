"""From where and why somebody looks or changes, as the audit trail tells it; bound around a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple
from uuid import UUID


class Origin(NamedTuple):
    """`address` is the caller's IP address, `purpose` a code and `session` the contact he says that he is in.

    What he says of a session is proved when the trail is written: it must be his and his customer's.
    """

    address: str | None = None
    purpose: str | None = None
    session: UUID | None = None


NOWHERE: Final = Origin()
"""Of what no request asked for: chores, workers, commands."""

_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def origin_now() -> Origin:
    """Of the request that runs here."""
    return _origin.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """What is done inside the block, and in tasks started there, comes from there."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def comes_from(origin: Origin) -> None:
    """For the rest of this task: a socket tells it after its connection has begun."""
    _origin.set(origin)
