"""What an act changes, told before it is done and after: the view, what moves, where people differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import CustomerSession
from hub.contacts.tables import Commitment
from hub.customers.consent_keep import HUB
from hub.customers.survive import FIELDS
from hub.flows.project_belongings import TABLE_OF


@dataclass(frozen=True, slots=True)
class ViewField:
    """One golden value; `system` is whose it is."""

    field: str
    value: str | None
    system: str | None


@dataclass(frozen=True, slots=True)
class View:
    """A golden record as it stands in the caller's transaction: fields, e-mails and phones, and who knows it."""

    customer_id: UUID
    fields: tuple[ViewField, ...]
    contact_media: tuple[str, ...]
    records: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """How many things of one kind, told by one system, get another customer."""

    entity: str
    system: str
    count: int


@dataclass(frozen=True, slots=True)
class Clash:
    """A field in which customers who become one differ: each one's value, and the one that is kept."""

    field: str
    values: tuple[tuple[UUID, str], ...]
    kept: str | None


_VIEWS = f"""
SELECT c.id, {", ".join(f"c.{name}::text" for name in FIELDS)}, p.fields AS origins,
  ARRAY(SELECT m.value FROM contact_medium m WHERE m.customer_id = c.id ORDER BY m.kind, m.normalised) AS media,
  ARRAY(SELECT ARRAY[i.system, i.external_id] FROM customer_identifier i WHERE i.customer_id = c.id
        ORDER BY i.system, i.external_id) AS records
FROM customer c LEFT JOIN customer_provenance p ON p.customer_id = c.id WHERE c.id = ANY(:ids) ORDER BY c.id"""  # noqa: S608  constant names

_MOVES = " UNION ALL ".join(
    f"SELECT '{entity.value}' AS entity, system, count(*) AS held FROM {table}"  # noqa: S608  constant names
    " WHERE customer_id = ANY(:ids) AND NOT deleted GROUP BY system"
    for entity, table in TABLE_OF.items()
) + "".join(
    f" UNION ALL SELECT '{table}', '{HUB}', count(*) FROM {table} WHERE customer_id = ANY(:ids) HAVING count(*) > 0"  # noqa: S608  constant names
    for table in (CustomerSession.__tablename__, Commitment.__tablename__)
)
"""What systems say he has, and the contacts and promises of the hub's own."""


async def views_of(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, View]:
    """The golden records under these ids, as far as there are any."""
    found = {}
    for row in await connection.execute(text(_VIEWS), {"ids": list(ids)}):
        origins = row.origins or {}
        fields = tuple(ViewField(name, getattr(row, name), origins.get(name, {}).get("system")) for name in FIELDS)
        records = tuple((system, external_id) for system, external_id in row.records)
        found[row.id] = View(row.id, fields, tuple(row.media), records)
    return found


async def belongings_of(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[tuple[str, str], int]:
    """How many living belongings, sessions and promises these customers have, by entity and system."""
    rows = await connection.execute(text(_MOVES), {"ids": list(ids)})
    return {(row.entity, row.system): row.held for row in rows}


def moved_between(before: Mapping[tuple[str, str], int], after: Mapping[tuple[str, str], int]) -> tuple[Moved, ...]:
    """What a customer got, from what he had before and has after."""
    gained = {place: after[place] - before.get(place, 0) for place in after}
    return tuple(Moved(*place, count) for place, count in sorted(gained.items()) if count > 0)


def clashes(before: Mapping[UUID, View], after: View) -> tuple[Clash, ...]:
    """The fields in which the customers had different values; a blank one differs from nobody."""
    said: dict[str, list[tuple[UUID, str]]] = defaultdict(list)
    for customer_id, view in before.items():
        for field in view.fields:
            if field.value is not None:
                said[field.field].append((customer_id, field.value))
    return tuple(
        Clash(kept.field, tuple(said[kept.field]), kept.value)
        for kept in after.fields
        if len({value for _, value in said[kept.field]}) > 1
    )
