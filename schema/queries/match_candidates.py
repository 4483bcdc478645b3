"""Customers who might be one person, for a steward."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from hub.customers.likeness.candidates import candidates_of
from hub.errors import NotFound
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.types.match_candidate import MatchCandidate

CustomerId = Annotated[GlobalID, strawberry.argument(description="The customer asked about.")]


@strawberry.type
class MatchCandidatesQuery:
    """Mixed into Query."""

    @resolved(
        "Other customers who might be the same person, the likeliest first, with what each field said; those whom a "
        "steward declared different are left out. Empty until `hub recognition learn` has run. At most 250.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def match_candidates(self, info: Info, customer: CustomerId) -> list[MatchCandidate]:
        """Of one customer."""
        row = await info.context.loaders.customers.load(uuid_of(customer, "Customer"))
        if row is None:
            raise NotFound("there is no such customer")
        async with info.context.reading() as connection:
            found = await candidates_of(connection, row.id, info.context.hub.rules.bands)
        info.context.shows(info, [row.id, *(candidate.found.customer for candidate in found)])
        return [MatchCandidate.of(candidate) for candidate in found]
