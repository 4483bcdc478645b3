"""What a caller is told when something goes wrong: the code of a HubError, or INTERNAL and a number to ask about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import structlog
from graphql import FieldNode, GraphQLError, SourceLocation
from strawberry.exceptions import StrawberryGraphQLError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from structlog.contextvars import get_contextvars

from hub.errors import HubError, Invalid, NotFound, SlowSubscriber, Transient

BAD_REQUEST: Final = "BAD_REQUEST"
"""The document or its variables do not fit the schema, or ask for more than is allowed."""

INTERNAL: Final = "INTERNAL"
"""A fault of the hub; `correlationId` finds it in the log."""

MESSAGE_MAX: Final = 2_000
"""Characters: GraphQL quotes what it could not use, which may be as long as a request."""

_CALLERS_OWN: Final = (StrawberryGraphQLError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""What strawberry raises at a mistake in what was sent."""

_SUGGESTION: Final = " Did you mean "
"""What graphql-core puts before the names; it closes the message with them."""

log = structlog.get_logger(__name__)


class Told(GraphQLError):
    """An error that is already as the caller may see it; its places in the text are lines and columns from 1."""

    def __init__(self, message: str, places: Sequence[tuple[int, int]], extensions: dict[str, object]) -> None:
        super().__init__(message, extensions=extensions)
        self.locations = [SourceLocation(line, column) for line, column in places] or None

    def without_suggestion(self) -> Told:
        """The same without the names that look like the one he wrote."""
        places = [(place.line, place.column) for place in self.locations or ()]
        return Told(self.message.split(_SUGGESTION)[0], places, self.extensions or {})


def told(error: GraphQLError, *, suggests: bool = True) -> GraphQLError:
    """The error as the caller may see it; what is not meant for him is logged and replaced.

    Without `suggests` it does not say which names there are that look like the one he wrote.
    """
    if isinstance(error, Told):
        return error if suggests else error.without_suggestion()
    cause = _cause_of(error)
    if isinstance(cause, HubError) and cause.code != INTERNAL:
        return _with(error, cause.message, {"code": cause.code, **hints(cause)})
    if isinstance(cause, RecursionError):
        return _with(error, "the document is nested too deeply", {"code": BAD_REQUEST})
    if cause is None or isinstance(cause, _CALLERS_OWN):
        message = error.message if suggests else error.message.split(_SUGGESTION)[0]
        return _with(error, message, {"code": BAD_REQUEST})
    correlation = str(get_contextvars().get("request_id", ""))
    log.error("a resolver failed", exc_info=cause)
    return _with(error, "something went wrong inside the hub", {"code": INTERNAL, "correlationId": correlation})


def hidden(errors: Iterable[GraphQLError]) -> Iterator[str]:
    """The fields at which there is nothing for this caller."""
    for error in errors:
        node = error.nodes[0] if error.nodes else None
        if isinstance(node, FieldNode) and isinstance(_cause_of(error), NotFound):
            yield node.name.value


def _cause_of(error: GraphQLError) -> BaseException | None:
    """The first error in the chain that is not GraphQL's own wrapping."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return None if type(cause) is GraphQLError else cause


def hints(error: HubError) -> dict[str, object]:
    """What a program needs to recover, beside the code."""
    if isinstance(error, Transient) and error.retry_after_s is not None:
        return {"retryAfterSeconds": error.retry_after_s}
    if isinstance(error, SlowSubscriber):
        return {"cursor": error.cursor}
    if isinstance(error, Invalid) and error.path:
        return {"argument": list(error.path)}
    return {}


def _with(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message if len(message) <= MESSAGE_MAX else f"{message[:MESSAGE_MAX]} ...",
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
