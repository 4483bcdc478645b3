"""Two customers who may be one person, as a row that a steward works off."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from hub.customers.likeness.bands import Bands, probability_of
from hub.matching.score import Score
from hub.reads.match_reviews import MatchReviewRow
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.customer import Customer
from schema.types.enums import MatchBand
from schema.types.match_candidate import MatchField
from schema.types.steward import ViewRecord


@strawberry.type(description="Two customers who may be one person, for a steward to decide.")
class MatchReview:
    """By the pair of records that speaks most for it; who decides gives both ids to an act."""

    customer_id: strawberry.Private[UUID]
    other_id: strawberry.Private[UUID]
    probability: float = strawberry.field(
        description="Of the two being one person, 0 to 1, as judged when one of the records was last seen to change."
    )
    band: MatchBand = strawberry.field(
        description="What follows from the probability. MATCH: joined as soon as nothing else stands against it."
    )
    same_system: bool = strawberry.field(
        description="One system numbers the two apart, so they never become one without a steward."
    )
    record: ViewRecord = strawberry.field(description="The record of `customer`.")
    other_record: ViewRecord = strawberry.field(description="The record of `other`.")
    fields: list[MatchField] = strawberry.field(
        description="What each field says of the two records, by the weights that decide now."
    )
    found_at: datetime = strawberry.field(description="When the hub came upon them.")

    @resolved("One of the two.", Requires(Scope.CUSTOMERS_READ))
    async def customer(self, info: Info) -> Customer | None:
        """Loaded for all pairs of the answer at once."""
        return await Customer.visible(info, self.customer_id)

    @resolved("The other one.", Requires(Scope.CUSTOMERS_READ))
    async def other(self, info: Info) -> Customer | None:
        """Loaded for all pairs of the answer at once."""
        return await Customer.visible(info, self.other_id)

    @classmethod
    def of(cls, row: MatchReviewRow, score: Score | None, bands: Bands) -> Self:
        """The type from its row and what its fields say; a likeness that went just now says nothing."""
        probability = probability_of(row.bits)
        return cls(
            customer_id=row.customer_id,
            other_id=row.other_id,
            probability=round(probability, 6),
            band=MatchBand.REVIEW if row.same_system else bands.of(probability),
            same_system=row.same_system,
            record=ViewRecord(system=row.system_a, external_id=row.external_id_a),
            other_record=ViewRecord(system=row.system_b, external_id=row.external_id_b),
            fields=[MatchField(field=f.field, grade=f.grade, bits=f.bits) for f in (score.fields if score else ())],
            found_at=row.found_at,
        )
