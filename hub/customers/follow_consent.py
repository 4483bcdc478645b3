"""Bring systems behind a gate in line with what customers allow now: withdraw what was told, or tell it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.conflict_tables import ConflictState
from hub.customers.consent_gate import gated_flows
from hub.customers.consent_read import consents_of
from hub.customers.distribute import target_of
from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import cases_of
from hub.customers.overlay import OpenCorrection
from hub.customers.read_sources import images_of, open_corrections
from hub.customers.survive import FIELDS, SourceImage, spoken
from hub.exchange.effect import composed, read_changes
from hub.exchange.order import send_singly
from hub.exchange.want import Target, want_delete, want_updates
from hub.exchange.withhold import NO_CONSENT, Waiting, withhold
from hub.ports.writing import FieldChange, Operation
from hub.store.sets import run_set
from hub.work.tables import Queue

_THERE: Final = """
SELECT i.customer_id, i.system, i.external_id, t.told, c.external_id IS NOT NULL AS made,
  EXISTS (SELECT FROM outbound_command o WHERE o.target = i.system AND o.entity = 'customer'
    AND o.external_id = i.external_id AND o.state IN ('SENT', 'UNKNOWN')) AS under_way
FROM json_array_elements_text(CAST(:rows AS json)) AS r(id)
JOIN customer_identifier i ON i.customer_id = CAST(r.id AS uuid) AND i.system = ANY(:systems)
LEFT JOIN target_image t ON t.target = i.system AND t.entity = 'customer' AND t.external_id = i.external_id
LEFT JOIN outbound_command c ON c.key = i.system || '/customer/' || i.customer_id AND c.state = 'DONE'
  AND c.external_id = i.external_id"""

_WAITING: Final = """
SELECT o.* FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
JOIN outbound_command o ON o.target = r.system AND o.entity = 'customer' AND o.external_id = r.external_id
WHERE o.state IN ('COLLECTED', 'PENDING') AND o.operation = 'UPDATE' ORDER BY o.id FOR UPDATE OF o"""

_MAKE_AFTER_ALL: Final = """
UPDATE outbound_command o SET state = 'PENDING', outcome_code = NULL, outcome_message = NULL, finished_at = NULL
FROM json_to_recordset(CAST(:rows AS json)) AS r(key text)
WHERE o.key = r.key AND o.state = 'CANCELLED' AND o.outcome_code = :code AND o.changes <> '[]'
RETURNING o.id, o.line, o.flow"""

_GOLDEN: Final = f"""
SELECT c.id, {", ".join(f"c.{name}::text" for name in FIELDS)}, ARRAY(SELECT jsonb_object_keys(p.fields)) AS spoken_of
FROM json_array_elements_text(CAST(:rows AS json)) AS r(id) JOIN customer c ON c.id = CAST(r.id AS uuid)
JOIN customer_provenance p ON p.customer_id = c.id"""  # noqa: S608  constant names


@dataclass(frozen=True, slots=True)
class _Record:
    """A customer's record at a system, the golden fields that are kept equal there, and those it has from the hub."""

    customer_id: UUID
    node: Node
    fields: tuple[str, ...]
    told: Mapping[str, object]
    made: bool
    under_way: bool


async def follow_consents(connection: AsyncConnection, customers: Collection[UUID], now: datetime) -> None:
    """To be called in the transaction that changes what these customers allow; repeatable.

    Without consent the fields that the hub wrote are emptied there at once, whatever the lane, and a record that the
    hub made there is deleted; what was still waiting is withheld. With it the system is told what it lacks.
    """
    flows = await gated_flows(connection) if customers else {}
    if not flows:
        return
    consents = await consents_of(connection, sorted(customers))
    rows = await run_set(connection, _THERE, [str(one) for one in consents], systems=sorted(flows))
    records = [_record(row, flows[row.system].gate.fields) for row in rows]
    opened = [one for one in records if flows[one.node.system].gate.opens(consents[one.customer_id], now)]
    closed = [one for one in records if one not in opened]
    await _withdraw(connection, closed, now)
    await _tell(connection, opened, now)
    allowed = [
        (system, customer)
        for system, flow in flows.items()
        for customer, of_customer in consents.items()
        if flow.gate.opens(of_customer, now)
    ]
    await _make_after_all(connection, allowed, now)


async def tell_without_gate(
    connection: AsyncConnection, system: str, fields: Sequence[str], customers: Collection[UUID], now: datetime
) -> None:
    """What a system lacks whose flow of customers asks for no consent any more; repeatable.

    `fields` are the golden ones that are kept equal there.
    """
    rows = await run_set(connection, _THERE, [str(one) for one in customers], systems=[system])
    await _tell(connection, [_record(row, tuple(fields)) for row in rows], now)
    await _make_after_all(connection, [(system, customer) for customer in customers], now)


async def _make_after_all(connection: AsyncConnection, allowed: Sequence[tuple[str, UUID]], now: datetime) -> None:
    """Records that were to be made at these systems and were withheld."""
    made = [{"key": f"{system}/customer/{customer}"} for system, customer in allowed]
    for row in (await run_set(connection, _MAKE_AFTER_ALL, made, code=NO_CONSENT)).all():
        await send_singly(connection, row.flow, Queue.REALTIME, [(row.id, row.line)], now)


def _record(row: Row[Any], fields: tuple[str, ...]) -> _Record:
    node = Node(row.system, row.external_id)
    return _Record(row.customer_id, node, fields, row.told or {}, row.made, row.under_way)


async def _withdraw(connection: AsyncConnection, records: Sequence[_Record], now: datetime) -> None:
    nodes = [one.node for one in records]
    if not nodes:
        return
    waiting = [_waiting(row) for row in await run_set(connection, _WAITING, [node._asdict() for node in nodes])]
    await withhold(connection, waiting, now)
    images = await images_of(connection, nodes)
    emptied: list[tuple[Target, Sequence[FieldChange]]] = []
    for one in records:
        image = images.get(one.node)
        if image is None or image.deleted:
            continue
        if one.made:
            await want_delete(connection, target_of(one.node, one.customer_id), now)
            continue
        changes = list(_taken_back(one, image))
        if changes:
            emptied.append((target_of(one.node, one.customer_id), changes))
    await want_updates(connection, emptied, now, at_once=True)


def _taken_back(one: _Record, image: SourceImage) -> Iterator[FieldChange]:
    """A value of the system's own stays: only what the hub wrote, and the system still has or is about to have."""
    for name in one.fields:
        told = one.told.get(name)
        if told is not None and (one.under_way or spoken(image, name) == told):
            yield FieldChange((name,), str(told), None)


async def _tell(connection: AsyncConnection, records: Sequence[_Record], now: datetime) -> None:
    if not records:
        return
    nodes, customers = [one.node for one in records], [str(one.customer_id) for one in records]
    images, corrections = await images_of(connection, nodes), await open_corrections(connection, nodes)
    golden = {row.id: row for row in await run_set(connection, _GOLDEN, sorted(set(customers)))}
    cases = await cases_of(connection, golden)
    frozen: dict[UUID, set[str]] = defaultdict(set)
    for customer_id, of_customer in cases.items():
        frozen[customer_id] = {name for name, case in of_customer.items() if case.state is ConflictState.FROZEN}
    told: list[tuple[Target, Sequence[FieldChange]]] = []
    for one in records:
        image = images.get(one.node)
        if image is None or image.deleted or one.customer_id not in golden:
            continue
        row = golden[one.customer_id]
        names = [name for name in one.fields if name in row.spoken_of and name not in frozen[one.customer_id]]
        changes = _lacking(image, corrections.get(one.node, ()), {name: getattr(row, name) for name in names})
        if changes:
            told.append((target_of(one.node, one.customer_id), changes))
    await want_updates(connection, told, now)


def _lacking(
    image: SourceImage, corrections: Sequence[OpenCorrection], golden: Mapping[str, str | None]
) -> list[FieldChange]:
    """What was put right meanwhile, and the golden values that the record does not have."""
    changes = {c.path: c for c in composed(FieldChange(one.path, one.old, one.new) for one in corrections)}
    for name, value in golden.items():
        held = spoken(image, name)
        if value != held:
            changes.setdefault((name,), FieldChange((name,), held, value))
    return list(changes.values())


def _waiting(row: Row[Any]) -> Waiting:
    changes = read_changes(row.changes)
    return Waiting(row.id, row.target, row.entity, Operation(row.operation), row.external_id, changes)
