"""Every operation that takes a customer's id takes one that was merged away, however often, and so does his token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLInputType, GraphQLObjectType, get_named_type

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.contacts.conftest import CATALOGUE, RULES
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import NOW, gid
from tests.schema.matrix import SCHEMA
from tests.schema.offering import OFFERING
from tests.schema.serving import Api, serving
from tests.stewardship.building import merge, owner

pytestmark = pytest.mark.slow

NAMES = frozenset({"customer", "customerId", "customerIds", "otherId", "into"})
BY_ID = frozenset(
    {"Query.customer", "Query.customerHistory", "Query.node", "Query.nodes", "Query._entities"}
    | {"Subscription.customerUpdates"}
)
"""They call it `id`."""
FOLLOWED = frozenset({"Subscription.customerUpdates", "Subscription.nextBestActionUpdates"})
"""By test_subscriptions_through_merges."""


@dataclass(frozen=True)
class Asked:
    """`$id` is the old id, `$other` somebody else's, `$session` one that knows nobody; `whose` leads to who answers."""

    document: str
    role: Role = Role.STEWARD
    whose: tuple[str, ...] = ()


def _mutation(name: str, given: str, told: str = "", whose: tuple[str, ...] = (), role: Role = Role.STEWARD) -> Asked:
    return Asked(f"{name}(input: {{{given}}}) {{ {told} problems {{ code message }} }}", role, (name, *whose))


MOMENT = NOW.isoformat()
HIS = "customer { id }"
ASKED = {
    "Query.customer": Asked("customer(by: {id: $id}) { id }", whose=("customer",)),
    "Query.customerHistory": Asked(f'customerHistory(id: $id, at: "{MOMENT}") {{ __typename }}'),
    "Query.matchCandidates": Asked("matchCandidates(customer: $id) { customerId }"),
    "Query.nextBestActions": Asked('nextBestActions(customerId: $id, channel: "web") { rank }', Role.AGENT),
    "Query.explainNextBestActions": Asked('explainNextBestActions(customerId: $id, channel: "web") { rank }'),
    "Query.privacyRequests": Asked("privacyRequests(customerId: $id) { totalCount }"),
    "Query.auditEntries": Asked("auditEntries(filter: {customerId: $id}) { totalCount }"),
    "Query.node": Asked("node(id: $id) { id }", whose=("node",)),
    "Query.nodes": Asked("nodes(ids: [$id]) { id }", whose=("nodes",)),
    "Query._entities": Asked(
        '_entities(representations: [{__typename: "Customer", id: "$id"}]) { ... on Customer { id } }',
        whose=("_entities",),
    ),
    "Mutation.startSession": _mutation(
        "startSession",
        'channel: "call-centre", known: {customerId: $id}',
        f"session {{ {HIS} }}",
        ("session", "customer"),
        Role.AGENT,
    ),
    "Mutation.identifyCustomer": _mutation(
        "identifyCustomer",
        "sessionId: $session, known: {customerId: $id}",
        f"session {{ {HIS} }}",
        ("session", "customer"),
        Role.AGENT,
    ),
    "Mutation.openLead": _mutation(
        "openLead", 'name: "fibre", customerId: $id', f"lead {{ {HIS} }}", ("lead", "customer"), Role.AGENT
    ),
    "Mutation.requestNextBestActions": _mutation(
        "requestNextBestActions", 'customerId: $id, channel: "web"', "decision { id }", role=Role.AGENT
    ),
    "Mutation.recordContactEvents": _mutation(
        "recordContactEvents",
        'events: [{eventId: "1", customerId: $id, kind: SHOWN, '
        f'occurredAt: "{MOMENT}", channel: "web", proposition: "fibre-1000"}}]',
        "recorded",
        role=Role.AGENT,
    ),
    "Mutation.recordConsent": _mutation(
        "recordConsent", 'customerId: $id, purpose: "marketing", status: GRANTED', HIS, ("customer",), Role.AGENT
    ),
    "Mutation.pinField": _mutation("pinField", 'customerId: $id, field: "name", value: "Jan"', HIS, ("customer",)),
    "Mutation.unpinField": Asked(
        f"""pinField(input: {{customerId: $id, field: "name", value: "Jan"}}) {{ problems {{ code }} }}
        unpinField(input: {{customerId: $id, field: "name"}}) {{ {HIS} problems {{ code message }} }}""",
        whose=("unpinField", "customer"),
    ),
    "Mutation.declareDifferent": _mutation("declareDifferent", "customerId: $id, otherId: $other"),
    "Mutation.mergeCustomers": _mutation(
        "mergeCustomers", "into: $id, customerIds: [$other], dryRun: true", HIS, ("customer",)
    ),
    "Mutation.splitCustomer": _mutation(
        "splitCustomer",
        'what: {records: {customerId: $id, identifiers: [{system: "lms", externalId: "9"}]}}, dryRun: true',
        HIS,
        ("customer",),
    ),
    "Mutation.requestExport": _mutation("requestExport", "customerId: $id"),
    "Mutation.requestRectification": _mutation(
        "requestRectification", 'customerId: $id, fields: [{field: "name", value: "Jan"}]'
    ),
    "Mutation.requestErasure": _mutation("requestErasure", "customerId: $id"),
}


def takers() -> Iterator[str]:
    """The root fields that take a customer's id."""
    for root in ("Query", "Mutation", "Subscription"):
        kind = SCHEMA._schema.type_map[root]
        assert isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items():
            arguments = {n: argument.type for n, argument in field.args.items()}
            if f"{root}.{name}" in BY_ID or any(_names_one(n, of) for n, of in arguments.items()):
                yield f"{root}.{name}"


def _names_one(name: str, kind: GraphQLInputType) -> bool:
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType):
        return any(_names_one(n, field.type) for n, field in named.fields.items())
    return named.name == "ID" and name in NAMES


def test_every_operation_that_takes_a_customers_id_is_tried() -> None:
    assert set(takers()) - FOLLOWED == set(ASKED)


@dataclass
class People:
    """Jan, who was three people of whom one became the second and that one the first; and Mia."""

    api: Api
    jan: str
    old: CustomerId
    mia: str

    async def ask(self, place: str) -> Any:  # Any: an answer
        """What the operation answers for the id that was merged twice."""
        asked, session = ASKED[place], ""
        if "$session" in asked.document:
            document = 'mutation { startSession(input: {channel: "call-centre"}) { session { id } } }'
            session = (await self.api.ask(document)).data["startSession"]["session"]["id"]
        ids = {"$id": gid("Customer", self.old), "$other": self.mia, "$session": session}
        document = asked.document.replace('"$id"', "$id")
        for name, value in ids.items():
            document = document.replace(name, f'"{value}"')
        keyword = place.partition(".")[0].lower()
        answer = await self.api.ask(f"{keyword} {{ {document} }}", role=asked.role)
        assert answer.codes == [], answer
        return answer.data


@pytest.fixture
async def people(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[People]:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    known = [content(n, person(name, f"{n}@example.com"), 1) for n, name in (("1", "Jan"), ("2", "Jans"), ("3", "Mia"))]
    await apply_page(database, crm, page(*known))
    await apply_page(database, lms, page(content("9", person("Janssen", "9@example.com"), 1)))
    one, two, mia = [await owner(database, "crm", number) for number in ("1", "2", "3")]
    old = await owner(database, "lms", "9")
    await merge(database, two, old)
    await merge(database, one, two, minute=20_001)
    async with serving(database_url, tmp_path, contact=RULES, topics=CATALOGUE, offering=OFFERING) as api:
        yield People(api, gid("Customer", one), CustomerId(old), gid("Customer", mia))


@pytest.mark.parametrize("place", sorted(ASKED))
async def test_an_id_that_was_merged_twice_is_taken(people: People, place: str) -> None:
    told = await people.ask(place)
    for answered in told.values():
        assert not isinstance(answered, dict) or answered.get("problems", []) == []
    for step in ASKED[place].whose:
        told = told[step]
    if ASKED[place].whose and "id" in (shown := told[0] if isinstance(told, list) else told):
        assert shown["id"] == people.jan


async def test_his_old_token_shows_him_as_he_is_now(people: People) -> None:
    asked = '{ viewer { customer { id } } customer(by: {email: "1@example.com"}) { id } }'
    answer = await people.api.ask(asked, role=Role.CUSTOMER, customer=people.old)
    assert answer.codes == []
    assert answer.data == {"viewer": {"customer": {"id": people.jan}}, "customer": {"id": people.jan}}
