"""An outbound flow to the fake package, its lanes, and wants as a business room writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.exchange.want import Target, want_update
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId, FlowName
from hub.records.lanes import FlowCadence, LaneMode
from hub.store.engine import Database
from tests.flows.building import at

OUT = FlowName("contact-corrections")
NAME = ("name",)


async def declare_outbound(database: Database, lanes: dict[FlowCadence, LaneMode]) -> dict[FlowCadence, int]:
    """The flow of corrections to the CRM; ids of its lanes."""
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES (:flow, 8, 'Corrections', 'customer', 'hub', 'crm')"""
            ),
            {"flow": OUT},
        )
        ids: dict[FlowCadence, int] = {}
        for cadence, mode in lanes.items():
            ids[cadence] = await connection.scalar(
                text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, :cadence, :mode) RETURNING id"),
                {"flow": OUT, "cadence": cadence.value, "mode": mode.value},
            )
        return ids


async def renamed(
    database: Database, external_id: str, old: str, new: str, when: datetime | None = None
) -> UUID | None:
    """A customer of the CRM is to be called otherwise."""
    target = Target("crm", Entity.CUSTOMER, ExternalId(external_id), f"customer-{external_id}")
    async with database.transaction() as connection:
        return await want_update(connection, target, [FieldChange(NAME, old, new)], when or at(0))


async def commands(database: Database) -> Sequence[Row[Any]]:
    """Every command by object and version."""
    async with database.reading() as connection:
        return (
            await connection.execute(
                text("SELECT * FROM outbound_command ORDER BY object_id, version, from_version DESC")
            )
        ).all()
