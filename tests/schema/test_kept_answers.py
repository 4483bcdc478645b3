"""An answer that is kept is the answer that would be made now, whatever was written, in any order of commits."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import asyncpg
import pytest
from hypothesis import strategies
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import text

from hub.access.principal import Role
from hub.store.engine import Database
from tests.any_steps import any_steps
from tests.schema.company import add_alias, gid, uid
from tests.schema.questions import ANNA, BEN
from tests.schema.serving import Api, serving

T = TypeVar("T")

VIEW: Final = """query($id: ID!) { customer(by: {id: $id}) {
  id name version updatedAt identifiers { system externalId } contactMedia { kind value } addresses { street }
  segments { name } consents { purpose status } productHoldings { product quantity }
  campaignMemberships { campaign state } requests { totalCount edges { node { number state running } } }
  leads { edges { node { name state campaign channel customer { name } } } }
  orders(first: 2) { totalCount edges { node { number total lines { position amount } } } pageInfo { hasNextPage } }
} }"""
HISTORY: Final = """query($id: ID!) { customer(by: {id: $id}) { name
  timeline(first: 2) { totalCount edges { node { at kind } } } commitments(open: false) { edges { node { state } } }
} }"""
LIST: Final = """{ customers(first: 2, filter: {system: "crm"}) {
  edges { cursor node { id name contactMedia { value } } } pageInfo { hasNextPage endCursor } } }"""
NEWEST: Final = "{ customers(first: 3, orderBy: NEWEST_CHANGE) { edges { node { name version } } } }"
BY_MAIL: Final = '{ customer(by: {email: "anna@example.nl"}) { id name contactMedia { value } } }'
NODE: Final = "query($id: ID!) { node(id: $id) { ... on SalesOrder { number total lines { amount } } } }"

DOCUMENTS: Final = Path("benchmarks/graphql/documents")
FORMER: Final = uid("former")
QUESTIONS: Final[list[tuple[str, dict[str, str]]]] = [
    *((VIEW, {"id": gid("Customer", key)}) for key in (ANNA, BEN, FORMER)),
    (HISTORY, {"id": gid("Customer", ANNA)}),
    (LIST, {}),
    (NEWEST, {}),
    (BY_MAIL, {}),
    (NODE, {"id": gid("SalesOrder", uid("Anna Bakker order 1"))}),
]

CHANGES: Final = [
    "UPDATE customer SET name = name || 'x', search = search || 'x', version = version + 1 WHERE id = $1",
    "UPDATE customer SET updated_at = updated_at + interval '1 day' WHERE id = $1",
    "UPDATE customer SET deleted = NOT deleted WHERE id = $1",
    "UPDATE customer_identifier SET external_id = external_id || 'x' WHERE customer_id = $1",
    "UPDATE customer_identifier SET customer_id = $2 WHERE customer_id = $1",
    "UPDATE contact_medium SET value = value || 'x' WHERE customer_id = $1",
    "DELETE FROM contact_medium WHERE customer_id = $1 AND kind = 'PHONE'",
    """INSERT INTO contact_medium
         (id, customer_id, kind, value, normalised, preferred, system, external_id, child_id, as_of)
       SELECT gen_random_uuid(), $1, 'EMAIL', md5(v), md5(v), false, 'crm', 'x', 'x', now()
       FROM CAST(random() AS text) v""",
    "UPDATE postal_address SET street = street || 'x' WHERE customer_id = $1",
    "UPDATE customer_segment SET segment = segment || 'x' WHERE customer_id = $1",
    "UPDATE customer_provenance SET fields = fields - 'name' WHERE customer_id = $1",
    "UPDATE consent SET status = 'REVOKED' WHERE customer_id = $1",
    "UPDATE product_holding SET quantity = quantity + 1 WHERE customer_id = $1",
    "UPDATE campaign_membership SET state = 'RESPONDED' WHERE customer_id = $1",
    "UPDATE business_request SET number = number || 'x' WHERE customer_id = $1",
    "UPDATE business_request SET deleted = NOT deleted WHERE customer_id = $1",
    "UPDATE sales_lead SET name = name || 'x' WHERE customer_id = $1",
    """INSERT INTO lead_handling (lead_id, opened_by, opened_at)
       SELECT id, 'eva', now() FROM sales_lead WHERE customer_id = $1 ON CONFLICT DO NOTHING""",
    "UPDATE sales_lead SET campaign = concat(campaign, 'x') WHERE customer_id = $1",
    """UPDATE lead_handling SET channel = concat(channel, 'x')
       WHERE lead_id IN (SELECT id FROM sales_lead WHERE customer_id = $1)""",
    "INSERT INTO timeline_entry (id, customer_id, at, kind) VALUES (gen_random_uuid(), $1, now(), 'SESSION_STARTED')",
    "UPDATE commitment SET state = 'BROKEN' WHERE customer_id = $1",
    "UPDATE sales_order SET total = total + 1 WHERE customer_id = $1",
    "UPDATE sales_order SET customer_id = $2 WHERE customer_id = $1",
    """UPDATE sales_order_line SET amount = amount + 1
       WHERE order_id IN (SELECT id FROM sales_order WHERE customer_id = $1)""",
    """DELETE FROM sales_order_line
       WHERE position = 2 AND order_id IN (SELECT id FROM sales_order WHERE customer_id = $1)""",
    "UPDATE customer_alias SET current_id = $1",
]


class AnyWrites(RuleBasedStateMachine):
    """Three writers whose transactions overlap, and readers in between; the store goes on from example to example."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    keeping: ClassVar[Api]
    making: ClassVar[Api]
    writers: ClassVar[list[asyncpg.Connection[Any]]]
    told: ClassVar[set[str]]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @rule(
        writer=strategies.integers(0, 2),
        change=strategies.sampled_from(CHANGES),
        turned=strategies.booleans(),
        taken_back=strategies.booleans(),
    )
    def write(self, writer: int, change: str, turned: bool, taken_back: bool) -> None:
        connection = self.writers[writer]
        customers = (BEN, ANNA) if turned else (ANNA, BEN)
        values = customers if "$2" in change else customers[:1]

        async def changed() -> None:
            if not connection.is_in_transaction():
                await connection.execute("BEGIN")
            await connection.execute("SAVEPOINT here")
            try:
                await connection.execute(change, *values)
            except (asyncpg.LockNotAvailableError, asyncpg.UniqueViolationError):
                await connection.execute("ROLLBACK TO here")  # another writer has the row
                return
            if taken_back:
                await connection.execute("ROLLBACK TO here")

        self.run(changed())

    @rule(writer=strategies.integers(0, 2), well=strategies.booleans())
    def end(self, writer: int, well: bool) -> None:
        if self.writers[writer].is_in_transaction():
            self.run(self.writers[writer].execute("COMMIT" if well else "ROLLBACK"))

    @rule(role=strategies.sampled_from([Role.AGENT, Role.CUSTOMER]))
    def ask(self, role: Role) -> None:
        self.told.update(self.run(asked_of_both(self.keeping, self.making, role)))

    def teardown(self) -> None:
        for connection in self.writers:
            if connection.is_in_transaction():
                self.run(connection.execute("ROLLBACK"))


async def asked_of_both(keeping: Api, making: Api, role: Role = Role.AGENT) -> set[str]:
    """Every question; how the one that keeps answers has answered."""
    customer = ANNA if role is Role.CUSTOMER else None
    told = set()
    for document, variables in QUESTIONS:
        kept = await keeping.post(document, variables, keeping.token(role, customer))
        made = await making.post(document, variables, making.token(role, customer))
        assert _comparable(kept.json()) == _comparable(made.json()), (document, variables)
        told.add(kept.headers.get("x-hub-plan", ""))
    return told


def _comparable(answer: dict[str, Any]) -> object:
    return answer.get("data"), [error["extensions"]["code"] for error in answer.get("errors", ())]


@pytest.mark.slow
async def test_every_change_is_seen(company: Database, database_url: str, tmp_path: Path) -> None:
    writer = await asyncpg.connect(database_url)
    async with (
        serving(database_url, tmp_path) as keeping,
        serving(database_url, tmp_path, kept_answers_bytes=0) as making,
    ):
        await asked_of_both(keeping, making)
        for change in CHANGES:
            await writer.execute(change, *((ANNA, BEN) if "$2" in change else (ANNA,)))
            await asked_of_both(keeping, making)
            # What has been moved away comes back, so that there is something of everything for the next change.
            await writer.execute("UPDATE sales_order SET customer_id = $1", ANNA)
            assert await asked_of_both(keeping, making)
    await writer.close()


@pytest.mark.slow
def test_a_kept_answer_is_the_one_that_would_be_made(company: Database, database_url: str, tmp_path: Path) -> None:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()

    async def opened() -> None:
        AnyWrites.keeping = await stack.enter_async_context(serving(database_url, tmp_path))
        AnyWrites.making = await stack.enter_async_context(serving(database_url, tmp_path, kept_answers_bytes=0))
        AnyWrites.writers = [
            await asyncpg.connect(database_url, server_settings={"lock_timeout": "20"}) for _ in range(3)
        ]
        await AnyWrites.writers[0].execute("INSERT INTO customer_alias VALUES ($1, $2, now())", FORMER, ANNA)
        for connection in AnyWrites.writers:
            stack.push_async_callback(connection.close)

    try:
        AnyWrites.loop, AnyWrites.told = loop, set()
        loop.run_until_complete(opened())
        run_state_machine_as_test(
            AnyWrites,
            settings=any_steps(12, 30),
        )
        assert {"customer: compiled, kept", "customers: compiled, kept", "node: compiled, kept"} <= AnyWrites.told
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()


async def plan(api: Api, document: str, **variables: str) -> str:
    answer = await api.post(document, variables, api.token(Role.AGENT))
    assert "errors" not in answer.json()
    told: str = answer.headers["x-hub-plan"]
    return told


async def test_a_second_look_is_at_the_kept_answer_until_something_is_written(api: Api, company: Database) -> None:
    anna = gid("Customer", ANNA)
    assert await plan(api, VIEW, id=anna) == "customer: compiled"
    assert await plan(api, VIEW, id=anna) == "customer: compiled, kept"
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE customer SET name = 'B' WHERE id = :id"), {"id": BEN})
    assert await plan(api, VIEW, id=anna) == "customer: compiled, kept"
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE contact_medium SET value = 'x' WHERE customer_id = :id"), {"id": ANNA})
    assert await plan(api, VIEW, id=anna) == "customer: compiled"


async def test_a_kept_answer_is_audited_like_any_other(api: Api, company: Database) -> None:
    for _ in range(2):
        await plan(api, VIEW, id=gid("Customer", ANNA))
    await api.app.state.running.hub.trail.write()
    async with company.reading() as connection:
        seen = await connection.scalar(
            text("SELECT count(*) FROM audit_event WHERE object_id = :id"), {"id": str(ANNA)}
        )
    assert seen == 2


@pytest.mark.parametrize("name", ["view", "page", "timeline"])
async def test_what_is_measured_is_kept(api: Api, company: Database, name: str) -> None:
    document = (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")
    variables = {"id": gid("Customer", ANNA)} if "$id" in document else {}
    assert [await plan(api, document, **variables) for _ in range(2)][1].endswith(": compiled, kept")


@pytest.mark.parametrize(
    "document",
    [
        "query($id: ID!) { customer(by: {id: $id}) { name sources { system stale } } }",
        "query($id: ID!) { customer(by: {id: $id}) { name provenance { field observedAt } } }",
        "{ customers { totalCount } }",
        "{ leads(first: 1) { edges { node { name } } } }",
    ],
)
async def test_what_customers_alone_do_not_tell_is_made_each_time(api: Api, company: Database, document: str) -> None:
    variables = {"id": gid("Customer", ANNA)} if "$id" in document else {}
    assert "kept" not in [await plan(api, document, **variables) for _ in range(2)][1]


async def test_a_merge_moves_what_is_kept_of_both(api: Api, company: Database) -> None:
    former = gid("Customer", FORMER)
    async with company.transaction() as connection:
        await add_alias(connection, FORMER, ANNA)
    for _ in range(2):
        assert (await api.ask(VIEW, {"id": former})).data["customer"]["name"] == "Anna Bakker"
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE customer_alias SET current_id = :ben"), {"ben": BEN})
    assert (await api.ask(VIEW, {"id": former})).data["customer"]["name"] == "Ben de Vries"
