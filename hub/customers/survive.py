"""Survivorship: the golden values of a customer as a pure function of what its sources say now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

import orjson

from hub.customers.identifiers import Node
from hub.customers.normalise import Spelling
from hub.records.customer import ContactMediumRecord, CustomerRecord, PostalAddressRecord, RelationRecord
from hub.records.enums import CustomerField, MediumKind, SurvivorshipRule

FIELDS: Final = tuple(field.value for field in CustomerField)
_BY_TIME: Final = frozenset({SurvivorshipRule.MOST_RECENT, SurvivorshipRule.OLDEST})


@dataclass(frozen=True, slots=True)
class SourceImage:
    """What one system says about the customer now; `as_of` in source time, `observed_at` in the hub's."""

    node: Node
    record: CustomerRecord
    as_of: datetime
    observed_at: datetime
    deleted: bool


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one golden field is chosen; `sources` in order of trust, systems not named come last, by name."""

    rule: SurvivorshipRule = SurvivorshipRule.PREFER_UNLESS_BLANK
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlipFlops:
    """From how many returns on a field is frozen, of those within so many hours.

    A source returns when it comes back to a value that it had left because of another one.
    """

    returns: int = 3
    within_h: float = 24


@dataclass(frozen=True, slots=True)
class Survivorship:
    """The rule of every field: the default unless a field has its own. Without `flip_flops` nothing is frozen.

    `outward` are the fields of which a system is told the golden value where it has another, `gated` the systems from
    which such a value is withdrawn when its customer does not allow it, or may have been until hub.yaml changed.
    """

    default: FieldRule = FieldRule()
    fields: Mapping[str, FieldRule] = field(default_factory=dict)
    flip_flops: FlipFlops | None = None
    outward: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gated: frozenset[str] = frozenset()

    def of(self, name: str) -> FieldRule:
        """The rule for one golden field, or for the parts named contact_media and addresses."""
        return self.fields.get(name, self.default)

    @property
    def by_time(self) -> bool:
        """Whether a source that says the same again, as of later, may win or lose a field by it."""
        return any(self.of(name).rule in _BY_TIME for name in FIELDS)


@dataclass(frozen=True, slots=True)
class Pin:
    """A person's value for one golden field, or the one at which it is frozen; None pins it to nothing."""

    node: Node
    field: str
    value: str | None
    at: datetime
    rule: SurvivorshipRule = SurvivorshipRule.PINNED


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field of which living sources say different things: each one's value, and the one that was kept."""

    field: str
    said: tuple[tuple[SourceImage, str], ...]
    kept: str | None


class Sourced(NamedTuple):
    """A child of the golden record with the image it came from; `values` is the record ready for JSON."""

    image: SourceImage
    key: str
    record: ContactMediumRecord | PostalAddressRecord | RelationRecord
    values: Mapping[str, object]


Winners: TypeAlias = dict[str, tuple[SourceImage, SurvivorshipRule]]


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden record: values as JSON text, `winners` the image and rule behind each field that somebody spoke of.

    A field with a winner and no value is known to have none; one without a winner is one that nobody spoke of.

    `digest` is the SHA-256 over everything a reader can see, but not over where or when it was seen.
    """

    values: Mapping[str, str | None]
    winners: Mapping[str, tuple[SourceImage, SurvivorshipRule]]
    media: tuple[Sourced, ...]
    addresses: tuple[Sourced, ...]
    relations: tuple[Sourced, ...]
    deleted: bool
    digest: bytes


def survive(images: Sequence[SourceImage], rules: Survivorship, spelling: Spelling, pins: Sequence[Pin] = ()) -> Golden:
    """The golden record; deleted images count only where no living one is left, `images` in any order.

    A pin stands over every rule, of several for one field the newest.
    """
    living = [image for image in images if not image.deleted]
    counted = living or list(images)
    values, winners = _unopposed(counted[0], rules) if len(counted) == 1 else _chosen(counted, rules)
    for pin in sorted(pins, key=lambda one: (one.at, one.node)):
        values[pin.field] = pin.value
        of = next((image for image in images if image.node == pin.node), counted[0])
        winners[pin.field] = (of, pin.rule)
    media = _media(_ranked(counted, rules.of("contact_media")), spelling)
    addresses = _addresses(_ranked(counted, rules.of("addresses")))
    relations = _relations(counted)
    digest = _digest(values, (*media, *addresses, *relations), deleted=not living)
    return Golden(values, winners, media, addresses, relations, not living, digest)


_values_of: Final = attrgetter(*FIELDS)


def _unopposed(image: SourceImage, rules: Survivorship) -> tuple[dict[str, str | None], Winners]:
    """By far the most customers are known to one system, and no rule has anything to choose."""
    values = dict(zip(FIELDS, map(_as_text, _values_of(image.record)), strict=True))
    known_blank = image.record.known_blank
    spoken_of = [name for name, value in values.items() if value is not None or name in known_blank]
    return values, {name: (image, rules.of(name).rule) for name in spoken_of}


def _chosen(images: Sequence[SourceImage], rules: Survivorship) -> tuple[dict[str, str | None], Winners]:
    values: dict[str, str | None] = {}
    winners: Winners = {}
    for name in FIELDS:
        rule = rules.of(name)
        winner, values[name] = _winner(images, name, rule)
        if winner is not None:
            winners[name] = (winner, rule.rule)
    return values, winners


def conflicts_of(images: Sequence[SourceImage], golden: Golden) -> tuple[Conflict, ...]:
    """The fields of which living sources hold different values; case and space make no difference, blank none."""
    found = []
    living = sorted((image for image in images if not image.deleted), key=lambda image: image.node)
    for name in FIELDS:
        said = tuple((image, value) for image in living if (value := spoken(image, name)) is not None)
        if len({" ".join(value.lower().split()) for _, value in said}) > 1:
            found.append(Conflict(name, said, golden.values[name]))
    return tuple(found)


def _digest(values: Mapping[str, str | None], children: Iterable[Sourced], *, deleted: bool) -> bytes:
    said = [[child.image.node.system, child.image.node.external_id, child.values] for child in children]
    return hashlib.sha256(
        orjson.dumps([values, said, deleted], option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    ).digest()


def spoken(image: SourceImage, name: str) -> str | None:
    """A source's value of a golden field as text, None where it is blank."""
    return text_of(image.record, name)


def text_of(record: CustomerRecord, name: str) -> str | None:
    """A field of a record as text, None where it is blank."""
    return _as_text(getattr(record, name))


def _as_text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def says(image: SourceImage, name: str) -> bool:
    """Whether the source speaks of the field: it has a value, or knows that there is none."""
    return spoken(image, name) is not None or name in image.record.known_blank


def changed_at(image: SourceImage, name: str) -> datetime:
    """When the source last changed the field, as it says itself; else when it changed the record.

    No field is newer than its record: a clock that is ahead does not win for ever.
    """
    own = (stamp.at for stamp in image.record.changed if stamp.field == name)
    return min(next(own, image.as_of), image.as_of)


def _ranked(images: Sequence[SourceImage], rule: FieldRule) -> Sequence[SourceImage]:
    if len(images) < 2:
        return images
    order = {system: place for place, system in enumerate(rule.sources)}
    return sorted(images, key=lambda image: (order.get(image.node.system, len(order)), image.node))


def _winner(images: Sequence[SourceImage], name: str, rule: FieldRule) -> tuple[SourceImage | None, str | None]:
    ranked = [image for image in _ranked(images, rule) if says(image, name)]
    if rule.rule is SurvivorshipRule.ALWAYS:
        return (ranked[0], spoken(ranked[0], name)) if ranked else (None, None)
    if rule.rule is SurvivorshipRule.MOST_RECENT:
        newest = max(reversed(ranked), key=lambda image: changed_at(image, name), default=None)
        return newest, None if newest is None else spoken(newest, name)
    filled = [(image, value) for image in ranked if (value := spoken(image, name)) is not None]
    if not filled:
        return (ranked[0], None) if ranked else (None, None)
    if rule.rule is SurvivorshipRule.OLDEST:
        return min(filled, key=lambda one: changed_at(one[0], name))
    return filled[0]


def _media(ranked: Sequence[SourceImage], spelling: Spelling) -> tuple[Sourced, ...]:
    found: dict[tuple[MediumKind, str], Sourced] = {}
    for image in ranked:
        for medium in image.record.contact_media:
            place = (medium.kind, spelling.medium(medium.kind, medium.value))
            if place not in found:
                found[place] = Sourced(image, place[1], medium, vars(medium))
    return tuple(found[place] for place in sorted(found))


def _addresses(ranked: Sequence[SourceImage]) -> tuple[Sourced, ...]:
    found: dict[str, Sourced] = {}
    for image in ranked:
        for address in image.record.addresses:
            parts = (address.street, address.house_number, address.unit, address.postal_code, address.locality)
            key = "".join("|".join(part or "" for part in parts).lower().split()) + f"|{address.country or ''}"
            if key not in found:
                found[key] = Sourced(image, key, address, vars(address))
    return tuple(found[key] for key in sorted(found))


def _relations(images: Sequence[SourceImage]) -> tuple[Sourced, ...]:
    """Every system's own: whether two of them mean the same person is not theirs to know."""
    ranked = sorted(images, key=lambda image: image.node)
    return tuple(
        Sourced(image, relation.external_id, relation, dict(relation))
        for image in ranked
        for relation in image.record.relations
    )
