"""A lane that sends by the week: it collects, reduces to the net effect, and sends in batches, each effect once."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.errors import Invalid, Transient
from hub.exchange.order import SEND
from hub.exchange.shadow import forget_shadows
from hub.flows.run_lane import run_lane
from hub.flows.runs import end_run
from hub.flows.start_run import start_run
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode
from hub.store.engine import Database
from hub.work.dead_letters import dead_letters
from hub.work.requeue import requeue
from hub.work.tables import WorkState
from tests.flows.building import at
from tests.flows.engine import state_of
from tests.flows.outbound import (
    OUT,
    WatchedPort,
    commands,
    cut_over,
    declare_outbound,
    ordered_run,
    outbound_room,
    renamed,
    work_off,
)

pytestmark = pytest.mark.slow

WEEKLY = {FlowCadence.WEEKLY: LaneMode.AUTHORITATIVE, FlowCadence.REAL_TIME: LaneMode.STANDBY}
REAL_TIME = {FlowCadence.REAL_TIME: LaneMode.AUTHORITATIVE, FlowCadence.WEEKLY: LaneMode.VERIFY}


def named(count: int, name: str = "A") -> MemoryStore:
    store = MemoryStore()
    for number in range(1, count + 1):
        store.put(Entity.CUSTOMER, str(number), {"name": name})
    return store


def names(store: MemoryStore) -> list[object]:
    return [stored.body["name"] for _, stored in sorted(store.objects(Entity.CUSTOMER).items())]


async def test_nothing_leaves_before_the_run_and_then_the_net_effect_does(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = named(3)
    port = WatchedPort(store)
    room = outbound_room(database, port, WEEKLY)
    for external_id, old, new in (("1", "A", "B"), ("1", "B", "C"), ("2", "A", "B"), ("2", "B", "A"), ("3", "A", "Z")):
        await renamed(database, external_id, old, new)
    assert (await work_off(room), names(store)) == (0, ["A", "A", "A"])
    counters = await run_lane(room, await ordered_run(database))
    assert names(store) == ["C", "A", "Z"]
    assert (port.batches, port.effects) == ([2], ["crm/customer/1/1-2", "crm/customer/3/1"])
    assert {name: counters[name] for name in ("collected", "without_effect", "done")} == {
        "collected": 5,
        "without_effect": 2,
        "done": 2,
    }


async def test_what_was_merged_points_to_what_carried_it(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    room = outbound_room(database, WatchedPort(named(2)), WEEKLY)
    for external_id, old, new in (("1", "A", "B"), ("1", "B", "C"), ("2", "A", "B"), ("2", "B", "A")):
        await renamed(database, external_id, old, new)
    await run_lane(room, await ordered_run(database))
    rows = {row.key: row for row in await commands(database)}
    net = rows["crm/customer/1/1-2"]
    assert (net.state, net.from_version, net.version, net.changes) == (
        "DONE",
        1,
        2,
        [{"path": ["name"], "old": "A", "new": "C"}],
    )
    assert [(rows[f"crm/customer/1/{v}"].state, rows[f"crm/customer/1/{v}"].carried_by) for v in (1, 2)] == [
        ("MERGED", net.id)
    ] * 2
    assert [(rows[f"crm/customer/2/{v}"].state, rows[f"crm/customer/2/{v}"].outcome_code) for v in (1, 2)] == [
        ("CANCELLED", "NO_EFFECT")
    ] * 2


@pytest.mark.slow
async def test_batches_are_as_large_as_the_target_takes_and_pages_do_not_matter(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = named(250)
    port = WatchedPort(store)
    room = outbound_room(database, port, WEEKLY, page_size=120)
    for number in range(1, 251):
        await renamed(database, str(number), "A", "B")
    counters = await run_lane(room, await ordered_run(database))
    assert (port.batches, counters["done"], set(names(store))) == ([100, 20, 100, 20, 10], 250, {"B"})


async def test_a_run_takes_only_what_was_wanted_before_it_began(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = named(2)
    room = outbound_room(database, WatchedPort(store), WEEKLY)
    await renamed(database, "1", "A", "B", at(20_000))
    await renamed(database, "2", "A", "B", at(20_001))
    await run_lane(room, await ordered_run(database))
    assert names(store) == ["B", "A"]


async def test_a_target_that_goes_away_midway_interrupts_and_the_rest_goes_later_once(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = named(150)
    port = WatchedPort(store)
    room = outbound_room(database, port, WEEKLY)
    for number in range(1, 151):
        await renamed(database, str(number), "A", "B")
    run = await ordered_run(database)
    with pytest.raises(Transient):
        await run_lane(room, run, progress=lambda counters: store.stop() if port.batches else None)
    assert (await state_of(database, run), len(port.effects)) == ("INTERRUPTED", 100)
    store.start()
    counters = await run_lane(room, run)
    assert (await state_of(database, run), counters["done"]) == ("COMPLETED", 150)
    assert len(port.effects) == len(set(port.effects)) == 150


async def test_a_lost_answer_is_asked_for_in_the_same_run(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = named(3)
    port = WatchedPort(store)
    room = outbound_room(database, port, WEEKLY)
    for number in (1, 2, 3):
        await renamed(database, str(number), "A", "B")
    store.drop_next_answer()
    counters = await run_lane(room, await ordered_run(database))
    assert (counters["done"], counters["unknown"], len(port.effects)) == (3, 0, 3)


async def test_a_refused_command_says_why_and_the_others_go(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = named(3)
    room = outbound_room(database, WatchedPort(store), WEEKLY)
    for number in (1, 2, 3):
        await renamed(database, str(number), "A", "B")
    store.put(Entity.CUSTOMER, "2", {"name": "moved by itself"})
    counters = await run_lane(room, await ordered_run(database))
    assert (counters["done"], counters["refused"], names(store)) == (2, 1, ["B", "moved by itself", "B"])
    assert [(row.state, row.outcome_code) for row in await commands(database)] == [
        ("DONE", None),
        ("REFUSED", "CONFLICT"),
        ("DONE", None),
    ]


async def test_a_refused_command_of_a_batch_is_stuck_work_that_can_be_tried_again(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = named(1)
    room = outbound_room(database, WatchedPort(store), WEEKLY)
    await renamed(database, "1", "A", "B")
    store.put(Entity.CUSTOMER, "1", {"name": "moved by itself"})
    await run_lane(room, await ordered_run(database))
    async with database.transaction() as connection:
        (letter,) = await dead_letters(connection)
        assert (letter.kind, letter.state, letter.code) == (SEND, WorkState.DEAD, "CONFLICT")
        store.put(Entity.CUSTOMER, "1", {"name": "A"})
        await requeue(connection, [letter.id], at(20_000))
    await work_off(room)
    assert (names(store), [row.state for row in await commands(database)]) == (["B"], ["DONE"])


async def test_a_failed_run_leaves_its_commands_to_the_next(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = named(1)
    room = outbound_room(database, WatchedPort(store), WEEKLY)
    await renamed(database, "1", "A", "B")
    run = await ordered_run(database)
    store.stop()
    with pytest.raises(Transient):
        await run_lane(room, run)
    async with database.transaction() as connection:
        await end_run(connection, run, "FAILED", at(20_000), ("ABANDONED", "test"))
    store.start()
    await run_lane(room, await ordered_run(database, 1))
    assert names(store) == ["B"]


async def test_a_real_time_lane_has_nothing_to_run(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    async with database.transaction() as connection:
        with pytest.raises(Invalid, match="sends each command as it comes"):
            await start_run(connection, OUT, at(0))


async def test_what_weekly_collected_goes_out_in_real_time_after_a_cut_over(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = named(2)
    port = WatchedPort(store)
    room = outbound_room(database, port, WEEKLY)
    await renamed(database, "1", "A", "B")
    await renamed(database, "1", "B", "C")
    await cut_over(database, FlowCadence.REAL_TIME)
    await renamed(database, "1", "C", "D")
    await renamed(database, "2", "A", "B")
    await work_off(room)
    assert (names(store), len(port.effects)) == (["D", "B"], len(set(port.effects)))
    assert {row.state for row in await commands(database)} == {"DONE", "MERGED"}


async def test_a_cut_over_in_the_middle_of_a_batch_neither_loses_nor_doubles(database: Database) -> None:
    lanes = await declare_outbound(database, WEEKLY)
    store = named(150)
    port = WatchedPort(store)
    room = outbound_room(database, port, WEEKLY, page_size=120)
    for number in range(1, 151):
        await renamed(database, str(number), "A", "B")
    run = await ordered_run(database)
    with pytest.raises(Transient):
        await run_lane(room, run, stopping=lambda: len(port.batches) == 1)
    await cut_over(database, FlowCadence.REAL_TIME)
    await renamed(database, "1", "B", "C")
    await renamed(database, "110", "B", "C")
    await work_off(room)
    assert names(store)[0] == names(store)[109] == "C"
    assert set(names(store)) == {"B", "C"}
    assert len(port.effects) == len(set(port.effects)) == 152
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT lane_id, count(*) AS n FROM outbound_command GROUP BY 1"))
        carried = {row.lane_id: row.n for row in rows}
    assert carried == {lanes[FlowCadence.WEEKLY]: 120, lanes[FlowCadence.REAL_TIME]: 32}


async def test_back_to_weekly_a_batch_overtakes_nothing_that_is_still_on_its_way(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    store = named(1)
    port = WatchedPort(store)
    room = outbound_room(database, port, REAL_TIME)
    await renamed(database, "1", "A", "B")
    await cut_over(database, FlowCadence.WEEKLY)
    await renamed(database, "1", "B", "C")
    counters = await run_lane(room, await ordered_run(database))
    assert (counters["singly"], names(store)) == (1, ["A"])
    await work_off(room)
    assert (names(store), port.effects) == (["C"], ["crm/customer/1/1", "crm/customer/1/2"])


async def test_a_change_and_its_undoing_and_the_same_again_ends_with_it(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    store = named(1)
    room = outbound_room(database, WatchedPort(store), REAL_TIME)
    first = await renamed(database, "1", "A", "B")
    assert await renamed(database, "1", "A", "B") == first
    await renamed(database, "1", "B", "A")
    await renamed(database, "1", "A", "B")
    await work_off(room)
    assert names(store) == ["B"]


async def test_lanes_without_authority_note_what_they_would_send(database: Database) -> None:
    modes = {
        FlowCadence.WEEKLY: LaneMode.AUTHORITATIVE,
        FlowCadence.DAILY: LaneMode.VERIFY,
        FlowCadence.REAL_TIME: LaneMode.SHADOW,
    }
    lanes = await declare_outbound(database, modes)
    room = outbound_room(database, WatchedPort(named(2)), modes)
    await renamed(database, "1", "A", "B", at(1))
    await renamed(database, "1", "B", "C", at(2))
    await renamed(database, "2", "A", "B", at(3))
    await renamed(database, "2", "B", "A", at(4))
    daily = await _queued(database, lanes[FlowCadence.DAILY])
    assert (await run_lane(room, daily))["would_send"] == 1
    async with database.reading() as connection:
        noted = (
            await connection.execute(
                text("SELECT lane_id, key, changes, at, left_at FROM shadow_command ORDER BY lane_id, at, key")
            )
        ).all()
    assert [(row.key, row.changes[0]["old"] + row.changes[0]["new"], row.left_at) for row in noted] == [
        ("crm/customer/1/1-2", "AC", at(20_000)),
        ("crm/customer/1/1", "AB", at(1)),
        ("crm/customer/1/2", "BC", at(2)),
        ("crm/customer/2/1", "AB", at(3)),
        ("crm/customer/2/2", "BA", at(4)),
    ]
    assert {row.state for row in await commands(database)} == {"COLLECTED"}


async def _queued(database: Database, lane: int) -> UUID:
    async with database.transaction() as connection:
        run: UUID = await connection.scalar(
            text(
                """INSERT INTO flow_run (id, lane_id, epoch, scheduled_for, state, created_at)
                   VALUES (gen_random_uuid(), :lane, 1, :now, 'QUEUED', :now) RETURNING id"""
            ),
            {"lane": lane, "now": at(20_000)},
        )
        return run


async def test_what_lanes_would_have_sent_is_forgotten_by_its_age(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    await renamed(database, "1", "A", "B", at(0))
    await renamed(database, "2", "A", "B", at(60))
    async with database.transaction() as connection:
        assert await forget_shadows(connection, at(30), 10) == 1
        assert await connection.scalar(text("SELECT object_id FROM shadow_command")) == "2"
