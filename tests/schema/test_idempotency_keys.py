"""Every mutation takes a key of the caller's, and is carried out once under it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull
from sqlalchemy import text

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from schema.mutations.outcome import KEY_LENGTH_MAX
from tests.schema.company import gid, uid
from tests.schema.matrix import SCHEMA
from tests.schema.serving import Api
from tests.schema.test_authorisation import MATRIX, input_for, own
from tests.schema.untouched import untouched

MUTATION = SCHEMA._schema.mutation_type
assert MUTATION is not None
NAMES = list(MUTATION.fields)
ANNA, BEN = (gid("Customer", uid(name)) for name in ("Anna Bakker", "Ben de Vries"))
AT = "2026-03-02T12:00:00Z"
SAID = {"customerId": ANNA, "purpose": "marketing", "status": "GRANTED"}
BOUNCED = {"value": "anna@example.nl", "reason": "no such mailbox"}
EVENT = {"customerId": ANNA, "kind": "INTEREST", "occurredAt": AT, "subject": "fibre", "channel": "web"}


def input_of(name: str) -> GraphQLInputObjectType:
    """The input of a mutation."""
    assert MUTATION is not None
    kind = MUTATION.fields[name].args["input"].type
    assert isinstance(kind, GraphQLNonNull)
    assert isinstance(kind.of_type, GraphQLInputObjectType)
    return kind.of_type


@pytest.mark.parametrize("name", NAMES)
async def test_every_mutation_looks_at_its_key(api: Api, company: Database, name: str) -> None:
    kind = input_of(name)
    given = input_for(kind, idempotencyKey=f'"{"k" * (KEY_LENGTH_MAX + 1)}"')
    role = next(role for role in (Role.STEWARD, Role.ARCHITECT, *Role) if role in MATRIX[f"Mutation.{name}"])
    document = f"mutation {{ {name}(input: {given}) {{ problems {{ code path }} }} }}"
    async with untouched(company, apart_from={"audit_event"}):
        answer = await api.ask(document, role=role, customer=own(role))
    assert answer.errors == []
    assert answer.data[name]["problems"] == [{"code": "INVALID", "path": ["idempotencyKey"]}]


@pytest.mark.parametrize(
    ("name", "role", "first", "other"),
    [
        ("declareDifferent", Role.STEWARD, {"customerId": ANNA, "otherId": BEN}, {"customerId": BEN, "otherId": ANNA}),
        ("requestExport", Role.STEWARD, {"customerId": ANNA}, {"customerId": BEN}),
        ("revokeTokens", Role.ARCHITECT, {"subject": "one"}, {"subject": "two"}),
        (
            "recordContactEvents",
            Role.AGENT,
            {"events": [EVENT | {"eventId": "1"}]},
            {"events": [EVENT | {"eventId": "2"}]},
        ),
        ("declareIncident", Role.SUPERVISOR, {"message": "slow"}, {"message": "slower"}),
        ("openLead", Role.AGENT, {"customerId": ANNA, "name": "fibre"}, {"customerId": BEN, "name": "fibre"}),
        ("recordConsent", Role.AGENT, SAID, SAID | {"status": "DENIED"}),
        ("reportUndeliverable", Role.SUPERVISOR, BOUNCED, BOUNCED | {"reason": "no such domain"}),
        ("startSession", Role.AGENT, {"channel": "call-centre"}, {"channel": "call-centre", "reason": "a bill"}),
    ],
)
async def test_under_one_key_it_is_done_once_and_not_for_another_input(
    api: Api, company: Database, name: str, role: Role, first: dict[str, object], other: dict[str, object]
) -> None:
    document = f"mutation($i: {input_of(name).name}!) {{ {name}(input: $i) {{ problems {{ code }} }} }}"

    async def problems(given: dict[str, object]) -> Any:
        return (await api.ask(document, {"i": given | {"idempotencyKey": "mine"}}, role=role)).data[name]["problems"]

    assert await problems(first) == []
    async with untouched(company, apart_from={"audit_event"}):
        assert await problems(first) == []
        assert await problems(other) == [{"code": "CONFLICT"}]


async def test_a_key_of_one_customer_is_not_anothers_though_their_channel_is_one_subject(api: Api) -> None:
    document = "mutation($i: StartSessionInput!) { startSession(input: $i) { session { id } problems { code } } }"
    sessions = []
    for name in ("Anna Bakker", "Ben de Vries", "Anna Bakker"):
        given = {"i": {"channel": "web", "idempotencyKey": "1"}}
        answer = await api.ask(document, given, role=Role.CUSTOMER, customer=CustomerId(uid(name)))
        assert answer.data["startSession"]["problems"] == []
        sessions.append(answer.data["startSession"]["session"]["id"])
    assert (sessions[2] == sessions[0], sessions[1] == sessions[0]) == (True, False)


async def test_a_key_is_good_again_after_a_refusal_and_after_a_day(api: Api) -> None:
    document = "mutation($i: OpenLeadInput!) { openLead(input: $i) { lead { id } problems { code } } }"

    async def opened(customer: str) -> Any:
        given = {"i": {"customerId": customer, "name": "fibre", "idempotencyKey": "1"}}
        answer = (await api.ask(document, given)).data["openLead"]
        return answer["problems"] or answer["lead"]["id"]

    assert await opened(gid("Customer", uid("nobody"))) == [{"code": "NOT_FOUND"}]
    first = await opened(ANNA)
    api.clock.forward(timedelta(hours=24))
    assert await opened(ANNA) == first
    api.clock.forward(timedelta(seconds=1))
    assert await opened(ANNA) != first


async def test_two_at_once_under_one_key_are_one(api: Api, company: Database) -> None:
    document = "mutation($i: OpenLeadInput!) { openLead(input: $i) { lead { id } problems { code } } }"
    given = {"i": {"customerId": ANNA, "name": "fibre", "idempotencyKey": "1"}}
    answers = await asyncio.gather(*(api.ask(document, given) for _ in range(4)))
    assert len({answer.data["openLead"]["lead"]["id"] for answer in answers}) == 1
    async with company.reading() as connection:
        leads = await connection.scalar(text("SELECT count(*) FROM sales_lead WHERE name = 'fibre'"))
    assert leads == 1
