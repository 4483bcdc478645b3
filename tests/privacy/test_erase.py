"""Erasing a person on a real store: nothing of him is left in the clear, and nothing brings him back."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.errors import Conflict, NotFound
from hub.exchange.want import Target, want_update
from hub.flows.incoming import Incoming
from hub.ports.writing import FieldChange
from hub.privacy.erase import Erased, EraseTerms, erase
from hub.privacy.requests import Request, settle_receipts
from hub.privacy.retained import forget_retained
from hub.reads.privacy import privacy_receipts_of
from hub.records.belongings import ConsentRecord, SalesOrderRecord
from hub.records.enums import ConsentStatus, RequestState
from hub.records.identity import Entity, ExternalId
from hub.records.states import ReceiptState
from hub.stewardship.consent import record_consent
from hub.store.engine import Database
from migrations.tables import all_tables
from tests.flows.building import RULES, apply_page, at, content, declare_flow, golden_state, page, person
from tests.flows.originals import body, mapped, tell, versions
from tests.flows.test_convergence import emptied, pages
from tests.stewardship.building import owner

pytestmark = pytest.mark.slow

SECRETS = ("Wilhelmina", "wilhelmina@example.com", "31612345678")
"""What must be found nowhere once she is erased."""


def terms(**days: int) -> EraseTerms:
    return EraseTerms(RULES.keys, "NL", days)


async def erased(database: Database, customer: UUID, minute: int = 20_000, **days: int) -> Erased:
    async with database.transaction() as connection:
        return await erase(connection, customer, terms(**days), Request("steward", "her letter", at(minute)))


async def outbound_flow(database: Database, system: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES (:name, 8, 'Corrections', 'customer', 'hub', :system)"""
            ),
            {"name": f"to-{system}", "system": system},
        )
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES (:name, 'WEEKLY', 'AUTHORITATIVE')"),
            {"name": f"to-{system}"},
        )


async def everything(database: Database) -> str:
    """Every row of every table as text."""
    found = []
    async with database.reading() as connection:
        for table in all_tables().sorted_tables:
            rows = await connection.execute(text(f"SELECT to_jsonb(t)::text FROM {table.name} t"))
            found += [f"{table.name}: {row}" for row in rows.scalars().all()]
    return "\n".join(found)


async def known(database: Database) -> tuple[UUID, list[tuple[Entity, Incoming]]]:
    """Wilhelmina in CRM and LMS with an order, a consent and a merge-free past; also what brought her in."""
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    orders = await declare_flow(database, "crm", Entity.SALES_ORDER)
    first, mail, phone = SECRETS
    order = SalesOrderRecord(customer="1", state=RequestState.COMPLETED, description="one bench")
    brought = [
        (crm, page(content("1", person(f"{first} Smit", mail, phone), 1))),
        (lms, page(content("9", person(f"{first} Bakker", mail), 2))),
        (orders, page(content("77", order, 3))),
    ]
    for lane, incoming in brought:
        await apply_page(database, lane, incoming)
    await outbound_flow(database, "crm")
    customer = await owner(database, "crm", "1")
    async with database.transaction() as connection:
        consent = ConsentRecord(purpose="marketing", status=ConsentStatus.GRANTED, evidence=f"said by {first}")
        await record_consent(connection, customer, consent, "agent", at(50))
    return customer, [(lane.entity, incoming) for lane, incoming in brought]


async def test_nothing_of_an_erased_person_is_left_in_the_clear_and_versions_cannot_be_read(
    database: Database,
) -> None:
    customer, _ = await known(database)
    before = await everything(database)
    assert all(secret in before for secret in SECRETS)
    done = await erased(database, customer)
    left = await everything(database)
    assert [secret for secret in (*SECRETS, "one bench") if secret in left] == []
    assert done.forgotten.counts["customer"] == 1
    assert done.forgotten.counts["source_record"] == 3
    async with database.reading() as connection:
        readable = await connection.scalar(
            text(
                """SELECT count(*) FROM document_version v JOIN subject_key k ON k.id = v.subject_key_id
                   WHERE k.wrapped IS NOT NULL"""
            )
        )
        proofs = await connection.scalar(
            text(
                "SELECT count(*) FROM document_version v JOIN change_ledger l "
                "USING (system, entity, external_id, version, digest)"
            )
        )
    assert (readable, proofs) == (0, 3)


async def test_the_originals_of_an_erased_person_cannot_be_read_and_a_neighbours_can(database: Database) -> None:
    crm, orders = await declare_flow(database, "crm"), await declare_flow(database, "crm", Entity.SALES_ORDER)
    benches = mapped("entity: sales_order\nversion: 1\nfields: {customer: of, state: {value: COMPLETED}}")
    for external_id in "12":
        await tell(database, crm, external_id, body(f"{SECRETS[0]} {external_id}", SECRETS[0]), 1)
        await tell(database, orders, f"7{external_id}", {"of": external_id, "words": SECRETS[0]}, 2, benches)
    sealed = "SELECT encode(original, 'hex') FROM document_version ORDER BY id"
    async with database.reading() as connection:
        before = list((await connection.execute(text(sealed))).scalars())
    await erased(database, await owner(database, "crm", "1"))
    async with database.reading() as connection:
        # What is lost is the key; an original that is copied back is as unreadable.
        assert list((await connection.execute(text(sealed))).scalars()) == before
    of_customers = [[one.original is not None for one in await versions(database, i)] for i in "12"]
    of_orders = [[one.original is not None for one in await versions(database, f"7{i}", "sales_order")] for i in "12"]
    assert (of_customers, of_orders) == ([[False], [True]], [[False], [True]])
    assert (await tell(database, crm, "1", body("Back again", None), 3)).counters["erased"] == 1
    assert len(await versions(database, "1")) == 1


async def test_what_a_system_that_does_not_know_him_was_told_of_his_requests_goes_too(
    database: Database,
) -> None:
    customer, _ = await known(database)
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES ('orders', 6, 'Orders', 'business_request', 'hub', 'orders')"""
            )
        )
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES ('orders', 'REAL_TIME', 'AUTHORITATIVE')")
        )
        change = FieldChange(("email",), None, SECRETS[1])
        for line in (customer, uuid4()):
            target = Target("orders", Entity.BUSINESS_REQUEST, ExternalId(f"R-{line}"), str(line))
            await want_update(connection, target, [change], at(60))
    done = await erased(database, customer)
    async with database.reading() as connection:
        left = await connection.execute(text("SELECT external_id FROM target_image WHERE target = 'orders'"))
        states = await connection.execute(
            text("SELECT external_id, state FROM outbound_command WHERE changes = '[]' AND target = 'orders'")
        )
        told = [tuple(row) for row in states]
    assert f"R-{customer}" not in left.scalars().all()
    assert told == [(f"R-{customer}", "CANCELLED")]
    assert done.forgotten.counts["target_image"] == 1


async def test_each_system_is_asked_at_once_or_waits_for_its_own_people(database: Database) -> None:
    customer, _ = await known(database)
    done = await erased(database, customer)
    async with database.transaction() as connection:
        sent = (
            await connection.execute(
                text(
                    """SELECT c.target, c.operation, c.external_id, d.queue FROM outbound_command c
                       JOIN dispatch d ON d.payload->>'command' = c.id::text WHERE c.operation = 'DELETE'"""
                )
            )
        ).all()
        assert [tuple(row) for row in sent] == [("crm", "DELETE", "1", "realtime")]
        receipts = (await privacy_receipts_of(connection, [done.request_id]))[done.request_id]
        assert [(r.system, r.state, r.by_hand) for r in receipts] == [
            ("crm", ReceiptState.PENDING, False),
            ("lms", ReceiptState.PENDING, True),
        ]
        asked = Request("steward", None, at(20_001))
        with pytest.raises(NotFound):
            await settle_receipts(connection, done.request_id, "cm", None, asked)
        await settle_receipts(connection, done.request_id, "lms", "kept under a court order", asked)
        with pytest.raises(Conflict):
            await settle_receipts(connection, done.request_id, "lms", None, asked)
        await connection.execute(text("UPDATE outbound_command SET state = 'DONE' WHERE operation = 'DELETE'"))
        receipts = (await privacy_receipts_of(connection, [done.request_id]))[done.request_id]
    assert [(r.system, r.state, r.why) for r in receipts] == [
        ("crm", ReceiptState.DONE, None),
        ("lms", ReceiptState.REFUSED, "kept under a court order"),
    ]


async def test_what_the_law_wants_kept_stays_without_a_name_until_its_time_has_come(database: Database) -> None:
    customer, _ = await known(database)
    done = await erased(database, customer, minute=60, sales_order=30)
    assert done.forgotten.retained == {"sales_order": 1}
    kept = "SELECT external_id, customer_id, owner FROM sales_order"
    async with database.transaction() as connection:
        assert [tuple(row) for row in await connection.execute(text(kept))] == [("77", None, None)]
        assert await forget_retained(connection, at(3 + 30 * 24 * 60 - 1), 100) == 0
        assert await forget_retained(connection, at(3 + 30 * 24 * 60), 100) == 1
        assert (await connection.execute(text(kept))).all() == []
    assert [secret for secret in SECRETS if secret in await everything(database)] == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(pages, min_size=1, max_size=8), data=st.data())
async def test_an_erased_person_stays_erased_under_any_replay(
    database: Database, events: list[tuple[str, Incoming]], data: st.DataObject
) -> None:
    lanes = await emptied(database)
    for system, event in events:
        await apply_page(database, lanes[system], event)
    async with database.reading() as connection:
        ids = list((await connection.execute(text("SELECT id FROM customer ORDER BY id"))).scalars().all())
    if not ids:
        return
    chosen = data.draw(st.sampled_from(ids))
    async with database.reading() as connection:
        records = await connection.execute(
            text("SELECT system || ':' || external_id FROM customer_identifier WHERE customer_id = :id"),
            {"id": chosen},
        )
        gone = set(records.scalars().all())
    await erased(database, chosen)
    for system, event in data.draw(st.permutations(events + events)):
        await apply_page(database, lanes[system], event)
    links = {link for links, *_ in await golden_state(database) for link in links}  # type: ignore[attr-defined]  # text
    assert not gone & links
    left = await everything(database)
    assert not [one for one in gone if f'source_record: "{one}"' in left]
    async with database.reading() as connection:
        stored = await connection.execute(text("SELECT system || ':' || external_id FROM source_record"))
        assert not gone & set(stored.scalars().all())
