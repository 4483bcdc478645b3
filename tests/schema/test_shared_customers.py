"""Subscribers who are told of the same change share one read of the customer, and nobody gets an older one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from hub.errors import Transient
from hub.live.changes import Place
from hub.reads.reach import EVERYONE, Reach
from hub.store.engine import Database, open_engine
from schema.shared_customers import SharedCustomers
from tests.schema.company import uid

ANNA, BEN = uid("Anna Bakker"), uid("Ben de Vries")


@contextmanager
def transactions(database: Database) -> Iterator[list[object]]:
    """One entry for each transaction that the block begins."""
    begun: list[object] = []

    def begins(connection: object) -> None:
        begun.append(connection)

    event.listen(database.engine.sync_engine, "begin", begins)
    yield begun
    event.remove(database.engine.sync_engine, "begin", begins)


async def name(shared: SharedCustomers, position: int, reach: Reach = EVERYONE, generation: str = "a") -> str | None:
    row = await shared.read(ANNA, reach, Place(generation, position))
    return None if row is None else row.name


async def rename(database: Database, to: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE customer SET name = :to WHERE id = :id"), {"to": to, "id": ANNA})


async def test_those_who_are_told_of_one_change_share_a_read(company: Database) -> None:
    shared = SharedCustomers(company)
    with transactions(company) as begun:
        assert await asyncio.gather(*(name(shared, 7) for _ in range(10))) == ["Anna Bakker"] * 10
        assert len(begun) == 1
        assert await name(shared, 5) == "Anna Bakker"
        assert len(begun) == 1, "begun for a later change than he is told of"


async def test_changes_of_several_customers_that_come_together_are_read_in_one_transaction(company: Database) -> None:
    shared = SharedCustomers(company)
    with transactions(company) as begun:
        rows = await asyncio.gather(*(shared.read(identity, EVERYONE, Place("a", 7)) for identity in (ANNA, BEN)))
        assert [row and row.name for row in rows] == ["Anna Bakker", "Ben de Vries"]
        assert len(begun) == 1


async def test_a_later_change_is_read_anew(company: Database) -> None:
    shared = SharedCustomers(company)
    assert await name(shared, 7) == "Anna Bakker"
    await rename(company, "Anna Anders")
    assert await name(shared, 8) == "Anna Anders"
    assert await name(shared, 7) == "Anna Anders"


async def test_after_a_restore_nobody_is_shown_what_was_read_before_it(company: Database) -> None:
    shared = SharedCustomers(company)
    assert await name(shared, 7) == "Anna Bakker"
    await rename(company, "Anna of Before")
    assert await name(shared, 3, generation="b") == "Anna of Before"


async def test_who_may_not_see_the_customer_does_not_get_what_another_read(company: Database) -> None:
    shared = SharedCustomers(company)
    assert await name(shared, 7) == "Anna Bakker"
    assert await name(shared, 7, Reach(BEN)) is None
    assert await name(shared, 7, Reach(ANNA)) == "Anna Bakker"


async def test_a_read_that_failed_is_not_kept_and_one_who_leaves_takes_it_from_nobody(company: Database) -> None:
    shared = SharedCustomers(company)
    async with company.transaction() as connection:
        await connection.execute(text("ALTER TABLE customer_alias RENAME TO elsewhere"))
        leaving = asyncio.create_task(name(shared, 7))
        staying = asyncio.create_task(name(shared, 7))
        await asyncio.sleep(0)
        leaving.cancel()
    with pytest.raises(Exception, match="customer_alias"):
        await staying
    async with company.transaction() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO customer_alias"))
    assert await name(shared, 7) == "Anna Bakker"


async def test_a_database_that_is_away_is_told_as_transient() -> None:
    away = Database(open_engine("postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(Transient):
        await name(SharedCustomers(away), 7)
