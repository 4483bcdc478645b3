"""A copy leaves nothing out and an erasure leaves nothing behind, over every table that there is."""

from __future__ import annotations

from collections import Counter
from typing import Final

import orjson
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB

from hub.privacy.about import conditions
from hub.privacy.erase import EraseTerms, erase
from hub.privacy.export import UNTOLD, export
from hub.privacy.requests import Request
from hub.store.engine import Database
from hub.store.origin import NOWHERE
from hub.store.record_reads import Look, Shown, record_reads
from migrations.tables import all_tables
from tests.flows.building import RULES, at
from tests.privacy.filling import Filling, prepare

TABLES: Final = {str(table.name): table for table in all_tables().sorted_tables}

NOBODYS: Final = {
    "audit_event": "ids and names of fields, sealed; a copy has what was done to him and by whom",
    "audit_seal": "digests",
    "cadence_migration": "of a flow",
    "caller_usage": "of callers",
    "change_feed": "ids, for a week",
    "change_ledger": "ids and keyed digests: the proof that stays; a copy has the versions themselves",
    "change_pending": "ids, for seconds",
    "connected_system": "configuration",
    "consent_sweep": "of a flow",
    "contract_drift": "what is sealed in it is lost with his keys; a copy has the versions",
    "dispatch": "ids of commands and events",
    "dispatch_line": "ids",
    "document_version": "sealed under his keys; a copy has them opened, as `history`",
    "feed_tail": "a number, and which life of the database it belongs to",
    "flow_run": "counts",
    "idempotency_key": "ids and counts, for a day",
    "identifier": "what is his goes with source_identifier, whose values a copy has",
    "inbox_event": "sealed; see docs/privacy.md",
    "incident": "of the company",
    "information_flow": "configuration",
    "lane": "configuration",
    "lane_cursor": "a package's place in its own changes",
    "likeness": "computed from his records, and removed with them",
    "likeness_case": "of likenesses, removed with them",
    "likeness_crowd": "numbers",
    "likeness_frequency": "how many people have a value, of many",
    "likeness_key": "hashes, removed with his records",
    "likeness_link": "of likenesses, removed with them",
    "likeness_union": "ids of records that were joined, removed with them",
    "likeness_weights": "of everybody",
    "migration_evidence": "counts and ids",
    "parity_run": "counts, ids and names of fields",
    "print_run": "of a channel",
    "privacy_receipt": "the proof: an id at a system, which its people need",
    "privacy_request": "the proof: a keyed hash",
    "propensity_count": "of everybody",
    "retained_record": "what the law wants kept, without his name",
    "run_seen": "ids, while a run goes on",
    "schedule": "configuration",
    "subject_key": "keys; dropped, and named by a keyed hash from then on",
    "suppression": "keyed hashes",
    "system_breaker": "of a system",
    "system_budget": "of a system",
    "token_revocation": "of callers",
    "touch_horizon": "numbers",
}
"""Tables without rows that are about one person, and what they hold."""

IDS_ONLY: Final = {"customer_alias", "customer_touch", "incident_contact", "lead_plan"}

STAYS: Final = {
    ("change_ledger", "external_id"): "the proof that something was said; a pseudonym that resolves to nothing",
    ("change_ledger", "mapping_version"): "a word of ours",
    ("document_version", "external_id"): "likewise; its body is lost with the key",
    ("document_version", "body"): "sealed under a key that is gone: here a marker stands for what is sealed",
    ("document_version", "original"): "likewise",
    ("document_version", "digest"): "keyed",
    ("change_ledger", "digest"): "keyed",
    ("privacy_receipt", "external_id"): "what his record is called at the system that was asked to remove it",
    ("outbound_command", "external_id"): "the command that asks for his removal names him there, and its like before",
    ("outbound_command", "object_id"): "likewise",
    ("outbound_command", "key"): "an effect is ordered once, for ever",
    ("outbound_command", "entity"): "a word of ours",
    ("outbound_command", "outcome_code"): "a word of ours",
    ("target_image", "external_id"): "of the removal that was asked",
    ("quarantine", "external_id"): "so that what was discarded does not come back; what it held is lost with the key",
    ("quarantine", "code"): "a word of ours",
    ("quarantine", "path"): "the name of a field",
    ("quarantine", "place"): "where it was read: a page and a line",
    ("quarantine", "digest"): "keyed",
    ("quarantine", "corrected_by"): "an employee",
    ("quarantine", "settled_by"): "an employee",
    ("steward_act", "principal"): "who decided: an employee",
    ("steward_act", "kind"): "a word of ours",
    ("steward_receipt", "effect"): "a word of ours",
    ("steward_receipt", "records"): "ids at a system of what was joined",
    ("identifier", "value"): "the lock of a record, by its id",
}
"""Where a marker of the erased may be found, and why that tells nothing of him."""


def test_every_table_is_about_persons_or_has_a_reason_why_not() -> None:
    assert sorted(set(TABLES) - set(conditions()) - set(NOBODYS)) == []
    assert sorted(set(conditions()) & set(NOBODYS)) == []
    assert sorted(set(NOBODYS) - set(TABLES)) == []
    assert set(UNTOLD) < set(conditions())


async def filled(database: Database) -> tuple[Filling, Filling]:
    """Two persons with a row in every table that can tell of one."""
    him, her = Filling("hendrik", TABLES), Filling("geertruida", TABLES)
    async with database.transaction() as connection:
        await prepare(connection)
        for one in (him, her):
            await one.fill(connection)
    return him, her


async def found(database: Database, name: str) -> Counter[tuple[str, str]]:
    """How many rows have a marker of this person, by table and column; bytes are looked at as well."""
    where: Counter[tuple[str, str]] = Counter()
    async with database.reading() as connection:
        for table in TABLES.values():
            for column in table.columns:
                binary = not isinstance(column.type, JSONB) and str(column.type) in {"BLOB", "BYTEA"}
                as_text = f"encode({column.name}, 'escape')" if binary else f"CAST({column.name} AS text)"
                count = await connection.scalar(
                    text(f"SELECT count(*) FROM {table.name} WHERE {as_text} ILIKE :marker"), {"marker": f"%{name}%"}
                )
                if count:
                    where[table.name, column.name] = count
    return where


async def test_a_copy_has_a_part_for_every_table_and_nothing_of_a_neighbour(database: Database) -> None:
    him, her = await filled(database)
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM document_version"))
        await connection.execute(text("UPDATE subject_key SET wrapped = NULL"))
        done = await export(connection, him.customer, RULES.keys, "NL", Request("steward", None, at(20_000)))
    parts = orjson.loads(done.document)["parts"]
    assert [name for name, rows in parts.items() if not rows and name not in {"history", "provenance"}] == [
        "whoLookedAndChanged"
    ]
    assert len(parts) == len(conditions()) - len(UNTOLD) + 3
    assert her.name not in done.document.decode().lower()
    assert done.document.decode().count(him.mark("comment")) == 1


async def test_a_copy_tells_of_a_look_at_several_and_not_at_whom_else(database: Database) -> None:
    him, her = await filled(database)
    shown = Shown("agent:7", "Query.customers", None, "r", NOWHERE)
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM document_version"))
        await connection.execute(text("UPDATE subject_key SET wrapped = NULL"))
        await record_reads(
            connection, [Look(shown, at(1), (her.customer, him.customer)), Look(shown, at(2), (her.customer,))]
        )
        done = await export(connection, him.customer, RULES.keys, "NL", Request("steward", None, at(20_000)))
    (looked,) = orjson.loads(done.document)["parts"]["whoLookedAndChanged"]
    told = {name: looked[name] for name in ("action", "principal", "object_type", "object_id", "detail")}
    assert told == {
        "action": "read",
        "principal": "agent:7",
        "object_type": "Customer",
        "object_id": str(him.customer),
        "detail": {"place": "Query.customers"},
    }
    assert "customers" not in looked
    assert str(her.customer) not in orjson.dumps(looked).decode()


async def test_nothing_of_an_erased_person_is_left_in_any_table_and_his_neighbour_keeps_everything(
    database: Database,
) -> None:
    him, her = await filled(database)
    before = await found(database, her.name)
    assert {table for table, _ in before} >= set(conditions()) - IDS_ONLY
    terms = EraseTerms(RULES.keys, "NL", {})
    async with database.transaction() as connection:
        await erase(connection, him.customer, terms, Request("steward", None, at(20_000)))
    left = await found(database, him.name)
    assert sorted(place for place in left if place not in STAYS) == []
    assert await found(database, her.name) == before
    async with database.reading() as connection:
        for table, condition in conditions().items():
            named = TABLES[table].columns
            if "customer_id" in named and table not in {"customer_touch", "steward_act"}:
                count = await connection.scalar(
                    text(f"SELECT count(*) FROM {table} WHERE customer_id = :id"), {"id": him.customer}
                )
                assert (table, count) == (table, 0), condition
