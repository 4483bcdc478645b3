"""Objects in a package's words that become versions with their originals, under one mapping or another."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hub.flows.apply import Applied, apply
from hub.flows.incoming import understand
from hub.flows.lane import LaneContext
from hub.mapping.compile import compile_mapping
from hub.mapping.record import RecordMapping
from hub.records.identity import ExternalId
from hub.records.source import JsonObject, SourceObject
from hub.store.documents import StoredVersion, versions_of_many
from hub.store.engine import Database
from hub.store.keys import KeyRing
from hub.yaml.nodes import parse_yaml
from tests.flows.building import RULES, at

_CUSTOMER: Final = """
entity: customer
version: 1
fields: {{name: {name}}}
lists:
  contact_media: {{from: mails, fields: {{external_id: id, kind: {{value: EMAIL}}, value: mail}}}}
"""


def mapped(document: str, originals_of: str | None = "crm") -> RecordMapping:
    """A mapping from its YAML."""
    return replace(compile_mapping(parse_yaml(document, "mapping")[0]), originals_of=originals_of)


def customers_named(name: str, originals_of: str | None = "crm") -> RecordMapping:
    """Customers whose name is this field of theirs."""
    return mapped(_CUSTOMER.format(name=name), originals_of)


HELD: Final = customers_named("full_name")
TRIED: Final = customers_named("short_name")


def body(full_name: str, short_name: str | None, mail: str | None = None) -> JsonObject:
    mails = [] if mail is None else [{"id": "1", "mail": mail}]
    return {"full_name": full_name, "short_name": short_name, "mails": mails}


async def tell(
    database: Database,
    lane: LaneContext,
    external_id: str,
    said: JsonObject | None,
    minute: int,
    mapping: RecordMapping = HELD,
) -> Applied:
    """The object as the package has it at that minute, when the hub sees it; None: it is gone."""
    source = SourceObject(lane.entity, ExternalId(external_id), said, at(minute), at(minute), f"{external_id}@{minute}")
    rules = replace(RULES, originals_of=mapping.originals_of)
    async with database.transaction() as connection:
        return await apply(connection, lane, understand([source], (), mapping), rules, at(minute))


async def versions(
    database: Database, external_id: str, entity: str = "customer", keys: KeyRing = RULES.keys
) -> list[StoredVersion]:
    """With their originals."""
    async with database.reading() as connection:
        found = await versions_of_many(connection, keys, "crm", entity, [external_id], originals=True)
    return found.get(external_id, [])
