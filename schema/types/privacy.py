"""Requests of people about their own data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from strawberry.relay import GlobalID

from hub.reads.privacy import RECEIPTS_OF_REQUEST
from hub.reads.privacy import counted as counted_in
from schema.context import Info
from schema.fields import resolved
from schema.reads import READS
from schema.types.enums import PrivacyKind, ReceiptState
from schema.types.of_row import OfRow, identity_of


@strawberry.type(description="How many rows of one kind.")
class RowCount(OfRow):
    """By table or entity."""

    name: str = strawberry.field(description="Name of the table, part or entity.")
    count: int = strawberry.field(description="How many.")


def counted(counts: Mapping[str, int]) -> list[RowCount]:
    """By name."""
    return [RowCount(name=name, count=count) for name, count in sorted(counts.items())]


@strawberry.type(description="What one connected system made of a request by now.")
class PrivacyReceipt(OfRow):
    """By system."""

    system: str = strawberry.field(description="Name of the system.")
    records: int = strawberry.field(description="How many records of the person it had.")
    state: ReceiptState = strawberry.field(description="Done, refused or pending.")
    why: str | None = strawberry.field(description="Why it was refused: the system's code, or a person's words.")
    by_hand: bool = strawberry.field(
        description="No flow leads there: its own people do it, and `settlePrivacyReceipt` says so."
    )


@strawberry.type(description="A request of a person about his own data; it names him by a keyed hash only.")
class PrivacyRequest(OfRow):
    """Kept as proof."""

    named: ClassVar[Mapping[str, str]] = {"key": "id"}
    made: ClassVar[Mapping[str, Callable[[Any], object]]] = {  # Any: what the row keeps
        "id": identity_of("PrivacyRequest"),
        "counts": counted,
        "retained": counted,
    }

    key: strawberry.Private[UUID]
    id: GlobalID = strawberry.field(description="Opaque.")
    kind: PrivacyKind = strawberry.field(description="What was asked.")
    at: datetime = strawberry.field(description="When.")
    principal: str = strawberry.field(description="Who asked it of the hub.")
    reason: str | None = strawberry.field(description="Why, in his words.")
    counts: list[RowCount] = strawberry.field(
        description="How many rows it was about.", metadata={READS: counted_in("counts")}
    )
    retained: list[RowCount] = strawberry.field(
        description="What a legal duty keeps, nameless, by entity.", metadata={READS: counted_in("retained")}
    )

    @resolved("What each connected system made of it by now.", reads=RECEIPTS_OF_REQUEST)
    async def receipts(self, info: Info) -> list[PrivacyReceipt]:
        """By system."""
        return [PrivacyReceipt.of(row) for row in await info.context.loaders.privacy_receipts.load(self.key)]
