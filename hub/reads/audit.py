"""The audit trail as it is asked: who looked at whom and why, and who changed what; asking stands in it as well."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.reads.ids_of import ids_of
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.rows import Shape, fetch
from hub.store.audit import Deed, record_deed
from hub.store.tables import AuditEvent

ASKED: Final = "auditEntries"
"""How the trail names that somebody asked it."""

LOOKS: Final = ("read", ASKED, "revealQuarantined", "revealWork")


class AuditKind(StrEnum):
    """READ: somebody was shown something. CHANGE: he did something. DENIED: he was refused."""

    READ = "READ"
    CHANGE = "CHANGE"
    DENIED = "DENIED"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event; `object_id` is the id that the object had then, `customers` all whom one answer showed, if several."""

    id: int
    at: datetime
    principal: str
    action: str
    object_type: str
    object_id: str
    outcome: str
    request_id: str | None
    detail: Mapping[str, object]
    address: str | None
    purpose: str | None
    session: UUID | None
    channel: str | None
    customers: Sequence[UUID] | None
    seal: int | None

    @property
    def kind(self) -> AuditKind:
        """What it tells of."""
        if self.action == "denied":
            return AuditKind.DENIED
        return AuditKind.READ if self.action in LOOKS else AuditKind.CHANGE


@dataclass(frozen=True, slots=True)
class AuditAsked:
    """Which events, all of it; None leaves a condition out.

    `customer` is any id that he has or had. `since` is included and `until` is not. `unexplained`: reads of a
    customer that tell neither a purpose nor a session.
    """

    customer: UUID | None = None
    principal: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    kind: AuditKind | None = None
    unexplained: bool = False

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As a statement takes them, but for the customer."""
        if self.principal is not None:
            yield _rows["principal"] == self.principal
        if self.since is not None:
            yield _rows["at"] >= self.since
        if self.until is not None:
            yield _rows["at"] < self.until
        if self.kind is not None:
            yield _OF_KIND[self.kind]
        if self.unexplained:
            yield and_(_rows["action"] == "read", _rows["purpose"].is_(None), _rows["session"].is_(None))

    def told(self) -> Mapping[str, object]:
        """What the trail says of who asked it."""
        asked = {
            "ofPrincipal": self.principal,
            "since": None if self.since is None else self.since.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
            "kind": self.kind,
            "unexplained": self.unexplained or None,
        }
        return {name: value for name, value in asked.items() if value is not None}


EVENTS: Final = Shape(AuditRow, AuditEvent)
_rows = AuditEvent.__table__.c
NEWEST: Final = Order("AUDIT", (_rows["at"], _rows["id"]), descending=True)

_OF_KIND: Final[Mapping[AuditKind, ColumnElement[bool]]] = {
    AuditKind.READ: _rows["action"].in_(LOOKS),
    AuditKind.CHANGE: _rows["action"].not_in([*LOOKS, "denied"]),
    AuditKind.DENIED: _rows["action"] == "denied",
}

# What is done in a contact is about the contact, the request or whatever it was.
_OF_THINGS: Final = ("customer_session", "business_dialog", "business_request", "commitment", "sales_lead", "decision")
_EACH: Final = " UNION ALL ".join(
    f"SELECT CAST(id AS text) FROM {table} WHERE customer_id = ANY(CAST(:ids AS uuid[]))"  # noqa: S608  constants
    for table in _OF_THINGS
)
_THINGS: Final = text(
    f"""{_EACH} UNION ALL SELECT CAST(d.id AS text) FROM lead_delivery d JOIN sales_lead l ON l.id = d.lead_id
        WHERE l.customer_id = ANY(CAST(:ids AS uuid[]))"""  # noqa: S608  constant names
)

# Written as the indexes of it are.
_OF_CUSTOMER: Final = text(
    """(object_type = 'Customer' AND object_id = ANY(CAST(CAST(:ids AS uuid[]) AS text[]))
        OR detail ? 'customers' AND detail -> 'customers' ?| CAST(CAST(:ids AS uuid[]) AS text[])
        OR object_type IN ('CustomerSession', 'BusinessDialog', 'BusinessRequest', 'Commitment', 'SalesLead',
          'Decision', 'LeadDelivery') AND object_id = ANY(CAST(:things AS text[]))
        OR customers && CAST(:ids AS uuid[]))"""
)


async def ask_audit(
    connection: AsyncConnection, asked: AuditAsked, window: Window, principal: str, now: datetime
) -> Page[AuditRow]:
    """One window of the events that are asked for, noted in the same transaction as asked by `principal`."""
    his = await _ids(connection, asked)
    statement = await _chosen(connection, asked, his, select(*EVENTS.columns))
    page = page_of(await fetch(connection, AuditRow, windowed(statement, NEWEST, window)), window)
    whom = ("AuditTrail", "all") if asked.customer is None else ("Customer", str(asked.customer))
    await record_deed(connection, Deed(principal, ASKED, *whom, detail=asked.told()), now)
    return replace(page, rows=[_of_him(row, his) for row in page.rows])


async def count_audit(connection: AsyncConnection, asked: AuditAsked) -> int:
    """How many events are asked for."""
    his = await _ids(connection, asked)
    statement = await _chosen(connection, asked, his, select(func.count()).select_from(AuditEvent))
    count: int = (await connection.execute(statement)).scalar_one()
    return count


async def forgotten_until(connection: AsyncConnection) -> datetime | None:
    """When the newest seal was put whose events went for their age; None while none did."""
    found: datetime | None = await connection.scalar(text("SELECT max(at) FROM audit_seal WHERE forgotten IS NOT NULL"))
    return found


async def _ids(connection: AsyncConnection, asked: AuditAsked) -> Collection[UUID]:
    """Of the customer who is asked about; none where nobody is."""
    if asked.customer is None:
        return ()
    return await ids_of(connection, asked.customer)


async def _chosen(
    connection: AsyncConnection, asked: AuditAsked, his: Collection[UUID], statement: Select[Any]
) -> Select[Any]:
    """Of the customer: what names one of his ids, or is about several customers of whom he is one."""
    statement = statement.where(*asked.conditions())
    if asked.customer is None:
        return statement
    things = list((await connection.execute(_THINGS, {"ids": his})).scalars())
    return statement.where(_OF_CUSTOMER.bindparams(ids=his, things=things))


def _of_him(row: AuditRow, his: Collection[UUID]) -> AuditRow:
    """An answer that showed him among others, as the read of him that it is."""
    shown = [one for one in row.customers or () if one in his]
    return replace(row, object_type="Customer", object_id=str(shown[0]), customers=None) if shown else row
