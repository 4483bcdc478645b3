"""Consent on a real store: it counts at once, travels at once, and goes with the person who gave it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.customers.consent_lapses import follow_lapses
from hub.customers.consent_read import consents_of
from hub.customers.steward_tables import StewardEffect
from hub.errors import Conflict, Invalid, NotFound
from hub.flows.lane import LaneContext
from hub.reads.steward_acts import receipts_of
from hub.records.belongings import ConsentRecord
from hub.records.enums import ConsentStatus
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.states import ReceiptState
from hub.stewardship.consent import Recorded, confirm_consent, record_consent
from hub.store.engine import Database
from tests.flows.building import apply_page, at, content, declare_flow, page, person
from tests.stewardship.building import merge, owner, projection, undo

GRANTED, REVOKED, PENDING = ConsentStatus.GRANTED, ConsentStatus.REVOKED, ConsentStatus.PENDING


def marketing(status: ConsentStatus, customer: str | None = None) -> ConsentRecord:
    return ConsentRecord(customer=customer, purpose="marketing", channel="EMAIL", status=status)


async def weekly_flow_to(database: Database, system: str) -> None:
    """A flow of consents to the system whose lane collects for a week."""
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES (:name, 8, 'Consents', 'consent', 'hub', :system)"""
            ),
            {"name": f"consents-{system}", "system": system},
        )
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES (:name, 'WEEKLY', 'AUTHORITATIVE')"),
            {"name": f"consents-{system}"},
        )


async def people(database: Database) -> tuple[UUID, UUID]:
    """Jan in the CRM, who granted there at minute 1, and Mia in the LMS, who refused there at minute 2."""
    for system, external_id, name, status, minute in (
        ("crm", "1", "Jan", GRANTED, 1),
        ("lms", "9", "Mia", REVOKED, 2),
    ):
        lane = await declare_flow(database, system)
        consents = await declare_flow(database, system, Entity.CONSENT)
        await weekly_flow_to(database, system)
        await apply_page(database, lane, page(content(external_id, person(name, f"{name}@example.com"), 1)))
        await apply_page(database, consents, page(content(f"c{external_id}", marketing(status, external_id), minute)))
    return await owner(database, "crm", "1"), await owner(database, "lms", "9")


async def status_of(database: Database, customer: UUID, minute: int) -> ConsentStatus:
    async with database.reading() as connection:
        consents = await consents_of(connection, [customer])
    return consents[customer].decide("marketing", "EMAIL", at(minute)).status


async def record(
    database: Database, customer: UUID, status: ConsentStatus, minute: int, double_opt_in: bool = False
) -> Recorded:
    async with database.transaction() as connection:
        return await record_consent(
            connection, customer, marketing(status), "agent", at(minute), double_opt_in=double_opt_in
        )


async def sent(database: Database) -> list[tuple[object, ...]]:
    """Commands that are dispatched, with what they change."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT c.target, c.operation, c.external_id, (SELECT x->>'new' FROM jsonb_array_elements(c.changes) x
                     WHERE x->'path'->>0 = 'status') FROM outbound_command c
                   JOIN dispatch d ON d.payload->>'command' = c.id::text AND d.queue = 'realtime'
                   ORDER BY c.created_at, 1"""
            )
        )
        return [tuple(row) for row in rows]


async def test_a_recorded_consent_counts_at_once_and_leaves_at_once_though_the_flow_is_weekly(
    database: Database,
) -> None:
    jan, _ = await people(database)
    recorded = await record(database, jan, REVOKED, 10)
    assert set(recorded.commands) == {"crm"}
    assert await sent(database) == [("crm", "UPDATE", "c1", "REVOKED")]
    assert [await status_of(database, jan, minute) for minute in (0, 5, 10)] == [
        ConsentStatus.UNKNOWN,
        GRANTED,
        REVOKED,
    ]


async def test_a_system_without_one_gets_a_consent_of_its_own(database: Database) -> None:
    lane = await declare_flow(database, "crm")
    await weekly_flow_to(database, "crm")
    await apply_page(database, lane, page(content("1", person("Jan"), 1)))
    await record(database, await owner(database, "crm", "1"), GRANTED, 10)
    assert await sent(database) == [("crm", "CREATE", None, "GRANTED")]


async def test_only_what_a_system_changes_later_counts_again_and_a_deleted_one_does_not(database: Database) -> None:
    jan, _ = await people(database)
    await record(database, jan, REVOKED, 10)
    consents = await crm_consents(database)
    await apply_page(database, consents, page(content("c1", marketing(GRANTED, "1"), 12)))
    assert await status_of(database, jan, 13) is REVOKED
    await apply_page(database, consents, page(content("c1", marketing(REVOKED, "1"), 15)))
    await apply_page(database, consents, page(content("c1", marketing(GRANTED, "1"), 20)))
    assert await status_of(database, jan, 20) is GRANTED
    await apply_page(database, consents, page(gone={"c1": at(30)}))
    assert await status_of(database, jan, 20_000) is REVOKED


async def crm_consents(database: Database, system: str = "crm") -> LaneContext:
    """The lane that `people` declared."""
    flow, mode, cadence = f"{system}-consent", LaneMode.AUTHORITATIVE, FlowCadence.DAILY
    return LaneContext(flow, await lane_of(database, flow), 1, system, Entity.CONSENT, None, mode, cadence)


async def lane_of(database: Database, flow: str) -> int:
    async with database.reading() as connection:
        lane_id: int = await connection.scalar(text("SELECT id FROM lane WHERE flow = :flow"), {"flow": flow})
    return lane_id


async def lms_too(database: Database, value: str = "Jan@example.com") -> tuple[LaneContext, LaneContext]:
    """Jan's record in the LMS, which holds a GRANTED of minute 1; the lanes of consents of CRM and LMS."""
    crm, lms = await crm_consents(database), await crm_consents(database, "lms")
    lane = replace(lms, flow="lms-customer", entity=Entity.CUSTOMER, lane_id=await lane_of(database, "lms-customer"))
    await apply_page(database, lane, page(content("5", person("Jan", value), 1)))
    await apply_page(database, lms, page(content("c5", marketing(GRANTED, "5"), 1)))
    return crm, lms


async def test_a_no_that_one_system_tells_leaves_at_once_for_the_others_that_hold_a_yes(database: Database) -> None:
    jan, _ = await people(database)
    crm, _ = await lms_too(database)
    assert (await sent(database), await owner(database, "lms", "5")) == ([], jan)
    said = page(content("c1", marketing(REVOKED, "1"), 10))
    for _ in range(2):
        await apply_page(database, crm, said)
    assert await sent(database) == [("lms", "UPDATE", "c5", "REVOKED")]
    await apply_page(database, crm, page(content("c1", marketing(GRANTED, "1"), 12)))
    assert len(await sent(database)) == 1


async def test_a_yes_of_one_system_is_not_handed_on(database: Database) -> None:
    await people(database)
    crm, lms = await lms_too(database)
    await apply_page(database, lms, page(content("c5", marketing(REVOKED, "5"), 5)))
    before = await sent(database)
    await apply_page(database, crm, page(content("c1", marketing(GRANTED, "1"), 10)))
    assert (before, await sent(database)) == ([("crm", "UPDATE", "c1", "REVOKED")], before)


async def test_a_no_that_begins_to_hold_later_leaves_then(database: Database) -> None:
    await people(database)
    crm, _ = await lms_too(database)
    no = marketing(REVOKED, "1").model_copy(update={"valid_from": at(20_000)})
    await apply_page(database, crm, page(content("c1b", no, 10)))
    assert await sent(database) == []
    async with database.transaction() as connection:
        await follow_lapses(connection, at(20_000), 100)
    assert {row[:3] for row in await sent(database)} == {("crm", "UPDATE", "c1"), ("lms", "UPDATE", "c5")}


async def test_a_no_leaves_for_a_record_that_turns_out_to_be_his(database: Database) -> None:
    jan, _ = await people(database)
    crm, lms = await lms_too(database, "elsewhere@example.com")
    await apply_page(database, crm, page(content("c1", marketing(REVOKED, "1"), 10)))
    assert (await sent(database), await owner(database, "lms", "5") == jan) == ([], False)
    lane = replace(lms, flow="lms-customer", entity=Entity.CUSTOMER, lane_id=await lane_of(database, "lms-customer"))
    await apply_page(database, lane, page(content("5", person("Jan", "Jan@example.com"), 11)))
    assert await sent(database) == [("lms", "UPDATE", "c5", "REVOKED")]


async def test_a_double_opt_in_grants_nothing_until_its_token_comes_back_once_and_in_time(database: Database) -> None:
    _, mia = await people(database)
    asked = await record(database, mia, GRANTED, 10, double_opt_in=True)
    assert (asked.status, await status_of(database, mia, 11)) == (PENDING, PENDING)
    async with database.transaction() as connection:
        with pytest.raises(NotFound):
            await confirm_consent(connection, "guessed", "web", at(11))
        with pytest.raises(Conflict):
            await confirm_consent(connection, asked.token or "", "web", at(10 + 8 * 24 * 60))
        confirmed = await confirm_consent(connection, asked.token or "", "web", at(12))
        assert confirmed.customer_id == mia
        with pytest.raises(Conflict):
            await confirm_consent(connection, asked.token or "", "web", at(13))
    assert await status_of(database, mia, 13) is GRANTED


async def test_a_merge_lets_the_most_restrictive_count_and_tells_the_system_that_has_more(database: Database) -> None:
    jan, mia = await people(database)
    before = await projection(database)
    merged = await merge(database, jan, mia)
    assert await status_of(database, jan, 20_001) is REVOKED
    assert [(e.system, e.effect) for e in merged.effects] == [
        ("crm", StewardEffect.CONSENT_TRAVELS),
        ("lms", StewardEffect.UNTOUCHED),
    ]
    assert await sent(database) == [("crm", "UPDATE", "c1", "REVOKED")]
    async with database.reading() as connection:
        receipts = (await receipts_of(connection, [merged.act_id]))[merged.act_id]
    assert [(r.system, r.state) for r in receipts] == [("crm", ReceiptState.PENDING), ("lms", ReceiptState.DONE)]
    await undo(database, merged.act_id)
    assert await commands(database) == [("crm", "CANCELLED", "PARTED")]
    assert await projection(database) == before
    assert (await status_of(database, jan, 20_002), await status_of(database, mia, 20_002)) == (GRANTED, REVOKED)


async def test_a_merge_that_was_undone_takes_no_part_in_the_next_one(database: Database) -> None:
    jan, mia = await people(database)
    first = await merge(database, jan, mia)
    await undo(database, first.act_id)
    await record(database, jan, GRANTED, 20_005)
    await merge(database, jan, mia, minute=20_010)
    assert await status_of(database, jan, 20_011) is REVOKED


async def test_the_no_of_somebody_whom_a_merge_brings_along_counts_as_well(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    said, here = [await declare_flow(database, system, Entity.CONSENT) for system in ("crm", "lms")]
    family = "familie@example.com"
    await apply_page(
        database, crm, page(content("1", person("Jan", family), 1), content("2", person("Johan", family), 1))
    )
    await apply_page(database, lms, page(content("9", person("J.", family), 1)))
    await apply_page(database, here, page(content("c9", marketing(REVOKED, "9"), 2)))
    granted = (content(f"c{customer}", marketing(GRANTED, customer), 3) for customer in ("1", "2"))
    await apply_page(database, said, page(*granted))
    jan, johan, third = [await owner(database, *one) for one in (("crm", "1"), ("crm", "2"), ("lms", "9"))]
    merged = await merge(database, jan, johan)
    assert await owner(database, "lms", "9") == jan
    assert await status_of(database, jan, 20_001) is REVOKED
    await undo(database, merged.act_id)
    assert await owner(database, "lms", "9") == third
    told = [await status_of(database, customer, 20_002) for customer in (jan, johan, third)]
    assert told == [GRANTED, GRANTED, REVOKED]


async def commands(database: Database) -> list[tuple[object, ...]]:
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT target, state, outcome_code FROM outbound_command ORDER BY id"))
        return [tuple(row) for row in rows]


async def test_what_a_system_was_told_for_a_merge_is_not_granted_again_by_the_split(database: Database) -> None:
    jan, mia = await people(database)
    merged = await merge(database, jan, mia)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE outbound_command SET state = 'SENT', sent_at = now()"))
    await undo(database, merged.act_id)
    assert await commands(database) == [("crm", "SENT", None)]


async def test_a_no_of_his_own_that_waits_leaves_though_he_is_split_off(database: Database) -> None:
    jan, mia = await people(database)
    await record(database, jan, REVOKED, 10)
    merged = await merge(database, jan, mia)
    await undo(database, merged.act_id)
    assert await commands(database) == [("crm", "PENDING", None)]


async def test_what_was_recorded_after_a_merge_stays_with_whom_it_was_recorded_for(database: Database) -> None:
    jan, mia = await people(database)
    merged = await merge(database, jan, mia)
    await record(database, mia, GRANTED, 20_005)
    assert await status_of(database, jan, 20_006) is GRANTED
    await undo(database, merged.act_id, minute=20_010)
    assert await status_of(database, mia, 20_011) is REVOKED


async def test_a_validity_that_ends_before_it_begins_records_nothing(database: Database) -> None:
    jan, _ = await people(database)
    wrong = marketing(GRANTED).model_copy(update={"valid_to": at(5)})
    async with database.transaction() as connection:
        with pytest.raises(Invalid):
            await record_consent(connection, jan, wrong, "agent", at(10))
    assert await sent(database) == []
