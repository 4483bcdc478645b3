"""What other rules would make of the customers: every stored version replayed under both, nothing written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.distribute import changes_for
from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import cases_of, decided
from hub.customers.normalise import Spelling
from hub.customers.read_sources import images_of, pins_of
from hub.customers.recognise import Rules
from hub.customers.survive import FIELDS, Golden, Pin, SourceImage, survive
from hub.records.customer import CustomerRecord
from hub.records.identity import Entity
from hub.stewardship.lived import Event, Retold, events_of
from hub.store.engine import Database
from hub.store.keys import KeyRing

PAGE: Final = 200
"""Customers whose versions are in memory at once."""

Progress = Callable[[int, int], None]
"""How many customers are done, of how many."""

_PAGE: Final = text("SELECT id FROM customer WHERE id > :after ORDER BY id LIMIT :limit")

_RECORDS: Final = text(
    """SELECT i.customer_id, i.system, i.external_id, s.deleted_as_of FROM customer_identifier i
       JOIN source_record s ON s.system = i.system AND s.entity = 'customer' AND s.external_id = i.external_id
       WHERE i.customer_id = ANY(:ids) ORDER BY i.system, i.external_id"""
)


NOBODY: Final = Golden(dict.fromkeys(FIELDS), {}, (), (), (), deleted=False, digest=b"")
"""Of a customer none of whose records would have been taken in."""


class Write(NamedTuple):
    """One value that a system would be told."""

    node: Node
    field: str
    value: object


@dataclass(frozen=True, slots=True)
class Sample:
    """A golden field that would change, and whose value it is and would be."""

    customer_id: UUID
    field: str
    before: str | None
    after: str | None
    source_before: str | None
    source_after: str | None


@dataclass(slots=True)
class RulePreview:
    """`fields` counts customers by golden field that would change, `writes` values by (system, field) that would leave
    anew; `turns_before` and `turns_after` how often each golden field changed over the stored history under each.
    """

    customers: int = 0
    versions: int = 0
    changed: int = 0
    complete: bool = True
    fields: Counter[str] = field(default_factory=Counter)
    writes: Counter[tuple[str, str]] = field(default_factory=Counter)
    turns_before: Counter[str] = field(default_factory=Counter)
    turns_after: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules that hold, those that are tried, what opens the versions, and how many samples are kept."""

    before: Rules
    after: Rules
    keys: KeyRing
    samples_max: int = 20


async def preview_rules(
    database: Database,
    terms: Terms,
    customers_max: int | None = None,
    told: Progress = lambda done, of: None,
    go_on: Callable[[], bool] = lambda: True,
) -> RulePreview:
    """Over all customers, or the first ones by id; in memory is one page of them, in a transaction of its own.

    It ends, not complete, once `go_on` says no.
    """
    preview, after = RulePreview(), UUID(int=0)
    async with database.reading() as connection:
        total = await connection.scalar(text("SELECT count(*) FROM customer")) or 0
    of = total if customers_max is None else min(total, customers_max)
    while preview.customers < of and go_on():
        limit = min(PAGE, of - preview.customers)
        async with database.reading() as connection:
            ids = list((await connection.execute(_PAGE, {"after": after, "limit": limit})).scalars())
            if not ids:
                break
            await preview_page(connection, ids, terms, preview)
        after = ids[-1]
        told(preview.customers, of)
    preview.complete = preview.customers >= total
    return preview


# Records belong to the source of a flow, whichever road brought them.
_SYSTEMS: Final = text(
    """SELECT CAST(:road AS text) UNION SELECT f.source FROM information_flow f JOIN lane l ON l.flow = f.name
       WHERE f.entity = :entity AND f.target = 'hub' AND l.via = :road"""
)


async def systems_told_by(connection: AsyncConnection, road: str, entity: Entity) -> list[str]:
    """Whose records come in the words of this system: its own, and those of every source that it is a road of."""
    return list((await connection.execute(_SYSTEMS, {"road": road, "entity": entity.value})).scalars())


_OWNERS: Final = text(
    """SELECT i.customer_id, i.system, i.external_id FROM customer_identifier i WHERE i.customer_id IN (
         SELECT customer_id FROM customer_identifier WHERE system = ANY(:systems) AND external_id = ANY(:ids))
       ORDER BY i.system, i.external_id"""
)


async def preview_records(
    database: Database,
    terms: Terms,
    road: str,
    records: Mapping[str, tuple[CustomerRecord, CustomerRecord]],
    preview: RulePreview,
) -> None:
    """Add what follows for the golden records when these that one road tells become others, by the present rules.

    `records` has by external id a record as it is and as it would be; one that belongs to nobody yet follows nothing.
    """
    owned: dict[UUID, list[Node]] = defaultdict(list)
    async with database.reading() as connection:
        systems = await systems_told_by(connection, road, Entity.CUSTOMER)
        for row in await connection.execute(_OWNERS, {"systems": systems, "ids": list(records)}):
            owned[row.customer_id].append(Node(row.system, row.external_id))
        nodes = [node for of_customer in owned.values() for node in of_customer]
        images, pins = await images_of(connection, nodes), await pins_of(connection, nodes)
        cases = await cases_of(connection, list(owned))
    spelling, alike = Spelling(terms.before.region), replace(terms, after=terms.before)
    for customer_id, of_customer in owned.items():
        preview.customers += 1
        said = [images[node] for node in of_customer if node in images]
        pinned = [pin for node in of_customer for pin in pins.get(node, ())]
        pinned += decided(cases.get(customer_id, {}))
        before, after = (
            [
                replace(one, record=records[one.node.external_id][place]) if _is_among(one, systems, records) else one
                for one in said
            ]
            for place in (0, 1)
        )
        if said:
            _outcome(customer_id, (before, after), pinned, alike, spelling, preview)


def _is_among(image: SourceImage, systems: Collection[str], records: Mapping[str, object]) -> bool:
    return image.node.system in systems and image.node.external_id in records


async def preview_page(
    connection: AsyncConnection,
    ids: Sequence[UUID],
    terms: Terms,
    preview: RulePreview,
    retold: Retold | None = None,
) -> None:
    """Add what becomes of these customers over their history; `retold` where their versions would be others, too."""
    owned: dict[UUID, list[Node]] = defaultdict(list)
    deleted: dict[Node, datetime | None] = {}
    for row in await connection.execute(_RECORDS, {"ids": list(ids)}):
        node = Node(row.system, row.external_id)
        owned[row.customer_id].append(node)
        deleted[node] = row.deleted_as_of
    events = await events_of(connection, terms.keys, deleted, retold)
    pins, cases = await pins_of(connection, list(deleted)), await cases_of(connection, ids)
    spelling = Spelling(terms.before.region)
    for customer_id in ids:
        preview.customers += 1
        lived = sorted(
            (event for node in owned[customer_id] for event in events.get(node, ())),
            key=lambda event: (event.at, event.before.node),
        )
        if lived:
            pinned = [pin for node in owned[customer_id] for pin in pins.get(node, ())]
            _replay(customer_id, lived, [*pinned, *decided(cases.get(customer_id, {}))], terms, spelling, preview)


def _replay(
    customer_id: UUID,
    lived: Sequence[Event],
    pins: Sequence[Pin],
    terms: Terms,
    spelling: Spelling,
    preview: RulePreview,
) -> None:
    said: dict[Node, SourceImage] = {}
    would_say: dict[Node, SourceImage] = {}
    golden: tuple[Golden, Golden] | None = None
    for event in lived:
        preview.versions += 1
        said[event.before.node] = event.before
        if event.after is not None:
            would_say[event.after.node] = event.after
        then = [pin for pin in pins if pin.at <= event.at]
        now = (
            survive(list(said.values()), terms.before.survivorship, spelling, then),
            _survive(list(would_say.values()), terms.after, spelling, then),
        )
        if golden is not None:
            preview.turns_before.update(_changed(golden[0], now[0]))
            if golden[1] is not NOBODY:
                preview.turns_after.update(_changed(golden[1], now[1]))
        golden = now
    _outcome(customer_id, (list(said.values()), list(would_say.values())), pins, terms, spelling, preview)


def _survive(images: Sequence[SourceImage], rules: Rules, spelling: Spelling, pins: Sequence[Pin]) -> Golden:
    return survive(images, rules.survivorship, spelling, pins) if images else NOBODY


def _outcome(
    customer_id: UUID,
    said: tuple[Sequence[SourceImage], Sequence[SourceImage]],
    pins: Sequence[Pin],
    terms: Terms,
    spelling: Spelling,
    preview: RulePreview,
) -> None:
    """What one customer comes to now and then, and what leaves for systems then that does not leave now."""
    before = survive(said[0], terms.before.survivorship, spelling, pins)
    after = _survive(said[1], terms.after, spelling, pins)
    compare(customer_id, before, after, terms, preview)
    wanted = writes_of(said[0], before, terms.before)
    for write in writes_of(said[1], after, terms.after) - wanted:
        preview.writes[write.node.system, write.field] += 1


def compare(customer_id: UUID, before: Golden, after: Golden, terms: Terms, preview: RulePreview) -> None:
    """Count the golden fields of one customer that differ, and keep samples while there is room."""
    differing = list(_changed(before, after))
    preview.fields.update(differing)
    preview.changed += bool(differing)
    room = terms.samples_max - len(preview.samples)
    for name in [name for name in differing if name in FIELDS][:room]:
        sources = [one.winners[name][0].node.system if name in one.winners else None for one in (before, after)]
        preview.samples.append(Sample(customer_id, name, before.values[name], after.values[name], *sources))


def _changed(before: Golden, after: Golden) -> Iterator[str]:
    """The golden fields that differ, and the lists of media and addresses as one each."""
    yield from (name for name in FIELDS if before.values[name] != after.values[name])
    for name, one, other in (
        ("contact_media", before.media, after.media),
        ("addresses", before.addresses, after.addresses),
    ):
        if [(c.key, c.image.node, c.values) for c in one] != [(c.key, c.image.node, c.values) for c in other]:
            yield name


def writes_of(images: Sequence[SourceImage], golden: Golden, rules: Rules) -> set[Write]:
    """What systems would be told, with the rules' own flows."""
    outward = rules.survivorship.outward
    return {
        Write(image.node, change.path[0], change.new)
        for image in images
        if not image.deleted
        for change in changes_for(image, golden, outward.get(image.node.system, ()))
    }
