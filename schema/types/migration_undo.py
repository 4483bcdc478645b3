"""The undo list of a migration."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from hub.migration.undo import UndoItem as Item
from hub.migration.undo import UndoKind as Kind

UndoKind = strawberry.enum(
    Kind,
    description="RECORD: golden fields won by what the lane brought in. COMMAND: an effect that went to a target or is "
    "on its way there.",
)


@strawberry.type(description="Something the failed lane brought about.")
class UndoItem:
    """Names of fields and ids; no values."""

    kind: UndoKind = strawberry.field(description="What it is.")  # type: ignore[valid-type]  # an enum all the same
    system: str = strawberry.field(description="Where the record came from, or the command went.")
    entity: str = strawberry.field(description="The kind of record.")
    external_id: str = strawberry.field(description="Its id in that system; where nobody knows it, the `hubKey`.")
    hub_key: str | None = strawberry.field(
        description="Of a new object whose id in that system nobody knows: the key to find it by, if it is there."
    )
    fields: list[str] = strawberry.field(description="The fields concerned; none: all of it.")
    at: datetime = strawberry.field(description="When the hub took it in, or sent it.")
    stands: bool = strawberry.field(description="False once the source has confirmed or replaced it.")
    state: str | None = strawberry.field(description="What became of the command.")

    @classmethod
    def of(cls, item: Item) -> Self:
        """The type from an entry of the list."""
        return cls(
            kind=item.kind,
            system=item.system,
            entity=item.entity,
            external_id=item.external_id,
            hub_key=item.hub_key,
            fields=list(item.fields),
            at=item.at,
            stands=item.stands,
            state=item.state,
        )
