"""Tell systems the golden value of the fields that are kept equal there, as the flow to them names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.conflict_tables import ConflictState
from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import Cases
from hub.customers.survive import Golden, SourceImage, spoken
from hub.exchange.want import Target, want_updates
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId


@dataclass(frozen=True, slots=True)
class Person:
    """One customer: what his records say, where they differ, and his golden values until now."""

    customer_id: UUID
    images: Sequence[SourceImage]
    cases: Cases
    before: Mapping[str, str | None]


async def distribute(
    connection: AsyncConnection,
    people: Sequence[Person],
    golden: Mapping[UUID, Golden],
    outward: Mapping[str, tuple[str, ...]],
    written: Collection[Node],
    now: datetime,
) -> None:
    """Want of each system what it has otherwise, once the golden value or its own record changed.

    A frozen field is not written, nor one that nobody speaks of: silence erases nothing.
    """
    wanted = [
        (target_of(image.node, person.customer_id), changes)
        for person in people
        for image in person.images
        if not image.deleted and image.node.system in outward
        if (changes := _wanted(person, image, golden[person.customer_id], outward, written))
    ]
    if wanted:
        await want_updates(connection, wanted, now)


def _wanted(
    person: Person,
    image: SourceImage,
    golden: Golden,
    outward: Mapping[str, tuple[str, ...]],
    written: Collection[Node],
) -> list[FieldChange]:
    live = _live(person, golden, outward[image.node.system], image.node in written)
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
