"""What another mapping makes of objects: those a system has now are read once, mapped by both, and nothing is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from hub.errors import Invalid
from hub.mapping.record import RecordMapping
from hub.ports.system import SystemPort
from hub.records.customer import Canonical
from hub.records.source import JsonObject

PAGE: Final = 500
"""Objects in memory at once."""

Differing = Mapping[str, tuple[Canonical, Canonical]]
"""By external id the records of a page that would become others: as they are now, and as they would be."""


async def _nothing(differing: Differing) -> None:
    """What is done with a page when only the records are asked about."""


@dataclass(frozen=True, slots=True)
class MappingSample:
    """A field of a record that would become another one."""

    external_id: str
    field: str


@dataclass(slots=True)
class MappingPreview:
    """`fields` counts records by canonical field that would differ; an object that does not fit has no record.

    Over the history `versions` were mapped anew, if they have an original, and the unfit are versions.
    """

    objects: int = 0
    versions: int = 0
    without_original: int = 0
    versions_changed: int = 0
    changed: int = 0
    unfit_before: int = 0
    unfit_after: int = 0
    complete: bool = True
    fields: Counter[str] = field(default_factory=Counter)
    samples: list[MappingSample] = field(default_factory=list)


async def preview_mapping(
    port: SystemPort,
    mappings: tuple[RecordMapping, RecordMapping],
    samples_max: int,
    told: Callable[[int], None] = lambda done: None,
    follow: Callable[[Differing], Awaitable[None]] = _nothing,
    go_on: Callable[[int], bool] = lambda done: True,
) -> MappingPreview:
    """Over everything that the system has, by the mapping that holds and by the one that is tried.

    It ends, not complete, once `go_on` says no to the number of objects so far.

    `follow` is given each page's records that would become others, to say what follows from them.

    HubError as the port raises it; the calls are outside the hub's budget, for a person waits for them.
    """
    preview = MappingPreview()
    entity = mappings[0].entity
    cursor, last = await port.begin_run(entity, None, timedelta()), False
    while not last:
        if not go_on(preview.objects):
            preview.complete = False
            break
        page = await port.pull(entity, cursor, PAGE)
        differing: dict[str, tuple[Canonical, Canonical]] = {}
        for source in page.objects:
            if source.body is not None:
                differing |= _compare(source.external_id, source.body, mappings, samples_max, preview)
        if differing:
            await follow(differing)
        cursor, last = page.cursor, page.last
        told(preview.objects)
    return preview


def _compare(
    external_id: str,
    body: JsonObject,
    mappings: tuple[RecordMapping, RecordMapping],
    samples_max: int,
    preview: MappingPreview,
) -> Differing:
    before, after = (record_or_none(mapping, body) for mapping in mappings)
    preview.objects += 1
    preview.unfit_before += before is None
    preview.unfit_after += after is None
    if before == after:
        return {}
    preview.changed += 1
    if before is None or after is None:
        return {}
    keep_fields(external_id, fields_between(before, after), samples_max, preview)
    return {external_id: (before, after)}


def fields_between(before: Canonical, after: Canonical) -> list[str]:
    """The fields in which two records of one kind differ."""
    return [name for name in type(before).model_fields if getattr(before, name) != getattr(after, name)]


def keep_fields(external_id: str, names: Iterable[str], samples_max: int, preview: MappingPreview) -> None:
    """Count a record in which these fields would differ, and keep samples while there is room."""
    for name in names:
        preview.fields[name] += 1
        if len(preview.samples) < samples_max:
            preview.samples.append(MappingSample(external_id, name))


def record_or_none(mapping: RecordMapping, body: JsonObject) -> Canonical | None:
    """What the mapping makes of an object; None of one that does not fit it."""
    try:
        return mapping.record_of(body)
    except Invalid:
        return None
