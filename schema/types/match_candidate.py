"""Who a customer might be besides himself, with what speaks for it."""

from __future__ import annotations

from typing import Self

import strawberry
from strawberry.relay import GlobalID

from hub.customers.likeness.candidates import Candidate
from schema.types.enums import MatchBand
from schema.types.steward import ViewRecord


@strawberry.type(description="What the comparison of one field said.")
class MatchField:
    """A field that one side lacks says nothing and is left out."""

    field: str = strawberry.field(description="What was compared, such as given, family or birth.")
    grade: str = strawberry.field(description="How much they agree: equal, close, variant, swapped, different, ...")
    bits: float = strawberry.field(
        description="Its weight: a power of two by which it makes the same person likelier, or less likely below 0."
    )


@strawberry.type(description="Another customer who might be the same person.")
class MatchCandidate:
    """By the pair of records that speaks most for it."""

    customer_id: GlobalID = strawberry.field(description="The other customer; give both to `mergeCustomers`.")
    probability: float = strawberry.field(description="Of the two being one person, 0 to 1.")
    band: MatchBand = strawberry.field(description="What follows from the probability.")
    same_system: bool = strawberry.field(
        description="One system numbers the two apart, so they never become one without a steward."
    )
    record: ViewRecord = strawberry.field(description="The record of the customer asked about.")
    other: ViewRecord = strawberry.field(description="The other customer's record.")
    fields: list[MatchField] = strawberry.field(description="What each field said of these two records.")
    weights_version: int = strawberry.field(description="Version of the learned weights that judged.")

    @classmethod
    def of(cls, candidate: Candidate) -> Self:
        """The type from what was found."""
        found = candidate.found
        return cls(
            customer_id=GlobalID("Customer", str(found.customer)),
            probability=round(found.score.probability, 6),
            band=found.band,
            same_system=candidate.same_system,
            record=ViewRecord(system=candidate.record.system, external_id=candidate.record.external_id),
            other=ViewRecord(system=found.node.system, external_id=found.node.external_id),
            fields=[MatchField(field=f.field, grade=f.grade, bits=f.bits) for f in found.score.fields],
            weights_version=found.version,
        )
