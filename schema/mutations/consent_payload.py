"""What recording and confirming a consent answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self
from uuid import UUID

import strawberry

from hub.stewardship.consent import Recorded
from schema.context import Info
from schema.mutations.outcome import Outcome, Problem
from schema.types.customer import Customer
from schema.types.enums import ConsentStatus


@strawberry.type(description="A consent that was recorded, or why it was not.")
class ConsentPayload:
    """`token` is told once: repeated under one idempotency key it is null."""

    customer: Customer | None = strawberry.field(description="Whose consent it is.")
    status: ConsentStatus | None = strawberry.field(description="As it was recorded; PENDING until it is confirmed.")
    token: str | None = strawberry.field(description="Send it to the customer: whoever gives it back confirms.")
    told: list[str] = strawberry.field(description="Systems it is on its way to.")
    problems: list[Problem] = strawberry.field(description="Why nothing was recorded.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome, token: str | None) -> Self:
        """The payload from what is kept of the call."""
        kept = outcome.response
        customer = kept.get("customer")
        status, told = kept.get("status"), kept.get("told")
        return cls(
            customer=None if customer is None else await Customer.visible(info, UUID(str(customer))),
            status=None if status is None else ConsentStatus(str(status)),
            token=None if outcome.problems else token,
            told=[str(system) for system in told] if isinstance(told, list) else [],
            problems=outcome.problems,
        )


def kept_of(recorded: Recorded) -> Mapping[str, object]:
    """What is kept of a call under its idempotency key: no token."""
    status = recorded.status.value
    return {"customer": str(recorded.customer_id), "status": status, "told": sorted(recorded.commands)}
