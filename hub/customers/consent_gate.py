"""Systems that are told of a customer only while he consents: at the end of flows that name the purpose they serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_read import Consents
from hub.records.enums import LegalBasis


@dataclass(frozen=True, slots=True)
class Gate:
    """What a customer must have allowed, and the golden fields that are kept equal behind it."""

    purpose: str
    channel: str | None
    basis: LegalBasis
    fields: tuple[str, ...]

    @classmethod
    def of(cls, column: Mapping[str, Any]) -> Self:  # Any: JSON from the database
        """The gate from `information_flow.consent`."""
        return cls(column["purpose"], column["channel"], LegalBasis(column["basis"]), tuple(column["fields"]))

    def opens(self, consents: Consents, now: datetime) -> bool:
        """Whether he allows it at this moment."""
        return consents.permit(self.purpose, self.channel, self.basis, now)


@dataclass(frozen=True, slots=True)
class GatedFlow:
    """A flow of customers from the hub with its gate."""

    name: str
    gate: Gate


async def gated_flows(connection: AsyncConnection) -> Mapping[str, GatedFlow]:
    """By system, those that carry customers."""
    rows = await connection.execute(
        text(
            """SELECT name, target, consent FROM information_flow
               WHERE entity = 'customer' AND source = 'hub' AND NOT planned AND consent IS NOT NULL
               ORDER BY name DESC"""
        )
    )
    return {row.target: GatedFlow(row.name, Gate.of(row.consent)) for row in rows}
