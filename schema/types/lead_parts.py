"""What stands beside a lead."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.types.enums import LeadOutcome, ReceiptState
from schema.types.of_row import OfRow


@strawberry.type(description="What a customer answered to a lead, in whatever channel.")
class LeadResponse(OfRow):
    """Recorded once, never changed."""

    channel: str = strawberry.field(description="The channel he answered in.")
    outcome: LeadOutcome = strawberry.field(description="What he answered.")
    occurred_at: datetime = strawberry.field(description="When he answered.")
    recorded_at: datetime = strawberry.field(description="When the hub heard of it.")
    recorded_by: str = strawberry.field(description="Who reported it: the subject of a token, or the link's channel.")


@strawberry.type(description="How far a system is that was told of a lead.")
class LeadReceipt(OfRow):
    """About the last thing it was told."""

    system: str = strawberry.field(description="The system.")
    external_id: str | None = strawberry.field(description="The lead's id there; null until it told it.")
    state: ReceiptState = strawberry.field(description="What became of the last change that is wanted there.")
    code: str | None = strawberry.field(description="Why it was refused or is not known, as a stable code.")
    message: str | None = strawberry.field(description="The same in words.")
    wanted_at: datetime = strawberry.field(description="When the change was wanted.")
    finished_at: datetime | None = strawberry.field(description="When it was settled.")
