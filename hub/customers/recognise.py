"""Recognise the customers behind changed source records and rebuild the golden records that depend on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.assign import Assignment, assign
from hub.customers.closure import Held, close_over, lock_identifiers
from hub.customers.contradict import contradicting
from hub.customers.crosswalk import read_standing, write_crosswalk
from hub.customers.identifiers import IdentifierKey, Node, id_of, identifiers_of
from hub.customers.likeness.bands import BANDS, Bands
from hub.customers.likeness.weigh import weigh
from hub.customers.normalise import Spelling
from hub.customers.overlay import laid_over
from hub.customers.partition import partition
from hub.customers.project import Images, Projection, Times, project
from hub.customers.read_sources import open_corrections
from hub.customers.survive import SourceImage, Survivorship
from hub.customers.tables import SourceIdentifier
from hub.customers.untold import with_untold
from hub.records.customer import CustomerRecord
from hub.store.insert import insert_new
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class Rules:
    """What recognition and survivorship depend on besides the records: the company's configuration."""

    survivorship: Survivorship
    region: str
    bands: Bands = BANDS


@dataclass(frozen=True, slots=True)
class Recognised:
    """What changed: golden customers with new values, and source customers that now belong to another one.

    `moved` tells whose they are now, `former` whose those were that somebody had before. `revived` are customers who
    stand for themselves again, with the time since when they had been merged.
    """

    projection: Projection
    moved: Mapping[Node, UUID]
    former: Mapping[Node, UUID]
    revived: Mapping[UUID, datetime] = field(default_factory=dict)


async def lock_customers(
    connection: AsyncConnection,
    records: Mapping[Node, CustomerRecord],
    spelling: Spelling,
    gone: Collection[Node] = (),
) -> Held:
    """Hold every identifier that these and the `gone` records carry or carried.

    Call it before the records are written: the reads behind it then see what the previous holder committed. A record
    with an open correction carries what it says and what it is to say: the systems that have its customer follow one
    after the other, and he is one person all that time.
    """
    carried = {node: identifiers_of(node, record, spelling) for node, record in records.items()}
    rows = await run_set(
        connection,
        """SELECT s.kind, s.value FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT kind, value FROM source_identifier i
             WHERE i.system = r.system AND i.external_id = r.external_id OFFSET 0) s""",
        [{"system": node.system, "external_id": node.external_id} for node in (*records, *gone)],
    )
    before = {IdentifierKey(kind, value) for kind, value in rows.all()}
    before.update(id_of(*node) for node in gone)
    wanted = before.union(*carried.values())
    held = Held(carried, frozenset(wanted - await lock_identifiers(connection, wanted)))
    return await _with_corrections(connection, records, held, spelling)


async def _with_corrections(
    connection: AsyncConnection, records: Mapping[Node, CustomerRecord], held: Held, spelling: Spelling
) -> Held:
    known = [node for node in records if not held.is_new(node)]
    corrections = await open_corrections(connection, known) if known else {}
    carried = {
        node: held.carried[node] | identifiers_of(node, laid_over(records[node], of_node), spelling)
        for node, of_node in corrections.items()
    }
    more = {key for node, keys in carried.items() for key in keys - held.carried[node]}
    if not more:
        return held
    await lock_identifiers(connection, more)
    return replace(held, carried={**held.carried, **carried})


async def recognise(
    connection: AsyncConnection,
    changed: Collection[Node],
    held: Held,
    rules: Rules,
    now: datetime,
    spelling: Spelling,
    written: Mapping[Node, SourceImage] = MappingProxyType({}),
    preferred: Collection[UUID] = (),
    joined_at: datetime | None = None,
) -> Recognised:
    """Rebuild identifiers, links and golden records after `changed` source records were written.

    `held` (`lock_customers`) carries the identifiers of those whose content changed; a record that was only deleted or
    restored keeps what it had. Images in `written` are living records and not read again. Of customers that become one
    a `preferred` id stays. `joined_at` tells when they were joined, where that was before `now`.
    """
    neighbours = await _rewrite_identifiers(connection, held)
    world = await close_over(connection, {*changed, *neighbours}, held, written.keys())
    likely = await weigh(connection, world.identifiers, world.links, rules.bands.links_from)
    apart, read = await contradicting(connection, world, written)
    groups = partition(world.identifiers, frozenset(world.deleted), world.decisions, likely, apart)
    standing = await read_standing(connection, [node for node in world.identifiers if not held.is_new(node)])
    groups = await with_untold(connection, groups, world, standing.current)
    assignment = assign(groups, standing, world.deleted, preferred)
    moved = _moved(assignment, standing.current)
    images, times = Images(written, read), Times(now, joined_at or now)
    projection = await project(connection, assignment, standing.current, rules.survivorship, spelling, images, times)
    await write_crosswalk(connection, assignment, standing, moved, times.joined_at)
    former = {i: standing.current[i] for i in moved if i in standing.current}
    revived = {i: standing.merged_since[i] for i in assignment.revived if i in standing.merged_since}
    return Recognised(projection, moved, former, revived)


def _moved(assignment: Assignment, current: Mapping[Node, UUID]) -> dict[Node, UUID]:
    return {
        node: customer_id
        for customer_id, group in assignment.groups.items()
        for node in group
        if current.get(node) != customer_id
    }


async def _rewrite_identifiers(connection: AsyncConnection, held: Held) -> set[Node]:
    """Replace what these records carry; the answer are the others who carry an identifier that was let go."""
    carried = held.carried
    before = await _carried_before(connection, [node for node in carried if not held.is_new(node)])
    neighbours = await _let_go(connection, [pair for pair in before if pair[1] not in carried[pair[0]]])
    fresh = [(*node, *key) for node, keys in carried.items() for key in keys if not before or (node, key) not in before]
    await insert_new(connection, SourceIdentifier, ("system", "external_id", "kind", "value"), fresh)
    return neighbours - carried.keys()


async def _carried_before(connection: AsyncConnection, nodes: Collection[Node]) -> set[tuple[Node, IdentifierKey]]:
    if not nodes:
        return set()
    stored = await run_set(
        connection,
        """SELECT s.system, s.external_id, s.kind, s.value
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT * FROM source_identifier i
             WHERE i.system = r.system AND i.external_id = r.external_id OFFSET 0) s""",
        [node._asdict() for node in nodes],
    )
    return {(Node(row[0], row[1]), IdentifierKey(row[2], row[3])) for row in stored.all()}


async def _let_go(connection: AsyncConnection, gone: Collection[tuple[Node, IdentifierKey]]) -> set[Node]:
    if not gone:
        return set()
    others = await run_set(
        connection,
        """WITH gone AS (DELETE FROM source_identifier s
             USING json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text, kind text, value text)
             WHERE s.system = r.system AND s.external_id = r.external_id AND s.kind = r.kind AND s.value = r.value
             RETURNING s.kind, s.value)
           SELECT DISTINCT o.system, o.external_id FROM gone JOIN LATERAL (
             SELECT system, external_id FROM source_identifier x WHERE x.kind = gone.kind AND x.value = gone.value
             LIMIT 64) o ON true""",
        _rows(gone),
    )
    return {Node(system, external_id) for system, external_id in others.all()}


def _rows(carried: Collection[tuple[Node, IdentifierKey]]) -> list[dict[str, str]]:
    return [
        {"system": node.system, "external_id": node.external_id, "kind": key.kind, "value": key.value}
        for node, key in carried
    ]
