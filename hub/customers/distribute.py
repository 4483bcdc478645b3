"""Tell systems the golden value of the fields that are kept equal there, as the flow to them names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.conflict_tables import ConflictState
from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import Cases
from hub.customers.survive import Golden, SourceImage, spoken
from hub.exchange.want import Target, want_updates
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class Person:
    """One customer: what his records say, where they differ, his golden values until now, and whether he has parted.

    `came` are records that were another's until now.
    """

    customer_id: UUID
    images: Sequence[SourceImage]
    cases: Cases
    before: Mapping[str, str | None]
    parted: bool
    came: Collection[Node] = ()


async def distribute(
    connection: AsyncConnection,
    people: Sequence[Person],
    golden: Mapping[UUID, Golden],
    outward: Mapping[str, tuple[str, ...]],
    written: Collection[Node],
    now: datetime,
) -> None:
    """Want of each system what it has otherwise, once the golden value, its own record or whose that is changed.

    A frozen field is not written, nor one that nobody speaks of: silence erases nothing. What a record was
    to change for the sake of somebody who has parted is wanted back, unless it has said anything since.
    """
    told = [
        (person, image)
        for person in people
        for image in person.images
        if not image.deleted and image.node.system in outward
    ]
    changes = {
        image.node: (person, _wanted(person, image, golden[person.customer_id], outward, written))
        for person, image in told
    }
    still = {
        image.node: (image, same)
        for person, image in told
        if person.parted
        and image.node not in written
        and (same := _still(person, image, golden[person.customer_id], outward))
    }
    for node, more in (await _taken_back(connection, still)).items():
        changes[node][1].extend(more)
    wanted = [(target_of(node, person.customer_id), these) for node, (person, these) in changes.items() if these]
    if wanted:
        await want_updates(connection, wanted, now)


def _still(person: Person, image: SourceImage, golden: Golden, outward: Mapping[str, tuple[str, ...]]) -> Sequence[str]:
    """The fields whose golden value changed into what the record has by itself."""
    live = _live(person, golden, outward[image.node.system], news=False)
    return [field for field in live if golden.values[field] == spoken(image, field)]


async def _taken_back(
    connection: AsyncConnection, still: Mapping[Node, tuple[SourceImage, Sequence[str]]]
) -> Mapping[Node, list[FieldChange]]:
    """By record what it was to change last and is to keep; behind a gate of consent `told` decides that."""
    if not still:
        return {}
    rows = await run_set(
        connection,
        """SELECT t.target, t.external_id, t.wanted::text, t.updated_at
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT * FROM target_image o WHERE o.target = r.system AND o.entity = 'customer'
             AND o.external_id = r.external_id AND o.told IS NULL LIMIT 1) t""",
        [node._asdict() for node in still],
    )
    back = {}
    for target, external_id, document, wanted_at in rows.all():
        node, last = Node(target, external_id), orjson.loads(document)
        image, fields = still[node]
        if image.observed_at >= wanted_at:
            continue
        held = {field: spoken(image, field) for field in fields if field in last}
        back[node] = [FieldChange((f,), last[f], value) for f, value in held.items() if last[f] != value]
    return back


def _wanted(
    person: Person,
    image: SourceImage,
    golden: Golden,
    outward: Mapping[str, tuple[str, ...]],
    written: Collection[Node],
) -> list[FieldChange]:
    news = image.node in written or image.node in person.came
    live = _live(person, golden, outward[image.node.system], news)
    return list(changes_for(image, golden, live))


def target_of(node: Node, customer_id: UUID) -> Target:
    """A customer's record at its system, in the customer's line."""
    return Target(node.system, Entity.CUSTOMER, ExternalId(node.external_id), str(customer_id))


def changes_for(image: SourceImage, golden: Golden, fields: Iterable[str]) -> Iterable[FieldChange]:
    """What the record would have to change to say what the golden record says."""
    for field in fields:
        value, held = golden.values[field], spoken(image, field)
        if value != held and field in golden.winners:
            yield FieldChange((field,), held, value)


def _live(person: Person, golden: Golden, fields: Iterable[str], news: bool) -> Iterable[str]:
    for field in fields:
        case = person.cases.get(field)
        if case is not None and case.state is ConflictState.FROZEN:
            continue
        if news or person.before.get(field) != golden.values[field]:
            yield field
