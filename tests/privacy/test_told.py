"""Systems that were told of an erased person have a receipt, and what they make of it brings nobody back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from hub.exchange.inbox import Inbox, PushedEvent
from hub.exchange.want import NewObject, Target, want_create, want_update
from hub.flows.made_after_erasure import undo_erased
from hub.flows.taken import take
from hub.ports.writing import FieldChange, Written
from hub.reads.privacy import privacy_receipts_of
from hub.records.identity import Entity, ExternalId
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.privacy.test_erase import erased, outbound_flow
from tests.stewardship.building import owner


async def jan(database: Database) -> UUID:
    lane = await declare_flow(database, "crm")
    await apply_page(database, lane, page(content("1", person("Jan Smit", "jan@example.com"), 1)))
    await outbound_flow(database, "cm")
    return await owner(database, "crm", "1")


async def created(database: Database, customer: UUID, **became: object) -> UUID:
    """The command that makes him at the CM, with what became of it."""
    new = NewObject("cm", Entity.CUSTOMER, f"cm/customer/{customer}", str(customer))
    async with database.transaction() as connection:
        command = await want_create(connection, new, person("Jan Smit"), at(2))
        assert command is not None
        sets = ", ".join(f"{name} = :{name}" for name in became)
        await connection.execute(text(f"UPDATE outbound_command SET {sets}"), became)
    return command


async def receipts(database: Database, request: UUID) -> list[tuple[str, int, bool]]:
    async with database.reading() as connection:
        rows = (await privacy_receipts_of(connection, [request]))[request]
    return [(row.system, row.records, row.by_hand) for row in rows]


async def came_back(database: Database) -> int:
    """Customers there are once the CM tells of the record that was made there."""
    lane = await declare_flow(database, "cm")
    await apply_page(database, lane, page(content("55", person("Jan Smit", "jan@example.com"), 30)))
    async with database.reading() as connection:
        count: int = await connection.scalar(text("SELECT count(*) FROM customer"))
    return count


async def test_a_system_that_was_only_told_has_a_receipt_and_one_that_was_not_has_none(database: Database) -> None:
    customer = await jan(database)
    for name, system in (("orders", "backoffice"), ("answers", "lms")):
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                       VALUES (:name, 6, 'Told', 'business_request', 'hub', :system)"""
                ),
                {"name": name, "system": system},
            )
            await connection.execute(
                text("INSERT INTO lane (flow, cadence, mode) VALUES (:name, 'REAL_TIME', 'AUTHORITATIVE')"),
                {"name": name},
            )
            target = Target(system, Entity.BUSINESS_REQUEST, ExternalId("R-1"), str(customer))
            await want_update(connection, target, [FieldChange(("kind",), None, "SALE")], at(2))
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE outbound_command SET state = 'DONE', sent_at = :at WHERE target = 'backoffice'"), {"at": at(3)}
        )
    done = await erased(database, customer)
    assert await receipts(database, done.request_id) == [("backoffice", 1, True), ("crm", 1, True)]


async def test_a_record_that_the_hub_made_and_nobody_pulled_yet_goes_and_never_comes_back(database: Database) -> None:
    customer = await jan(database)
    await created(database, customer, state="DONE", external_id="55", sent_at=at(3))
    done = await erased(database, customer)
    assert await receipts(database, done.request_id) == [("cm", 1, False), ("crm", 1, True)]
    async with database.reading() as connection:
        deletes = "SELECT external_id FROM outbound_command WHERE target = 'cm' AND operation = 'DELETE'"
        assert (await connection.execute(text(deletes))).scalars().all() == ["55"]
    assert await came_back(database) == 0


async def test_a_record_that_is_being_made_while_he_is_erased_goes_as_soon_as_it_has_an_id(database: Database) -> None:
    customer = await jan(database)
    command = await created(database, customer, state="PENDING")
    async with database.transaction() as connection:
        taken = await take(connection, [command], at(3))
    done = await erased(database, customer)
    async with database.transaction() as connection:
        made = [(taken[0], Written(ExternalId("55")))]
        await undo_erased(connection, RULES.keys, made, at(4))
        await undo_erased(connection, RULES.keys, made, at(5))
    assert await receipts(database, done.request_id) == [("cm", 2, True), ("crm", 1, True)]
    async with database.reading() as connection:
        asked = "SELECT count(*) FROM privacy_receipt WHERE system = 'cm' AND command_id IS NOT NULL"
        assert await connection.scalar(text(asked)) == 1
    assert await came_back(database) == 0


async def test_an_event_that_waits_tells_nothing_of_the_erased_and_its_neighbour_stays(database: Database) -> None:
    customer = await jan(database)
    inbox = Inbox(database, RULES.keys, lambda: at(3))
    for number in ("1", "2"):
        await inbox.take(PushedEvent("crm", f"e{number}", {"x": "y"}, b"Jan Smit", f"inbox/crm/customer/{number}"))
    await erased(database, customer)
    async with database.reading() as connection:
        events = await connection.execute(
            text("SELECT event_id, state, length(body) > 0, headers <> '{}' FROM inbox_event ORDER BY 1")
        )
        assert [tuple(row) for row in events] == [("e1", "IGNORED", False, False), ("e2", "NEW", True, True)]
