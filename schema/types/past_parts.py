"""What a customer had, asked for and allowed at a past moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import ClassVar, Self
from uuid import UUID

import strawberry

from hub.customers.past_belongings import BelongingT, PastBelonging
from hub.customers.survive import Sourced
from hub.records.belongings import SalesOrderRecord
from schema.context import Info
from schema.fields import resolved
from schema.types.customer import Customer
from schema.types.enums import (
    ConsentStatus,
    LeadPriority,
    LeadRating,
    LeadState,
    LegalBasis,
    RelationKind,
    RequestKind,
    RequestState,
)
from schema.types.of_row import SAID_BY, OfRow
from schema.types.order import SalesOrderLine


@strawberry.interface(description="A part of a past view: who said so, and since when the hub knew it.")
class SaidThen:
    """Implemented by what a customer had."""

    source: str = strawberry.field(description="Name of the system that said so.")
    external_id: str = strawberry.field(description="Its id there.")
    as_of: datetime = strawberry.field(description="The source's own time of this statement, in UTC.")
    observed_at: datetime = strawberry.field(description="When the hub had seen it.")


@strawberry.type(description="An order as it was known then.")
class PastOrder(SaidThen, OfRow):
    """With the lines it had."""

    number: str | None = strawberry.field(description="The order's number in its package.")
    state: RequestState = strawberry.field(description="Where it stood.")
    ordered_on: date | None = strawberry.field(description="Day of the order.")
    currency: str | None = strawberry.field(description="Currency of all amounts (ISO 4217).")
    total: Decimal | None = strawberry.field(description="Total as the package stated it.")
    description: str | None = strawberry.field(description="The order's own words.")
    lines: list[SalesOrderLine] = strawberry.field(description="The lines in the package's sequence.")

    @classmethod
    def said(cls, one: PastBelonging[SalesOrderRecord]) -> Self:
        """The type from the version."""
        row = row_of(one)
        row.lines = [
            SalesOrderLine.of(SimpleNamespace(position=position, **vars(line)))
            for position, line in enumerate(one.record.lines, start=1)
        ]
        return cls.of(row)


@strawberry.type(description="A product or contract the customer had.")
class PastHolding(SaidThen, OfRow):
    """As it was known then."""

    product: str = strawberry.field(description="The product's name.")
    quantity: Decimal | None = strawberry.field(description="How many.")
    active_from: date | None = strawberry.field(description="First day.")
    active_to: date | None = strawberry.field(description="Last day, null while it ran.")


@strawberry.type(description="The customer's place in a campaign or list then.")
class PastMembership(SaidThen, OfRow):
    """As it was known then."""

    campaign: str = strawberry.field(description="Name of the campaign.")
    state: str = strawberry.field(description="As the campaign management said.")
    step: str | None = strawberry.field(description="The last activity reached.")
    joined_at: datetime | None = strawberry.field(description="Since when.")


@strawberry.type(description="A business request as its package told it then.")
class PastRequest(SaidThen, OfRow):
    """What the hub itself carries out stands in the timeline, with its moments."""

    kind: RequestKind = strawberry.field(description="What it was about.")
    state: RequestState = strawberry.field(description="Where it stood.")
    number: str | None = strawberry.field(description="Its number in the package.")
    subject: str | None = strawberry.field(description="In a few words.")
    opened_at: datetime | None = strawberry.field(description="When it began.")
    due_at: datetime | None = strawberry.field(description="When the customer could expect it done.")


@strawberry.type(description="A lead as its package told it then.")
class PastLead(SaidThen, OfRow):
    """Of a lead of the hub's own this is the package's counterpart."""

    named: ClassVar[Mapping[str, str]] = {**SAID_BY, "lead_owner": "owner"}

    number: str | None = strawberry.field(description="Its number in the package.")
    name: str | None = strawberry.field(description="In a few words.")
    state: LeadState = strawberry.field(description="Where it stood.")
    state_reason: str | None = strawberry.field(description="Why it stood there, as the package said.")
    rating: LeadRating | None = strawberry.field(description="How promising it was.")
    priority: LeadPriority | None = strawberry.field(description="How urgent it was.")
    amount: Decimal | None = strawberry.field(description="What it may have been worth, in `currency`.")
    currency: str | None = strawberry.field(description="Currency of the amount (ISO 4217).")
    probability: int | None = strawberry.field(description="Chance of success in per cent.")
    started_on: date | None = strawberry.field(description="First day.")
    ended_on: date | None = strawberry.field(description="Last day, once it was closed.")
    lead_owner: str | None = strawberry.field(description="Who followed it up, as the package named him.")


@strawberry.type(description="A statement of consent as its holder made it, by then.")
class PastConsent(OfRow):
    """What it comes to at a moment is `Customer.consent(at:)`."""

    source: str = strawberry.field(description="Name of the system that held it; hub for what was recorded here.")
    purpose: str = strawberry.field(description="What the data may be used for.")
    channel: str | None = strawberry.field(description="For this channel only; null for all.")
    status: ConsentStatus = strawberry.field(description="What the customer had said.")
    legal_basis: LegalBasis = strawberry.field(description="Ground for the processing.")
    evidence: str | None = strawberry.field(description="Where the statement is recorded.")
    valid_from: datetime | None = strawberry.field(description="Not before this time.")
    valid_to: datetime | None = strawberry.field(description="Not from this time on.")
    stated_at: datetime = strawberry.field(description="When it was made.")
    observed_at: datetime = strawberry.field(description="When the hub had seen it.")


@strawberry.type(description="What another customer was to this one, as one system said.")
class PastRelation(OfRow):
    """A household, a company, a reference group."""

    other_id: strawberry.Private[UUID | None]
    kind: RelationKind = strawberry.field(description="What he was.")
    label: str | None = strawberry.field(description="The source's word for it.")
    valid_from: datetime | None = strawberry.field(description="Not before this time.")
    valid_to: datetime | None = strawberry.field(description="Not from this time on.")
    source: str = strawberry.field(description="Name of the system that said so.")
    as_of: datetime = strawberry.field(description="The source's own time of this statement, in UTC.")
    observed_at: datetime = strawberry.field(description="When the hub had seen it.")

    @resolved("The other one, as he is now; null when the hub does not know him, or you may not see him.")
    async def other(self, info: Info) -> Customer | None:
        """Within the caller's reach, and into the audit trail."""
        return None if self.other_id is None else await Customer.visible(info, self.other_id)


def row_of(one: PastBelonging[BelongingT]) -> SimpleNamespace:
    """What is said in a version, and where it is from, by the names that a row has for it."""
    origin = {"system": one.system, "external_id": one.external_id, "as_of": one.as_of, "observed_at": one.observed_at}
    return SimpleNamespace(**vars(one.record), **origin)


def child_of(one: Sourced, **more: object) -> SimpleNamespace:
    """The same of a child of the golden record of then."""
    origin = {"system": one.image.node.system, "as_of": one.image.as_of, "observed_at": one.image.observed_at}
    return SimpleNamespace(**one.values, **origin, **more)
