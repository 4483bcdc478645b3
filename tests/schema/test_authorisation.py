"""Every operation under every role: what is not allowed is refused, changes nothing and stands in the audit trail."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)
from sqlalchemy import text
from strawberry.types.base import StrawberryObjectDefinition

from hub.access.principal import SCOPES_OF, Role, Scope
from hub.records.identity import CustomerId
from hub.store.engine import Database
from schema.queries.node import NODE_TYPES
from tests.schema.company import gid, uid
from tests.schema.following import Socket, acknowledged, events
from tests.schema.matrix import BY_ID, SCHEMA, reviewed, rule_of
from tests.schema.serving import Api, listening_api
from tests.schema.untouched import untouched

ANNA = CustomerId(uid("Anna Bakker"))
MATRIX = reviewed()
ANNAS = {
    "customerId": gid("Customer", ANNA),
    "contactMediumId": gid("ContactMedium", uid("Anna Bakker EMAIL")),
    "sessionId": gid("CustomerSession", uid("Anna Bakker session")),
    "dialogId": gid("BusinessDialog", uid("Anna Bakker dialog")),
    "requestId": gid("BusinessRequest", uid("Anna Bakker request 1")),
    "commitmentId": gid("Commitment", uid("Anna Bakker commitment")),
    "leadId": gid("SalesLead", uid("Anna Bakker lead 1")),
}
"""Ids of what is hers, by the names of arguments."""


def operations() -> list[tuple[str, str]]:
    """Every root field with the keyword of its operation."""
    core = SCHEMA._schema
    roots = (("query", core.query_type), ("mutation", core.mutation_type), ("subscription", core.subscription_type))
    return [(keyword, name) for keyword, root in roots if root is not None for name in root.fields]


ANSWERED = [(keyword, name) for keyword, name in operations() if keyword != "subscription"]
FOLLOWED = [name for keyword, name in operations() if keyword == "subscription"]


def document_for(keyword: str, name: str) -> str:
    """A valid document for the operation: required arguments only, and the first leaf that can be asked for."""
    root = SCHEMA._schema.type_map[keyword.capitalize()]
    assert isinstance(root, GraphQLObjectType)
    field = root.fields[name]
    given = [f"{n}: {_literal(n, a.type)}" for n, a in field.args.items() if is_required_argument(a)]
    arguments = f"({', '.join(given)})" if given else ""
    return f"{keyword} {{ {name}{arguments} {_selection(field)} }}"


def _selection(field: GraphQLField) -> str:
    kind = get_named_type(field.type)
    return "" if is_leaf_type(kind) else "{ __typename }"


def _literal(name: str, kind: GraphQLInputType) -> str:
    if isinstance(kind, GraphQLNonNull):
        return _literal(name, kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{_literal(name, kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    if isinstance(kind, GraphQLInputObjectType):
        definition = kind.extensions["strawberry-definition"]
        if isinstance(definition, StrawberryObjectDefinition) and definition.is_one_of:
            name, chosen = next(iter(kind.fields.items()))
            return f"{{{name}: {_literal(name, chosen.type)}}}"
        return input_for(kind)
    if kind.name == "ID":
        return f'"{ANNAS.get(name, ANNAS["customerId"])}"'
    if kind.name == "Date":
        return '"2026-03-02"'
    if kind.name == "DateTime":
        return '"2026-03-02T13:00:00Z"'
    return '"crm-customers"'


def input_for(kind: GraphQLInputObjectType, **given: str) -> str:
    """An input of what is required and the given literals."""
    required = {n: _literal(n, f.type) for n, f in kind.fields.items() if is_required_input_field(f)}
    return f"{{{', '.join(f'{n}: {literal}' for n, literal in (required | given).items())}}}"


def may(role: Role, keyword: str, name: str) -> bool:
    """What the reviewed matrix says; by an id it is what the type takes, here a customer."""
    place = f"{keyword.capitalize()}.{name}"
    return role in MATRIX["Customer.id" if place in BY_ID else place]


def own(role: Role) -> CustomerId | None:
    """The customer whom a token of this role names."""
    return ANNA if role is Role.CUSTOMER else None


def place_of(keyword: str, name: str) -> str:
    """As the audit trail names it; node asks by the type behind the id."""
    return "Query.node.Customer" if name in ("node", "nodes") else f"{keyword.capitalize()}.{name}"


@pytest.mark.parametrize(("keyword", "name"), operations())
def test_every_operation_says_what_it_requires(keyword: str, name: str) -> None:
    assert rule_of(keyword.capitalize(), name) is not None


@pytest.mark.parametrize("role", Role)
async def test_what_a_role_may_not_do_is_refused_and_noted_and_changes_nothing(
    api: Api, company: Database, role: Role
) -> None:
    asked = [each for each in operations() if each[1] != "_entities" and not may(role, *each)]
    async with untouched(company, apart_from={"audit_event"}):
        for keyword, name in asked:
            answer = await refused(api, role, keyword, name)
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"], name
            assert all(shown in (None, [None]) for shown in (answer.get("data") or {}).values()), name
        await api.app.state.running.hub.trail.write()
    noted = await denials(company, f"development:{role.value}")
    assert noted == sorted({place_of(*each) for each in asked})


async def refused(api: Api, role: Role, keyword: str, name: str) -> dict[str, Any]:
    """What the role is answered; of a subscription the first event, and it must be the only one."""
    document = document_for(keyword, name)
    if keyword != "subscription":
        answer: dict[str, Any] = (await api.post(document, token=api.token(role, own(role)))).json()
        return answer
    async with asyncio.timeout(10), events(api.http, api.token(role, own(role)), document, {}) as stream:
        heard = [each async for each in stream]
    assert [event for event, _ in heard] == ["next", "complete"], name
    first: dict[str, Any] = heard[0][1]
    return first


async def test_a_customer_changes_nothing_of_another_one(api: Api, company: Database) -> None:
    ben = CustomerId(uid("Ben de Vries"))
    asked = {name: document_for(keyword, name) for keyword, name in ANSWERED if may(Role.CUSTOMER, keyword, name)}
    asked = {name: document for name, document in asked.items() if any(one in document for one in ANNAS.values())}
    assert {"recordConsent", "customerHistory", "correctContactMedium", "wrapUpSession"} <= asked.keys()
    async with untouched(company, apart_from={"audit_event"}):
        for document in asked.values():
            await api.ask(document, role=Role.CUSTOMER, customer=ben)
        await api.app.state.running.hub.trail.write()
    told = set(await denials(company, "development:customer", "NOT_FOUND"))
    assert {place_by(keyword, name) for keyword, name in ANSWERED if name in asked} - told == NOT_FROM_HIM
    async with company.reading() as connection:
        of_anna = text(
            "SELECT count(*) FROM audit_event WHERE object_id = :anna OR CAST(:anna AS uuid) = ANY(customers)"
        )
        assert await connection.scalar(of_anna, {"anna": str(ANNA)}) == 0


NOT_FROM_HIM = frozenset({"Mutation.recordContactEvents"})
"""What the shortest document asks of it is INVALID before anybody looks whose it is."""


def place_by(keyword: str, name: str) -> str:
    """As what is not for somebody is named: node by the field that asked."""
    return f"{keyword.capitalize()}.{name}"


@pytest.mark.parametrize("role", Role)
async def test_what_a_role_may_do_is_not_refused(api: Api, company: Database, role: Role) -> None:
    for keyword, name in ANSWERED:
        if may(role, keyword, name):
            answer = await api.ask(document_for(keyword, name), role=role, customer=own(role))
            assert not {"FORBIDDEN", "INTERNAL", "BAD_REQUEST"} & set(answer.codes), name
    await api.app.state.running.hub.trail.write()
    assert await denials(company, f"development:{role.value}") == []


@pytest.mark.parametrize("role", Role)
async def test_an_object_is_found_by_its_id_by_the_roles_that_may_see_its_type(
    api: Api, company: Database, role: Role
) -> None:
    denied: set[str] = set()
    async with untouched(company, apart_from={"audit_event"}):
        for name, kind in NODE_TYPES.items():
            assert kind.requires.scope is not None
            identity = gid(name, 1 if name in NUMBERED else uid("nobody"))
            asked = f'node(id: "{identity}") {{ id }} nodes(ids: ["{identity}"]) {{ id }}'
            entity = f'_entities(representations: [{{__typename: "{name}", id: "{identity}"}}]) {{ __typename }}'
            answer = await api.ask(f"{{ {asked} {entity} }}", role=role, customer=own(role))
            allowed = role in MATRIX[f"{name}.id"]
            assert answer.codes == ["NOT_FOUND" if allowed else "FORBIDDEN"] * 3 or (
                allowed and set(answer.codes) == {"NOT_FOUND"}
            ), name
            denied |= set() if allowed else {f"Query.node.{name}"}
        await api.app.state.running.hub.trail.write()
    assert await denials(company, f"development:{role.value}") == sorted(denied)


NUMBERED = frozenset({"QuarantinedObject", "ContractDrift", "StuckWork"})


@pytest.mark.slow
async def test_a_role_follows_what_it_may_and_nothing_else(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with listening_api(database_url, tmp_path) as (api, address):
        for role in Role:
            async with untouched(company, apart_from={"audit_event"}):
                async with acknowledged(address, api.token(role, own(role))) as client:
                    for name in FOLLOWED:
                        assert ("FORBIDDEN" in await first_codes(client, name)) is not may(role, "subscription", name)
                        await client.say(id=name, type="complete")
                await api.app.state.running.hub.trail.write()
            refused = sorted(f"Subscription.{name}" for name in FOLLOWED if not may(role, "subscription", name))
            assert await denials(company, f"development:{role.value}") == refused


async def first_codes(client: Socket, name: str) -> set[str]:
    """Of the errors in what a subscription answers first."""
    await client.subscribe(document_for("subscription", name), {}, name)
    heard = await client.hear()
    while heard["id"] != name:  # the end of the one before
        heard = await client.hear()
    payload = heard["payload"]
    errors = payload if isinstance(payload, list) else payload.get("errors", [])
    return {error["extensions"]["code"] for error in errors}


@pytest.mark.parametrize("token", [None, "nonsense", "a.b.c"])
async def test_without_a_token_nothing_is_answered_and_nothing_changes(
    api: Api, company: Database, token: str | None
) -> None:
    async with untouched(company):
        for keyword, name in ANSWERED:
            response = await api.post(document_for(keyword, name), token=token)
            assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
            assert "data" not in response.json()


def test_every_role_and_every_scope_has_a_use() -> None:
    assert frozenset().union(*SCOPES_OF.values()) == frozenset(Scope)
    asked = {rule.scope for keyword, name in operations() if (rule := rule_of(keyword.capitalize(), name))}
    assert asked - {None} <= set(Scope)


async def denials(database: Database, principal: str, outcome: str = "DENIED") -> list[str]:
    """What the audit trail says somebody was refused."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT DISTINCT object_id FROM audit_event WHERE outcome = :o AND principal = :p ORDER BY 1"),
            {"p": principal, "o": outcome},
        )
        return sorted(rows.scalars().all())
