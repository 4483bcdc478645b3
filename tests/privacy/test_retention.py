"""Everything goes at its age by the hub's clock, in batches, and what is needed later stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from hub.contacts.session_tables import BusinessDialog, CustomerSession, SessionLeg
from hub.contacts.tables import Commitment, TimelineEntry
from hub.customers.past import view_at
from hub.customers.tables import CustomerHistory
from hub.entrypoints.retention import RETENTION, retention_turns
from hub.exchange.tables import ConnectedSystem, TargetImage
from hub.settings.privacy import KeepDays
from hub.store.audit import Deed, record_deed
from hub.store.engine import Database
from hub.store.originals import Original
from hub.store.seal_audit import seal_audit
from hub.store.verify_audit import verify_audit
from tests.flows.building import RULES, at, content, declare_flow, page, person
from tests.flows.originals import body, tell, versions
from tests.schema.company import add, uid
from tests.schema.test_customer_history import applied
from tests.stewardship.building import owner

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
FOR_GOOD = KeepDays(versions=None, customer_history=None, sessions=None, timeline=None, audit=None)
BY_NAME = {upkeep.name: upkeep for upkeep in RETENTION}


async def forget(database: Database, name: str, now: datetime, limit: int = 100, keep: KeepDays | None = None) -> int:
    """One turn of the chore, with everything kept for ten days if not told otherwise."""
    ten = KeepDays(versions=10, customer_history=10, sessions=10, timeline=10, audit=10)
    turn = retention_turns(RULES.keys, keep or ten)[BY_NAME[f"forget-{name}"]]
    async with database.transaction() as connection:
        return await turn(connection, now, limit)


async def column(database: Database, statement: str) -> list[Any]:
    async with database.reading() as connection:
        return list((await connection.execute(text(statement))).scalars())


async def test_versions_go_once_they_were_replaced_long_ago_and_the_view_since_then_stays_whole(
    database: Database,
) -> None:
    crm = await declare_flow(database, "crm")
    for minute, name in ((1, "Jan Smit"), (3, "Jan Bakker"), (5, "Jan Visser")):
        await applied(database, crm, page(content("1", person(name), minute)), minute)
    jan = await owner(database, "crm", "1")
    assert await forget(database, "versions", at(3) + 10 * DAY) == 0
    assert await forget(database, "versions", at(3) + 10 * DAY + SECOND) == 1
    assert await column(database, "SELECT version FROM document_version") == [2, 3]
    async with database.reading() as connection:
        then = await view_at(connection, jan, RULES.keys, RULES.recognition, at(3))
    assert then is not None
    assert then.values["name"] == "Jan Bakker"
    assert [await forget(database, "versions", at(99) + 99 * DAY, 1) for _ in range(2)] == [1, 0]
    assert await column(database, "SELECT count(digest) FROM change_ledger") == [3]


async def test_an_original_goes_with_its_version(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    for minute, name in ((1, "Jan Smit"), (3, "Jan Bakker")):
        await tell(database, crm, "1", body(name, None), minute)
    assert await forget(database, "versions", at(3) + 10 * DAY + SECOND) == 1
    assert [one.original for one in await versions(database, "1")] == [Original("crm", body("Jan Bakker", None))]


async def test_originals_may_go_sooner_and_their_versions_stay(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    for minute, name in ((1, "Jan Smit"), (3, "Jan Bakker"), (5, "Jan Visser")):
        await tell(database, crm, "1", body(name, None), minute)
    assert await forget(database, "originals", at(99) + 99 * DAY, keep=KeepDays()) == 0
    keep = KeepDays(originals=10)
    assert await forget(database, "originals", at(3) + 10 * DAY, keep=keep) == 0
    turns = [await forget(database, "originals", at(3) + 10 * DAY + SECOND, keep=keep) for _ in range(2)]
    left = [(one.document is not None, one.original is not None) for one in await versions(database, "1")]
    assert (turns, left) == ([1, 0], [(True, False), (True, True), (True, True)])
    assert [await forget(database, "originals", at(99) + 99 * DAY, 1, keep) for _ in range(2)] == [1, 0]


async def test_a_customers_first_and_last_digest_stay(database: Database) -> None:
    async with database.transaction() as connection:
        for version in (1, 2, 3, 4):
            row = {"customer_id": uid("Anna"), "version": version, "at": at(version), "digest": b""}
            await add(connection, CustomerHistory, **row)
    assert await forget(database, "customer-history", at(3) + 10 * DAY + SECOND) == 1
    assert [await forget(database, "customer-history", at(99) + 99 * DAY) for _ in range(2)] == [1, 0]
    assert await column(database, "SELECT version FROM customer_history ORDER BY 1") == [1, 4]


async def contact(database: Database, name: str, state: str, ended: datetime | None) -> None:
    async with database.transaction() as connection:
        await add(
            connection,
            CustomerSession,
            id=uid(name),
            contact_id=f"C-{name}",
            customer_id=uid("Anna"),
            channel="chat",
            direction="INBOUND",
            phase="PRE_SALES",
            state=state,
            level="IDENTIFIED",
            started_at=at(0),
            active_at=at(1),
            ended_at=ended,
        )
        await add(connection, SessionLeg, session_id=uid(name), number=1, channel="chat", began_at=at(0))
        await add(
            connection,
            BusinessDialog,
            id=uid(f"{name} dialog"),
            session_id=uid(name),
            customer_id=uid("Anna"),
            topic="moving",
            topic_version=1,
            channel="chat",
            state="ENDED",
            started_at=at(0),
            changed_at=at(1),
        )
        image = {"target": "crm", "entity": "contact", "external_id": f"C-{name}", "version": 1}
        await add(connection, TargetImage, **image, wanted={"reason": name}, updated_at=at(1))


async def promise(database: Database, name: str, settled: datetime | None) -> None:
    async with database.transaction() as connection:
        await add(
            connection,
            Commitment,
            id=uid(name),
            customer_id=uid("Anna"),
            promise=name,
            due_at=at(1),
            handler="agent",
            state="OPEN" if settled is None else "KEPT",
            made_by="agent",
            made_at=at(0),
            settled_at=settled,
        )


async def test_closed_sessions_go_with_all_that_hangs_on_them_and_settled_promises(database: Database) -> None:
    async with database.transaction() as connection:
        await add(connection, ConnectedSystem, name="crm", adapter="memory", roles=["CRM"])
    await contact(database, "old", "CLOSED", at(1))
    await contact(database, "young", "CLOSED", at(3))
    await contact(database, "open", "ACTIVE", None)
    for name, settled in (("kept", at(1)), ("kept late", at(3)), ("waiting", None)):
        await promise(database, name, settled)
    assert await forget(database, "sessions", at(1) + 10 * DAY) == 0
    assert await forget(database, "sessions", at(3) + 10 * DAY) == 1
    assert await column(database, "SELECT contact_id FROM customer_session ORDER BY 1") == ["C-open", "C-young"]
    assert await column(database, "SELECT external_id FROM target_image ORDER BY 1") == ["C-open", "C-young"]
    hanging = "SELECT count(*) FROM {} WHERE session_id NOT IN (SELECT id FROM customer_session)"
    for table in ("session_leg", "business_dialog"):
        assert await column(database, f"SELECT count(*) FROM {table}") == [2]
        assert await column(database, hanging.format(table)) == [0]
    assert await column(database, "SELECT promise FROM commitment ORDER BY 1") == ["kept late", "waiting"]


async def test_the_timeline_goes_by_when_it_happened_in_batches(database: Database) -> None:
    async with database.transaction() as connection:
        for minute in (1, 2, 3):
            values = {"id": uid(str(minute)), "customer_id": uid("Anna"), "kind": "SESSION", "at": at(minute)}
            await add(connection, TimelineEntry, **values, subject=str(minute))
    now = at(3) + 10 * DAY
    assert [await forget(database, "timeline", now, 1) for _ in range(3)] == [1, 1, 0]
    assert await column(database, "SELECT subject FROM timeline_entry") == ["3"]


async def test_the_trail_goes_and_its_chain_stays_whole(database: Database) -> None:
    for minute in (1, 3):
        async with database.transaction() as connection:
            await record_deed(connection, Deed("agent", "read", "Customer", str(minute)), at(minute))
            await seal_audit(connection, RULES.keys, at(minute), 10)
    assert await forget(database, "audit", at(3) + 10 * DAY) == 1
    assert await column(database, "SELECT object_id FROM audit_event") == ["3"]
    async with database.reading() as connection:
        verdict = await verify_audit(connection, RULES.keys)
    assert (verdict.findings, verdict.last, verdict.sealed, verdict.forgotten) == ([], 2, 1, 1)


@pytest.mark.parametrize("name", ["versions", "customer-history", "sessions", "timeline", "audit"])
async def test_what_is_kept_for_good_never_goes(database: Database, name: str) -> None:
    crm = await declare_flow(database, "crm")
    for minute in (1, 3, 5):
        await applied(database, crm, page(content("1", person(f"Jan {minute}"), minute)), minute)
    await contact(database, "old", "CLOSED", at(1))
    assert await forget(database, name, at(0) + 40_000 * DAY, keep=FOR_GOOD) == 0
