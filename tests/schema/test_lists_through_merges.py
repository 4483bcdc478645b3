"""The list before a customer is that of whom he is now, as soon as he was merged or split."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete, select, text

from hub.access.principal import Role
from hub.entrypoints.ranking import ranking_handlers
from hub.offers.order_ranking import RANK_AGAIN
from hub.store.engine import Database
from hub.work.tables import Dispatch, Queue
from hub.work.work import Work
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import NOW, gid
from tests.schema.offering import OFFERING, REQUEST
from tests.schema.serving import serving
from tests.stewardship.building import owner

pytestmark = pytest.mark.slow

ACT = "customer { stewardActs { id } } problems { code }"
MERGE = f"mutation($i: MergeCustomersInput!) {{ mergeCustomers(input: $i) {{ {ACT} }} }}"
SPLIT = f"mutation($i: SplitCustomerInput!) {{ splitCustomer(input: $i) {{ {ACT} }} }}"


async def say(database: Database, external_id: str, status: str, system: str = "crm") -> None:
    """His word on marketing, as the system tells it."""
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO consent_statement (id, system, external_id, version, owner_system, owner_id, purpose,
                     status, legal_basis, stated_at, observed_at)
                   VALUES (gen_random_uuid(), :system, :id, 1, :system, :id, 'marketing', :status, 'CONSENT', :at,
                     :at)"""
            ),
            {"id": external_id, "system": system, "status": status, "at": NOW - timedelta(days=10)},
        )


async def standing(database: Database) -> tuple[Any, ...]:
    """Why the latest decision was made, whose it is, and how many entries it has."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT cause, customer_id, (SELECT count(*) FROM next_best_action n WHERE n.decision_id = d.id)
                   FROM decision d ORDER BY number DESC LIMIT 1"""
            )
        )
        return tuple(rows.one())


async def test_a_list_is_ranked_anew_by_a_merge_and_by_a_split(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    lane = await declare_flow(database, "crm")
    people = content("1", person("Jan de Vries", "jan@example.com"), 1), content("2", person("J. Bakker"), 1)
    await apply_page(database, lane, page(*people))
    for external_id, status in (("1", "GRANTED"), ("2", "DENIED")):
        await say(database, external_id, status)
    jan, bakker = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    async with serving(database_url, tmp_path, offering=OFFERING) as api:
        await api.ask(REQUEST, {"input": {"customerId": gid("Customer", jan), "channel": "web"}})
        cause, whose, offers = await standing(database)
        assert (cause, whose, offers > 0) == ("REQUEST", jan, True)
        given = {"into": gid("Customer", jan), "customerIds": [gid("Customer", bakker)]}
        merged = (await api.ask(MERGE, {"i": given}, role=Role.STEWARD)).data["mergeCustomers"]
        cause, whose, fewer = await standing(database)
        assert (merged["problems"], cause, whose, fewer < offers) == ([], "CUSTOMER", jan, True)
        what = {"mergeId": merged["customer"]["stewardActs"][0]["id"]}
        parted = (await api.ask(SPLIT, {"i": {"what": what}}, role=Role.STEWARD)).data["splitCustomer"]
        assert (parted["problems"], await standing(database)) == ([], ("CUSTOMER", jan, offers))


RANKER: Final = select(Dispatch.id, Dispatch.payload).where(Dispatch.kind == RANK_AGAIN).order_by(Dispatch.id)


async def rank_what_is_due(database: Database) -> int:
    """What a worker does with all that was ordered; how many orders there were."""
    ranker = ranking_handlers(database, OFFERING.catalogue, lambda: NOW)[RANK_AGAIN].handler
    async with database.reading() as connection:
        orders = (await connection.execute(RANKER)).all()
    for order in orders:
        await ranker(Work(order.id, RANK_AGAIN, Queue.SYSTEM, None, order.payload, 1, "me", {}))
    async with database.transaction() as connection:
        await connection.execute(delete(Dispatch).where(Dispatch.kind == RANK_AGAIN))
    return len(orders)


async def test_a_list_is_ranked_anew_by_whom_recognition_joins_and_parts(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", person("Jan de Vries", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("2", person("Jan de Vries", "j@example.com"), 1)))
    await say(database, "1", "GRANTED")
    await say(database, "2", "DENIED", "lms")
    jan = await owner(database, "crm", "1")
    async with serving(database_url, tmp_path, offering=OFFERING) as api:
        await api.ask(REQUEST, {"input": {"customerId": gid("Customer", jan), "channel": "web"}})
    cause, whose, offers = await standing(database)
    assert (cause, whose, offers > 0, await rank_what_is_due(database)) == ("REQUEST", jan, True, 0)
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE consent_statement SET stated_at = stated_at + interval '1 day' WHERE system = 'lms'")
        )
    await apply_page(database, lms, page(content("2", person("Jan de Vries", "jan@example.com"), 2)))
    joined = await owner(database, "crm", "1")
    assert await rank_what_is_due(database) == 1
    cause, whose, fewer = await standing(database)
    assert (cause, whose, fewer < offers) == ("CUSTOMER", joined, True)
    await apply_page(database, lms, page(content("2", person("Jan de Vries", "j@example.com"), 3)))
    assert await rank_what_is_due(database) == 1
    assert await standing(database) == ("CUSTOMER", jan, offers)


async def test_nothing_is_ordered_for_whom_nothing_stands(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", person("Jan", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("2", person("Jan", "j@example.com"), 1)))
    await apply_page(database, lms, page(content("2", person("Jan", "jan@example.com"), 2)))
    assert await owner(database, "crm", "1") == await owner(database, "lms", "2")
    assert await rank_what_is_due(database) == 0
