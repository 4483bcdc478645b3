"""Weights are learned anew by schedule, in a process of their own, and proposed unless hub.yaml lets them decide."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import pytest
from sqlalchemy import text

from benchmarks.people.labelled import labelled_people
from hub.clock import utc_now
from hub.customers.identifiers import Node
from hub.customers.likely import Pair
from hub.customers.likeness.learn import RECORDS_MAX, Lesson, learn_weights
from hub.customers.likeness.weights import weights_of
from hub.entrypoints.learning import LEARN, declare_learning, learning_handlers
from hub.matching.comparisons import BY_NAME
from hub.matching.weights import Weights
from hub.settings.trust import Recognition
from hub.stewardship.decide import Verdict, decide
from hub.store.engine import Database
from hub.work.decisions import Done
from hub.work.tables import Queue
from hub.work.work import Work
from tests.flows.building import apply_page, at, content, declare_flow, page
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


async def filled(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    people = {f"c{n}": record for n, record in enumerate(crowd(240, seed=8))}
    await apply_page(database, crm, page(*(content(n, record, 1) for n, record in people.items())))


async def lesson(database: Database, url: str, most: int = RECORDS_MAX) -> tuple[Lesson, Weights]:
    found = await learn_weights(database, url, at(1), lambda what, share: None, decides=False, most=most)
    async with database.reading() as connection:
        return found, (await weights_of(connection, found.version)).weights


async def say(database: Database, pairs: Collection[Pair], verdict: Verdict) -> None:
    async with database.transaction() as connection:
        await decide(connection, pairs, verdict, "steward", at(1))


@pytest.mark.slow
async def test_what_stewards_decided_teaches_the_weights(database: Database, database_url: str) -> None:
    await filled(database)
    people = labelled_people(240, seed=8)
    pairs = [(a, b) for a, b in combinations(range(240), 2) if people[a].person == people[b].person]
    doubles = [(Node("crm", f"c{a}"), Node("crm", f"c{b}")) for a, b in pairs]
    strangers = [(Node("crm", f"c{n}"), Node("crm", f"c{n + 1}")) for n in range(0, 60, 2)]
    other_name = BY_NAME["family"].grade("different")
    _, before = await lesson(database, database_url)
    await say(database, {pair for pair in strangers if pair not in doubles}, Verdict.SAME)
    _, after = await lesson(database, database_url)
    assert after.gradings["family"].same[other_name] > 2 * before.gradings["family"].same[other_name]
    await say(database, strangers + doubles, Verdict.DIFFERENT)
    told, apart = await lesson(database, database_url)
    assert told.decisions == len({*strangers, *doubles})
    assert apart.match < before.match / 2


@pytest.mark.slow
async def test_of_many_records_those_that_were_decided_about_are_learned_from(
    database: Database, database_url: str
) -> None:
    await filled(database)
    pairs = [(Node("crm", f"c{n}"), Node("crm", f"c{n + 100}")) for n in range(5)]
    await say(database, pairs, Verdict.DIFFERENT)
    told, _ = await lesson(database, database_url, most=40)
    assert (told.records, told.decisions) == (40, 5)


async def test_the_schedule_follows_hub_yaml(database: Database) -> None:
    for recognition, enabled in ((Recognition(), True), (Recognition(learn=None), False)):
        async with database.transaction() as connection:
            await declare_learning(connection, recognition, utc_now)
            found = await connection.scalar(text("SELECT enabled FROM schedule WHERE name = 'recognition:learn'"))
        assert found is enabled
