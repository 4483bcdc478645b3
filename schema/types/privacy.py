"""Requests of people about their own data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
from strawberry.relay import GlobalID

from hub.reads.privacy import PrivacyReceiptRow, PrivacyRow
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import PrivacyKind, ReceiptState


@strawberry.type(description="How many rows of one kind.")
class RowCount:
    """By table or entity."""

    name: str = strawberry.field(description="Name of the table, part or entity.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="What one connected system made of a request by now.")
class PrivacyReceipt:
    """By system."""

    system: str = strawberry.field(description="Name of the system.")
    records: int = strawberry.field(description="How many records of the person it had.")
    state: ReceiptState = strawberry.field(description="Done, refused or pending.")
    why: str | None = strawberry.field(description="Why it was refused: the system's code, or a person's words.")
    by_hand: bool = strawberry.field(
        description="No flow leads there: its own people do it, and `settlePrivacyReceipt` says so."
    )

    @classmethod
    def of(cls, row: PrivacyReceiptRow) -> Self:
        """The type from its row."""
        return cls(system=row.system, records=row.records, state=row.state, why=row.why, by_hand=row.by_hand)


@strawberry.type(description="A request of a person about his own data; it names him by a keyed hash only.")
class PrivacyRequest:
    """Kept as proof."""

    key: strawberry.Private[UUID]
    id: GlobalID = strawberry.field(description="Opaque.")
    kind: PrivacyKind = strawberry.field(description="What was asked.")
    at: datetime = strawberry.field(description="When.")
    principal: str = strawberry.field(description="Who asked it of the hub.")
    reason: str | None = strawberry.field(description="Why, in his words.")
    counts: list[RowCount] = strawberry.field(description="How many rows it was about.")
    retained: list[RowCount] = strawberry.field(description="What a legal duty keeps, nameless, by entity.")

    @resolved("What each connected system made of it by now.")
    async def receipts(self, info: Info) -> list[PrivacyReceipt]:
        """By system."""
        return [PrivacyReceipt.of(row) for row in await info.context.loaders.privacy_receipts.load(self.key)]

    @classmethod
    def of(cls, row: PrivacyRow) -> Self:
        """The type from its row."""
        return cls(
            key=row.id,
            id=GlobalID("PrivacyRequest", str(row.id)),
            kind=PrivacyKind(row.kind),
            at=row.at,
            principal=row.principal,
            reason=row.reason,
            counts=counted(row.counts),
            retained=counted(row.retained),
        )


def counted(counts: Mapping[str, int]) -> list[RowCount]:
    """By name."""
    return [RowCount(name=name, count=count) for name, count in sorted(counts.items())]
