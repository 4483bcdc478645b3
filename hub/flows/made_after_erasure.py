"""A customer who was on his way to a system when he was erased: made there after all, he goes again and stays away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.want import Target, want_delete
from hub.flows.taken import TakenCommand
from hub.ports.writing import WriteOutcome, Written
from hub.records.identity import Entity, ExternalId
from hub.store.keys import KeyRing
from hub.store.suppression import suppress, suppressed_by

_RECEIPT: Final = text(
    """INSERT INTO privacy_receipt (request_id, system, external_id, command_id)
       VALUES (:request, :system, :external_id, :command) ON CONFLICT DO NOTHING"""
)


async def undo_erased(
    connection: AsyncConnection, keys: KeyRing, outcomes: Sequence[tuple[TakenCommand, WriteOutcome]], now: datetime
) -> None:
    """Suppress the ids that creations of erased customers came to, and ask for their removal; with a receipt.

    To be called where the outcomes are settled, in one transaction and before anything is taken in. An erasure
    suppresses the keys of such commands for it.
    """
    made: Mapping[tuple[str, str], str] = {
        (one.target, one.command.key): outcome.external_id
        for one, outcome in outcomes
        if one.creates
        and one.command.entity is Entity.CUSTOMER
        and isinstance(outcome, Written)
        and outcome.external_id
    }
    for system in sorted({system for system, _ in made}):
        here = {key: external_id for (of, key), external_id in made.items() if of == system}
        for key, request in (await suppressed_by(connection, keys, system, here)).items():
            external_id = here[key]
            await keys.drop(connection, system, [external_id], now)
            await suppress(connection, keys, [(system, external_id)], request, now)
            target = Target(system, Entity.CUSTOMER, ExternalId(external_id), f"erasure/{request}")
            command = await want_delete(connection, target, now)
            receipt = {"request": request, "system": system, "external_id": external_id, "command": command}
            await connection.execute(_RECEIPT, receipt)
