"""What stewards did to customers, and what an act would do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

import strawberry
from strawberry.relay import GlobalID

from hub.reads.steward_acts import RECEIPTS_OF_ACT
from hub.stewardship.effects import SystemEffect as EffectOf
from hub.stewardship.outlook import Clash, Moved, View
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import ReceiptState, StewardActKind, StewardEffect
from schema.types.of_row import OfRow, identity_of


@strawberry.type(description="What an act came to at one connected system.")
class StewardReceipt(OfRow):
    """By system."""

    system: str = strawberry.field(description="Name of the system.")
    effect: StewardEffect = strawberry.field(description="What the act means there.")
    records: list[str] = strawberry.field(description="Ids there of the records concerned.")
    state: ReceiptState = strawberry.field(
        description="DONE: as it should be there. PENDING: on its way, or for the system's own people to do."
    )


@strawberry.type(description="A merge or a split.")
class StewardAct(OfRow):
    """Kept for good."""

    named: ClassVar[Mapping[str, str]] = {"key": "id"}
    made: ClassVar[Mapping[str, Callable[[UUID], object]]] = {"id": identity_of("StewardAct")}

    key: strawberry.Private[UUID]
    id: GlobalID = strawberry.field(description="Give a merge's to `splitCustomer` to undo it.")
    kind: StewardActKind = strawberry.field(description="Which of the two.")
    at: datetime = strawberry.field(description="When.")
    principal: str = strawberry.field(description="Who did it.")
    reason: str | None = strawberry.field(description="Why, in his words.")

    @resolved("What each connected system made of it by now.", reads=RECEIPTS_OF_ACT)
    async def receipts(self, info: Info) -> list[StewardReceipt]:
        """By system."""
        return [StewardReceipt.of(row) for row in await info.context.loaders.receipts.load(self.key)]


@strawberry.type(description="One value of a resulting view.")
class ViewField:
    """As text."""

    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    value: str | None = strawberry.field(description="Its value.")
    source: str | None = strawberry.field(description="Whose value it is.")


@strawberry.type(description="The record of one system behind a view.")
class ViewRecord:
    """One entry of the crosswalk."""

    system: str = strawberry.field(description="Name of the system.")
    external_id: str = strawberry.field(description="The customer's id there.")


@strawberry.type(description="The golden record that an act leaves or would leave.")
class ResultingView:
    """As it stands at the end of the act, also in a dry run."""

    customer_id: GlobalID = strawberry.field(description="Under which id.")
    fields: list[ViewField] = strawberry.field(description="Every golden field.")
    contact_media: list[str] = strawberry.field(description="E-mail addresses, phones and more.")
    records: list[ViewRecord] = strawberry.field(description="The systems' records behind it.")

    @classmethod
    def of(cls, view: View) -> Self:
        """The type from what the act found."""
        return cls(
            customer_id=GlobalID("Customer", str(view.customer_id)),
            fields=[ViewField(field=in_schema(f.field), value=f.value, source=f.system) for f in view.fields],
            contact_media=list(view.contact_media),
            records=[ViewRecord(system=system, external_id=external_id) for system, external_id in view.records],
        )


@strawberry.type(description="Things of one kind that get another customer by an act.")
class MovedBelongings:
    """Counted by system."""

    entity: str = strawberry.field(description="The kind of record, such as sales_order.")
    source: str = strawberry.field(description="Name of the system they are in.")
    count: int = strawberry.field(description="How many.")

    @classmethod
    def of(cls, moved: Moved) -> Self:
        """The type from what the act found."""
        return cls(entity=moved.entity, source=moved.system, count=moved.count)


@strawberry.type(description="One customer's value of a field in which those who become one differ.")
class ClashValue:
    """As it was before."""

    customer_id: GlobalID = strawberry.field(description="Whose value.")
    value: str = strawberry.field(description="The value.")


@strawberry.type(description="A field in which customers who become one differ.")
class FieldClash:
    """The survivorship rules have decided; a pin decides otherwise."""

    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    values: list[ClashValue] = strawberry.field(description="What each of them had.")
    kept: str | None = strawberry.field(description="The value of the resulting view.")

    @classmethod
    def of(cls, clash: Clash) -> Self:
        """The type from what the act found."""
        values = [ClashValue(customer_id=GlobalID("Customer", str(i)), value=v) for i, v in clash.values]
        return cls(field=in_schema(clash.field), values=values, kept=clash.kept)


@strawberry.type(description="What an act means for one connected system.")
class SystemEffect:
    """Its receipt tells what became of it."""

    system: str = strawberry.field(description="Name of the system.")
    effect: StewardEffect = strawberry.field(description="What the act means there.")
    records: list[str] = strawberry.field(description="Ids there of the records concerned.")

    @classmethod
    def of(cls, effect: EffectOf) -> Self:
        """The type from what the act found."""
        return cls(system=effect.system, effect=effect.effect, records=list(effect.records))


def in_schema(field: str) -> str:
    """A golden field's name as the schema has it: given_name is givenName."""
    first, *rest = field.split("_")
    return first + "".join(part.capitalize() for part in rest)


def in_column(field: str) -> str:
    """The golden field under the schema's name: givenName is given_name."""
    return re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", field)


def views_of(views: Sequence[View]) -> list[ResultingView]:
    """In the act's order."""
    return [ResultingView.of(view) for view in views]
