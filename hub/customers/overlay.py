"""Corrections the sources do not have yet, laid over their images three-way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from hub.customers.identifiers import Node
from hub.customers.survive import SourceImage, text_of
from hub.records.customer import CustomerRecord


@dataclass(frozen=True, slots=True)
class OpenCorrection:
    """A value that the hub was told; `old` is what the source held then, None where it held or is to hold none.

    `path` is that of a field, ("name",), or of a contact medium, ("contact_media", CHILD_ID, "value").
    """

    id: UUID
    node: Node
    path: tuple[str, ...]
    old: str | None
    new: str | None


def overlaid(image: SourceImage, corrections: Sequence[OpenCorrection]) -> SourceImage:
    """The image as it will be once the source has followed; a source that moved elsewhere keeps its own value.

    Corrections are laid in the order they were made, so that a second one builds on the first.
    """
    record = laid_over(image.record, corrections)
    return image if record is image.record else replace(image, record=record)


def laid_over(record: CustomerRecord, corrections: Sequence[OpenCorrection]) -> CustomerRecord:
    """The record alone, as `overlaid` has it."""
    for correction in corrections:
        record = _corrected(record, correction)
    return record


def settled(image: SourceImage, correction: OpenCorrection) -> str | None:
    """CONVERGED when the source has the new value, OVERRULED when it has a third one or none, None while it is open."""
    now = _said(image.record, correction.path)
    if now == correction.old and not image.deleted:
        return None
    return "CONVERGED" if now == correction.new else "OVERRULED"


def _said(record: CustomerRecord, path: tuple[str, ...]) -> str | None:
    if len(path) == 1:
        return text_of(record, path[0])
    return next((medium.value for medium in record.contact_media if medium.external_id == path[1]), None)


def _corrected(record: CustomerRecord, correction: OpenCorrection) -> CustomerRecord:
    path, new = correction.path, correction.new
    if _said(record, path) != correction.old:
        return record
    if len(path) == 1:
        # Read as a record reads it, so that a date is a date again.
        read = CustomerRecord.model_validate({} if new is None else {path[0]: new})
        others = [name for name in record.known_blank if name != path[0]]
        known = tuple(sorted([*others, *([path[0]] if new is None else [])]))
        return record.model_copy(update={path[0]: getattr(read, path[0]), "known_blank": known})
    media = tuple(
        medium.model_copy(update={"value": new}) if medium.external_id == path[1] else medium
        for medium in record.contact_media
    )
    return record if media == record.contact_media else record.model_copy(update={"contact_media": media})
