"""The port: one Tryton in the roles CRM, LMS and CM."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeAlias

from adapters.tryton.answers import Answers
from adapters.tryton.batches import Transaction, in_transactions, in_turn
from adapters.tryton.check import check_access
from adapters.tryton.clock import SourceClock
from adapters.tryton.create import Creator
from adapters.tryton.erase import Eraser
from adapters.tryton.notes import TITLES, Notes
from adapters.tryton.opportunity import Opportunities
from adapters.tryton.options import TrytonOptions
from adapters.tryton.pull import Puller
from adapters.tryton.reactions import Reactions
from adapters.tryton.reading import read_by_id
from adapters.tryton.session import Session
from adapters.tryton.sweep import sweep_page
from adapters.tryton.update import Updater
from hub.errors import Invalid
from hub.ports.capabilities import Capabilities, PullKind
from hub.ports.limits import DEFAULT_LIMITS, CallLimits, RateLimit
from hub.ports.pages import CheckResult, PullPage, SweepPage
from hub.ports.system import SystemPort
from hub.ports.writing import Operation, WriteCommand, WriteOutcome
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject, SourceObject

# One transaction of 100 parties takes a quarter of a second and so holds its locks no longer than that.
_BATCH_SIZE = 100
_READ = Capabilities(pull=PullKind.INCREMENTAL, sweep=True, read=True, versions=True)
_CUSTOMER = Capabilities(
    pull=PullKind.INCREMENTAL,
    sweep=True,
    read=True,
    create=True,
    update=True,
    delete=True,
    versions=True,
    hub_key=True,
    batch_size=_BATCH_SIZE,
)
_NOTED = Capabilities(update=True)
_CAN: Mapping[Entity, Capabilities] = {
    Entity.CUSTOMER: _CUSTOMER,
    Entity.BUSINESS_REQUEST: replace(_READ, update=True),
    Entity.SALES_LEAD: replace(_READ, update=True),
    Entity.LEAD_RESPONSE: _NOTED,
    Entity.CONTACT_EVENT: Capabilities(create=True, once_per_key=True),
    Entity.CONTACT: _NOTED,
    Entity.WRAP_UP: _NOTED,
}


Singly: TypeAlias = Callable[[WriteCommand], Awaitable[WriteOutcome]]
"""Carries out one command, as these entities take them."""


class TrytonPort(SystemPort):
    """Offers the entities that the options name."""

    def __init__(self, name: SystemName, options: TrytonOptions, limits: CallLimits = DEFAULT_LIMITS) -> None:
        self.name = name
        self.capabilities: Mapping[Entity, Capabilities] = {
            entity: _CAN.get(entity, _READ) for entity in options.entities
        }
        self._session = Session(options, limits)
        self._clock = SourceClock(self._session)
        horizon = timedelta(seconds=options.horizon_s)
        self._puller = Puller(self._session, self._clock, options.page_rows, horizon)
        self._creator = Creator(self._session, self._clock)
        self._notes = Notes(self._session, self._creator)
        self._singly: Mapping[Entity, Singly] = {
            **dict.fromkeys(TITLES, self._notes.carry_out),
            Entity.SALES_LEAD: Opportunities(self._session, self._clock, self._notes).carry_out,
            Entity.LEAD_RESPONSE: Answers(self._session, self._notes).carry_out,
            Entity.CONTACT_EVENT: Reactions(self._session, self._notes).carry_out,
        }
        self._transactions: Mapping[Operation, Transaction] = {
            Operation.CREATE: self._creator.transaction,
            Operation.UPDATE: Updater(self._session, self._clock).transaction,
            Operation.DELETE: Eraser(self._session).transaction,
        }

    async def check(self) -> Sequence[CheckResult]:
        """Login, then each entity by reading one object."""
        return await check_access(self._session, list(self.capabilities))

    async def now(self) -> datetime:
        """See `clock`."""
        return await self._clock.now()

    async def aclose(self) -> None:
        """Ends the session at Tryton as well."""
        await self._session.aclose()

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        """See `cursor`."""
        self._declared("pull", entity)
        return await self._puller.begin(entity, cursor, overlap)

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """See `pull`."""
        self._declared("pull", entity)
        return await self._puller.page(entity, cursor, limit)

    async def sweep(self, entity: Entity, after: str | None, limit: int) -> SweepPage:
        """See `sweep`."""
        self._declared("sweep", entity)
        return await sweep_page(self._session, entity, after, limit)

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        """See `reading`."""
        self._declared("read", entity)
        return await read_by_id(self._session, self._clock, entity, ids)

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """Neighbours of one operation share a transaction, as long as Tryton refuses none of them."""
        for command in commands:
            self._declared("write", command.entity)
            can = self.capabilities[command.entity]
            able = {Operation.CREATE: can.create, Operation.UPDATE: can.update, Operation.DELETE: can.delete}
            if not able[command.operation]:
                raise self._cannot(command.operation.value.lower(), command.entity)
        if len(commands) > _BATCH_SIZE:
            raise Invalid(f"system {self.name} takes {_BATCH_SIZE} commands at once, not {len(commands)}")
        return await in_turn([list(run) for _, run in groupby(commands, _group)], self._carry_out)

    async def find_by_key(self, entity: Entity, key: str) -> SourceObject | None:
        """See `create`."""
        if entity is not Entity.CUSTOMER or entity not in self.capabilities:
            raise self._cannot("find_by_key", entity)
        return await self._creator.find(key)

    def rate_limit(self) -> RateLimit | None:
        """See `connection`."""
        return self._session.told()

    def _declared(self, what: str, entity: Entity) -> None:
        if entity not in self.capabilities:
            raise self._cannot(what, entity)

    async def _carry_out(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        singly = self._singly.get(commands[0].entity)
        if singly is not None:
            return [await singly(command) for command in commands]
        return await in_transactions(commands, self._transactions[commands[0].operation])


def _group(command: WriteCommand) -> tuple[Operation, str | None]:
    """Customers share a transaction; each note and each lead has transactions of its own."""
    return command.operation, command.key if command.entity is not Entity.CUSTOMER else None
