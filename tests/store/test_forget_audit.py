"""Old events go under their seals and the chain stays whole; nobody without the key can pretend that they did."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.store.engine import Database
from hub.store.forget_audit import forget_audit
from tests.store.test_audit import KEYS, NOW, change, record, seal, sealed, verify

LATER = NOW + timedelta(days=1)


async def forget(database: Database, limit: int) -> int:
    async with database.transaction() as connection:
        return await forget_audit(connection, KEYS, LATER, limit)


async def held(database: Database) -> list[int]:
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT id FROM audit_event ORDER BY id"))).scalars())


async def test_whole_seals_go_oldest_first_and_the_chain_verifies_from_its_beginning(database: Database) -> None:
    await sealed(database)
    end = await verify(database)
    assert await forget(database, 1) == 2
    assert await held(database) == [3, 4, 5, 6, 7]
    assert [await forget(database, 10) for _ in range(2)] == [4, 0]
    assert await held(database) == [7]
    assert await seal(database) == 1
    verdict = await verify(database, known=(end.last, end.digest))
    assert (verdict.findings, verdict.last, verdict.sealed, verdict.forgotten) == ([], 4, 1, 6)


async def test_what_is_sealed_since_then_stays(database: Database) -> None:
    await sealed(database)
    async with database.transaction() as connection:
        assert await forget_audit(connection, KEYS, NOW + timedelta(minutes=1), 10) == 0


async def test_what_was_tampered_with_is_not_forgotten(database: Database) -> None:
    await sealed(database)
    await change(database, "UPDATE audit_event SET principal = 'nobody' WHERE id = 3")
    assert [await forget(database, 10) for _ in range(2)] == [4, 0]
    assert await held(database) == [3, 4, 7]
    assert (await verify(database)).findings == ["event 3 of 2026-03-02T12:00:03+00:00 was changed after it was sealed"]


@pytest.mark.parametrize(
    ("statements", "finding"),
    [
        (
            (
                "DELETE FROM audit_event WHERE seal = 3",
                "UPDATE audit_seal s SET forgotten = p.forgotten FROM audit_seal p WHERE p.number = 2 AND s.number = 3",
            ),
            "the events under seal 3 are gone and were not forgotten by schedule",
        ),
        (
            ("UPDATE audit_seal SET events = 9 WHERE number = 2",),
            "the events under seal 2 are gone and were not forgotten by schedule",
        ),
        (("UPDATE audit_event SET seal = 2 WHERE id = 7",), "1 events name a seal that does not hold them"),
        (("UPDATE audit_seal SET forgotten = NULL WHERE number = 2",), "seal 2 was put over 2 events and has 0"),
    ],
)
async def test_nobody_without_the_key_can_pretend(
    database: Database, statements: tuple[str, ...], finding: str
) -> None:
    await sealed(database)
    assert [await forget(database, 1) for _ in range(2)] == [2, 2]
    for statement in statements:
        await change(database, statement)
    assert finding in (await verify(database)).findings


async def test_a_seal_whose_predecessor_is_gone_is_not_forgotten(database: Database) -> None:
    await sealed(database)
    await change(database, "DELETE FROM audit_event WHERE seal = 1")
    await change(database, "DELETE FROM audit_seal WHERE number = 1")
    assert await forget(database, 10) == 2
    assert await held(database) == [3, 4, 7]
    await record(database, 8)
    assert "the seals 1 to 1 are gone" in (await verify(database)).findings
