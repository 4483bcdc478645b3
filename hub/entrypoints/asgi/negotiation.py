"""In which media type a GraphQL answer goes out, and what follows from it (GraphQL over HTTP, sections 6.1 and 6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import orjson

GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
"""The type of the specification: a request that could not be carried out has a 4xx status and no `data`."""

JSON: Final = "application/json"
"""What clients took before there was the other: whatever is well-formed is answered with 200."""

EVENTS: Final = "text/event-stream"
"""GraphQL over SSE: one operation's answers as a stream."""

_OFFERED: Final = (GRAPHQL_RESPONSE, JSON, EVENTS)
_RANGES: Final[Mapping[str, tuple[str, ...]]] = {
    GRAPHQL_RESPONSE: (GRAPHQL_RESPONSE, "application/*"),
    JSON: (JSON, "application/*", "*/*"),
    EVENTS: (EVENTS,),
}


@lru_cache(maxsize=256)
def media_type_of(accept: str | None) -> str:
    """The offered type that `Accept` prefers; the one named first where it does not care, JSON where it names none.

    Clients that take a stream as well name it last. A header that takes nothing that is offered is answered with JSON
    rather than refused: an answer beats none.
    """
    wanted = [_weighted(part) for part in (accept or "*/*").lower().split(",")]
    best, weight = JSON, 0.0
    for media_range, quality in wanted:
        for offered in _OFFERED:
            if quality > weight and media_range in _RANGES[offered]:
                best, weight = offered, quality
    return best


def is_request_error(answer: Mapping[str, object]) -> bool:
    """True when nothing was executed: the document, the operation's name or the variables were refused.

    An error of the execution has a `path`, also the one that took all of `data` away.
    """
    errors = answer.get("errors")
    if answer.get("data") is not None or not isinstance(errors, list) or not errors:
        return False
    return all("path" not in error for error in errors)


def written(answer: Mapping[str, object], media_type: str | None) -> tuple[int, bytes]:
    """The answer's status in that type, and its bytes."""
    if media_type == GRAPHQL_RESPONSE and is_request_error(answer):
        return 400, orjson.dumps({key: value for key, value in answer.items() if key != "data"})
    return 200, orjson.dumps(answer)


def _weighted(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return media_range, _number(value)
    return media_range, 1.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
