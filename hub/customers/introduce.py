"""A customer whom a channel met first: the hub itself is the source of his record until a package has him too."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.normalise import Spelling
from hub.customers.recognise import Rules, lock_customers, recognise
from hub.customers.survive import SourceImage
from hub.customers.tables import CustomerIdentifier
from hub.live.changes import Change
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


async def introduce_customer(
    connection: AsyncConnection, key: str, record: CustomerRecord, rules: Rules, keys: KeyRing, now: datetime
) -> CustomerId:
    """The golden customer of a new record under a new `key`, recognised as any other source's record is.

    So a package's record with the same address or phone, made from this one or not, is seen to be the same person.
    """
    node, spelling = Node(SELF, key), Spelling(rules.region)
    held = await lock_customers(connection, {node: record}, spelling)
    await _store(connection, node, record, keys, now)
    image: Mapping[Node, SourceImage] = {node: SourceImage(node, record, now, now, deleted=False)}
    await recognise(connection, [node], held, rules, now, spelling, image)
    mine = (CustomerIdentifier.system == SELF, CustomerIdentifier.external_id == key)
    customer = CustomerId((await connection.execute(select(CustomerIdentifier.customer_id).where(*mine))).scalar_one())
    await publish(connection, [Change("Customer", str(customer), "CustomerCreateEvent")], now)
    return customer


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
