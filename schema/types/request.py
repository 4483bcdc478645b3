"""Business requests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import relay

from schema.types.enums import RequestKind, RequestState
from schema.types.of_row import OfRow
from schema.types.sourced import Sourced


@strawberry.type(description="A process over time for the customer (TMF701 ProcessFlow).")
class BusinessRequest(relay.Node, Sourced, OfRow):
    """A quote, sale, service or complaint that may span sessions and channels."""

    id: relay.NodeID[UUID]
    kind: RequestKind = strawberry.field(description="What it is about.")
    state: RequestState = strawberry.field(description="Where it stands.")
    running: bool = strawberry.field(description="Whether somebody still has to act.")
    number: str | None = strawberry.field(description="Its number in the package.")
    subject: str | None = strawberry.field(description="In a few words.")
    opened_at: datetime | None = strawberry.field(description="When it began.")
    due_at: datetime | None = strawberry.field(description="When the customer may expect it done.")
