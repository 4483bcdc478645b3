"""A company whose channels conduct contacts, and the documents they use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.serving import Api

SESSION: Final = """
  session {
    id contactId channel phase state result identificationLevel agent queue registeredAt
    customer { id name }
  }
  problems { code message path }
"""
START: Final = f"mutation($input: StartSessionInput!) {{ startSession(input: $input) {{ recognition {SESSION} }} }}"
IDENTIFY: Final = (
    f"mutation($input: IdentifyCustomerInput!) {{ identifyCustomer(input: $input) {{ recognition {SESSION} }} }}"
)


def step_document(name: str) -> str:
    """A step that answers with the session."""
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {SESSION} }} }}"


async def do(
    api: Api, name: str, document: str, role: Role = Role.AGENT, customer: CustomerId | None = None, **given: Any
) -> dict[str, Any]:
    """The payload of one mutation; fails on anything but data."""
    answer = await api.ask(document, {"input": given}, role=role, customer=customer)
    assert answer.errors == []
    payload: dict[str, Any] = answer.data[name]
    return payload


async def start(api: Api, role: Role = Role.AGENT, **given: Any) -> dict[str, Any]:
    """The payload of startSession; in the call centre unless said otherwise."""
    return await do(api, "startSession", START, role, **{"channel": "call-centre", **given})


async def step(api: Api, name: str, session: Mapping[str, Any], role: Role = Role.AGENT, **given: Any) -> Any:
    """The payload of a step in a session."""
    return await do(api, name, step_document(name), role, sessionId=session["id"], **given)


async def declare_outward(database: Database, *entities: str, system: str = "crm") -> None:
    """Real-time flows from the hub to a system, as hub.yaml would declare them."""
    async with database.transaction() as connection:
        # Lanes of the company were written with ids of their own.
        await connection.execute(
            text("SELECT setval(pg_get_serial_sequence('lane', 'id'), (SELECT max(id) FROM lane))")
        )
        for entity in entities:
            await connection.execute(
                text(
                    """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                       VALUES (:name, :number, 'Test', :entity, 'hub', :system)"""
                ),
                {"name": f"{system}-{entity}-out", "number": NUMBERS[entity], "entity": entity, "system": system},
            )
            await connection.execute(
                text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, 'REAL_TIME', 'AUTHORITATIVE')"),
                {"flow": f"{system}-{entity}-out"},
            )


NUMBERS: Final = {
    "contact": 1,
    "customer": 8,
    "wrap_up": 12,
    "business_request": 4,
    "sales_lead": 9,
    "lead_response": 11,
}


async def wanted(database: Database, entity: str) -> list[dict[str, Any]]:
    """What was wanted, per target and object in order: the new values of each command."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT external_id, changes FROM outbound_command WHERE entity = :e
                   ORDER BY target, object_id, version"""
            ),
            {"e": entity},
        )
        return [{"id": row.external_id, **{change["path"][0]: change["new"] for change in row.changes}} for row in rows]


async def counted(database: Database, *tables: str) -> list[int]:
    """How many rows there are."""
    async with database.reading() as connection:
        return [int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in tables]
