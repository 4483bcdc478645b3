"""Customers who may be the caller, as a session's start shows them to the agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import strawberry
from pydantic import TypeAdapter

from hub.contacts.likely_callers import LikelyCaller as Weighed
from schema.authorise import Scope
from schema.context import Info
from schema.types.customer import Customer
from schema.types.enums import MatchBand
from schema.types.match_candidate import MatchField


@dataclass(frozen=True)
class KeptCaller:
    """What is kept under an idempotency key: ids, grades and bits, and nothing that anybody said."""

    customer: UUID
    probability: float
    band: MatchBand
    fields: list[tuple[str, str, float]]


_KEPT = TypeAdapter(list[KeptCaller])


def kept_callers(callers: Sequence[Weighed]) -> object:
    """As JSON."""
    kept = [
        KeptCaller(one.customer, round(one.probability, 6), one.band, [(f.field, f.grade, f.bits) for f in one.fields])
        for one in callers
    ]
    return _KEPT.dump_python(kept, mode="json")


@strawberry.type(description="A customer who may be the caller.")
class LikelyCaller:
    """Ask the caller, and name the right one as `customerId` to `identifyCustomer`."""

    customer: Customer = strawberry.field(description="Who it may be.")
    probability: float = strawberry.field(description="Of his being the caller, 0 to 1.")
    band: MatchBand = strawberry.field(description="What follows from the probability.")
    fields: list[MatchField] = strawberry.field(description="What each thing that the caller said comes to.")

    @classmethod
    async def of(cls, info: Info, kept: KeptCaller) -> Self | None:
        """From what the write answered; None for a customer whom the caller of the API may not see."""
        if Scope.CUSTOMERS_READ not in info.context.principal.scopes:
            return None
        customer = await Customer.visible(info, kept.customer)
        fields = [MatchField(field=field, grade=grade, bits=bits) for field, grade, bits in kept.fields]
        if customer is None:
            return None
        return cls(customer=customer, probability=kept.probability, band=kept.band, fields=fields)


async def shown_callers(info: Info, kept: object) -> list[LikelyCaller]:
    """Those whom the caller of the API may see, the likeliest first."""
    found = [await LikelyCaller.of(info, one) for one in _KEPT.validate_python(kept or [])]
    return [caller for caller in found if caller is not None]
