"""What the hub keeps of a customer himself goes with whom it was made for, however he was joined and parted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.contacts.forget_contacts import forget_sessions
from hub.contacts.session_tables import BusinessDialog, CustomerSession, KnownCookie
from hub.contacts.tables import Commitment, TimelineEntry, VerifiedMedium
from hub.customers.identifiers import Node
from hub.customers.steward_tables import StewardActKind
from hub.flows.correct import correct_contact_medium
from hub.flows.forget_notes import forget_notes
from hub.flows.lane import LaneContext
from hub.leads.tables import LeadResponse
from hub.offers.tables import Decision
from hub.records.belongings import SalesLeadRecord, SalesOrderRecord
from hub.records.enums import LeadState, RequestState
from hub.records.identity import Entity
from hub.stewardship.split import split_off
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.schema.company import add, uid
from tests.stewardship.building import act, merge, owner, undo

pytestmark = pytest.mark.slow

BEFORE, MEANWHILE = at(15_000), at(20_500)
"""Before the merges of `tests.stewardship.building`, and after them."""


async def promise(database: Database, name: str, customer: UUID, made: datetime, **more: object) -> None:
    due = {"promise": name, "due_at": made, "handler": "desk", "state": "OPEN", "made_by": "agent", "made_at": made}
    async with database.transaction() as connection:
        await add(connection, Commitment, id=uid(name), customer_id=customer, **due, **more)


async def session(database: Database, name: str, customer: UUID, started: datetime) -> None:
    kind = {"channel": "PHONE", "direction": "INBOUND", "phase": "EXPLORATION", "state": "OPEN", "level": "IDENTIFIED"}
    times = {"started_at": started, "active_at": started}
    async with database.transaction() as connection:
        await add(connection, CustomerSession, id=uid(name), contact_id=name, customer_id=customer, **kind, **times)


async def whose(database: Database, table: str = "commitment") -> dict[str, UUID]:
    """Of each row of the table by its id."""
    async with database.reading() as connection:
        return dict((await connection.execute(text(f"SELECT id::text, customer_id FROM {table}"))).all())


async def split(database: Database, customer: UUID, *parted: Node, minute: int = 21_000) -> None:
    async with database.transaction() as connection:
        await split_off(connection, customer, parted, act(StewardActKind.SPLIT, minute), RULES.recognition)


async def lanes_of(database: Database, *systems: str) -> list[LaneContext]:
    return [await declare_flow(database, system) for system in systems]


async def test_what_is_of_somebody_whom_a_merge_brings_along_goes_back_to_him(database: Database) -> None:
    crm, lms = await lanes_of(database, "crm", "lms")
    family = "familie@example.com"
    people = [content(number, person(name, family), 1) for number, name in (("1", "Jan"), ("2", "Johan"))]
    await apply_page(database, crm, page(*people))
    await apply_page(database, lms, page(content("9", person("J.", family), 1)))
    jan, johan, third = [await owner(database, *one) for one in (("crm", "1"), ("crm", "2"), ("lms", "9"))]
    await promise(database, "the third's", third, BEFORE)
    done = await merge(database, jan, johan)
    assert await whose(database) == {str(uid("the third's")): jan}
    assert [(one.system, one.records) for one in done.effects] == [("crm", ("1", "2")), ("lms", ("9",))]
    await undo(database, done.act_id)
    assert await whose(database) == {str(uid("the third's")): third}


async def test_what_is_of_people_who_were_joined_by_recognition_goes_back_when_they_part(database: Database) -> None:
    crm, lms = await lanes_of(database, "crm", "lms")
    await apply_page(database, crm, page(content("1", person("Jan", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan", "j@example.com"), 1)))
    one, other = await owner(database, "crm", "1"), await owner(database, "lms", "9")
    await promise(database, "one's", one, BEFORE)
    await promise(database, "other's", other, BEFORE)
    await apply_page(database, lms, page(content("9", person("Jan", "jan@example.com"), 2)))
    joined = await owner(database, "crm", "1")
    assert set((await whose(database)).values()) == {joined}
    await split(database, joined, Node("lms", "9"))
    assert await whose(database) == {str(uid("one's")): one, str(uid("other's")): other}


async def test_what_recognition_joined_and_parts_again_by_itself_takes_its_own_along(database: Database) -> None:
    crm, lms = await lanes_of(database, "crm", "lms")
    await apply_page(database, crm, page(content("1", person("Jan", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan", "j@example.com"), 1)))
    people = {"one's": await owner(database, "crm", "1"), "other's": await owner(database, "lms", "9")}
    for name, customer in people.items():
        await promise(database, name, customer, BEFORE)
    await apply_page(database, lms, page(content("9", person("Jan", "jan@example.com"), 2)))
    await apply_page(database, lms, page(content("9", person("Jan", "j@example.com"), 3)))
    assert await whose(database) == {str(uid(name)): customer for name, customer in people.items()}


async def test_what_follows_a_correction_that_joins_two_goes_back_by_a_split(database: Database) -> None:
    crm, lms = await lanes_of(database, "crm", "lms")
    orders = await declare_flow(database, "lms", Entity.SALES_ORDER)
    await apply_page(database, crm, page(content("1", person("Jan", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan", "j@example.com"), 1)))
    bought = SalesOrderRecord(customer="9", state=RequestState.COMPLETED)
    await apply_page(database, orders, page(content("77", bought, 1)))
    people = {"one's": await owner(database, "crm", "1"), "other's": await owner(database, "lms", "9")}
    for name, customer in people.items():
        await promise(database, name, customer, BEFORE)
    async with database.transaction() as connection:
        medium = await connection.scalar(text("SELECT id FROM contact_medium WHERE value = 'j@example.com'"))
        assert isinstance(medium, UUID)
        wrong = RULES.recognition
        joined = await correct_contact_medium(connection, medium, "jan@example.com", "agent", wrong, at(16_000))
    assert set((await whose(database)).values()) | set((await whose(database, "sales_order")).values()) == {joined}
    await split(database, joined, Node("lms", "9"))
    assert await whose(database) == {str(uid(name)): customer for name, customer in people.items()}
    assert list((await whose(database, "sales_order")).values()) == [people["other's"]]


async def two(database: Database) -> tuple[UUID, UUID]:
    (crm,) = await lanes_of(database, "crm")
    people = (content("1", person("Jan", "jan@example.com"), 1), content("2", person("J.", "bakker@example.com"), 1))
    await apply_page(database, crm, page(*people))
    return await owner(database, "crm", "1"), await owner(database, "crm", "2")


async def test_the_note_of_a_merge_that_was_undone_counts_no_more(database: Database) -> None:
    jan, bakker = await two(database)
    await promise(database, "it", bakker, BEFORE)
    done = await merge(database, jan, bakker)
    await undo(database, done.act_id)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE commitment SET customer_id = :jan"), {"jan": jan})
    again = await merge(database, jan, bakker, minute=20_002)
    await undo(database, again.act_id, minute=20_003)
    assert await whose(database) == {str(uid("it")): jan}


async def test_the_note_of_a_row_goes_once_retention_has_removed_the_row(database: Database) -> None:
    jan, bakker = await two(database)
    await promise(database, "old", bakker, BEFORE)
    await promise(database, "new", bakker, BEFORE)
    async with database.transaction() as connection:
        await add(connection, KnownCookie, digest=b"cookie", customer_id=bakker, since=BEFORE)
    done = await merge(database, jan, bakker)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE commitment SET settled_at = made_at WHERE promise = 'old'"))
        assert await forget_sessions(connection, at(16_000), 10) == 1
        assert [await forget_notes(connection, at(21_000), 10) for _ in range(2)] == [1, 0]
        notes = (await connection.execute(text("SELECT table_name, key FROM moved_row ORDER BY 1"))).all()
        assert [tuple(note) for note in notes] == [
            ("commitment", str(uid("new"))),
            ("known_cookie", "\\x" + b"cookie".hex()),
        ]
    await undo(database, done.act_id, minute=21_000)
    assert await whose(database) == {str(uid("new")): bakker}


async def test_what_came_of_a_session_meanwhile_goes_with_it(database: Database) -> None:
    jan, bakker = await two(database)
    await session(database, "his", bakker, BEFORE)
    await session(database, "mine", jan, BEFORE)
    done = await merge(database, jan, bakker)
    for name in ("his", "mine"):
        await promise(database, f"promise in {name}", jan, MEANWHILE, session_id=uid(name))
        async with database.transaction() as connection:
            said = {"topic": "move", "topic_version": 1, "channel": "PHONE", "state": "ACTIVE"}
            times = {"started_at": MEANWHILE, "changed_at": MEANWHILE}
            dialog = {"id": uid(f"dialog in {name}"), "session_id": uid(name), "customer_id": jan}
            await add(connection, BusinessDialog, **dialog, **said, **times)
            entry = {"id": uid(f"entry of {name}"), "at": MEANWHILE, "kind": "COMMITMENT_MADE"}
            await add(connection, TimelineEntry, **entry, customer_id=jan, commitment_id=uid(f"promise in {name}"))
            asked = {"channel": "PHONE", "source": "HUB", "cause": "REQUEST", "catalogue": "1", "asked_for": 3}
            offer = {"id": uid(f"list in {name}"), "session_id": uid(name), "principal": "agent"}
            await add(connection, Decision, **offer, customer_id=jan, decided_at=MEANWHILE, **asked)
    await undo(database, done.act_id, minute=21_000)
    for table, what in (
        ("commitment", "promise in"),
        ("business_dialog", "dialog in"),
        ("timeline_entry", "entry of"),
        ("decision", "list in"),
    ):
        assert await whose(database, table) == {str(uid(f"{what} his")): bakker, str(uid(f"{what} mine")): jan}, table


async def test_what_came_of_a_session_meanwhile_goes_with_it_through_a_chain_of_merges(database: Database) -> None:
    jan, bakker = await two(database)
    (lms,) = await lanes_of(database, "lms")
    await apply_page(database, lms, page(content("9", person("Mia", "mia@example.com"), 1)))
    mia = await owner(database, "lms", "9")
    await session(database, "his", bakker, BEFORE)
    await merge(database, jan, bakker)
    await promise(database, "it", jan, MEANWHILE, session_id=uid("his"))
    await merge(database, mia, jan, minute=21_000)
    await split(database, mia, Node("crm", "2"), minute=21_001)
    assert await whose(database) == {str(uid("it")): bakker}
    assert await whose(database, "customer_session") == {str(uid("his")): bakker}


async def test_an_answer_given_meanwhile_goes_with_the_lead_of_a_package(database: Database) -> None:
    jan, bakker = await two(database)
    leads = await declare_flow(database, "crm", Entity.SALES_LEAD)
    await apply_page(
        database, leads, page(content("L", SalesLeadRecord(customer="2", name="More", state=LeadState.ACKNOWLEDGED), 1))
    )
    done = await merge(database, jan, bakker)
    ((lead, _),) = (await whose(database, "sales_lead")).items()
    async with database.transaction() as connection:
        said = {"key": "k", "channel": "EMAIL", "outcome": "INTERESTED", "recorded_by": "mail"}
        times = {"occurred_at": MEANWHILE, "recorded_at": MEANWHILE}
        await add(connection, LeadResponse, id=uid("yes"), lead_id=UUID(lead), customer_id=jan, **said, **times)
    await undo(database, done.act_id, minute=21_000)
    assert await whose(database, "sales_lead") == {lead: bakker}
    assert await whose(database, "lead_response") == {str(uid("yes")): bakker}


async def test_what_was_found_out_of_an_address_meanwhile_goes_with_it(database: Database) -> None:
    jan, bakker = await two(database)
    done = await merge(database, jan, bakker)
    for value in ("jan@example.com", "bakker@example.com"):
        async with database.transaction() as connection:
            mark = {"kind": "EMAIL", "normalised": value, "method": "link", "at": MEANWHILE, "verified_by": "agent"}
            await add(connection, VerifiedMedium, id=uid(value), customer_id=jan, **mark)
    await undo(database, done.act_id, minute=21_000)
    marked = await whose(database, "verified_medium")
    assert marked == {str(uid("jan@example.com")): jan, str(uid("bakker@example.com")): bakker}
