"""Erase a person: his keys, his current values, his way back; with a receipt from every system that knows him."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.introduce import SELF
from hub.customers.normalise import Spelling
from hub.customers.privacy_tables import PrivacyKind
from hub.customers.resolve import resolved_ids
from hub.exchange.want import Target, want_delete
from hub.flows.twins import hold_twins
from hub.live.changes import Change
from hub.live.publish import publish
from hub.privacy.forget import Forgotten, forget
from hub.privacy.known_beside import known_beside
from hub.privacy.requests import Receipt, Request, keep_receipts, keep_request, subject_of
from hub.privacy.told import made_there, on_their_way, told_systems
from hub.privacy.whose import whose
from hub.records.identity import Entity, ExternalId
from hub.stewardship.people import hold
from hub.store.keys import KeyRing
from hub.store.suppression import suppress


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did here, and what is asked of the systems: a command, or their own people."""

    request_id: UUID
    forgotten: Forgotten
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class EraseTerms:
    """The installation's keys and region, and what the law wants kept: days by entity."""

    keys: KeyRing
    region: str
    retention_days: Mapping[str, int]


async def erase(
    connection: AsyncConnection,
    customer_id: UUID,
    terms: EraseTerms,
    asked: Request,
) -> Erased:
    """Everything of the customer under this id, in the caller's transaction. NotFound for nobody.

    The keys of his versions are dropped, his current values removed, and the ids under which systems know him
    suppressed: no pull, file, event or cut-over brings them back. Retained records keep no name. Records that only a
    lane beside the one that counts has brought in are his as well, where recognition would say so.
    """
    spelling = Spelling(terms.region)
    await hold_twins(connection)
    (current,) = await resolved_ids(connection, [customer_id])
    nodes = (await hold(connection, [current], spelling))[current]
    nodes += await known_beside(connection, nodes, spelling)
    request_id, keys = uuid4(), terms.keys
    who = await whose(connection, current, nodes)
    subjects = [(one.system, one.subject) for one in who.objects]
    subjects += [(node.system, node.external_id) for node in nodes]
    subjects += [(one.system, f"{one.entity}:{one.external_id}") for one in who.objects if one.entity != "customer"]
    made = await made_there(connection, who)
    subjects += [(node.system, node.external_id) for node in made]
    asked_of = [*nodes, *made]
    told = await told_systems(connection, who, asked_of)
    dropped: list[UUID] = []
    for system in sorted({system for system, _ in subjects}):
        here = [subject for of, subject in subjects if of == system]
        dropped += await keys.drop(connection, system, here, asked.at)
    subjects += await on_their_way(connection, who)
    await suppress(connection, keys, dict.fromkeys(subjects), request_id, asked.at)
    subject = subject_of(keys, current)
    await keep_request(connection, request_id, PrivacyKind.ERASURE, subject, who.ids, asked, {}, {})
    forgotten = await forget(connection, replace(who, keys=tuple(dropped)), request_id, terms.retention_days, asked.at)
    receipts = await _ask_systems(connection, request_id, asked_of, asked.at)
    receipts += tuple(Receipt(system, str(current), None) for system in told)
    await keep_receipts(connection, request_id, receipts)
    await keep_request(
        connection, request_id, PrivacyKind.ERASURE, subject, who.ids, asked, forgotten.counts, forgotten.retained
    )
    await publish(connection, [Change("Customer", str(current), "CustomerDeleteEvent")], asked.at)
    return Erased(request_id, forgotten, receipts)


async def _ask_systems(
    connection: AsyncConnection, request_id: UUID, nodes: Sequence[Node], now: datetime
) -> tuple[Receipt, ...]:
    """Each record leaves in a line of its own: nothing else of the person is on its way any more."""
    receipts = []
    for node in (one for one in nodes if one.system != SELF):
        target = Target(node.system, Entity.CUSTOMER, ExternalId(node.external_id), f"erasure/{request_id}")
        command = await want_delete(connection, target, now)
        receipts.append(Receipt(node.system, node.external_id, command))
    return tuple(receipts)
