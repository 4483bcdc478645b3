"""A small company written straight into the tables: customers with all their parts, systems and flows."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import BusinessDialog, CustomerSession
from hub.contacts.tables import BusinessRequest, Commitment
from hub.customers.belongings import Consent, ProductHolding, SalesOrder, SalesOrderLine
from hub.customers.tables import (
    ContactMedium,
    Customer,
    CustomerAlias,
    CustomerIdentifier,
    CustomerProvenance,
    CustomerSegment,
    PostalAddress,
)
from hub.exchange.tables import ConnectedSystem, InformationFlow, Lane
from hub.flows.tables import FlowRun
from hub.leads.tables import SalesLead
from hub.migration.tables import CadenceMigration
from hub.offers.tables import CampaignMembership
from hub.store.metadata import Table
from hub.store.tables import SourceRecord

NOW: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMESPACE: Final = UUID("5d0ff44c-8f0e-4a53-9b6c-6a7d6d1f6a10")


def uid(name: str) -> UUID:
    """The same id for the same name, so that a test can say which object it means."""
    return uuid5(NAMESPACE, name)


def gid(type_name: str, key: object) -> str:
    """The global id that the API gives an object."""
    return b64encode(f"{type_name}:{key}".encode()).decode()


@dataclass(frozen=True)
class Person:
    """A customer to write: `name` is also the key of the ids made with `uid`."""

    name: str
    email: str | None = None
    phone: str | None = None
    orders: int = 0
    leads: int = 0
    deleted: bool = False
    changed_at: datetime = NOW - timedelta(days=1)
    systems: Sequence[str] = field(default=("crm",))


async def add(connection: AsyncConnection, table: type[Table], **values: Any) -> None:
    """One row; columns with a default may be left out."""
    await connection.execute(insert(table).values(**values))


async def add_systems(connection: AsyncConnection) -> None:
    """A CRM that answers daily and an LMS that is down, each with its customer flow and one complete run."""
    await add(connection, ConnectedSystem, name="crm", adapter="tryton", roles=["CRM"], last_answer_at=NOW)
    await add(
        connection,
        ConnectedSystem,
        name="lms",
        adapter="tryton",
        roles=["LMS"],
        state="SUSPENDED",
        last_error_at=NOW,
        last_error_code="UNAVAILABLE",
    )
    for place, system in enumerate(("crm", "lms"), start=1):
        flow = f"{system}-customers"
        await add(
            connection,
            InformationFlow,
            name=flow,
            business_flow=8,
            title=f"Customers of {system}",
            entity="customer",
            source=system,
            target="hub",
        )
        await add(connection, Lane, id=place, flow=flow, cadence="DAILY", mode="AUTHORITATIVE")
    await add_migration(connection)
    for hours in (4, 28):
        started = NOW - timedelta(hours=hours)
        await add(
            connection,
            FlowRun,
            id=uid(f"run {hours}"),
            lane_id=1,
            epoch=1,
            scheduled_for=started,
            state="COMPLETED",
            created_at=started,
            started_at=started,
            finished_at=started + timedelta(minutes=3),
            counters={"read": 5, "changed": 2},
        )


async def add_migration(connection: AsyncConnection) -> None:
    """A migration of the LMS's customers that was given up a week ago."""
    await add(
        connection,
        CadenceMigration,
        id=uid("migration"),
        flow="lms-customers",
        from_lane=2,
        to_lane=2,
        state="ABORTED",
        settings={},
        created_by="anna",
        created_at=NOW - timedelta(days=7),
        changed_at=NOW - timedelta(days=7),
    )


async def add_person(connection: AsyncConnection, person: Person) -> UUID:
    """The customer with everything a view shows; returns the customer's id."""
    customer = uid(person.name)
    first, _, last = person.name.partition(" ")
    await add(
        connection,
        Customer,
        id=customer,
        kind="PERSON",
        name=person.name,
        given_name=first,
        family_name=last or None,
        birth_date=date(1980, 2, 29),
        language="nl",
        status="gold",
        value_class="A",
        lifetime_value="1250.5 EUR",
        customer_number=f"N-{first}",
        search=person.name.lower(),
        deleted=person.deleted,
        version=3,
        digest=b"",
        created_at=NOW - timedelta(days=30),
        updated_at=person.changed_at,
    )
    for system in person.systems:
        await _known_in(connection, person, system)
    await _media(connection, person)
    await _parts(connection, person)
    return customer


async def add_alias(connection: AsyncConnection, alias: UUID, current: UUID) -> None:
    """`alias` was merged into `current`."""
    await add(connection, CustomerAlias, alias_id=alias, current_id=current, since=NOW)


async def _known_in(connection: AsyncConnection, person: Person, system: str) -> None:
    external_id = f"{system}-{person.name.split()[0].lower()}"
    await add(
        connection, CustomerIdentifier, system=system, external_id=external_id, customer_id=uid(person.name), since=NOW
    )
    await add(
        connection,
        SourceRecord,
        system=system,
        entity="customer",
        external_id=external_id,
        as_of=NOW - timedelta(days=2),
        digest=b"",
        version=1,
        mapping_version="1",
        observed_at=NOW - timedelta(days=1),
    )


async def _media(connection: AsyncConnection, person: Person) -> None:
    given = (("EMAIL", person.email), ("PHONE", person.phone))
    for kind, value in given:
        if value is not None:
            await add(
                connection,
                ContactMedium,
                id=uid(f"{person.name} {kind}"),
                customer_id=uid(person.name),
                kind=kind,
                value=value,
                normalised=value.lower(),
                label="home",
                preferred=kind == "EMAIL",
                system="crm",
                external_id=f"crm-{person.name.split()[0].lower()}",
                child_id=f"{person.name} {kind}",
                as_of=NOW - timedelta(days=2),
            )


async def _parts(connection: AsyncConnection, person: Person) -> None:
    customer = uid(person.name)
    await add(
        connection,
        PostalAddress,
        id=uid(f"{person.name} address"),
        customer_id=customer,
        street="Kerkstraat",
        house_number="12",
        postal_code="1017 GC",
        locality="Amsterdam",
        country="NL",
        preferred=True,
        system="crm",
        external_id="x",
        child_id="1",
        as_of=NOW - timedelta(days=2),
    )
    origin = {
        "system": "crm",
        "externalId": f"crm-{person.name.split()[0].lower()}",
        "rule": "PREFER_UNLESS_BLANK",
    }
    await add(connection, CustomerProvenance, customer_id=customer, fields={"family_name": origin, "name": origin})
    await add(connection, CustomerSegment, customer_id=customer, segment="families", system="cm", since=NOW)
    request = {"kind": "SERVICE", "subject": "Question", "number": "R1"}
    await _belong(connection, person, BusinessRequest, "request 1", **request, state="IN_PROGRESS")
    await _belong(connection, person, BusinessRequest, "request 2", **request, state="COMPLETED")
    await _belong(connection, person, CampaignMembership, "membership 1", campaign="Spring", state="SENT")
    await _belong(connection, person, ProductHolding, "holding 1", product="Fibre", quantity=Decimal(1))
    consent = {"purpose": "marketing", "status": "GRANTED", "legal_basis": "CONSENT"}
    await _belong(connection, person, Consent, "consent 1", **consent)
    await add_session(connection, person)
    for n in range(1, person.leads + 1):
        await _belong(connection, person, SalesLead, f"lead {n}", state="IN_PROGRESS", name=f"Lead {n}", rating="HOT")
    for n in range(1, person.orders + 1):
        values = {"number": f"S{n}", "state": "COMPLETED", "currency": "EUR", "total": Decimal("10.50")}
        order = await _belong(connection, person, SalesOrder, f"order {n}", **values)
        for position in (1, 2):
            line = {"order_id": order, "position": position, "external_id": str(position), "amount": Decimal("5.25")}
            await add(connection, SalesOrderLine, **line, product=f"P{position}", quantity=Decimal(1))


async def add_session(connection: AsyncConnection, person: Person) -> None:
    """A call of a week ago, wrapped up."""
    began = NOW - timedelta(days=7)
    await add(
        connection,
        CustomerSession,
        id=uid(f"{person.name} session"),
        contact_id=f"C-{person.name}",
        customer_id=uid(person.name),
        channel="call-centre",
        direction="INBOUND",
        phase="WRAP_UP",
        state="CLOSED",
        result="COMPLETED",
        level="IDENTIFIED",
        started_at=began,
        active_at=began,
        ended_at=began,
    )
    dialog = {"topic": "bill", "topic_version": 1, "channel": "call-centre", "state": "COMPLETED", "outcome": "SUCCESS"}
    await add(
        connection,
        BusinessDialog,
        id=uid(f"{person.name} dialog"),
        session_id=uid(f"{person.name} session"),
        customer_id=uid(person.name),
        **dialog,
        started_at=began,
        changed_at=began,
    )
    promise = {"promise": "Call back", "handler": "eva", "state": "KEPT", "made_by": "eva"}
    await add(
        connection,
        Commitment,
        id=uid(f"{person.name} commitment"),
        customer_id=uid(person.name),
        **promise,
        due_at=began,
        made_at=began,
    )


async def _belong(connection: AsyncConnection, person: Person, table: type[Table], key: str, **values: Any) -> UUID:
    identity = uid(f"{person.name} {key}")
    number = int(key.rpartition(" ")[2])
    await add(
        connection,
        table,
        id=identity,
        system="crm",
        external_id=f"{person.name} {key}",
        customer_id=uid(person.name),
        deleted=False,
        as_of=NOW - timedelta(days=10) + timedelta(hours=number),
        observed_at=NOW - timedelta(days=1),
        version=1,
        **values,
    )
    return identity
