"""Put right what is wrong about a person: true here at once, asked of every system that says otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import changes_of
from hub.customers.distribute import target_of
from hub.customers.identifiers import Node
from hub.customers.introduce import SELF
from hub.customers.normalise import Spelling
from hub.customers.overlay import overlaid
from hub.customers.privacy_tables import PrivacyKind
from hub.customers.read_sources import images_of, open_corrections
from hub.customers.recognise import Rules, recognise
from hub.customers.resolve import resolved_ids
from hub.customers.survive import SourceImage, spoken
from hub.errors import Invalid, NotFound
from hub.exchange.want import want_update
from hub.flows.correct import checked_value as checked_medium
from hub.flows.correct import hold_corrected, keep_correction
from hub.flows.follow_joins import follow_joins
from hub.live.publish import publish
from hub.ports.writing import FieldChange
from hub.privacy.requests import Receipt, Request, keep_receipts, keep_request, subject_of
from hub.records.enums import MediumKind
from hub.stewardship.people import hold
from hub.stewardship.pin import checked_value
from hub.store.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Right:
    """What is right: golden fields by name, None where there is no value, and contact media by their id."""

    fields: Mapping[str, str | None] = field(default_factory=dict)
    media: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RectifiedMedium:
    """A contact medium before, by its normalised value, and after."""

    kind: MediumKind
    normalised_before: str
    after: str


@dataclass(frozen=True, slots=True)
class Rectified:
    """What a rectification changed here, and what is asked of the systems: a command, or their own people."""

    request_id: UUID
    customer_id: UUID
    counts: Mapping[str, int]
    media: tuple[RectifiedMedium, ...]
    receipts: tuple[Receipt, ...]


async def rectify(
    connection: AsyncConnection, customer_id: UUID, right: Right, rules: Rules, keys: KeyRing, asked: Request
) -> Rectified:
    """In the caller's transaction. A record that says nothing about a field is left alone while another one speaks.

    Each record's changes are one command, which leaves by its flow's lane. They count here until the system has
    followed, or says a third thing. NotFound for nobody, or for a contact medium that is not his; Invalid for a field
    or value that a customer cannot have, or for nothing at all.
    """
    if not right.fields and not right.media:
        raise Invalid("name at least one field or contact medium that is wrong")
    fields = {name: checked_value(name, value) for name, value in right.fields.items()}
    (current,) = await resolved_ids(connection, [customer_id])
    spelling = Spelling(rules.region)
    nodes = (await hold(connection, [current], spelling))[current]
    media = [await _medium(connection, current, one, value, rules.region) for one, value in right.media.items()]
    living = await _living(connection, nodes)
    changes: dict[Node, list[FieldChange]] = defaultdict(list)
    for image, change in (*_of_fields(living, fields), *_of_media(living, media, spelling)):
        changes[image.node].append(change)
        await keep_correction(connection, image.node, change, asked.principal, asked.at)
    receipts = [
        Receipt(*node, command_id=await want_update(connection, target_of(node, current), changes[node], asked.at))
        for node in sorted(changes)
        if node.system != SELF
    ]
    held = await hold_corrected(connection, list(changes), spelling)
    recognised = await recognise(connection, nodes, held, rules, asked.at, spelling)
    # A value that is put right may be one by which he is known to be somebody else, or to be nobody else any more.
    await follow_joins(connection, recognised, recognised.moved, asked.at)
    await publish(connection, changes_of(recognised), asked.at)
    counts = {"field": len(fields), "contact_medium": len(media), "source_record": len(changes)}
    request_id, subject = uuid4(), subject_of(keys, current)
    await keep_request(connection, request_id, PrivacyKind.RECTIFICATION, subject, [current], asked, counts, {})
    await keep_receipts(connection, request_id, receipts)
    return Rectified(request_id, current, counts, tuple(media), tuple(receipts))


async def _living(connection: AsyncConnection, nodes: Sequence[Node]) -> list[SourceImage]:
    """What the records that were not deleted say now, the corrections under way laid over it."""
    corrections = await open_corrections(connection, nodes)
    images = sorted((await images_of(connection, nodes)).items())
    return [overlaid(image, corrections[node]) for node, image in images if not image.deleted]


def _of_fields(
    images: Iterable[SourceImage], fields: Mapping[str, str | None]
) -> Iterable[tuple[SourceImage, FieldChange]]:
    for name, value in fields.items():
        said = [(image, spoken(image, name)) for image in images]
        speaking = [(image, old) for image, old in said if old is not None]
        for image, old in speaking or said:
            if old != value:
                yield image, FieldChange((name,), old, value)


def _of_media(
    images: Iterable[SourceImage], media: Iterable[RectifiedMedium], spelling: Spelling
) -> Iterable[tuple[SourceImage, FieldChange]]:
    for one in media:
        for image in images:
            for medium in image.record.contact_media:
                same = medium.kind is one.kind and spelling.medium(one.kind, medium.value) == one.normalised_before
                if same and medium.value != one.after:
                    path = ("contact_media", medium.external_id, "value")
                    yield image, FieldChange(path, medium.value, one.after)


async def _medium(
    connection: AsyncConnection, customer_id: UUID, medium: UUID, value: str, region: str
) -> RectifiedMedium:
    row = (
        await connection.execute(
            text("SELECT kind, normalised FROM contact_medium WHERE id = :id AND customer_id = :customer"),
            {"id": medium, "customer": customer_id},
        )
    ).one_or_none()
    if row is None:
        raise NotFound("the customer has no such contact medium")
    kind = MediumKind(row.kind)
    return RectifiedMedium(kind, row.normalised, checked_medium(kind, value, region))
