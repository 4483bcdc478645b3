"""Any object by its global id."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar, cast
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Integer, Select, Uuid, column, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from strawberry.relay import GlobalID, Node

from hub.errors import Invalid, NotFound
from hub.reads.belongings import CONSENTS, HOLDINGS, LEADS, MEMBERSHIPS, ORDERS, REQUESTS
from hub.reads.customers import CustomerRow, standing_for
from hub.reads.handling import DIALOGS
from hub.reads.outbound import DELIVERIES
from hub.reads.parts import Part
from hub.reads.promises import COMMITMENTS
from hub.reads.reach import Reach
from hub.reads.reaching import ADDRESSES, MEDIA
from hub.reads.sessions import INCIDENTS, SESSIONS, IncidentRow
from schema.authorise import ANYBODY, Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import number_in
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.belongings import CampaignMembership, Consent, ProductHolding
from schema.types.customer import Customer
from schema.types.delivery import LeadDelivery
from schema.types.dialog import BusinessDialog
from schema.types.drift import ContractDrift
from schema.types.flow import InformationFlow
from schema.types.migration import CadenceMigration
from schema.types.order import SalesOrder
from schema.types.promise import Commitment
from schema.types.quarantined import QuarantinedObject
from schema.types.reaching import ContactMedium, PostalAddress
from schema.types.request import BusinessRequest
from schema.types.run import FlowRun
from schema.types.sales_lead import SalesLead
from schema.types.session import CustomerSession, Incident
from schema.types.system import System
from schema.types.work import StuckWork

RowT = TypeVar("RowT")
Find = Callable[[Info, str], Awaitable[Node | None]]

IDS_AT_MOST: Final = 100

SLOTS: Final = ("ids", "places")


@dataclass(frozen=True)
class NodeType:
    """How a type's objects are found by the key in their id, under the caller's reach, and the scope that takes.

    What a UUID names is found by one statement as well.
    """

    find: Find
    requires: Requires
    read: Read | None = None


@dataclass(frozen=True)
class Read:
    """One object by the key in its id, for a statement: its class, the customer in it, and the row that has the key."""

    row: type
    shown: str | None
    by_key: Callable[[ColumnElement[Any], Reach], Select[Any]]


def _by_uuid(find: Callable[[Info, UUID], Awaitable[Node | None]]) -> Find:
    async def find_by_text(info: Info, key: str) -> Node | None:
        try:
            identity = UUID(key)
        except ValueError:
            return None
        return await find(info, identity)

    return find_by_text


def _by_number(find: Callable[[Info, int], Awaitable[Node | None]]) -> Find:
    async def find_by_text(info: Info, key: str) -> Node | None:
        number = number_in(key)
        return None if number is None else await find(info, number)

    return find_by_text


def _part(part: Part[RowT], node_of: Callable[[RowT], Node], scope: Scope = Scope.CUSTOMERS_READ) -> NodeType:
    async def find(info: Info, identity: UUID) -> Node | None:
        row = await info.context.loaders.part(part, identity)
        if row is None:
            return None
        owner: UUID | None = row.customer_id  # type: ignore[attr-defined]  # every part's row has it
        info.context.shows(info, [] if owner is None else [owner])
        return node_of(row)

    return NodeType(_by_uuid(find), Requires(scope), _read(part))


def _read(part: Part[Any]) -> Read:
    return Read(part.row, "customer_id", lambda key, reach: part.visible(reach, (part.column("id") == key,)))


def _incident(key: ColumnElement[Any], _: Reach) -> Select[Any]:
    return select(*INCIDENTS.columns).where(INCIDENTS.column("id") == key)


NODES: Final[Mapping[type[Node], NodeType]] = {
    Customer: NodeType(
        _by_uuid(Customer.visible), Requires(Scope.CUSTOMERS_READ), Read(CustomerRow, "id", standing_for)
    ),
    ContactMedium: _part(MEDIA, ContactMedium.of),
    PostalAddress: _part(ADDRESSES, PostalAddress.of),
    SalesOrder: _part(ORDERS, SalesOrder.of),
    BusinessRequest: _part(REQUESTS, BusinessRequest.of),
    ProductHolding: _part(HOLDINGS, ProductHolding.of),
    CampaignMembership: _part(MEMBERSHIPS, CampaignMembership.of),
    Consent: _part(CONSENTS, Consent.of),
    SalesLead: _part(LEADS, SalesLead.of, Scope.LEADS_READ),
    CustomerSession: NodeType(_by_uuid(CustomerSession.visible), Requires(Scope.CONTACTS_READ), _read(SESSIONS)),
    BusinessDialog: NodeType(_by_uuid(BusinessDialog.visible), Requires(Scope.CONTACTS_READ), _read(DIALOGS)),
    LeadDelivery: NodeType(_by_uuid(LeadDelivery.visible), Requires(Scope.LEADS_READ), _read(DELIVERIES)),
    Commitment: NodeType(_by_uuid(Commitment.visible), Requires(Scope.CONTACTS_READ), _read(COMMITMENTS)),
    Incident: NodeType(_by_uuid(Incident.visible), Requires(Scope.CONTACTS_READ), Read(IncidentRow, None, _incident)),
    System: NodeType(System.visible, Requires(Scope.SYSTEMS_READ)),
    InformationFlow: NodeType(InformationFlow.visible, Requires(Scope.FLOWS_READ)),
    CadenceMigration: NodeType(_by_uuid(CadenceMigration.visible), Requires(Scope.FLOWS_READ)),
    QuarantinedObject: NodeType(_by_number(QuarantinedObject.visible), Requires(Scope.QUARANTINE_READ)),
    ContractDrift: NodeType(_by_number(ContractDrift.visible), Requires(Scope.QUARANTINE_READ)),
    StuckWork: NodeType(_by_number(StuckWork.visible), Requires(Scope.WORK_READ)),
    FlowRun: NodeType(_by_uuid(FlowRun.visible), Requires(Scope.FLOWS_READ)),
}
"""Every type that implements Node; the schema's tests compare the two."""

NODE_TYPES: Final[Mapping[str, NodeType]] = {kind.__name__: how for kind, how in NODES.items()}


class ById:
    """How the object with a global id is read by one statement."""

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found | None:
        """Of a customer or a part of one."""
        identity: GlobalID = arguments["id"]
        known, key = NODE_TYPES.get(identity.type_name), slot("id", Uuid())
        if known is None or known.read is None:
            return None
        read, scope = known.read, known.requires.scope
        return Found(read.row, read.shown, read.by_key(key, reach), identity.type_name, scope)

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """ValueError for a key that no object can have."""
        return {"id": UUID(arguments["id"].node_id)}


class ByIds:
    """How the objects with global ids are read by one statement, those of each type together."""

    def find_each(self, arguments: Arguments, reach: Reach, slot: Slot) -> Sequence[Found] | None:
        """Of each type that is named, by its name; None for one of which no statement is known."""
        found = []
        for kind in _kinds(arguments):
            known = NODE_TYPES.get(kind)
            if known is None or known.read is None:
                return None
            pairs = func.unnest(slot(f"ids_{kind}", ARRAY(Uuid())), slot(f"places_{kind}", ARRAY(Integer())))
            named = pairs.table_valued(column("key", Uuid()), column("place", Integer()), name="asked")
            asked = named.render_derived(name="asked")
            one = known.read.by_key(asked.c.key, reach).correlate(asked).lateral("own")
            rows = select(*one.c, asked.c.place).select_from(asked.outerjoin(one, true())).order_by(asked.c.place)
            found.append(Found(known.read.row, known.read.shown, rows, kind, known.requires.scope))
        return found or None

    def values_of_each(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """ValueError for a key that no object can have."""
        if len(arguments["ids"]) > IDS_AT_MOST:
            raise Invalid(f"at most {IDS_AT_MOST} ids at once", ("ids",))
        values: dict[str, list[object]] = {f"{name}_{kind}": [] for kind in _kinds(arguments) for name in SLOTS}
        for place, identity in enumerate(arguments["ids"]):
            values[f"ids_{identity.type_name}"].append(UUID(identity.node_id))
            values[f"places_{identity.type_name}"].append(place)
        return values


def _kinds(arguments: Arguments) -> Sequence[str]:
    return sorted({identity.type_name for identity in arguments["ids"]})


@strawberry.type
class NodeQuery:
    """Mixed into Query."""

    @resolved("The object with this global id. NOT_FOUND when there is none that you may see.", ANYBODY, reads=ById())
    async def node(
        self, info: Info, id: Annotated[GlobalID, strawberry.argument(description="Its global id.")]
    ) -> Node | None:
        """Relay's refetch; the type's own scope is checked too."""
        found = await find_node(info, id)
        if found is None:
            raise NotFound("there is no such object")
        return found

    @resolved(
        "The objects with these global ids, in that order; null for one that you may not see.", ANYBODY, reads=ByIds()
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[GlobalID], strawberry.argument(description="Global ids, at most 100.")],
    ) -> list[Node | None]:
        """Objects of one type are one statement."""
        if len(ids) > IDS_AT_MOST:
            raise Invalid(f"at most {IDS_AT_MOST} ids at once", ("ids",))
        found = await asyncio.gather(*(find_node(info, identity) for identity in ids), return_exceptions=True)
        if None in found:
            info.context.hides("Query.nodes")
        # GraphQL makes an exception among the elements a null with an error of its own at that place.
        return cast("list[Node | None]", found)


async def find_node(info: Info, identity: GlobalID) -> Node | None:
    """The object; None where there is none or the caller may not see it. Forbidden when its type takes more."""
    known = NODE_TYPES.get(identity.type_name)
    if known is None:
        return None
    known.requires.check(info.context, f"Query.node.{identity.type_name}")
    return await known.find(info, identity.node_id)
