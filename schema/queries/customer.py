"""One customer, by whatever he is known by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy import Text, Uuid
from strawberry import UNSET
from strawberry.relay import GlobalID

from hub.customers.normalise import normalise_email, normalise_phone
from hub.errors import Ambiguous, Invalid, NotFound
from hub.reads.customers import (
    CustomerRow,
    customer_by_external_id,
    customers_by_medium,
    known_as,
    reached_by,
    standing_for,
)
from hub.reads.reach import Reach
from hub.records.enums import MediumKind
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.customer import Customer


@strawberry.input(description="The id of a customer in one system.")
class ExternalIdInput:
    """Both parts belong together: ids repeat between systems."""

    system: str = strawberry.field(description="Name of the system.")
    external_id: str = strawberry.field(description="The customer's id there.")


@strawberry.input(one_of=True, description="Exactly one way to name a customer.")
class CustomerBy:
    """GraphQL's oneOf: one field, and not null."""

    id: GlobalID | None = strawberry.field(default=UNSET, description="Id from this API; a merged one still works.")
    email: str | None = strawberry.field(default=UNSET, description="E-mail address, in any spelling.")
    phone: str | None = strawberry.field(default=UNSET, description="Phone number, national or international.")
    external_id: ExternalIdInput | None = strawberry.field(default=UNSET, description="The id in a connected system.")


By = Annotated[CustomerBy, strawberry.argument(description="How the customer is named.")]


class ByWay:
    """How the customer named so is read by one statement."""

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found:
        """By his id, by the id in a system, or by what reaches him."""
        by: CustomerBy = arguments["by"]
        if by.id:
            statement = standing_for(slot("id", Uuid()), reach)
        elif by.external_id:
            statement = known_as(slot("system", Text()), slot("external_id", Text()), reach)
        else:
            kind = MediumKind.EMAIL if isinstance(by.email, str) else MediumKind.PHONE
            statement = reached_by(kind, slot("normalised", Text()), reach)
        return Found(CustomerRow, "id", statement)

    def values(self, arguments: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        """Only the values of the way that was taken."""
        by: CustomerBy = arguments["by"]
        if by.id:
            return {"id": uuid_of(by.id, "Customer")}
        if by.external_id:
            return {"system": by.external_id.system, "external_id": by.external_id.external_id}
        return {"normalised": _medium(by, terms.region)[1]}


@strawberry.type
class CustomerQuery:
    """Mixed into Query."""

    @resolved(
        "The customer named so. NOT_FOUND when there is none you may see, AMBIGUOUS when several share the e-mail "
        "address or phone: list them with `customers`.",
        Requires(Scope.CUSTOMERS_READ),
        reads=ByWay(),
    )
    async def customer(self, info: Info, by: By) -> Customer | None:
        """Deleted customers are found by their ids only."""
        row = await find(info.context, by)
        if row is None:
            raise NotFound("there is no such customer")
        return Customer.shown(info, row)


async def find(context: Context, by: CustomerBy) -> CustomerRow | None:
    """The one visible customer that answers; Invalid for an address or number that is none."""
    if by.id:
        return await context.loaders.customers.load(uuid_of(by.id, "Customer"))
    async with context.reading() as connection:
        if by.external_id:
            named = by.external_id
            return await customer_by_external_id(connection, named.system, named.external_id, context.reach)
        kind, normalised = _medium(by, context.hub.rules.region)
        found = await customers_by_medium(connection, kind, normalised, context.reach, limit=2)
    if len(found) > 1:
        raise Ambiguous(f"several customers share this {kind.value.lower()}", ("by",))
    return found[0] if found else None


def _medium(by: CustomerBy, region: str) -> tuple[MediumKind, str]:
    if isinstance(by.email, str):
        kind, normalised = MediumKind.EMAIL, normalise_email(by.email)
    else:
        kind, normalised = MediumKind.PHONE, normalise_phone(by.phone or "", region)
    if normalised is None:
        raise Invalid(f"that is no {kind.value.lower()} anybody could have", ("by", kind.value.lower()))
    return kind, normalised
