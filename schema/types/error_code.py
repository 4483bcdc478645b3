"""The stable codes by which a program tells errors and problems apart."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum(description="Why something was not done: `code` of a problem, `extensions.code` of an error.")
class ErrorCode(Enum):
    """Every code of `hub.errors`, and those of the edge; the tests compare the lists."""

    INVALID = strawberry.enum_value("INVALID", description="The input breaks a rule; mend it.")
    AMBIGUOUS = strawberry.enum_value("AMBIGUOUS", description="Several objects answer to it; ask more precisely.")
    TOO_MANY = strawberry.enum_value("TOO_MANY", description="More at once than one call takes; send it in parts.")
    IN_THE_FUTURE = strawberry.enum_value("IN_THE_FUTURE", description="A time that has not come; set your clock.")
    OTHER_CUSTOMER = strawberry.enum_value("OTHER_CUSTOMER", description="It belongs to another customer than named.")
    CONTRACT_DRIFT = strawberry.enum_value(
        "CONTRACT_DRIFT", description="An object of a package does not look as its contract says."
    )
    UNMAPPED = strawberry.enum_value("UNMAPPED", description="A value of a package is in no value table.")
    MISCONFIGURED = strawberry.enum_value("MISCONFIGURED", description="The configuration has mistakes.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="There is no such thing, or not for you.")
    CONFLICT = strawberry.enum_value("CONFLICT", description="The state does not allow it; read again, then decide.")
    STALE_EPOCH = strawberry.enum_value("STALE_EPOCH", description="The flow was cut over to another lane meanwhile.")
    OVERTAKEN = strawberry.enum_value("OVERTAKEN", description="The lane has no part in its flow any more.")
    CONTRACT_FROZEN = strawberry.enum_value(
        "CONTRACT_FROZEN", description="A system's objects changed their shape and the contract says to stop."
    )
    SLOW_SUBSCRIBER = strawberry.enum_value(
        "SLOW_SUBSCRIBER",
        description="Changes came faster than they were read; subscribe again with `cursor`. Kept for "
        "subscriptions that tell every change; those that there are tell the latest instead.",
    )
    CURSOR_TOO_OLD = strawberry.enum_value(
        "CURSOR_TOO_OLD", description="The feed cannot go on from this cursor; subscribe without one."
    )
    REJECTED = strawberry.enum_value("REJECTED", description="A package refused; a repeat changes nothing.")
    UNAUTHORISED = strawberry.enum_value("UNAUTHORISED", description="No token, or one that is no longer good.")
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="The token does not allow it.")
    UNAVAILABLE = strawberry.enum_value("UNAVAILABLE", description="Try again, after `retryAfterSeconds` if given.")
    NOTHING_WAITING = strawberry.enum_value("NOTHING_WAITING", description="No complete set of records is waiting.")
    THROTTLED = strawberry.enum_value("THROTTLED", description="The budget of calls is spent; try again later.")
    SYSTEM_SUSPENDED = strawberry.enum_value("SYSTEM_SUSPENDED", description="The package does not answer now.")
    RATE_LIMITED = strawberry.enum_value(
        "RATE_LIMITED", description="You ask more often than you may; wait `retryAfterSeconds`."
    )
    TOO_MANY_AT_ONCE = strawberry.enum_value(
        "TOO_MANY_AT_ONCE", description="Too much of yours is under way; wait until some of it has ended."
    )
    TOO_COSTLY = strawberry.enum_value("TOO_COSTLY", description="The operation asks for too much; ask for less.")
    BAD_REQUEST = strawberry.enum_value("BAD_REQUEST", description="The document or its variables do not fit.")
    TOO_LARGE = strawberry.enum_value("TOO_LARGE", description="The request is longer than allowed.")
    PERSISTED_QUERY_NOT_FOUND = strawberry.enum_value(
        "PERSISTED_QUERY_NOT_FOUND", description="No document under this id or hash; send its text once."
    )
    UNTRUSTED_DOCUMENT = strawberry.enum_value(
        "UNTRUSTED_DOCUMENT", description="Only the documents of the manifest are answered."
    )
    INTERNAL = strawberry.enum_value("INTERNAL", description="A fault of the hub; ask about `correlationId`.")
