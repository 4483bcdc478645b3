"""Putting a person right on a real store: what counts here, what each system is asked, and who overrules it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from hub.errors import Invalid, NotFound
from hub.flows.lane import LaneContext
from hub.privacy.rectify import Rectified, Right, rectify
from hub.privacy.requests import Request
from hub.reads.privacy import privacy_receipts_of
from hub.records.states import ReceiptState
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.privacy.test_erase import outbound_flow
from tests.stewardship.building import owner


@dataclass(frozen=True)
class Known:
    """A person, and the lanes that he comes by."""

    id: UUID
    crm: LaneContext
    lms: LaneContext


async def known(database: Database) -> Known:
    """Spelt wrongly by the CRM, and by the LMS, to which no flow leads."""
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", person("Jan Smith", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan Smith", "jan@example.com"), 2)))
    await outbound_flow(database, "crm")
    return Known(await owner(database, "crm", "1"), crm, lms)


async def rectified(database: Database, customer: UUID, right: Right, minute: int = 100) -> Rectified:
    async with database.transaction() as connection:
        asked = Request("steward", "his letter", at(minute))
        return await rectify(connection, customer, right, RULES.recognition, RULES.keys, asked)


async def golden(database: Database, customer: UUID) -> tuple[str | None, list[str]]:
    async with database.reading() as connection:
        name = await connection.scalar(text("SELECT name FROM customer WHERE id = :id"), {"id": customer})
        media = await connection.execute(
            text("SELECT value FROM contact_medium WHERE customer_id = :id ORDER BY 1"), {"id": customer}
        )
        return name, list(media.scalars())


async def medium_of(database: Database, customer: UUID) -> UUID:
    async with database.reading() as connection:
        found: UUID = await connection.scalar(
            text("SELECT id FROM contact_medium WHERE customer_id = :id"), {"id": customer}
        )
        return found


async def corrections(database: Database) -> list[tuple[str, str, str]]:
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT system, path[1], state FROM correction ORDER BY 1, 2"))
        return [(row[0], row[1], row[2]) for row in rows]


async def test_it_is_true_at_once_and_each_record_gets_one_receipt(database: Database) -> None:
    jan = await known(database)
    customer = jan.id
    medium = await medium_of(database, customer)
    done = await rectified(database, customer, Right({"name": "Jan Smit"}, {medium: "jan@example.org"}))
    assert await golden(database, customer) == ("Jan Smit", ["jan@example.org"])
    assert done.counts == {"field": 1, "contact_medium": 1, "source_record": 2}
    async with database.transaction() as connection:
        sent = (await connection.execute(text("SELECT target, external_id, changes FROM outbound_command"))).all()
        assert [(row.target, row.external_id) for row in sent] == [("crm", "1")]
        assert {change["path"][-1]: change["new"] for change in sent[0].changes} == {
            "name": "Jan Smit",
            "value": "jan@example.org",
        }
        receipts = (await privacy_receipts_of(connection, [done.request_id]))[done.request_id]
        assert [(r.system, r.state, r.by_hand) for r in receipts] == [
            ("crm", ReceiptState.PENDING, False),
            ("lms", ReceiptState.PENDING, True),
        ]
        # The weekly batch put this command into one net effect, and the system carried that out.
        net = (await connection.execute(text("SELECT * FROM outbound_command"))).mappings().one()
        copied = {**net, "id": uuid4(), "key": "net", "state": "DONE", "from_version": 9, "version": 9}
        columns = ", ".join(name for name in copied if name != "changes")
        values = ", ".join(f":{name}" for name in copied if name != "changes")
        await connection.execute(
            text(f"INSERT INTO outbound_command ({columns}, changes) VALUES ({values}, '[]')"),
            {name: value for name, value in copied.items() if name != "changes"},
        )
        await connection.execute(
            text("UPDATE outbound_command SET state = 'MERGED', carried_by = :net WHERE id = :id"),
            {"net": copied["id"], "id": net["id"]},
        )
        receipts = (await privacy_receipts_of(connection, [done.request_id]))[done.request_id]
    assert [(r.system, r.state) for r in receipts] == [("crm", ReceiptState.DONE), ("lms", ReceiptState.PENDING)]


async def test_a_system_that_follows_ends_the_correction_and_later_news_of_it_counts(database: Database) -> None:
    jan = await known(database)
    customer = jan.id
    await rectified(database, customer, Right({"name": "Jan Smit"}))
    crm, lms = jan.crm, jan.lms
    await apply_page(database, crm, page(content("1", person("Jan Smit", "jan@example.com"), 200)))
    await apply_page(database, lms, page(content("9", person("Jan Smit", "jan@example.com"), 200)))
    assert await corrections(database) == [("crm", "name", "CONVERGED"), ("lms", "name", "CONVERGED")]
    await apply_page(database, crm, page(content("1", person("Jan Smit-Bakker", "jan@example.com"), 300)))
    await apply_page(database, lms, page(content("9", person("Jan Smit-Bakker", "jan@example.com"), 300)))
    assert (await golden(database, customer))[0] == "Jan Smit-Bakker"


async def test_systems_that_follow_one_after_the_other_keep_him_one_person(database: Database) -> None:
    jan = await known(database)
    medium = await medium_of(database, jan.id)
    await rectified(database, jan.id, Right(media={medium: "jan@example.org"}))
    await apply_page(database, jan.crm, page(content("1", person("Jan Smith", "jan@example.org"), 200)))
    assert await owner(database, "lms", "9") == await owner(database, "crm", "1") == jan.id
    # The LMS tells of something else before it follows.
    await apply_page(database, jan.lms, page(content("9", person("Jan A. Smith", "jan@example.com"), 210)))
    assert await owner(database, "lms", "9") == jan.id
    assert await golden(database, jan.id) == ("Jan Smith", ["jan@example.org"])
    await apply_page(database, jan.lms, page(content("9", person("Jan A. Smith", "jan@example.org"), 220)))
    assert await owner(database, "lms", "9") == jan.id
    assert {one[2] for one in await corrections(database)} == {"CONVERGED"}
    # Once it has another address of its own, nothing holds the two together any more.
    await apply_page(database, jan.lms, page(content("9", person("Jan A. Smith", "other@example.org"), 230)))
    assert await owner(database, "lms", "9") != jan.id


async def test_an_overruled_correction_links_nobody(database: Database) -> None:
    jan = await known(database)
    medium = await medium_of(database, jan.id)
    await rectified(database, jan.id, Right(media={medium: "jan@example.org"}))
    await apply_page(database, jan.lms, page(content("9", person("Jan Smith", "third@example.org"), 200)))
    await apply_page(database, jan.crm, page(content("1", person("Jan Smith", "jan@example.org"), 210)))
    assert await owner(database, "lms", "9") != await owner(database, "crm", "1")


async def test_an_older_word_of_the_same_does_not_undo_it_and_a_new_one_does(database: Database) -> None:
    jan = await known(database)
    customer = jan.id
    await rectified(database, customer, Right({"name": "Jan Smit"}))
    await apply_page(database, jan.crm, page(content("1", person("Jan Smith", "jan@example.com", "0612345678"), 150)))
    assert (await golden(database, customer))[0] == "Jan Smit"
    await apply_page(database, jan.crm, page(content("1", person("Johan Smit", "jan@example.com"), 160)))
    assert ("crm", "name", "OVERRULED") in await corrections(database)


async def test_a_field_that_one_record_has_is_not_given_to_those_that_are_silent(database: Database) -> None:
    jan = await known(database)
    customer = jan.id
    await rectified(database, customer, Right({"birth_date": "1980-02-29"}))
    assert {one[0] for one in await corrections(database)} == {"crm", "lms"}
    async with database.reading() as connection:
        born = await connection.scalar(text("SELECT birth_date FROM customer WHERE id = :id"), {"id": customer})
    assert str(born) == "1980-02-29"
    done = await rectified(database, customer, Right({"birth_date": None}), 110)
    assert done.counts["source_record"] == 2
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT birth_date FROM customer WHERE id = :id"), {"id": customer}) is None


async def test_what_cannot_be_right_is_refused_and_changes_nothing(database: Database) -> None:
    jan = await known(database)
    customer = jan.id
    medium = await medium_of(database, customer)
    for right in (
        Right(),
        Right({"shoe_size": "43"}),
        Right({"birth_date": "yesterday"}),
        Right({"name": "Jan Smit"}, {medium: "no address"}),
    ):
        with pytest.raises(Invalid):
            await rectified(database, customer, right)
    with pytest.raises(NotFound):
        await rectified(database, customer, Right(media={uuid4(): "jan@example.org"}))
    with pytest.raises(NotFound):
        await rectified(database, uuid4(), Right({"name": "Jan Smit"}))
    assert await golden(database, customer) == ("Jan Smith", ["jan@example.com"])
    assert await corrections(database) == []
