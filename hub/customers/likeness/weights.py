"""Weights as a row: written once learned, read for every look-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound
from hub.matching.columns import People
from hub.matching.frequencies import Frequencies
from hub.matching.score import Scales, telling_value
from hub.matching.weights import Weights
from hub.store.sets import run_set

OFTEN = 2


@dataclass(frozen=True)
class Learned:
    """One version: the weights, and of how many persons each field is known."""

    weights: Weights
    known: Mapping[str, int]

    @cached_property
    def scales(self) -> Scales:
        """For one look-up after another."""
        return Scales(self.weights)


_DOCUMENT = TypeAdapter(Learned)
REMEMBERED_MAX = 4
VERSIONS_KEPT = 8
_REMEMBERED: dict[str, Learned] = {}


@lru_cache(maxsize=4)
def _parsed(document: str) -> Learned:
    return _DOCUMENT.validate_json(document)


async def active_weights(connection: AsyncConnection) -> tuple[int, Learned] | None:
    """The version that decides now, if any does."""
    row = (
        await connection.execute(
            text("SELECT version, document::text FROM likeness_weights WHERE state = 'ACTIVE' LIMIT 1")
        )
    ).one_or_none()
    return None if row is None else (row[0], _parsed(row[1]))


async def remembered_weights(connection: AsyncConnection, version: int, digest: str) -> Learned:
    """A version by the MD5 digest of its document, read once per process."""
    known = _REMEMBERED.get(digest)
    if known is None:
        known = await weights_of(connection, version)
        if len(_REMEMBERED) >= REMEMBERED_MAX:
            _REMEMBERED.clear()
        _REMEMBERED[digest] = known
    return known


async def weights_of(connection: AsyncConnection, version: int) -> Learned:
    """A version that was learned, whether or not it decides; NotFound for another."""
    document = await connection.scalar(
        text("SELECT document::text FROM likeness_weights WHERE version = :version AND state <> 'LEARNING'"),
        {"version": version},
    )
    if document is None:
        raise NotFound(f"no weights were learned under version {version}")
    return _parsed(document)


async def propose(
    connection: AsyncConnection, version: int, learned: Learned, people: People, frequent: Frequencies, matches: int
) -> None:
    """Keep what was learned; nothing follows from it before it is activated. An older proposal retires.

    The last VERSIONS_KEPT that retired can be activated again, the others are forgotten.
    """
    await run_set(
        connection,
        """INSERT INTO likeness_frequency (version, field, value, persons)
           SELECT :version, r.field, r.value, r.persons
           FROM json_to_recordset(CAST(:rows AS json)) AS r(field text, value text, persons integer)
           ON CONFLICT DO NOTHING""",
        _often(people, frequent),
        version=version,
    )
    await connection.execute(
        text(
            """UPDATE likeness_weights SET state = 'PROPOSED', document = CAST(:document AS jsonb), matches = :matches
               WHERE version = :version"""
        ),
        {"version": version, "document": _DOCUMENT.dump_json(learned).decode(), "matches": matches},
    )
    await connection.execute(
        text(
            """UPDATE likeness_weights SET state = 'RETIRED'
               WHERE state = 'PROPOSED' AND version < :version"""
        ),
        {"version": version},
    )
    await connection.execute(
        text(
            """DELETE FROM likeness_weights WHERE state = 'LEARNING' AND version < :version OR version IN (
                 SELECT version FROM likeness_weights WHERE state = 'RETIRED' ORDER BY version DESC OFFSET :kept)"""
        ),
        {"version": version, "kept": VERSIONS_KEPT},
    )


async def activate(connection: AsyncConnection, version: int) -> None:
    """Let this version decide from now on; NotFound when it was not learned. Links are found anew by the linker."""
    await weights_of(connection, version)
    await connection.execute(
        text(
            """UPDATE likeness_weights SET links_from = NULL,
                 state = CASE WHEN version = :version THEN 'ACTIVE' WHEN state = 'ACTIVE' THEN 'RETIRED' ELSE state END
               WHERE state = 'ACTIVE' OR version = :version"""
        ),
        {"version": version},
    )
    await connection.execute(text("DELETE FROM likeness_crowd"))


def _often(people: People, frequent: Frequencies) -> list[dict[str, object]]:
    rows: dict[tuple[str, str], int] = {}
    for field in people.codes:
        counts, values = frequent.counts[field], people.values(field)
        for code in np.flatnonzero(counts[: len(values)] >= OFTEN).tolist():
            rows[field, telling_value(field, values[code])] = int(counts[code])
    return [{"field": field, "value": value, "persons": persons} for (field, value), persons in rows.items()]
