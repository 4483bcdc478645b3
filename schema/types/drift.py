"""Reports of drift."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry import relay

from hub.reads.drifts import QUARANTINED_OF_DRIFT, drifts_by_id
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import DriftKind, DriftPolicy
from schema.types.of_row import OfRow
from schema.types.quarantined import QuarantinedObject


@strawberry.type(
    description="One way in which a system's objects differ from their contract, reported once per version."
)
class ContractDrift(relay.Node, OfRow):
    """Holds no personal data."""

    id: relay.NodeID[int]
    system: str = strawberry.field(description="Whose objects differ.")
    entity: str = strawberry.field(description="What they are: customer, sales_order, ...")
    contract_version: str = strawberry.field(description="The contract's own version and a digest of its content.")
    path: str = strawberry.field(description="Where in the object.")
    kind: DriftKind = strawberry.field(description="How it differs.")
    policy: DriftPolicy = strawberry.field(description="What happened to it.")
    detail: str = strawberry.field(description="In words, without a value of a person.")
    objects: int = strawberry.field(description="How many objects differed so; a page that was repeated counts twice.")
    first_seen_at: datetime = strawberry.field(description="When it was first seen.")
    last_seen_at: datetime = strawberry.field(description="When it was last seen.")
    external_id: str = strawberry.field(description="Id of the first object that differed so.")
    quarantine_id: strawberry.Private[int | None]

    @resolved(
        "The first object that differed so, if it went to quarantine.",
        Requires(Scope.QUARANTINE_READ),
        reads=QUARANTINED_OF_DRIFT,
    )
    async def quarantined(self, info: Info) -> QuarantinedObject | None:
        """Whatever became of it since."""
        return None if self.quarantine_id is None else await QuarantinedObject.visible(info, self.quarantine_id)

    @classmethod
    async def visible(cls, info: Info, identity: int) -> Self | None:
        """The report with this id."""
        async with info.context.reading() as connection:
            row = (await drifts_by_id(connection, [identity])).get(identity)
        return None if row is None else cls.of(row)
