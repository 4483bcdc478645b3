"""The chain of evidence: whatever is changed, moved, removed or added behind our back is found."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from hub.errors import NotFound
from hub.migration.evidence import BEGINNING, Evidence, append, canonical, digest_of, verify, verify_evidence
from hub.store.engine import Database
from tests.flows.building import at, declare_flow

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text("abc", max_size=3), child, max_size=3),
    max_leaves=8,
)


async def migration_with(database: Database, *bodies: Mapping[str, object]) -> UUID:
    """A migration with one row of evidence for each body."""
    lane = await declare_flow(database, "crm")
    identity = uuid4()
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO cadence_migration (id, flow, from_lane, to_lane, state, settings, created_by, created_at,
                     changed_at)
                   VALUES (:id, :flow, :lane, :lane, 'SHADOW', '{}', 'anna', :now, :now)"""
            ),
            {"id": identity, "flow": lane.flow, "lane": lane.lane_id, "now": at(0)},
        )
    for place, body in enumerate(bodies):
        async with database.transaction() as connection:
            await append(connection, identity, "WINDOW", body, at(place))
    return identity


async def broken_at(database: Database, migration: UUID) -> tuple[int | None, str | None]:
    async with database.reading() as connection:
        found = await verify_evidence(connection, migration)
    return found.broken, found.reason


async def tamper(database: Database, statement: str, migration: UUID) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(statement), {"id": migration})


async def test_an_untouched_chain_holds(database: Database) -> None:
    migration = await migration_with(database, {"number": 1}, {"number": 2, "counts": {"VALUE": 0.25}}, {"ids": ["7"]})
    async with database.reading() as connection:
        found = await verify_evidence(connection, migration)
        last = await connection.scalar(text("SELECT digest FROM migration_evidence ORDER BY seq DESC LIMIT 1"))
    assert (found.rows, found.broken, found.head) == (3, None, last)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE migration_evidence SET body = '{\"number\": 9}' WHERE migration = :id AND seq = 2", (2, "changed")),
        ("UPDATE migration_evidence SET kind = 'APPROVED' WHERE migration = :id AND seq = 1", (1, "changed")),
        ("UPDATE migration_evidence SET at = at + interval '1 s' WHERE migration = :id AND seq = 3", (3, "changed")),
        ("DELETE FROM migration_evidence WHERE migration = :id AND seq = 2", (2, "missing")),
        ("DELETE FROM migration_evidence WHERE migration = :id AND seq = 3", (3, "2 rows instead of 3")),
        (
            """UPDATE migration_evidence SET previous = decode(repeat('00', 32), 'hex')
               WHERE migration = :id AND seq = 2""",
            (2, "does not follow row 1"),
        ),
    ],
)
async def test_tampering_is_found_at_its_row(database: Database, statement: str, broken: tuple[int, str]) -> None:
    migration = await migration_with(database, {"number": 1}, {"number": 2}, {"number": 3})
    await tamper(database, statement, migration)
    row, reason = await broken_at(database, migration)
    assert row == broken[0]
    assert broken[1] in (reason or "")


async def test_a_last_row_written_anew_with_a_right_digest_is_found(database: Database) -> None:
    migration = await migration_with(database, {"number": 1}, {"number": 2})
    async with database.transaction() as connection:
        row = (await connection.execute(text("SELECT at, previous FROM migration_evidence WHERE seq = 2"))).one()
        forged = digest_of(migration, 2, "WINDOW", row.at, {"number": 7}, row.previous)
        await connection.execute(
            text("UPDATE migration_evidence SET body = '{\"number\": 7}', digest = :digest WHERE seq = 2"),
            {"digest": forged},
        )
    assert await broken_at(database, migration) == (2, "the last row is not the one the migration ends with")


async def test_an_unknown_migration_has_no_evidence(database: Database) -> None:
    async with database.reading() as connection:
        with pytest.raises(NotFound):
            await verify_evidence(connection, uuid4())


async def test_any_body_survives_the_database(database: Database) -> None:
    odd = {"a": -0.0, "b": 1e-9, "c": 123456789.123456789, "d": 2**53, "é": '☃\n"', "f": [0.1 + 0.2, {"g": None}]}
    migration = await migration_with(database, odd)
    assert await broken_at(database, migration) == (None, None)


@given(st.lists(st.dictionaries(st.text("abc", max_size=3), JSON, max_size=3), min_size=1, max_size=5), st.data())
def test_whichever_body_is_exchanged_its_row_is_named(bodies: list[dict[str, object]], data: st.DataObject) -> None:
    migration, previous, rows = uuid4(), BEGINNING, []
    for seq, body in enumerate(bodies, start=1):
        plain = canonical(body)
        assert isinstance(plain, dict)
        digest = digest_of(migration, seq, "WINDOW", at(seq), plain, previous)
        rows.append(Evidence(migration, seq, "WINDOW", at(seq), plain, previous, digest))
        previous = digest
    assert verify(rows, len(rows), previous).broken is None
    place = data.draw(st.integers(0, len(rows) - 1))
    old = rows[place]
    body = {**old.body, "forged": True}
    rows[place] = Evidence(old.migration, old.seq, old.kind, old.at, body, old.previous, old.digest)
    assert verify(rows, len(rows), previous).broken == place + 1
