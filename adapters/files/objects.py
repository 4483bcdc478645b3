"""From a row and its child rows to an object of the source."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from adapters.files.delivery import Delivery, Part
from adapters.files.options import EntityLayout
from adapters.files.row_index import Child, RowIndex, id_in, place_of
from adapters.files.rows import BadRow, Row
from adapters.files.stamps import NoStamp, stamp_in
from hub.records.identity import ExternalId
from hub.records.source import JsonObject, JsonValue, SourceObject, Unreadable


class ObjectReader:
    """Makes the objects of one delivery; `lists` are the child lists that have files of their own."""

    def __init__(self, delivery: Delivery, layout: EntityLayout, lists: Sequence[str], index: RowIndex) -> None:
        self._delivery, self._layout, self._index = delivery, layout, index
        self._lists = lists
        self._zone = ZoneInfo(layout.time_zone)

    def object_of(self, part: Part, row: Row | BadRow) -> SourceObject | Unreadable:
        """Unreadable for a bad row, a row without an id or stamp, and the second row with the same id."""
        place = place_of(part, row)
        if isinstance(row, BadRow):
            return self._unreadable(place, row.raw, row.reason)
        object_id = id_in(row.body, self._layout.id)
        if object_id is None:
            return self._unreadable(place, row.raw, f"no usable id in {self._layout.id}")
        if (first := self._index.first_place(object_id)) != place:
            return self._unreadable(place, row.raw, f"the same id stands at {first}")
        children = self._index.children(object_id) if self._lists else []
        body = self._nested(row.body, children)
        try:
            stamp = self._stamp(row.body, children)
        except NoStamp as error:
            return self._unreadable(place, row.raw, str(error))
        return SourceObject(
            entity=self._delivery.entity,
            external_id=ExternalId(object_id),
            body=body,
            as_of=stamp or self._delivery.as_of,
            stamp=stamp,
            fingerprint=hashlib.blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest(),
            raw=b"\n".join([row.raw.rstrip(b"\r\n"), *(child.raw.rstrip(b"\r\n") for child in children)]),
        )

    def _nested(self, body: JsonObject, children: Sequence[Child]) -> JsonObject:
        lists: dict[str, list[JsonValue]] = {name: [] for name in self._lists}
        for child in children:
            lists[child.list].append(child.body)
        return {**body, **lists}

    def _stamp(self, body: JsonObject, children: Sequence[Child]) -> datetime | None:
        """The newest over the object and its children; None where the layout names no stamp."""
        if self._layout.stamp is None:
            return None
        stamps = [stamp_in(body, self._layout.stamp, self._zone)]
        for child in children:
            if (column := self._layout.children[child.list].stamp) is not None:
                stamps.append(stamp_in(child.body, column, self._zone))
        return max(stamps)

    def _unreadable(self, place: str, raw: bytes, reason: str) -> Unreadable:
        return Unreadable(self._delivery.entity, f"{self._delivery.name}/{place}", raw, reason)
