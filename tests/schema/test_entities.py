"""What a gateway of Apollo Federation 2 asks of a subgraph."""

from __future__ import annotations

import pytest
from graphql import parse

from hub.access.principal import Role
from hub.records.identity import CustomerId
from tests.schema.company import gid, uid
from tests.schema.serving import Api

ENTITIES = """
query($of: [_Any!]!) {
  _entities(representations: $of) { ... on Customer { name } ... on System { cadence: __typename } }
}
"""
ANNA, BEN = uid("Anna Bakker"), uid("Ben de Vries")


def customer(identity: object) -> dict[str, object]:
    return {"__typename": "Customer", "id": gid("Customer", identity)}


async def test_entities_come_in_the_order_of_their_references(api: Api) -> None:
    answer = await api.ask(ENTITIES, {"of": [customer(BEN), customer(ANNA), customer(BEN)]})
    assert answer.data == {"_entities": [{"name": "Ben de Vries"}, {"name": "Anna Bakker"}, {"name": "Ben de Vries"}]}


@pytest.mark.parametrize(
    ("representation", "code"),
    [
        ("Anna", "INVALID"),
        ({"__typename": "Customer"}, "INVALID"),
        ({"__typename": "Customer", "id": str(ANNA)}, "INVALID"),
        ({"__typename": "SalesLead", "id": gid("Customer", ANNA)}, "NOT_FOUND"),
        ({"__typename": "Query", "id": gid("Query", 1)}, "NOT_FOUND"),
        (customer(uid("nobody")), "NOT_FOUND"),
        ({"__typename": "System", "id": gid("System", "crm")}, "FORBIDDEN"),
    ],
    ids=["text", "no id", "raw id", "other type", "no entity", "unknown", "scope"],
)
async def test_a_reference_to_nothing_is_null_with_its_error_beside_the_others(
    api: Api, representation: object, code: str
) -> None:
    answer = await api.ask(ENTITIES, {"of": [representation, customer(ANNA)]})
    assert answer.data == {"_entities": [None, {"name": "Anna Bakker"}]}
    assert answer.codes == [code]
    assert answer.errors[0]["path"] == ["_entities", 0]


async def test_a_customer_refers_to_himself_only(api: Api) -> None:
    of = {"of": [customer(ANNA), customer(BEN)]}
    answer = await api.ask(ENTITIES, of, role=Role.CUSTOMER, customer=CustomerId(ANNA))
    assert (answer.data, answer.codes) == ({"_entities": [{"name": "Anna Bakker"}, None]}, ["NOT_FOUND"])


async def test_more_references_than_a_page_are_refused(api: Api) -> None:
    answer = await api.ask(ENTITIES, {"of": [customer(ANNA)] * 101})
    assert (answer.data, answer.codes) == (None, ["INVALID"])


async def test_the_subgraph_tells_its_keys_to_those_who_see_the_systems(api: Api) -> None:
    answer = await api.ask("{ _service { sdl } }", role=Role.ARCHITECT)
    sdl = answer.data["_service"]["sdl"]
    parse(sdl)
    assert 'type Customer implements Node @key(fields: "id")' in sdl
    assert (await api.ask("{ _service { sdl } }")).codes == ["FORBIDDEN"]
