"""Corrections the sources do not have yet, laid over their images three-way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from hub.customers.identifiers import Node
from hub.customers.survive import SourceImage
from hub.records.customer import ContactMediumRecord


@dataclass(frozen=True, slots=True)
class OpenCorrection:
    """A contact medium's value that the hub was told; `old` is what the source held then."""

    id: UUID
    node: Node
    child_id: str
    old: str
    new: str


def overlaid(image: SourceImage, corrections: Sequence[OpenCorrection]) -> SourceImage:
    """The image as it will be once the source has followed; a source that moved elsewhere keeps its own value.

    Corrections are laid in the order they were made, so that a second one builds on the first.
    """
    media = image.record.contact_media
    for correction in corrections:
        media = tuple(_corrected(medium, correction) for medium in media)
    if media == image.record.contact_media:
        return image
    return replace(image, record=image.record.model_copy(update={"contact_media": media}))


def _corrected(medium: ContactMediumRecord, correction: OpenCorrection) -> ContactMediumRecord:
    if medium.external_id != correction.child_id or medium.value != correction.old:
        return medium
    return medium.model_copy(update={"value": correction.new})


def settled(image: SourceImage, correction: OpenCorrection) -> str | None:
    """CONVERGED when the source has the new value, OVERRULED when it has a third one or none, None while it is open."""
    now = next((m.value for m in image.record.contact_media if m.external_id == correction.child_id), None)
    if now == correction.old and not image.deleted:
        return None
    return "CONVERGED" if now == correction.new else "OVERRULED"
