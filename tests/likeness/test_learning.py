"""Weights are learned anew by schedule, in a process of their own, and proposed unless hub.yaml lets them decide."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from hub.clock import utc_now
from hub.entrypoints.learning import LEARN, declare_learning, learning_handlers
from hub.settings.trust import Recognition
from hub.store.engine import Database
from hub.work.decisions import Done
from hub.work.tables import Queue
from hub.work.work import Work
from tests.flows.building import apply_page, content, declare_flow, page
from tests.likeness.building import crowd, let_experience_decide

WORK = Work(1, LEARN, Queue.SYSTEM, None, {}, 1, "test", {})


async def states(database: Database) -> list[tuple[int, str]]:
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT version, state FROM likeness_weights ORDER BY version"))
        return [(row.version, row.state) for row in rows]


async def test_nothing_is_learned_before_a_person_began(database: Database, database_url: str) -> None:
    learn = learning_handlers(database, database_url, Recognition())[LEARN].handler
    assert await learn(WORK) == Done()
    assert await states(database) == []


@pytest.mark.slow
async def test_a_scheduled_version_is_proposed_or_decides(database: Database, database_url: str) -> None:
    crm = await declare_flow(database, "crm")
    await let_experience_decide(database)
    people = {f"c{n}": record for n, record in enumerate(crowd(120, seed=8))}
    await apply_page(database, crm, page(*(content(n, record, 1) for n, record in people.items())))
    for recognition in (Recognition(), Recognition(), Recognition(activate=True)):
        learn = learning_handlers(database, database_url, recognition)[LEARN].handler
        assert await learn(WORK) == Done()
    # A newer proposal takes the place of an older one, and of those that decided the last ones are kept.
    assert await states(database) == [(1, "RETIRED"), (2, "RETIRED"), (3, "RETIRED"), (4, "ACTIVE")]


async def test_the_schedule_follows_hub_yaml(database: Database) -> None:
    for recognition, enabled in ((Recognition(), True), (Recognition(learn=None), False)):
        async with database.transaction() as connection:
            await declare_learning(connection, recognition, utc_now)
            found = await connection.scalar(text("SELECT enabled FROM schedule WHERE name = 'recognition:learn'"))
        assert found is enabled
