"""A steward decides a field over every rule, through the API."""

from __future__ import annotations

from pathlib import Path

from hub.access.principal import Role
from hub.store.engine import Database
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import Person, add_person, gid, uid
from tests.schema.serving import serving
from tests.schema.test_privacy import RECTIFY
from tests.stewardship.building import merge, owner, projection, undo

PIN = """
mutation($input: PinFieldInput!) { pinField(input: $input) {
  customer { name conflicts { field kept values { source value } }
    provenance { field rule } } problems { code path } } }
"""
UNPIN = "mutation($i: UnpinFieldInput!) { unpinField(input: $i) { customer { name } problems { code } } }"


async def test_a_pin_stands_over_every_rule_until_it_is_taken_back(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", person("Jan Smit", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan Bakker", "jan@example.com"), 1)))
    jan = gid("Customer", await owner(database, "crm", "1"))
    async with serving(database_url, tmp_path) as api:
        before = await projection(database)
        for wrong, path in ({"field": "nmae", "value": "x"}, "field"), ({"field": "birthDate", "value": "x"}, "value"):
            refused = await api.ask(PIN, {"input": {"customerId": jan, **wrong}}, role=Role.STEWARD)
            assert refused.data["pinField"]["problems"] == [{"code": "INVALID", "path": [path]}]
        given = {"customerId": jan, "field": "name", "value": "Jan Smit-Bakker"}
        assert (await api.ask(PIN, {"input": given})).codes == ["FORBIDDEN"]
        assert await projection(database) == before
        told = (await api.ask(PIN, {"input": given}, role=Role.STEWARD)).data["pinField"]["customer"]
        assert told["name"] == "Jan Smit-Bakker"
        assert {"field": "name", "rule": "PINNED"} in told["provenance"]
        assert told["conflicts"] == [
            {
                "field": "name",
                "kept": "Jan Smit-Bakker",
                "values": [{"source": "crm", "value": "Jan Smit"}, {"source": "lms", "value": "Jan Bakker"}],
            }
        ]
        await apply_page(database, crm, page(content("1", person("Johannes Smit", "jan@example.com"), 2)))
        taken = await api.ask(UNPIN, {"i": {"customerId": jan, "field": "name"}}, role=Role.STEWARD)
        assert taken.data["unpinField"]["customer"] == {"name": "Johannes Smit"}
        again = await api.ask(UNPIN, {"i": {"customerId": jan, "field": "name"}}, role=Role.STEWARD)
        assert again.data["unpinField"]["problems"] == [{"code": "CONFLICT"}]


async def test_a_pin_goes_with_its_customer_through_merge_and_split(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", person("Jan"), 1), content("2", person("Mia"), 1)))
    jan, mia = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    async with serving(database_url, tmp_path) as api:
        given = {"customerId": gid("Customer", mia), "field": "status", "value": "GOLD"}
        await api.ask(PIN, {"input": given}, role=Role.STEWARD)
        before = await projection(database)
        merged = await merge(database, jan, mia)
        gold = await api.ask("query($id: ID!) { customer(by: {id: $id}) { status } }", {"id": gid("Customer", jan)})
        assert gold.data == {"customer": {"status": "GOLD"}}
        await undo(database, merged.act_id)
    assert await projection(database) == before


async def test_nothing_can_be_pinned_of_whom_nothing_is_stored_and_he_stays_one(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with database.transaction() as connection:
        await add_person(connection, Person("Anna Bakker", "anna@example.nl", systems=("crm", "lms")))
    before = await projection(database)
    anna = gid("Customer", uid("Anna Bakker"))
    async with serving(database_url, tmp_path) as api:
        given = {"customerId": anna, "field": "name", "value": "Anna"}
        told = (await api.ask(PIN, {"input": given}, role=Role.STEWARD)).data["pinField"]
        assert told == {"customer": None, "problems": [{"code": "CONFLICT", "path": []}]}
        right = {"customerId": anna, "fields": [{"field": "language", "value": "en"}]}
        assert await projection(database) == before
        answer = await api.ask(RECTIFY, {"input": right}, role=Role.STEWARD)
        assert answer.data["requestRectification"]["problems"] == []
    assert [await owner(database, system, f"{system}-anna") for system in ("crm", "lms")] == [uid("Anna Bakker")] * 2
