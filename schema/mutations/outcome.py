"""How a mutation runs and answers: one transaction, at most once per key, problems as data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import Field, asdict, dataclass
from typing import ClassVar, Final, Protocol

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.principal import Principal
from hub.errors import Conflict, HubError, Invalid, NotFound, Rejected
from hub.store.audit import deeds_recorded, record_deed
from hub.store.idempotency import Call, once
from schema.context import Context
from schema.types.error_code import ErrorCode

KEY_LENGTH_MAX: Final = 200

KEY: Final = "Your own name for this request: repeated within 24 hours it gives the same answer."
"""Description of an idempotencyKey where it says nothing more."""

OBJECTS: Final[Mapping[str, str]] = {
    "dialog": "BusinessDialog",
    "session": "CustomerSession",
    "request": "BusinessRequest",
    "commitment": "Commitment",
    "lead": "SalesLead",
    "delivery": "LeadDelivery",
    "decision": "Decision",
    "incident": "Incident",
}
"""Types of what a call's response names, the narrowest first, as the audit trail calls them."""

Write = Callable[[AsyncConnection], Awaitable[Mapping[str, object]]]


@strawberry.type(description="Why a mutation did nothing. Mended by the caller, unlike what stands under `errors`.")
class Problem:
    """A rule that the input breaks, or a state that does not allow it."""

    code: ErrorCode = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="For people; holds no personal data.")
    path: list[str] = strawberry.field(description="Where in the input, outermost first; empty for all of it.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the write came to: its response, or problems and nothing written."""

    response: Mapping[str, object]
    problems: list[Problem]


class _DryRun(Exception):
    def __init__(self, response: Mapping[str, object]) -> None:
        self.response = response


async def carry_out(
    context: Context,
    operation: str,
    given: Mapping[str, object],
    write: Write,
    *,
    key: str | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Run `write` in one transaction, once per `key`; a dry run does everything and keeps nothing.

    Invalid, NotFound, Conflict and Rejected become problems; other errors are the caller's `errors`. What was done
    stands in the audit trail: by a deed that `write` records, or else by one of its own.
    """
    before = deeds_recorded()

    async def carried_out(connection: AsyncConnection) -> Mapping[str, object]:
        response = await write(connection)
        if deeds_recorded() == before:
            await record_deed(connection, context.deed(operation, *_object_of(response, operation)), context.now())
        return response

    try:
        async with context.writing() as connection:
            if key is None or dry_run:
                response = await carried_out(connection)
            else:
                call = Call(_whose(context.principal), operation, _checked(key), given)
                response = await once(connection, call, context.now(), lambda: carried_out(connection))
            if dry_run:
                raise _DryRun(response)
    except _DryRun as dry:
        return Outcome(dry.response, [])
    except (Invalid, NotFound, Conflict, Rejected) as error:
        if isinstance(error, NotFound):
            context.hides(f"Mutation.{operation}")
        return Outcome({}, [_problem(error)])
    return Outcome(response, [])


def _object_of(response: Mapping[str, object], operation: str) -> tuple[str, str]:
    """What the operation was about, by the name under which it is kept; the operation itself where that is not one."""
    for name, object_type in OBJECTS.items():
        if isinstance(identity := response.get(name), str):
            return object_type, identity
    return "Operation", f"Mutation.{operation}"


class Keyed(Protocol):
    """An input that may carry a key."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]
    idempotency_key: str | None


def under_key(input: Keyed) -> Mapping[str, object]:
    """What tells the input from another under the same key; nothing where it has none and is never compared."""
    return {} if input.idempotency_key is None else asdict(input)


def _whose(principal: Principal) -> str:
    """The keys of one customer are not another's, though a channel may hold tokens of both under one subject."""
    return principal.subject if principal.customer is None else f"{principal.subject} {principal.customer}"


def _checked(key: str) -> str:
    if not 0 < len(key) <= KEY_LENGTH_MAX:
        raise Invalid(f"an idempotency key has 1 to {KEY_LENGTH_MAX} characters", ("idempotencyKey",))
    return key


def _problem(error: HubError) -> Problem:
    path = list(error.path) if isinstance(error, Invalid) else []
    return Problem(code=ErrorCode(error.code), message=error.message, path=path)
