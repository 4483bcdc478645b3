"""Apply a page: the one road by which records enter, whatever lane, cadence or event they came by.

All of it happens in the caller's transaction and is set-based over the page; an event is a page of one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import changes_of
from hub.customers.closure import lock_identifiers
from hub.customers.crosswalk import not_alone
from hub.customers.identifiers import Node, id_of
from hub.customers.likeness.keep import keep_likenesses
from hub.customers.normalise import Spelling
from hub.customers.recognise import Rules, lock_customers, recognise
from hub.customers.survive import SourceImage
from hub.flows.accept import Accepted, accept, sift
from hub.flows.follow_joins import follow_joins
from hub.flows.incoming import Content, Incoming, subject_of
from hub.flows.lane import LaneContext, fence
from hub.flows.order_linking import order_linking
from hub.flows.project_belongings import Owned, mark_belongings, write_belongings
from hub.flows.quarantine import put_aside, supersede
from hub.flows.twins import beside_erasures, keep_twin_versions
from hub.leads.open_outbound import open_outbound
from hub.live.changes import Change
from hub.live.publish import publish
from hub.records.customer import CustomerRecord
from hub.records.identity import Entity
from hub.settings.leads import NO_LEADS, LeadRules
from hub.store.documents import NewVersion, Origin, append_versions
from hub.store.keys import KeyRing, SubjectCipher
from hub.store.originals import Original, packed
from hub.store.suppression import suppressed_among

Counters: TypeAlias = dict[str, int]


@dataclass(frozen=True, slots=True)
class Applied:
    """What the page came to; `doubtful` ids are to be read again by id and applied."""

    counters: Counters
    doubtful: frozenset[str]


@dataclass(frozen=True, slots=True)
class ApplyRules:
    """What apply needs to know besides the page; `originals_of` is the mapping's."""

    recognition: Rules
    keys: KeyRing
    mapping_version: str
    leads: LeadRules = NO_LEADS
    originals_of: str | None = None


async def apply(
    connection: AsyncConnection, lane: LaneContext, page: Incoming, rules: ApplyRules, now: datetime
) -> Applied:
    """Fence, accept, keep versions, recognise, project, publish. StaleEpoch leaves nothing behind.

    A lane that does not count is accepted by the same guard into its twins, and nothing golden follows from it.
    """
    await fence(connection, lane)
    if not lane.counts:
        await beside_erasures(connection)
    newer, accepted = await sift(connection, lane, page)
    subjects = {_subject(content, lane.entity) for content in newer.values()}
    ciphers = await rules.keys.ciphers(connection, lane.system, subjects, now) if subjects else {}
    known = {i: content for i, content in newer.items() if _subject(content, lane.entity) in ciphers}
    work = _Page(known, page.tombstones, ciphers, rules, now)
    quarantined = await put_aside(connection, lane, page.refused, rules.keys, now) if page.refused else 0
    changes: list[Change] = []
    if known or page.tombstones:
        changes = await _step(lane)(connection, lane, work, accepted)
    await publish(connection, changes, now)
    counters = {
        "read": page.read,
        "created": len(accepted.created),
        "changed": len(accepted.versions.keys() - accepted.created),
        "unchanged": accepted.unchanged + len(accepted.touched),
        "stale": accepted.stale,
        "deleted": len(accepted.deleted),
        "restored": len(accepted.restored),
        "quarantined": quarantined,
        "erased": len(newer) - len(known),
    }
    return Applied(counters, frozenset(accepted.doubtful))


@dataclass(frozen=True, slots=True)
class _Page:
    """A page on its way: `newer` are the contents that may change something, `ciphers` the keys of their people.

    People who were erased have no key any more, and nothing of them is taken in again.
    """

    newer: Mapping[str, Content]
    tombstones: Mapping[str, datetime]
    ciphers: Mapping[str, SubjectCipher]
    rules: ApplyRules
    now: datetime


_Step: TypeAlias = Callable[[AsyncConnection, LaneContext, _Page, Accepted], Awaitable[list[Change]]]


def _step(lane: LaneContext) -> _Step:
    if not lane.counts:
        return _apply_beside
    return _apply_customers if lane.entity is Entity.CUSTOMER else _apply_belongings


async def _apply_beside(
    connection: AsyncConnection, lane: LaneContext, page: _Page, accepted: Accepted
) -> list[Change]:
    page = await _without_erased(connection, lane, page)
    await accept(connection, lane, page.newer, page.tombstones, page.rules.mapping_version, page.now, accepted)
    await keep_twin_versions(connection, lane, page.newer, page.tombstones, accepted, page.now)
    await supersede(connection, lane, accepted.versions)
    return []


async def _without_erased(connection: AsyncConnection, lane: LaneContext, page: _Page) -> _Page:
    """What is left of the page now that its people are held: an erasure may have committed while it waited for them."""
    of_record = {i: _subject(content, lane.entity) for i, content in page.newer.items()}
    of_tombstone = {i: subject_of(lane.entity, i) for i in page.tombstones}
    subjects = {*of_record.values(), *of_tombstone.values()}
    gone = await suppressed_among(connection, page.rules.keys, lane.system, subjects)
    if not gone:
        return page
    newer = {i: content for i, content in page.newer.items() if of_record[i] not in gone}
    tombstones = {i: at for i, at in page.tombstones.items() if of_tombstone[i] not in gone}
    return replace(page, newer=newer, tombstones=tombstones)


def _subject(content: Content, entity: Entity) -> str:
    if entity is Entity.CUSTOMER:
        return content.external_id
    return content.owner or f"{entity.value}:{content.external_id}"


async def _keep_versions(connection: AsyncConnection, lane: LaneContext, page: _Page, accepted: Accepted) -> None:
    new = []
    for external_id, version in accepted.versions.items():
        content = page.newer[external_id]
        original = _original(content, page.rules.originals_of)
        subject = _subject(content, lane.entity)
        new.append(NewVersion(external_id, version, content.as_of, content.document, subject, original))
    if not new:
        return
    origin = Origin(lane.system, lane.entity.value, lane.lane_id, lane.run_id, page.rules.mapping_version)
    await append_versions(connection, origin, new, page.ciphers, page.rules.keys, page.now)
    await supersede(connection, lane, accepted.versions)


def _original(content: Content, system: str | None) -> bytes | None:
    return None if system is None or content.original is None else packed(Original(system, content.original))


async def _apply_customers(
    connection: AsyncConnection, lane: LaneContext, page: _Page, accepted: Accepted
) -> list[Change]:
    recognition = page.rules.recognition
    spelling = Spelling(recognition.region)
    records = {
        Node(lane.system, external_id): content.record
        for external_id, content in page.newer.items()
        if isinstance(content.record, CustomerRecord)
    }
    gone = [Node(lane.system, external_id) for external_id in page.tombstones]
    held = await lock_customers(connection, records, spelling, gone)
    page = await _without_erased(connection, lane, page)
    version = page.rules.mapping_version
    await accept(connection, lane, page.newer, page.tombstones, version, page.now, accepted, alone=True)
    changed = {Node(lane.system, external_id) for external_id in accepted.changed}
    if recognition.survivorship.by_time:
        changed |= await not_alone(connection, {Node(lane.system, i) for i in accepted.touched - accepted.changed})
    if not changed:
        return []
    await _keep_versions(connection, lane, page, accepted)
    rewritten = {Node(lane.system, external_id) for external_id in accepted.versions}
    if await keep_likenesses(connection, {node: record for node, record in records.items() if node in rewritten}):
        await order_linking(connection, page.now)
    images = _images(lane, page, accepted)
    recognised = await recognise(connection, changed, held.only(rewritten), recognition, page.now, spelling, images)
    # Whoever belongs to a customer holds his id, so nothing belongs to one whose id nobody has held before.
    followed = [node for node in recognised.moved if not held.is_new(node)]
    await follow_joins(connection, recognised, followed, page.now)
    return changes_of(recognised)


def _images(lane: LaneContext, page: _Page, accepted: Accepted) -> dict[Node, SourceImage]:
    """What was just written, as reading it back would give it; objects with a tombstone are read back."""
    living = accepted.versions.keys() - accepted.buried - page.tombstones.keys()
    images = {}
    for external_id in living:
        content = page.newer[external_id]
        if isinstance(content.record, CustomerRecord):
            node = Node(lane.system, external_id)
            as_of, observed_at = content.as_of.astimezone(UTC), page.now.astimezone(UTC)
            images[node] = SourceImage(node, content.record, as_of, observed_at, deleted=False)
    return images


async def _apply_belongings(
    connection: AsyncConnection, lane: LaneContext, page: _Page, accepted: Accepted
) -> list[Change]:
    owners = {content.owner for content in page.newer.values() if content.owner is not None}
    if owners:
        await lock_identifiers(connection, [id_of(lane.system, owner) for owner in owners])
    page = await _without_erased(connection, lane, page)
    await accept(connection, lane, page.newer, page.tombstones, page.rules.mapping_version, page.now, accepted)
    if not accepted.changed:
        return []
    await _keep_versions(connection, lane, page, accepted)
    contents = [(page.newer[external_id], version) for external_id, version in accepted.versions.items()]
    owned = await write_belongings(connection, lane, contents, page.now)
    if accepted.buried:
        owned += await mark_belongings(connection, lane, accepted.buried, page.now, deleted=True)
    if lane.entity is Entity.CAMPAIGN_MEMBERSHIP:
        await open_outbound(connection, page.rules.leads, page.now, only=[row.id for row in owned])
    if accepted.restored:
        owned += await mark_belongings(connection, lane, accepted.restored, page.now, deleted=False)
    if accepted.deleted:
        owned += await mark_belongings(connection, lane, accepted.deleted, page.now, deleted=True)
    return _belonging_changes(lane, owned)


def _belonging_changes(lane: LaneContext, owned: list[Owned]) -> list[Change]:
    name = "".join(part.capitalize() for part in lane.entity.value.split("_"))
    kind = f"{name}AttributeValueChangeEvent"
    customers: set[UUID] = {row.customer_id for row in owned if row.customer_id is not None}
    return [
        *(Change(name, str(row.id), kind) for row in owned),
        *(Change("Customer", str(customer_id), kind) for customer_id in sorted(customers)),
    ]
