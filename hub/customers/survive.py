"""Survivorship: the golden values of a customer as a pure function of what its sources say now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

import orjson

from hub.customers.identifiers import Node
from hub.customers.normalise import normalise_email, normalise_phone
from hub.records.customer import ContactMediumRecord, CustomerRecord, PostalAddressRecord
from hub.records.enums import MediumKind, SurvivorshipRule

FIELDS: Final = (
    "kind",
    "name",
    "given_name",
    "family_name",
    "birth_date",
    "language",
    "status",
    "customer_number",
)


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
class Survivorship:
    """The rule of every field: the default unless a field has its own."""

    default: FieldRule = FieldRule()
    fields: Mapping[str, FieldRule] = field(default_factory=dict)

    def of(self, name: str) -> FieldRule:
        """The rule for one golden field, or for the parts named contact_media and addresses."""
        return self.fields.get(name, self.default)


class Sourced(NamedTuple):
    """A child of the golden record with the image it came from."""

    image: SourceImage
    key: str
    record: ContactMediumRecord | PostalAddressRecord


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden record: values as JSON text, `winners` the image and rule behind each field that has a value."""

    values: Mapping[str, str | None]
    winners: Mapping[str, tuple[SourceImage, SurvivorshipRule]]
    media: tuple[Sourced, ...]
    addresses: tuple[Sourced, ...]
    deleted: bool

    @property
    def digest(self) -> bytes:
        """SHA-256 over everything a reader of the golden record can see, but not over where or when it was seen."""
        children = [[*c.image.node, c.record.model_dump(mode="json")] for c in (*self.media, *self.addresses)]
        return hashlib.sha256(orjson.dumps([self.values, children, self.deleted], option=orjson.OPT_SORT_KEYS)).digest()


def survive(images: Sequence[SourceImage], rules: Survivorship, region: str) -> Golden:
    """The golden record; deleted images count only where no living one is left, `images` in any order."""
    living = [image for image in images if not image.deleted]
    counted = living or list(images)
    values: dict[str, str | None] = {}
    winners: dict[str, tuple[SourceImage, SurvivorshipRule]] = {}
    for name in FIELDS:
        rule = rules.of(name)
        winner = _winner(counted, name, rule)
        values[name] = None if winner is None else _text(winner, name)
        if winner is not None and values[name] is not None:
            winners[name] = (winner, rule.rule)
    return Golden(
        values=values,
        winners=winners,
        media=_media(_ranked(counted, rules.of("contact_media")), region),
        addresses=_addresses(_ranked(counted, rules.of("addresses"))),
        deleted=not living,
    )


def _text(image: SourceImage, name: str) -> str | None:
    value: object = getattr(image.record, name)
    return None if value is None or value == "" else str(value)


def _ranked(images: Sequence[SourceImage], rule: FieldRule) -> list[SourceImage]:
    order = {system: place for place, system in enumerate(rule.sources)}
    return sorted(images, key=lambda image: (order.get(image.node.system, len(order)), image.node))


def _winner(images: Sequence[SourceImage], name: str, rule: FieldRule) -> SourceImage | None:
    ranked = _ranked(images, rule)
    if rule.rule is SurvivorshipRule.ALWAYS:
        return ranked[0] if ranked else None
    filled = [image for image in ranked if _text(image, name) is not None]
    if not filled:
        return None
    if rule.rule is SurvivorshipRule.MOST_RECENT:
        return max(reversed(filled), key=lambda image: image.as_of)
    if rule.rule is SurvivorshipRule.OLDEST:
        return min(filled, key=lambda image: image.as_of)
    return filled[0]


def normalised_medium(kind: MediumKind, value: str, region: str) -> str:
    """The spelling under which equal media meet: an e-mail or E.164 phone where it is one, the trimmed text else."""
    if kind is MediumKind.EMAIL:
        return normalise_email(value) or value.strip().lower()
    if kind is MediumKind.PHONE:
        return normalise_phone(value, region) or value.strip()
    return value.strip()


def _media(ranked: Sequence[SourceImage], region: str) -> tuple[Sourced, ...]:
    found: dict[tuple[str, str], Sourced] = {}
    for image in ranked:
        for medium in image.record.contact_media:
            key = normalised_medium(medium.kind, medium.value, region)
            found.setdefault((medium.kind.value, key), Sourced(image, key, medium))
    return tuple(found[key] for key in sorted(found))


def _addresses(ranked: Sequence[SourceImage]) -> tuple[Sourced, ...]:
    found: dict[str, Sourced] = {}
    for image in ranked:
        for address in image.record.addresses:
            parts = (address.street, address.house_number, address.unit, address.postal_code, address.locality)
            key = "|".join("".join((part or "").lower().split()) for part in parts) + f"|{address.country or ''}"
            found.setdefault(key, Sourced(image, key, address))
    return tuple(found[key] for key in sorted(found))
