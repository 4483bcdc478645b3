"""What waits in quarantine, and how objects differed from their contracts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

import strawberry
from sqlalchemy import TIMESTAMP, Text

from hub.flows.quarantined import Chosen
from hub.reads import drifts, quarantine
from hub.reads.conditions import Kinds, given_of, placed
from hub.reads.drifts import DriftConditions, DriftRow, all_drifts, count_drifts, list_drifts
from hub.reads.paging import Order
from hub.reads.quarantine import QuarantineRow, all_quarantined, count_quarantine, list_quarantine
from hub.reads.reach import Reach
from schema.authorise import Requires, Scope
from schema.bounded import check_texts
from schema.context import Context, Info
from schema.fields import resolved
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.drift import ContractDrift
from schema.types.enums import DriftKind, QuarantineState
from schema.types.quarantined import QuarantinedObject


@strawberry.input(description="Which quarantined objects, all of it.")
class QuarantineFilter:
    """A field left out asks nothing."""

    system: str | None = strawberry.field(default=None, description="Of this system.")
    entity: str | None = strawberry.field(default=None, description="Of this entity: customer, ...")
    code: str | None = strawberry.field(default=None, description="With this code.")
    since: datetime | None = strawberry.field(default=None, description="Put aside then or later.")

    def chosen(self, state: QuarantineState | None = QuarantineState.OPEN) -> Chosen:
        """As the rooms below take it."""
        return Chosen(None, self.system, self.entity, self.code, self.since, state)


@strawberry.input(description="Which reports of drift, all of it.")
class DriftFilter:
    """A field left out asks nothing."""

    system: str | None = strawberry.field(default=None, description="Of this system.")
    entity: str | None = strawberry.field(default=None, description="Of this entity: customer, ...")
    kind: DriftKind | None = strawberry.field(default=None, description="Of this kind.")
    since: datetime | None = strawberry.field(default=None, description="Last seen then or later.")

    def chosen(self) -> DriftConditions:
        """As the rooms below take it."""
        return DriftConditions(self.system, self.entity, self.kind, self.since)


class ListedQuarantine:
    """How a page of quarantined objects is read by one statement."""

    kinds: Final[Kinds] = {"system": Text(), "entity": Text(), "code": Text(), "since": TIMESTAMP(timezone=True)}

    def order(self, _: Arguments) -> Order:
        """Always the newest first."""
        return quarantine.NEWEST

    def find(self, arguments: Arguments, _: Reach, slot: Slot) -> Found:
        """They name nobody, so nobody is shown."""
        chosen = placed(_quarantined(arguments), self.kinds, slot)
        return Found(QuarantineRow, None, all_quarantined().where(*chosen.conditions()))

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """Those of the filter."""
        check_texts(arguments)
        return given_of(_quarantined(arguments), self.kinds)


class ListedDrifts:
    """How a page of reports is read by one statement."""

    kinds: Final[Kinds] = {"system": Text(), "entity": Text(), "since": TIMESTAMP(timezone=True)}

    def order(self, _: Arguments) -> Order:
        """Always the newest first."""
        return drifts.NEWEST

    def find(self, arguments: Arguments, _: Reach, slot: Slot) -> Found:
        """They name nobody, so nobody is shown."""
        chosen = placed(_drifts(arguments), self.kinds, slot)
        return Found(DriftRow, None, all_drifts().where(*chosen.conditions()))

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """Those of the filter."""
        check_texts(arguments)
        return given_of(_drifts(arguments), self.kinds)


def _quarantined(arguments: Arguments) -> Chosen:
    return (arguments.get("filter") or QuarantineFilter()).chosen(arguments["state"])


def _drifts(arguments: Arguments) -> DriftConditions:
    return (arguments.get("filter") or DriftFilter()).chosen()


OfQuarantine = Annotated[QuarantineFilter | None, strawberry.argument(description="Which; all if left out.")]
OfState = Annotated[
    QuarantineState | None, strawberry.argument(description="What became of it; null for whatever did.")
]
OfDrifts = Annotated[DriftFilter | None, strawberry.argument(description="Which; all if left out.")]


@strawberry.type
class QuarantineQuery:
    """Mixed into Query."""

    @resolved(
        "Objects that could not be applied, newest first.", Requires(Scope.QUARANTINE_READ), reads=ListedQuarantine()
    )
    async def quarantine(
        self,
        info: Info,
        filter: OfQuarantine = None,
        state: OfState = QuarantineState.OPEN,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[QuarantinedObject]:
        """Their bytes are asked for one by one."""
        window = window_of(info, quarantine.NEWEST, first, after, last, before)
        chosen = (filter or QuarantineFilter()).chosen(state)
        async with info.context.reading() as connection:
            page = await list_quarantine(connection, chosen, window)
        return Connection.of(
            page, quarantine.NEWEST, QuarantinedObject.of, lambda: _count_quarantine(info.context, chosen)
        )

    @resolved(
        "How objects differed from their contracts, newest first.",
        Requires(Scope.QUARANTINE_READ),
        reads=ListedDrifts(),
    )
    async def contract_drifts(
        self,
        info: Info,
        filter: OfDrifts = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ContractDrift]:
        """Each way of differing once per version of a contract."""
        window = window_of(info, drifts.NEWEST, first, after, last, before)
        chosen = (filter or DriftFilter()).chosen()
        async with info.context.reading() as connection:
            page = await list_drifts(connection, chosen, window)
        return Connection.of(page, drifts.NEWEST, ContractDrift.of, lambda: _count_drifts(info.context, chosen))


async def _count_quarantine(context: Context, chosen: Chosen) -> int:
    async with context.reading() as connection:
        return await count_quarantine(connection, chosen)


async def _count_drifts(context: Context, chosen: DriftConditions) -> int:
    async with context.reading() as connection:
        return await count_drifts(connection, chosen)
