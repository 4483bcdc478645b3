"""How requests of people about their data run and answer."""

from __future__ import annotations

from typing import Final, Self
from uuid import UUID

import strawberry

from hub.errors import Invalid
from hub.privacy.requests import Request
from hub.reads.privacy import privacy_requests_by_id
from schema.context import Context, Info
from schema.mutations.outcome import Outcome, Problem
from schema.types.privacy import PrivacyRequest

REASON_LENGTH_MAX: Final = 500


@strawberry.type(description="The request as it was kept, or why it was not.")
class PrivacyPayload:
    """A dry run keeps none and tells its counts."""

    request: PrivacyRequest | None = strawberry.field(description="The request; null in a dry run.")
    document: str | None = strawberry.field(description="What an export found: JSON. Told once.")
    counts: list[str] = strawberry.field(description="`name: rows` of what it is about.")
    retained: list[str] = strawberry.field(description="`entity: records` that a legal duty keeps.")
    systems: list[str] = strawberry.field(description="The systems that are asked.")
    problems: list[Problem] = strawberry.field(description="Why nothing was done.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome, document: bytes | None = None) -> Self:
        """The payload from what is kept of the call under its key."""
        kept = outcome.response
        identity = kept.get("request")
        request = None if identity is None else await _found(info, UUID(str(identity)))
        return cls(
            request=request,
            document=None if document is None or outcome.problems else document.decode(),
            counts=_texts(kept.get("counts")),
            retained=_texts(kept.get("retained")),
            systems=_texts(kept.get("systems")),
            problems=outcome.problems,
        )


async def _found(info: Info, identity: UUID) -> PrivacyRequest | None:
    async with info.context.reading() as connection:
        row = (await privacy_requests_by_id(connection, [identity])).get(identity)
    return None if row is None else PrivacyRequest.of(row)


def _texts(kept: object) -> list[str]:
    return [str(one) for one in kept] if isinstance(kept, list) else []


def asked_by(context: Context, reason: str | None) -> Request:
    """The caller's request; Invalid for a reason that is too long."""
    if reason is not None and len(reason) > REASON_LENGTH_MAX:
        raise Invalid(f"a reason has at most {REASON_LENGTH_MAX} characters", ("reason",))
    return Request(context.principal.subject, reason, context.now())
