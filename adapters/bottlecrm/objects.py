"""A record of BottleCRM as an object of the hub."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any  # Any: a row as wire.py hands it on

import orjson

from adapters.bottlecrm.entities import ENTITIES, STAMP
from adapters.bottlecrm.wire import body_of
from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject


def object_of(entity: Entity, row: Mapping[str, Any], read_at: datetime | None = None) -> SourceObject:
    """As of its own change stamp in a list; of a read by id, as of the read, which a change just before may outrun."""
    body = body_of(ENTITIES[entity], row)
    stamp = datetime.fromisoformat(str(row[STAMP])).astimezone(UTC)
    as_of = stamp if read_at is None else max(stamp, read_at)
    digest = hashlib.blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=16)
    return SourceObject(entity, ExternalId(str(row["id"])), body, as_of, stamp, digest.hexdigest())
