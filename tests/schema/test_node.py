"""Every object is found again by its global id, by those who may see it."""

from __future__ import annotations

from uuid import UUID

import pytest
from graphql import GraphQLInterfaceType

from hub.access.principal import Role
from hub.records.identity import CustomerId
from schema.queries.node import NODE_TYPES
from schema.schema import build_schema
from tests.schema.company import gid, uid
from tests.schema.serving import Api

ANNA, BEN = CustomerId(uid("Anna Bakker")), CustomerId(uid("Ben de Vries"))

OF_ANNA: dict[str, UUID] = {
    "Customer": ANNA,
    "ContactMedium": uid("Anna Bakker EMAIL"),
    "PostalAddress": uid("Anna Bakker address"),
    "SalesOrder": uid("Anna Bakker order 1"),
    "BusinessRequest": uid("Anna Bakker request 1"),
    "ProductHolding": uid("Anna Bakker holding 1"),
    "CampaignMembership": uid("Anna Bakker membership 1"),
    "Consent": uid("Anna Bakker consent 1"),
    "SalesLead": uid("Anna Bakker lead 1"),
    "CustomerSession": uid("Anna Bakker session"),
    "BusinessDialog": uid("Anna Bakker dialog"),
    "Commitment": uid("Anna Bakker commitment"),
}
OF_THE_HUB = {
    "System": "crm",
    "InformationFlow": "crm-customers",
    "FlowRun": uid("run 4"),
    "CadenceMigration": uid("migration"),
}

NUMBERED = {"QuarantinedObject", "ContractDrift", "StuckWork"}
"""What waits for a person; found by test_quarantine and test_stuck_work, where there is some."""

OF_CHANNELS = {"Incident"}
"""What is everybody's business in a channel; found by tests/contacts."""

OF_OUTBOUND = {"LeadDelivery"}
"""What carries leads out, of which this company has none."""

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


def test_every_type_of_node_can_be_found() -> None:
    schema = build_schema()._schema
    node = schema.get_type("Node")
    assert isinstance(node, GraphQLInterfaceType)
    assert {found.name for found in schema.get_possible_types(node)} == set(NODE_TYPES)
    assert set(OF_ANNA) | set(OF_THE_HUB) | NUMBERED | OF_CHANNELS | OF_OUTBOUND == set(NODE_TYPES)


@pytest.mark.parametrize("type_name", sorted(OF_ANNA))
async def test_a_part_of_a_customer_is_found_by_those_who_may_see_it(api: Api, type_name: str) -> None:
    identity = gid(type_name, OF_ANNA[type_name])
    assert (await api.ask(NODE, {"id": identity})).data == {"node": {"__typename": type_name, "id": identity}}
    other = await api.ask(NODE, {"id": identity}, role=Role.CUSTOMER, customer=BEN)
    hidden = "FORBIDDEN" if type_name == "SalesLead" else "NOT_FOUND"
    assert (other.data, other.codes) == ({"node": None}, [hidden])
    assert (await api.ask(NODE, {"id": identity}, role=Role.ARCHITECT)).codes == ["FORBIDDEN"]


@pytest.mark.parametrize("type_name", sorted(OF_THE_HUB))
async def test_a_part_of_the_hub_is_found_by_its_architect(api: Api, type_name: str) -> None:
    identity = gid(type_name, OF_THE_HUB[type_name])
    found = await api.ask(NODE, {"id": identity}, role=Role.ARCHITECT)
    assert found.data == {"node": {"__typename": type_name, "id": identity}}
    assert (await api.ask(NODE, {"id": identity})).codes == ["FORBIDDEN"]


async def test_nodes_keep_their_order_and_leave_a_hole_for_what_is_not_there(api: Api) -> None:
    ids = [gid("SalesOrder", uid("Anna Bakker order 2")), gid("Customer", uid("x")), gid("Customer", ANNA)]
    answer = await api.ask(NODES, {"ids": ids})
    assert [None if node is None else node["id"] for node in answer.data["nodes"]] == [ids[0], None, ids[2]]
    assert answer.errors == []


async def test_a_node_that_is_forbidden_does_not_hide_the_others(api: Api) -> None:
    ids = [gid("SalesLead", uid("Anna Bakker lead 1")), gid("Customer", ANNA)]
    answer = await api.ask(NODES, {"ids": ids}, role=Role.CUSTOMER, customer=ANNA)
    assert answer.data == {"nodes": [None, {"__typename": "Customer", "id": ids[1]}]}
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [(["nodes", 0], "FORBIDDEN")]


async def test_ids_that_name_nothing_are_not_found(api: Api) -> None:
    for identity in (gid("Customer", "x"), gid("Robot", ANNA), gid("SalesOrder", ANNA)):
        assert (await api.ask(NODE, {"id": identity})).codes == ["NOT_FOUND"]
    for type_name in NUMBERED:
        for key in ("x", "-1", "1", "9" * 30, "\u0661"):
            answer = await api.ask(NODE, {"id": gid(type_name, key)}, role=Role.ARCHITECT)
            assert answer.codes == ["NOT_FOUND"]
    assert (await api.ask(NODES, {"ids": [gid("Customer", ANNA)] * 101})).codes == ["INVALID"]
