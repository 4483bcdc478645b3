"""What a customer allows at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from hub.customers.consent import Decided
from schema.types.enums import ConsentStatus, SurvivorshipRule


@strawberry.type(description="What the customer allows for a purpose and channel at a moment.")
class ConsentStanding:
    """Decided from all statements; see `consents` for what each system holds now."""

    purpose: str = strawberry.field(description="The purpose asked about.")
    channel: str | None = strawberry.field(description="The channel asked about; null: all channels alike.")
    at: datetime = strawberry.field(description="The moment asked about.")
    status: ConsentStatus = strawberry.field(description="What counts; UNKNOWN when nobody said anything valid.")
    granted: bool = strawberry.field(description="Whether the customer allows it.")
    rule: SurvivorshipRule = strawberry.field(
        description="MOST_RECENT in ordinary sync; MOST_RESTRICTIVE where merged people said different things."
    )
    stated_at: datetime | None = strawberry.field(description="When what counts was said.")

    @classmethod
    def of(cls, decided: Decided, purpose: str, channel: str | None, at: datetime) -> Self:
        """The type from what was decided."""
        return cls(
            purpose=purpose,
            channel=channel,
            at=at,
            status=decided.status,
            granted=decided.status is ConsentStatus.GRANTED,
            rule=decided.rule,
            stated_at=None if decided.statement is None else decided.statement.stated_at,
        )
