"""Every operation under every role: what is not allowed is refused, and a new operation without a rule fails."""

from __future__ import annotations

from collections.abc import Mapping

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
from strawberry.types.field import StrawberryField

from hub.access.principal import SCOPES_OF, Role, Scope
from hub.records.identity import CustomerId
from hub.store.engine import Database
from schema.authorise import Requires
from schema.schema import build_schema
from tests.schema.company import gid, uid
from tests.schema.serving import Api

SCHEMA = build_schema()
ANNA = CustomerId(uid("Anna Bakker"))

BEYOND_THE_VIEW: Mapping[str, Scope] = {
    "Customer.leads": Scope.LEADS_READ,
    "Customer.conflicts": Scope.CUSTOMERS_STEWARD,
    "Customer.stewardActs": Scope.CUSTOMERS_STEWARD,
    "SalesLead.customer": Scope.CUSTOMERS_READ,
    "CustomerSession.customer": Scope.CUSTOMERS_READ,
    "Customer.commitments": Scope.CONTACTS_READ,
    "Customer.timeline": Scope.CONTACTS_READ,
    "TimelineEntry.session": Scope.CONTACTS_READ,
    "Commitment.customer": Scope.CUSTOMERS_READ,
    "WorkItem.customer": Scope.CUSTOMERS_READ,
    "InformationFlow.sourceSystem": Scope.SYSTEMS_READ,
    "ContractDrift.quarantined": Scope.QUARANTINE_READ,
    "QuarantinedObject.bytes": Scope.QUARANTINE_REVEAL,
    "WorkCommand.content": Scope.QUARANTINE_REVEAL,
    "Viewer.customer": Scope.CUSTOMERS_READ,
    "CustomerSession.nextBestActions": Scope.OFFERS_READ,
}
"""Fields below the roots that lead from one kind of data to another."""


def operations() -> list[tuple[str, str]]:
    """Every root field with the keyword of its operation."""
    core = SCHEMA._schema
    roots = (("query", core.query_type), ("mutation", core.mutation_type), ("subscription", core.subscription_type))
    return [(keyword, name) for keyword, root in roots if root is not None for name in root.fields]


def rule_of(type_name: str, field_name: str) -> Requires | None:
    """What a field requires of the token."""
    kind = SCHEMA._schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    definition = kind.fields[field_name].extensions["strawberry-definition"]
    assert isinstance(definition, StrawberryField)
    return next((extension for extension in definition.extensions if isinstance(extension, Requires)), None)


def root_of(keyword: str) -> str:
    return keyword.capitalize()


def document_for(keyword: str, name: str) -> str:
    """A valid document for the operation: required arguments only, and the first leaf that can be asked for."""
    root = SCHEMA._schema.type_map[root_of(keyword)]
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
        fields = [f"{n}: {_literal(n, f.type)}" for n, f in kind.fields.items() if is_required_input_field(f)]
        return f"{{{', '.join(fields)}}}"
    if kind.name == "ID":
        return f'"{gid("ContactMedium" if name == "contactMediumId" else "Customer", ANNA)}"'
    if kind.name == "DateTime":
        return '"2026-03-02T13:00:00Z"'
    return '"crm-customers"'


@pytest.mark.parametrize(("keyword", "name"), operations())
def test_every_operation_says_what_it_requires(keyword: str, name: str) -> None:
    assert rule_of(root_of(keyword), name) is not None


def test_fields_that_lead_to_other_data_say_what_they_require() -> None:
    found = {
        f"{kind.name}.{name}": rule.scope
        for kind in SCHEMA._schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        and kind.name not in ("Query", "Mutation", "Subscription")
        and not kind.name.startswith("__")
        for name in kind.fields
        if (rule := rule_of(kind.name, name)) is not None
    }
    assert found == BEYOND_THE_VIEW


ANSWERED = [(keyword, name) for keyword, name in operations() if keyword != "subscription"]


@pytest.mark.parametrize("role", Role)
async def test_a_role_may_do_what_its_scopes_say_and_nothing_else(api: Api, company: Database, role: Role) -> None:
    customer = ANNA if role is Role.CUSTOMER else None
    refused: list[str] = []
    for keyword, name in ANSWERED:
        rule = rule_of(root_of(keyword), name)
        assert rule is not None
        # node and nodes ask for the scope of the type behind the id, here a customer.
        needed = Scope.CUSTOMERS_READ if name in ("node", "nodes") else rule.scope
        allowed = needed is None or needed in SCOPES_OF[role]
        before = await written(api, company)
        answer = await api.ask(document_for(keyword, name), role=role, customer=customer)
        assert ("FORBIDDEN" not in answer.codes) is allowed, name
        assert not {"INTERNAL", "BAD_REQUEST"} & set(answer.codes), name
        if not allowed:
            assert await written(api, company) == before, name
            assert await denials(company, f"development:{role.value}") == [*refused, place_of(keyword, name)]
            refused = await denials(company, f"development:{role.value}")


@pytest.mark.parametrize("token", [None, "nonsense", "a.b.c"])
async def test_without_a_token_nothing_is_answered(api: Api, token: str | None) -> None:
    for keyword, name in ANSWERED:
        response = await api.post(document_for(keyword, name), token=token)
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
        assert "data" not in response.json()


def place_of(keyword: str, name: str) -> str:
    """As the audit trail names it; node asks by the type behind the id."""
    if name in ("node", "nodes"):
        return "Query.node.Customer"
    return f"{root_of(keyword)}.{name}"


async def denials(database: Database, principal: str) -> list[str]:
    """What the audit trail says somebody was refused, in order."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT object_id FROM audit_event WHERE outcome = 'DENIED' AND principal = :p ORDER BY id"),
            {"p": principal},
        )
        return list(rows.scalars().all())


WRITTEN = ("flow_run", "dispatch", "correction", "change_pending", "idempotency_key", "steward_act", "steward_decision")


async def written(api: Api, database: Database) -> list[int]:
    """How many rows there are in the tables that operations write, the trail of reads up to now included."""
    await api.app.state.running.hub.trail.write()
    counts = []
    async with database.reading() as connection:
        for table in WRITTEN:
            counts.append(await connection.scalar(text(f"SELECT count(*) FROM {table}")))
        counts.append(await connection.scalar(text("SELECT count(*) FROM audit_event WHERE outcome <> 'DENIED'")))
    return counts
