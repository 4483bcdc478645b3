"""Sealed events cannot be changed, removed, added or reordered without verification telling where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import text

from hub.store.audit import Deed, record_deed, record_deeds
from hub.store.engine import Database
from hub.store.keys import KeyRing
from hub.store.origin import NOWHERE, Origin
from hub.store.seal_audit import seal_audit
from hub.store.verify_audit import Verdict, verify_audit

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEYS = KeyRing(b"k" * 32)


def deed(number: int) -> Deed:
    """Every second one tells where it came from."""
    origin = NOWHERE if number % 2 else Origin("192.0.2.7", "complaint")
    detail = {"place": "Query.customer"}
    return Deed(f"agent:{number}", "read", "Customer", str(number), request_id="r", detail=detail, origin=origin)


async def record(database: Database, *numbers: int) -> None:
    async with database.transaction() as connection:
        await record_deeds(connection, [(deed(number), NOW + timedelta(seconds=number)) for number in numbers])


async def seal(database: Database, limit: int = 100) -> int:
    async with database.transaction() as connection:
        return await seal_audit(connection, KEYS, NOW + timedelta(minutes=1), limit)


async def verify(database: Database, known: tuple[int, bytes] | None = None, keys: KeyRing = KEYS) -> Verdict:
    async with database.reading() as connection:
        return await verify_audit(connection, keys, known)


async def change(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(statement))


async def sealed(database: Database) -> None:
    """Six events under three seals of two, and one that is not sealed yet."""
    await record(database, *range(1, 7))
    assert [await seal(database, 2) for _ in range(4)] == [2, 2, 2, 0]
    await record(database, 7)


async def test_an_untouched_chain_is_whole(database: Database) -> None:
    await sealed(database)
    verdict = await verify(database)
    assert (verdict.findings, verdict.last, verdict.sealed, verdict.unsealed) == ([], 3, 6, 1)
    assert await seal(database) == 1
    later = await verify(database, known=(3, verdict.digest))
    assert (later.findings, later.last, later.unsealed) == ([], 4, 0)


async def test_a_chain_from_before_it_told_where_is_whole(database: Database) -> None:
    await record(database, 1)
    columns = [1, NOW + timedelta(seconds=1), "agent:1", "read", "Customer", "1", "DONE", "r"]
    digest = KEYS.proof(b"audit event" + orjson.dumps([*columns, {"place": "Query.customer"}]))
    at, head = NOW + timedelta(minutes=1), orjson.dumps([1, NOW + timedelta(minutes=1)])
    seal_of_then = KEYS.proof(b"".join([b"audit seal", head, digest]))
    async with database.transaction() as connection:
        put = text("INSERT INTO audit_seal (number, at, events, digest) VALUES (1, :at, 1, :digest)")
        await connection.execute(put, {"at": at, "digest": seal_of_then})
        await connection.execute(text("UPDATE audit_event SET seal = 1, digest = :digest"), {"digest": digest})
    assert (await verify(database)).findings == []


async def test_an_empty_trail_is_whole(database: Database) -> None:
    assert await seal(database) == 0
    assert (await verify(database)).findings == []


TAMPERED = [
    ("UPDATE audit_event SET principal = 'somebody else' WHERE id = 3", "event 3 of 2026-03-02T12:00:03+00:00 was"),
    ("""UPDATE audit_event SET detail = '{"place": "Query.customers"}' WHERE id = 4""", "event 4 of "),
    ("UPDATE audit_event SET at = at + interval '1 microsecond' WHERE id = 5", "event 5 of "),
    ("UPDATE audit_event SET address = '192.0.2.1' WHERE id = 3", "event 3 of "),
    ("UPDATE audit_event SET purpose = NULL WHERE id = 2", "event 2 of "),
    ("UPDATE audit_event SET address = NULL, purpose = NULL WHERE id = 2", "event 2 of "),
    ("UPDATE audit_event SET session = gen_random_uuid() WHERE id = 4", "event 4 of "),
    ("UPDATE audit_event SET channel = 'web' WHERE id = 4", "event 4 of "),
    ("UPDATE audit_event SET digest = decode('00', 'hex') WHERE id = 5", "event 5 of "),
    ("DELETE FROM audit_event WHERE id = 3", "seal 2 was put over 2 events and has 1"),
    ("UPDATE audit_event SET seal = NULL WHERE id = 3", "seal 2 was put over 2 events and has 1"),
    ("UPDATE audit_event SET seal = 2 WHERE id = 7", "event 7 of "),
    ("UPDATE audit_event SET seal = 9 WHERE id = 7", "1 events name a seal that does not hold them"),
    (
        "UPDATE audit_event SET id = -1 WHERE id = 3; UPDATE audit_event SET id = 3 WHERE id = 4;"
        "UPDATE audit_event SET id = 4 WHERE id = -1",
        "event 4 of ",
    ),
    (
        "UPDATE audit_event SET seal = CASE seal WHEN 1 THEN 2 ELSE 1 END WHERE id IN (2, 3)",
        "seal 1 is not the one that was put there",
    ),
    ("DELETE FROM audit_seal WHERE number = 2", "the seals 2 to 2 are gone"),
    ("UPDATE audit_seal SET at = at + interval '1 day' WHERE number = 1", "seal 1 is not the one that was put there"),
    (
        "DELETE FROM audit_event WHERE id = 3; UPDATE audit_seal SET events = 1 WHERE number = 2",
        "seal 2 is not the one that was put there",
    ),
]


@pytest.mark.parametrize(("statement", "finding"), TAMPERED)
async def test_whatever_is_tampered_with_is_found(database: Database, statement: str, finding: str) -> None:
    await sealed(database)
    for part in statement.split(";"):
        await change(database, part)
    found = (await verify(database)).findings
    assert [line for line in found if line.startswith(finding)], found


async def test_one_changed_row_is_told_as_one(database: Database) -> None:
    await sealed(database)
    await change(database, "UPDATE audit_event SET object_id = '99' WHERE id = 3")
    found = (await verify(database)).findings
    assert found == ["event 3 of 2026-03-02T12:00:03+00:00 was changed after it was sealed"]


async def test_a_chain_that_was_cut_off_shows_to_who_knows_its_end(database: Database) -> None:
    await sealed(database)
    end = await verify(database)
    await change(database, "DELETE FROM audit_event WHERE seal = 3")
    await change(database, "DELETE FROM audit_seal WHERE number = 3")
    assert (await verify(database)).findings == []
    assert (await verify(database, known=(3, end.digest))).findings == ["the seal 3 that was known is gone"]
    await seal(database)
    found = (await verify(database, known=(3, end.digest))).findings
    assert found == ["seal 3 is not the one that was known"]


async def test_without_the_key_nobody_could_have_made_the_chain(database: Database) -> None:
    await sealed(database)
    assert len((await verify(database, keys=KeyRing(b"x" * 32))).findings) == 6


async def test_an_event_that_commits_late_comes_under_the_next_seal(database: Database) -> None:
    async with database.transaction() as slow:
        await record_deed(slow, deed(1), NOW)
        await record(database, 2, 3)
        assert await seal(database) == 2
    assert await seal(database) == 1
    assert (await verify(database)).findings == []


async def test_two_sealers_do_not_seal_the_same_events(database: Database) -> None:
    await record(database, 1, 2)
    async with database.transaction() as first:
        assert await seal_audit(first, KEYS, NOW, 100) == 2
        assert await seal(database) == 0
    verdict = await verify(database)
    assert (verdict.findings, verdict.last, verdict.sealed) == ([], 1, 2)
