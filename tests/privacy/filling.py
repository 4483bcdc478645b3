"""A row in every table that can tell of a person, made from the tables' own definitions, each text a marker of his."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Column, Table, insert, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.privacy.about import conditions
from tests.flows.building import START
from tests.schema.company import NAMESPACE

SYSTEM: Final = "crm"
INCIDENT: Final = uuid5(NAMESPACE, "incident")


class Filling:
    """Rows of one person by name: his id, his record at SYSTEM under that name, and markers that begin with it."""

    def __init__(self, name: str, tables: Mapping[str, Table]) -> None:
        self.name = name
        self.customer = uuid5(NAMESPACE, f"{name}/customer")
        self._tables = tables
        self._number = sum(name.encode())

    def mark(self, column: str) -> str:
        return f"{self.name}-{column}".upper()

    async def fill(self, connection: AsyncConnection) -> None:
        """Parents first; a table that is not about persons is filled where one of his rows needs it."""
        wanted = set(conditions()) | {"likeness", "likeness_key", "likeness_union", "likeness_link", "identifier"}
        wanted |= {"document_version", "change_ledger", "subject_key"}
        for table in self._tables.values():
            if table.name in wanted - {"customer_touch", "likeness_link"}:
                await connection.execute(insert(table).values(**self.row(table)))

    def row(self, table: Table) -> dict[str, object]:
        return {c.name: self._value(table, c) for c in table.columns if c.computed is None and c.identity is None}

    def _value(self, table: Table, column: Column[Any]) -> object:
        given = self._known(table.name, column.name)
        if given is not None:
            return given
        for key in column.foreign_keys:
            return self._value(key.column.table, key.column)
        if isinstance(column.type, JSONB):
            return {"v": self.mark(column.name)}
        if isinstance(column.type, ARRAY) and column.type.item_type.python_type is UUID:
            return [uuid5(NAMESPACE, f"{self.name}/{table.name}/{column.name}")]
        if isinstance(column.type, ARRAY):
            return [self.mark(column.name)]
        return self._plain(table, column)

    def _plain(self, table: Table, column: Column[Any]) -> object:
        kind = column.type.python_type
        if kind is UUID:
            return uuid5(NAMESPACE, f"{self.name}/{table.name}/{column.name}")
        if kind is datetime:
            return START + timedelta(minutes=1)
        made: Mapping[type, object] = {
            str: self.mark(column.name),
            bytes: self.mark(column.name).encode(),
            int: self._number,
            bool: False,
            float: 1.0,
            Decimal: Decimal(1),
            date: START.date(),
        }
        return made[kind]

    def _known(self, table: str, column: str) -> object:
        """What is no text of his but names something: his ids, his systems, a word that the hub branches on."""
        line = f"{SYSTEM}/{self.customer}"
        words: Mapping[tuple[str, str], object] = {
            ("customer", "id"): self.customer,
            ("customer_alias", "current_id"): self.customer,
            ("outbound_command", "line"): line,
            ("outbound_command", "state"): "DONE",
            ("outbound_command", "operation"): "UPDATE",
            ("outbound_command", "external_id"): self.name,
            ("shadow_command", "line"): line,
            ("quarantine", "state"): "OPEN",
            ("subject_key", "subject"): self.name,
            ("likeness", "entity"): "customer",
            ("lead_handling", "source_id"): f"{self.name}-source",
        }
        names = {
            **dict.fromkeys(("system", "target", "owner_system", "system_a", "system_b"), SYSTEM),
            **dict.fromkeys(("external_id", "owner_id", "owner", "external_id_a"), self.name),
            "external_id_b": f"{self.name}-other",
            "customer_id": self.customer,
            "entity": "customer",
            "flow": f"{SYSTEM}-customer",
            "lane_id": 1,
            "incident_id": INCIDENT,
        }
        return words.get((table, column), names.get(column))


async def prepare(connection: AsyncConnection) -> None:
    """The system, its flow of customers with lane 1 for all these rows, an incident and weights."""
    for statement in (
        "INSERT INTO connected_system (name, adapter, roles, state) VALUES ('crm', 'memory', '{CRM}', 'ACTIVE')",
        """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
           VALUES ('crm-customer', 2, 'Customers', 'customer', 'crm', 'crm')""",
        """INSERT INTO lane (id, flow, cadence, mode) OVERRIDING SYSTEM VALUE
           VALUES (1, 'crm-customer', 'DAILY', 'STANDBY')""",
    ):
        await connection.execute(text(statement))
    await connection.execute(
        text("INSERT INTO incident VALUES (:id, 'an outage', '{}', false, 'somebody', :at)"),
        {"id": INCIDENT, "at": START},
    )
