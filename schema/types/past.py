"""A customer as he was known at a past moment."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from hub.customers.survive import Golden
from schema.types.enums import MediumKind, SurvivorshipRule
from schema.types.steward import in_schema


@strawberry.type(description="One golden value of then, and where it came from.")
class PastField:
    """As text."""

    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    value: str = strawberry.field(description="Its value then.")
    source: str = strawberry.field(description="The system whose value it was.")
    external_id: str = strawberry.field(description="The customer's id in that system.")
    as_of: datetime = strawberry.field(description="The source's own time of the statement.")
    observed_at: datetime = strawberry.field(description="When the hub had seen it.")
    rule: SurvivorshipRule = strawberry.field(description="The rule by which it is chosen now.")


@strawberry.type(description="A way to reach the customer then.")
class PastMedium:
    """Once per value."""

    kind: MediumKind = strawberry.field(description="E-mail, phone or something else.")
    value: str = strawberry.field(description="As the source wrote it.")
    source: str = strawberry.field(description="The system that said so.")


@strawberry.type(description="A postal address of the customer then.")
class PastAddress:
    """Once per content."""

    street: str | None = strawberry.field(description="Street.")
    house_number: str | None = strawberry.field(description="House number.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    locality: str | None = strawberry.field(description="Town or city.")
    country: str | None = strawberry.field(description="Country (ISO 3166-1 alpha-2).")
    source: str = strawberry.field(description="The system that said so.")


@strawberry.type(description="A customer as the hub knew him at a past moment, by the rules and decisions of now.")
class PastView:
    """Made from the versions of his records."""

    at: datetime = strawberry.field(description="The moment asked about.")
    fields: list[PastField] = strawberry.field(description="The values there were.")
    contact_media: list[PastMedium] = strawberry.field(description="How he was reached.")
    addresses: list[PastAddress] = strawberry.field(description="Where he lived.")
    deleted: bool = strawberry.field(description="No system knew him any more.")

    @classmethod
    def of(cls, golden: Golden, at: datetime) -> Self:
        """The type from the golden record of then."""
        fields = [
            PastField(
                field=in_schema(name),
                value=golden.values[name] or "",
                source=image.node.system,
                external_id=image.node.external_id,
                as_of=image.as_of,
                observed_at=image.observed_at,
                rule=rule,
            )
            for name, (image, rule) in golden.winners.items()
        ]
        media = [
            PastMedium(kind=MediumKind(str(m.values["kind"])), value=str(m.values["value"]), source=m.image.node.system)
            for m in golden.media
        ]
        return cls(at=at, fields=fields, contact_media=media, addresses=_addresses(golden), deleted=golden.deleted)


def _addresses(golden: Golden) -> list[PastAddress]:
    names = ("street", "house_number", "postal_code", "locality", "country")
    return [
        PastAddress(**{name: getattr(one.record, name) for name in names}, source=one.image.node.system)
        for one in golden.addresses
    ]
