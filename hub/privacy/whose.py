"""By what the hub's tables name a person: his ids, his records and their things, and the lines of what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node

NODES: Final = "(SELECT * FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])))"


@dataclass(frozen=True, slots=True)
class ErasedObject:
    """One source record of the person; `subject` names the data key that protects its versions."""

    system: str
    entity: str
    external_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class Whose:
    """`ids`: the current one first, then those merged into it. `lines`: of commands, as system/line.

    `keys`: ids of data keys that protect what is his.
    """

    ids: tuple[UUID, ...]
    nodes: tuple[Node, ...]
    objects: tuple[ErasedObject, ...]
    lines: tuple[str, ...]
    keys: tuple[UUID, ...] = ()

    @property
    def binds(self) -> Mapping[str, object]:
        """What the conditions of `hub.privacy.about` and the statements of `hub.privacy.forget` are bound to."""
        return {
            "ids": list(self.ids),
            "s": [node.system for node in self.nodes],
            "e": [node.external_id for node in self.nodes],
            "os": [one.system for one in self.objects],
            "oe": [one.entity for one in self.objects],
            "oi": [one.external_id for one in self.objects],
            "lines": list(self.lines),
            "keys": list(self.keys),
        }

    def bound(self, statement: str, **more: object) -> dict[str, object]:
        """The binds that a statement names, and no other."""
        return {name: bind for name, bind in {**self.binds, **more}.items() if f":{name}" in statement}


_IDS: Final = text("SELECT alias_id FROM customer_alias WHERE current_id = :id ORDER BY alias_id")

# What was told while nobody knew whose a contact or lead was left in its own line.
_LINES: Final = text(
    """SELECT f.target || '/' || of.id FROM (SELECT DISTINCT target FROM information_flow WHERE target IS NOT NULL) f
       CROSS JOIN (SELECT unnest(CAST(:ids AS uuid[])) AS id
         UNION SELECT id FROM customer_session WHERE customer_id = ANY(:ids)
         UNION SELECT id FROM sales_lead WHERE customer_id = ANY(:ids)) of ORDER BY 1"""
)

_OBJECTS: Final = text(
    f"""SELECT system, 'customer' AS entity, external_id, external_id AS subject FROM {NODES} AS n(system, external_id)
        UNION ALL SELECT system, entity, external_id, owner FROM source_record
        WHERE owner IS NOT NULL AND (system, owner) IN {NODES}"""  # noqa: S608  constant texts
)


_KEYS: Final = text(
    f"""SELECT k.id FROM subject_key k JOIN {NODES} AS n(system, subject) USING (system, subject) ORDER BY 1"""  # noqa: S608  constant texts
)


async def whose(connection: AsyncConnection, current: UUID, nodes: Sequence[Node]) -> Whose:
    """Of the customer under a current id and his records."""
    aliases = (await connection.execute(_IDS, {"id": current})).scalars()
    ids = (current, *aliases)
    lines = (await connection.execute(_LINES, {"ids": list(ids)})).scalars()
    binds = {"s": [node.system for node in nodes], "e": [node.external_id for node in nodes]}
    keys = (await connection.execute(_KEYS, binds)).scalars()
    return Whose(ids, tuple(nodes), await objects_of(connection, nodes), tuple(lines), tuple(keys))


async def objects_of(connection: AsyncConnection, nodes: Sequence[Node]) -> tuple[ErasedObject, ...]:
    """The person's source records and all that belongs to them."""
    binds = {"s": [node.system for node in nodes], "e": [node.external_id for node in nodes]}
    rows = await connection.execute(_OBJECTS, binds)
    return tuple(ErasedObject(row.system, row.entity, row.external_id, row.subject) for row in rows)
