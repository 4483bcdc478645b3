"""Lists are pages by keyset, in both directions, filtered, counted and bounded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.access.principal import Role
from hub.reads.conditions import TEXT_MAX
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.company import NOW, Person, add_person, uid
from tests.schema.serving import Api

PAGE = """
query Page($filter: CustomerFilter, $orderBy: CustomerOrder! = NAME, $first: Int, $after: String, $last: Int,
           $before: String) {
  customers(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
NAMES = ["Anna Bakker", "Ben de Vries", "Cor Smit", "Dora Smit"]


async def names(api: Api, **variables: object) -> list[str]:
    answer = await api.ask(PAGE, variables)
    assert answer.errors == []
    return [edge["node"]["name"] for edge in answer.data["customers"]["edges"]]


async def test_pages_forward_show_everybody_once(api: Api) -> None:
    seen: list[str] = []
    after = None
    for _ in range(4):
        page = (await api.ask(PAGE, {"first": 1, "after": after})).data["customers"]
        seen += [edge["node"]["name"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == NAMES
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (
        4,
        False,
        True,
    )


async def test_pages_backward_keep_the_order(api: Api) -> None:
    end = (await api.ask(PAGE, {"last": 2})).data["customers"]
    assert [edge["node"]["name"] for edge in end["edges"]] == NAMES[2:]
    assert await names(api, last=5, before=end["pageInfo"]["startCursor"]) == NAMES[:2]


async def test_the_newest_change_comes_first_where_that_is_asked(api: Api, company: Database) -> None:
    async with company.transaction() as connection:
        await add_person(connection, Person("Zoe Laat", changed_at=NOW))
        await add_person(connection, Person("Abe Vroeg", changed_at=NOW - timedelta(days=9)))
    newest = await names(api, orderBy="NEWEST_CHANGE")
    assert (newest[0], newest[-1], len(newest)) == ("Zoe Laat", "Abe Vroeg", 6)


async def test_a_person_who_changes_while_pages_are_read_does_not_hide_others(api: Api, company: Database) -> None:
    first = (await api.ask(PAGE, {"first": 2})).data["customers"]
    async with company.transaction() as connection:
        await add_person(connection, Person("Aad Eerst"))
    assert await names(api, first=5, after=first["pageInfo"]["endCursor"]) == NAMES[2:]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"nameStartsWith": "CO"}, ["Cor Smit"]),
        ({"nameStartsWith": "%"}, []),
        ({"kind": "ORGANISATION"}, []),
        ({"status": "gold"}, NAMES),
        ({"system": "lms"}, ["Anna Bakker"]),
        ({"phone": "0612345678"}, ["Anna Bakker"]),
        ({"email": "no address"}, []),
        ({"changedSince": "2026-03-02T12:00:00+01:00"}, []),
        ({"changedSince": "2026-03-01T13:00:00+01:00"}, NAMES),
        ({"deleted": True}, []),
        ({"deleted": None}, NAMES),
    ],
)
async def test_conditions_narrow_the_list(api: Api, conditions: dict[str, object], expected: list[str]) -> None:
    assert await names(api, filter=conditions) == expected


@pytest.mark.parametrize("name", ["nameStartsWith", "status", "system", "email", "phone"])
async def test_no_text_of_a_filter_is_longer_than_anything_it_is_compared_with(api: Api, name: str) -> None:
    assert (await api.ask(PAGE, {"filter": {name: "x" * TEXT_MAX}})).codes == []
    for _ in range(2):
        assert (await api.ask(PAGE, {"filter": {name: "x" * (TEXT_MAX + 1)}})).codes == ["INVALID"]


async def test_a_page_has_a_size_and_a_side(api: Api) -> None:
    sizes: list[dict[str, object]] = [{"first": 51}, {"first": 0}, {"last": -1}, {"first": 1, "last": 1}]
    sides: list[dict[str, object]] = [{"after": "x"}, {"before": ""}]
    for variables in [*sizes, *sides]:
        answer = await api.ask(PAGE, variables)
        assert (answer.data, answer.codes) == (None, ["INVALID"])


async def test_a_cursor_of_one_order_is_refused_in_another(api: Api) -> None:
    cursor = (await api.ask(PAGE, {"first": 1})).data["customers"]["pageInfo"]["endCursor"]
    assert (await api.ask(PAGE, {"after": cursor, "orderBy": "NEWEST_CHANGE"})).codes == ["INVALID"]


async def test_a_customer_lists_nobody_but_himself(api: Api) -> None:
    answer = await api.ask(PAGE, role=Role.CUSTOMER, customer=CustomerId(uid("Ben de Vries")))
    assert [edge["node"]["name"] for edge in answer.data["customers"]["edges"]] == ["Ben de Vries"]
    assert answer.data["customers"]["totalCount"] == 1


async def test_leads_are_listed_over_all_customers(api: Api) -> None:
    document = """query($filter: LeadFilter, $first: Int, $after: String) {
      leads(filter: $filter, first: $first, after: $after) {
        totalCount edges { node { name customer { name } } } pageInfo { endCursor hasNextPage } } }"""
    first = (await api.ask(document, {"first": 1})).data["leads"]
    assert (first["totalCount"], first["edges"]) == (
        2,
        [{"node": {"name": "Lead 2", "customer": {"name": "Anna Bakker"}}}],
    )
    second = (await api.ask(document, {"first": 1, "after": first["pageInfo"]["endCursor"]})).data["leads"]
    assert [edge["node"]["name"] for edge in second["edges"]] == ["Lead 1"]
    assert second["pageInfo"]["hasNextPage"] is False
    counts: list[tuple[dict[str, object], int]] = [({"states": ["ACCEPTED"]}, 0), ({"rating": "HOT"}, 2)]
    for conditions, count in counts:
        assert (await api.ask(document, {"filter": conditions})).data["leads"]["totalCount"] == count
