"""Parity of effects over the commands and shadow commands of two lanes, on a real database."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from hub.errors import NotFound
from hub.exchange.want import NewObject, want_create
from hub.migration.comparison import Comparison, Window
from hub.migration.effects import compare_effects
from hub.records.customer import CustomerRecord
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import DifferenceKind, Verdict
from hub.store.engine import Database
from tests.flows.building import at
from tests.flows.outbound import OUT, declare_outbound, renamed

Lanes = dict[FlowCadence, int]


@pytest.fixture
async def lanes(database: Database) -> Lanes:
    """Corrections leave in real time; what daily would send is noted."""
    return await declare_outbound(
        database, {FlowCadence.REAL_TIME: LaneMode.AUTHORITATIVE, FlowCadence.DAILY: LaneMode.SHADOW}
    )


async def compared(database: Database, lanes: Lanes, since: int = -1, until: int = 100) -> Comparison:
    async with database.reading() as connection:
        return await compare_effects(
            connection,
            OUT,
            lanes[FlowCadence.REAL_TIME],
            lanes[FlowCadence.DAILY],
            Window(at(since), at(until)),
        )


async def changed(database: Database, statement: str, **binds: object) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(statement), binds)


async def left(database: Database, minute: int) -> None:
    """Both lanes have sent what they have: real-time when it was wanted, daily at this minute."""
    await changed(database, "UPDATE outbound_command SET sent_at = created_at, state = 'DONE'")
    await changed(database, "UPDATE shadow_command SET left_at = :now", now=at(minute))


async def created(database: Database, key: str, name: str, when: datetime) -> None:
    async with database.transaction() as connection:
        new = NewObject("crm", Entity.CUSTOMER, key, key)
        await want_create(connection, new, CustomerRecord(name=name), when)


async def test_lanes_that_send_the_same_are_equal_and_the_time_between_them_is_told(
    database: Database, lanes: Lanes
) -> None:
    for number in range(1, 21):
        await renamed(database, str(number), "A", "B", at(number))
    await left(database, 60)
    found = await compared(database, lanes)
    assert (found.compared, found.unexplained, found.examples) == (20, 0, ())
    assert (found.freshness.versions, found.freshness.median_s, found.freshness.p95_s) == (20, -49.5 * 60, -41 * 60)
    assert found.lag_p95_s == 58 * 60


async def test_a_change_the_candidate_drops_is_missing(database: Database, lanes: Lanes) -> None:
    await renamed(database, "1", "A", "B", at(1))
    await renamed(database, "2", "A", "B", at(2))
    await left(database, 60)
    await changed(database, "DELETE FROM shadow_command WHERE object_id = '2'")
    found = await compared(database, lanes)
    assert dict(found.counts) == {(DifferenceKind.MISSING, Verdict.CANDIDATE_WRONG): 1}
    assert [(one.external_id, one.paths) for one in found.examples] == [("2", ("name",))]


async def test_a_batch_that_loses_a_change_is_told_from_a_candidate_that_does(database: Database, lanes: Lanes) -> None:
    await renamed(database, "1", "A", "B", at(1))
    await left(database, 60)
    await changed(database, "UPDATE outbound_command SET state = 'MERGED'")
    found = await compared(database, lanes)
    assert (dict(found.counts), found.unexplained) == ({(DifferenceKind.EXTRA, Verdict.INCUMBENT_WRONG): 1}, 0)


async def test_a_change_that_was_noted_and_handed_over_at_the_cut_over_is_no_double(
    database: Database, lanes: Lanes
) -> None:
    await renamed(database, "1", "A", "B", at(1))
    await changed(
        database,
        """INSERT INTO shadow_command (lane_id, key, target, entity, operation, object_id, external_id, line, changes,
             from_version, version, wanted_from, at, left_at)
           SELECT :auditor, key, target, entity, operation, object_id, external_id, line, changes, from_version,
             version, wanted_from, at, at FROM shadow_command""",
        auditor=lanes[FlowCadence.REAL_TIME],
    )
    await changed(database, "UPDATE outbound_command SET lane_id = :lane", lane=lanes[FlowCadence.DAILY])
    await left(database, 60)
    found = await compared(database, lanes)
    assert (found.compared, found.counts) == (1, {})


async def test_only_the_window_counts(database: Database, lanes: Lanes) -> None:
    await renamed(database, "1", "A", "B", at(1))
    await left(database, 60)
    await changed(database, "DELETE FROM shadow_command")
    assert (await compared(database, lanes, since=1)).compared == 0
    assert (await compared(database, lanes, until=0)).compared == 0
    assert (await compared(database, lanes, since=0, until=1)).unexplained == 1


async def test_what_was_wanted_before_the_candidate_began_says_nothing_against_it(
    database: Database, lanes: Lanes
) -> None:
    for number in (1, 2):
        await renamed(database, str(number), "A", "B", at(number * 30))
    await left(database, 90)
    await changed(database, "DELETE FROM shadow_command")
    await changed(
        database,
        """INSERT INTO cadence_migration (id, flow, from_lane, to_lane, state, settings, created_by, created_at,
             changed_at, shadow_since)
           VALUES (gen_random_uuid(), :flow, :before, :after, 'SHADOW', '{}', 'me', :began, :began, :began)""",
        flow=OUT,
        before=lanes[FlowCadence.REAL_TIME],
        after=lanes[FlowCadence.DAILY],
        began=at(45),
    )
    found = await compared(database, lanes)
    assert [one.external_id for one in found.examples] == ["2"]


async def test_what_the_slower_lane_still_collects_is_late_and_explained(database: Database, lanes: Lanes) -> None:
    await renamed(database, "1", "A", "B", at(1))
    await renamed(database, "1", "B", "C", at(2))
    await changed(database, "DELETE FROM shadow_command WHERE version = 2")
    found = await compared(database, lanes)
    assert (dict(found.counts), found.unexplained) == ({(DifferenceKind.LATE, None): 1}, 0)


async def test_a_new_object_made_under_two_keys_is_doubled(database: Database, lanes: Lanes) -> None:
    await created(database, "lead/1", "Sanne", at(1))
    await left(database, 60)
    await changed(
        database,
        """INSERT INTO shadow_command (lane_id, key, target, entity, operation, object_id, line, changes, from_version,
             version, wanted_from, at, left_at)
           SELECT lane_id, :key, target, entity, operation, :key, line, changes, 1, 1, wanted_from, at, left_at
           FROM shadow_command""",
        key=f"lead/{uuid4()}",
    )
    assert dict((await compared(database, lanes)).counts) == {(DifferenceKind.DOUBLED, None): 1}


async def test_a_lane_of_another_flow_is_refused(database: Database, lanes: Lanes) -> None:
    async with database.reading() as connection:
        with pytest.raises(NotFound, match=f"flow {OUT} has no lane 0"):
            await compare_effects(connection, OUT, lanes[FlowCadence.DAILY], 0, Window(at(0), at(1)))
