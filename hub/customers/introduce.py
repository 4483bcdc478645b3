"""A customer whom a channel met first: the hub itself is the source of his record until a package has him too."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import changes_of
from hub.customers.identifiers import Node
from hub.customers.likeness.keep import keep_likenesses
from hub.customers.normalise import Spelling
from hub.customers.recognise import Recognised, Rules, lock_customers, recognise
from hub.customers.survive import SourceImage
from hub.live.publish import publish
from hub.records.customer import CustomerRecord
from hub.records.identity import CustomerId, Entity
from hub.store.documents import NewVersion, Origin, append_versions
from hub.store.keys import KeyRing
from hub.store.tables import SourceRecord

SELF: Final = "hub"
"""The hub as a source; hub.yaml can give no system that name."""

MAPPING: Final = "contact"
"""Version in the ledger of what came by a contact and not through a mapping."""


@dataclass(frozen=True, slots=True)
class Introduced:
    """The golden customer, and what recognition made of it; `others` are records that have another customer by it."""

    customer: CustomerId
    recognised: Recognised
    others: Collection[Node]


async def introduce_customer(
    connection: AsyncConnection, key: str, record: CustomerRecord, rules: Rules, keys: KeyRing, now: datetime
) -> Introduced:
    """The golden customer of a new record under a new `key`, recognised as any other source's record is.

    So a package's record with the same address or phone, made from this one or not, is seen to be the same person.
    What the `others` have is left where it is: the caller sees to it.
    """
    node, spelling = Node(SELF, key), Spelling(rules.region)
    held = await lock_customers(connection, {node: record}, spelling)
    await _store(connection, node, record, keys, now)
    image: Mapping[Node, SourceImage] = {node: SourceImage(node, record, now, now, deleted=False)}
    await keep_likenesses(connection, {node: record})
    recognised = await recognise(connection, [node], held, rules, now, spelling, image)
    await publish(connection, changes_of(recognised), now)
    others = recognised.moved.keys() - {node}
    return Introduced(CustomerId(recognised.moved[node]), recognised, others)


async def _store(connection: AsyncConnection, node: Node, record: CustomerRecord, keys: KeyRing, now: datetime) -> None:
    document = record.model_dump_json(exclude_defaults=True).encode()
    entity = Entity.CUSTOMER.value
    await connection.execute(
        insert(SourceRecord).values(
            system=node.system,
            entity=entity,
            external_id=node.external_id,
            as_of=now,
            digest=hashlib.sha256(document).digest(),
            document=record.model_dump(mode="json", exclude_defaults=True),
            version=1,
            mapping_version=MAPPING,
            observed_at=now,
        )
    )
    ciphers = await keys.ciphers(connection, node.system, [node.external_id], now)
    version = NewVersion(node.external_id, 1, now, document, node.external_id)
    await append_versions(connection, Origin(node.system, entity, None, None, MAPPING), [version], ciphers, keys, now)
