"""Parity: a wrong candidate is caught with its class, a wrong batch is told as such, and time explains the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.errors import Invalid, NotFound
from hub.flows.lane import lane_of
from hub.flows.take_in import take_in
from hub.flows.twins import begin_twins
from hub.migration.comparison import Comparison, Window
from hub.migration.parity import compare
from hub.ports.capabilities import Capabilities, PullKind
from hub.records.identity import ExternalId
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import DifferenceKind, Verdict
from hub.records.source import JsonObject, SourceObject
from hub.store.engine import Database
from tests.flows.engine import CRM, FLOW
from tests.flows.roads import CUSTOMER, FAST, Company, Lie, company
from tests.flows.test_run_lane import body, filled

pytestmark = pytest.mark.slow

WEEKLY, DAILY = FlowCadence.WEEKLY, FlowCadence.DAILY
Counts = Mapping[tuple[DifferenceKind, Verdict | None], int]


def honest(one: SourceObject) -> Sequence[SourceObject]:
    return [one]


def rename(store: MemoryStore, number: int, name: str) -> None:
    store.put(CUSTOMER, str(number), body(name, f"c{number}@example.com"))


def seeded(store: MemoryStore) -> datetime:
    """What is stamped later than this the candidate sees as a change."""
    return store.clock + timedelta(hours=1)


async def begun(database: Database, store: MemoryStore, lie: Lie = honest, *, sweeps: bool = False) -> Company:
    """Both lanes have taken everything in once; an hour later the work begins."""
    firm = await company(database, store, lie, sweeps=sweeps)
    await firm.hand_over()
    return firm


async def compared(firm: Company, window: Window, ignore: Sequence[str] = ()) -> Comparison:
    return await compare(firm.room, FLOW, firm.lanes[WEEKLY], firm.lanes[DAILY], window, ignore)


async def test_lanes_that_agree_show_no_difference(database: Database) -> None:
    firm = await begun(database, filled(60), sweeps=True)
    for number in (3, 30):
        rename(firm.store, number, f"Changed {number}")
    firm.store.remove(CUSTOMER, "7")
    await firm.day()
    comparison = await compared(firm, await firm.hand_over())
    assert (comparison.counts, comparison.examples, comparison.unexplained) == ({}, (), 0)
    assert comparison.compared == 59


async def test_dropped_changes_are_stale_and_the_candidates_fault(database: Database) -> None:
    store = filled(100)
    start = seeded(store)
    firm = await begun(
        database, store, lambda one: [] if one.as_of > start and int(one.external_id) % 50 == 0 else [one]
    )
    for number in range(1, 101):
        rename(store, number, f"Changed {number}")
    await firm.day()
    comparison = await compared(firm, await firm.hand_over())
    assert comparison.counts == {(DifferenceKind.STALE, Verdict.CANDIDATE_WRONG): 2}
    assert [(one.external_id, one.paths) for one in comparison.examples] == [("100", ("name",)), ("50", ("name",))]
    assert (comparison.unexplained, comparison.compared) == (2, 100)


async def test_an_old_version_delivered_last_is_out_of_order(database: Database) -> None:
    store = filled(20)
    start, told, first = seeded(store), set[str](), dict[str, SourceObject]()

    def lie(one: SourceObject) -> Sequence[SourceObject]:
        if one.as_of <= start:
            first[one.external_id] = one
        elif one.external_id == "10" and one.external_id in told:
            return [replace(first["10"], as_of=one.as_of + timedelta(minutes=1))]
        told.add(one.external_id)
        return [one]

    firm = await begun(database, store, lie)
    told.clear()
    for number in (9, 10):
        rename(store, number, f"Changed {number}")
    for _ in range(3):
        await firm.day()
    comparison = await compared(firm, await firm.hand_over())
    assert comparison.counts == {(DifferenceKind.ORDER, Verdict.CANDIDATE_WRONG): 1}
    assert comparison.examples[0].external_id == "10"


async def test_an_old_version_under_a_new_stamp_is_out_of_order_too(database: Database) -> None:
    store = filled(20)
    start, told = seeded(store), set[str]()

    def lie(one: SourceObject) -> Sequence[SourceObject]:
        if one.as_of > start and one.external_id == "10" and "10" in told:
            later = one.as_of + timedelta(minutes=1)
            return [replace(one, body=body("Customer 10", "c10@example.com"), as_of=later, stamp=later)]
        told.add(one.external_id)
        return [one]

    firm = await begun(database, store, lie)
    told.clear()
    rename(store, 10, "Changed 10")
    for _ in range(3):
        await firm.day()
    comparison = await compared(firm, await firm.hand_over())
    assert comparison.counts == {(DifferenceKind.ORDER, Verdict.CANDIDATE_WRONG): 1}


async def test_rows_without_a_stamp_that_tell_when_they_were_read_explain_nothing(database: Database) -> None:
    store = filled(10)
    start = seeded(store)
    firm = await begun(database, store, lambda one: [] if one.as_of > start and one.external_id == "3" else [one])
    firm.export.read_after = timedelta(minutes=5)
    rename(store, 3, "Changed")
    await firm.day()
    comparison = await compared(firm, await firm.hand_over())
    assert comparison.counts == {(DifferenceKind.STALE, Verdict.CANDIDATE_WRONG): 1}


async def told(firm: Company, name: str, stamp: datetime) -> None:
    """A real-time candidate brings in customer 10 under this name and stamp, of its own making."""
    async with firm.database.reading() as connection:
        lane = await lane_of(connection, firm.lanes[DAILY])
    await take_in(
        firm.room, lane, [SourceObject(CUSTOMER, ExternalId("10"), body(name, "c10@example.com"), stamp, stamp)]
    )


@pytest.mark.parametrize("at_last", ["Customer 10", "Changed 10"])
async def test_an_old_version_and_the_new_one_in_turns_are_not_explained_by_their_fresh_stamps(
    database: Database, at_last: str
) -> None:
    firm = await begun(database, filled(20))
    rename(firm.store, 10, "Changed 10")
    await firm.day()
    await told(firm, "Customer 10", firm.store.clock)
    firm.store.advance(timedelta(hours=1))
    window = await firm.hand_over()
    for hours, name in ((2, "Changed 10"), (3, "Customer 10"), (4, "Changed 10"), (5, at_last)):
        await told(firm, name, window.until + timedelta(hours=hours))
    comparison = await compared(firm, window)
    assert comparison.counts == {(DifferenceKind.ORDER, Verdict.CANDIDATE_WRONG): 1}
    assert comparison.examples[0].external_id == "10"


@pytest.mark.parametrize(
    ("late_s", "counts"),
    [
        (20, {(DifferenceKind.LATE, None): 1}),
        (300, {(DifferenceKind.STALE, Verdict.CANDIDATE_WRONG): 1}),
    ],
)
async def test_a_clock_that_is_far_ahead_explains_nothing(database: Database, late_s: int, counts: Counts) -> None:
    store = filled(20)
    start = seeded(store)
    firm = await begun(database, store, lambda one: [] if one.as_of > start else [one])
    rename(store, 10, "Changed 10")
    await told(firm, "Changed 10", store.clock + timedelta(seconds=late_s))
    store.advance(timedelta(seconds=10))
    firm.export.deliver()
    began = store.clock
    store.advance(timedelta(minutes=10))
    await firm.run(WEEKLY)
    await firm.day()
    assert (await compared(firm, Window(began, began))).counts == counts


async def test_what_the_candidate_found_by_reading_behind_the_window_is_late(database: Database) -> None:
    store = filled(20)
    start = seeded(store)
    firm = await begun(database, store, lambda one: [] if one.as_of > start else [one], sweeps=True)
    rename(store, 10, "Changed 10")
    store.advance(timedelta(hours=1))
    comparison = await compared(firm, await firm.hand_over())
    assert comparison.counts == {(DifferenceKind.LATE, None): 1}


async def test_a_missed_delete_is_told_once_the_window_has_passed_it(database: Database) -> None:
    firm = await begun(database, filled(20))
    firm.store.remove(CUSTOMER, "5")
    await firm.day()
    first = await compared(firm, await firm.hand_over())
    second = await compared(firm, await firm.hand_over())
    assert (first.counts, first.unexplained) == ({(DifferenceKind.LATE, None): 1}, 0)
    assert second.counts == {(DifferenceKind.DELETE, Verdict.CANDIDATE_WRONG): 1}
    assert (second.examples[0].external_id, second.examples[0].paths) == ("5", ())


async def test_a_missed_creation_is_missing_and_an_invented_one_extra(database: Database) -> None:
    store = filled(20)
    start = seeded(store)

    def lie(one: SourceObject) -> Sequence[SourceObject]:
        if one.external_id == "21":
            return []
        if one.external_id == "22":
            return [one, replace(one, external_id=ExternalId("99"))]
        return [one]

    firm = await begun(database, store, lie)
    assert store.clock > start
    for number in (21, 22):
        rename(store, number, f"New {number}")
    await firm.day()
    comparison = await compared(firm, await firm.hand_over())
    assert comparison.counts == {
        (DifferenceKind.MISSING, Verdict.CANDIDATE_WRONG): 1,
        (DifferenceKind.EXTRA, Verdict.CANDIDATE_WRONG): 1,
    }
    assert comparison.compared == 23


async def test_a_value_read_wrongly_is_told_from_one_that_was_missed(database: Database) -> None:
    def lie(one: SourceObject) -> Sequence[SourceObject]:
        if one.external_id == "4" and one.body is not None:
            return [replace(one, body={**one.body, "name": "Somebody else"})]
        return [one]

    firm = await begun(database, filled(10), lie)
    comparison = await compared(firm, await firm.hand_over())
    assert comparison.counts == {(DifferenceKind.VALUE, Verdict.CANDIDATE_WRONG): 1}
    assert comparison.examples[0].paths == ("name",)


async def test_a_wrong_batch_is_the_incumbents_fault(database: Database) -> None:
    firm = await begun(database, filled(30))
    rename(firm.store, 8, "Changed 8")
    await firm.day()

    def outdated(one: SourceObject) -> Sequence[SourceObject]:
        return [replace(one, body=body("Customer 8", "c8@example.com"))] if one.external_id == "8" else [one]

    comparison = await compared(firm, await firm.hand_over(outdated))
    assert comparison.counts == {(DifferenceKind.STALE, Verdict.INCUMBENT_WRONG): 1}
    assert (comparison.unexplained, comparison.examples[0].explained) == (0, True)


async def test_a_change_while_the_export_was_written_is_late(database: Database) -> None:
    firm = await begun(database, filled(10))
    firm.store.advance(timedelta(hours=1))
    firm.export.deliver()
    rename(firm.store, 2, "Changed meanwhile")
    began, finished, objects = firm.export.waiting.pop()
    firm.export.waiting.append((began, finished + timedelta(minutes=10), objects))
    firm.store.advance(timedelta(minutes=10))
    await firm.run(WEEKLY)
    await firm.day()
    comparison = await compared(firm, Window(began, began + timedelta(minutes=10)))
    assert comparison.counts == {(DifferenceKind.LATE, None): 1}
    assert comparison.unexplained == 0


async def test_a_twin_is_compared_as_it_was_at_the_window(database: Database) -> None:
    firm = await begun(database, filled(10))
    window = await firm.hand_over()
    for number in range(1, 11):
        rename(firm.store, number, f"Changed {number}")
    await firm.day()
    assert (await compared(firm, window)).counts == {}


async def test_an_object_that_changed_since_says_nothing_yet(database: Database) -> None:
    store = filled(10)
    start = seeded(store)
    firm = await begun(database, store, lambda one: [] if one.as_of > start and one.external_id == "3" else [one])
    rename(store, 3, "Changed")
    await firm.day()
    window = await firm.hand_over()
    rename(store, 3, "Changed again")
    comparison = await compared(firm, window)
    assert comparison.counts == {(DifferenceKind.STALE, Verdict.MOVED): 1}


async def test_without_a_read_by_id_nobody_judges(database: Database) -> None:
    store = filled(10)
    firm = await begun(database, store, lambda one: [] if one.external_id == "3" else [one])
    for system in (CRM, FAST):
        firm.room.systems.port(system).capabilities = {CUSTOMER: Capabilities(pull=PullKind.INCREMENTAL)}
    comparison = await compared(firm, await firm.hand_over())
    assert comparison.counts == {(DifferenceKind.MISSING, Verdict.UNREFEREED): 1}
    assert comparison.unexplained == 1


async def test_what_is_not_compared_makes_no_difference(database: Database) -> None:
    def lie(one: SourceObject) -> Sequence[SourceObject]:
        return [one] if one.body is None else [replace(one, body=_renumbered(one.body))]

    firm = await begun(database, filled(10), lie)
    window = await firm.hand_over()
    assert (await compared(firm, window)).unexplained == 10
    without_ids = await compared(firm, window, ["contact_media/external_id"])
    assert without_ids.counts == {(DifferenceKind.VALUE, Verdict.CANDIDATE_WRONG): 1}
    assert [(one.external_id, one.paths) for one in without_ids.examples] == [("6", ("name",))]
    assert (await compared(firm, window, ["contact_media.external_id", "name"])).counts == {}
    with pytest.raises(Invalid, match="cannot be left out"):
        await compared(firm, window, ["a/b/c"])


def _renumbered(told: JsonObject) -> JsonObject:
    """The children under ids of another road; the name of one object is wrong as well."""
    media = told["contact_media"]
    assert isinstance(media, list)
    changed = [{**child, "external_id": f"x{child['external_id']}"} for child in media if isinstance(child, Mapping)]
    name = "Wrong" if told["name"] == "Customer 6" else told["name"]
    return {**told, "name": name, "contact_media": changed}


async def test_the_auditor_is_compared_by_the_same_call(database: Database) -> None:
    firm = await begun(database, filled(20))
    await _cut_over(firm)
    window = await firm.hand_over()
    assert (await compared(firm, window)).counts == {}
    rename(firm.store, 4, "Changed")
    await firm.day()
    audited = await compared(
        firm,
        await firm.hand_over(lambda one: [replace(one, body={"name": "X"})] if one.external_id == "4" else [one]),
    )
    assert audited.counts == {(DifferenceKind.STALE, Verdict.INCUMBENT_WRONG): 1}


async def test_drift_of_the_lane_that_counts_is_found_by_its_auditor(database: Database) -> None:
    store = filled(20)
    start = seeded(store) + timedelta(days=1)
    firm = await begun(database, store, lambda one: [] if one.as_of > start and one.external_id == "4" else [one])
    await _cut_over(firm)
    await firm.hand_over()
    rename(store, 4, "Changed")
    await firm.day()
    audited = await compared(firm, await firm.hand_over())
    assert audited.counts == {(DifferenceKind.STALE, Verdict.CANDIDATE_WRONG): 1}


async def _cut_over(firm: Company) -> None:
    """The daily lane takes what it has in once more, as the one that counts; the weekly one begins to verify."""
    await firm.set_mode(WEEKLY, LaneMode.VERIFY)
    await firm.set_mode(DAILY, LaneMode.AUTHORITATIVE)
    async with firm.database.transaction() as connection:
        await connection.execute(text("UPDATE information_flow SET epoch = epoch + 1"))
        await begin_twins(connection, firm.lanes[WEEKLY], firm.room.clock())
        await connection.execute(text("DELETE FROM lane_cursor"))
    await firm.day()


async def test_freshness_is_what_the_candidate_saw_earlier(database: Database) -> None:
    firm = await begun(database, filled(30))
    firm.store.advance(timedelta(hours=1))
    for number in range(1, 11):
        rename(firm.store, number, f"Changed {number}")
    await firm.day()
    firm.store.advance(timedelta(days=4))
    comparison = await compared(firm, await firm.hand_over())
    waited = timedelta(days=5, minutes=10) - timedelta(days=1)
    assert comparison.freshness.versions == 10
    assert (comparison.freshness.median_s, comparison.freshness.p95_s) == (waited.total_seconds(),) * 2
    assert comparison.lag_p95_s == timedelta(days=1).total_seconds()


async def test_what_was_found_at_the_beginning_gives_no_freshness(database: Database) -> None:
    firm = await begun(database, filled(5))
    comparison = await compared(firm, await firm.hand_over())
    assert (comparison.freshness.versions, comparison.freshness.median_s, comparison.lag_p95_s) == (0, None, None)


async def test_a_lane_of_another_flow_is_refused(database: Database) -> None:
    firm = await begun(database, filled(1))
    with pytest.raises(NotFound, match="has no lane"):
        await compare(
            firm.room, "other", firm.lanes[WEEKLY], firm.lanes[DAILY], Window(firm.store.clock, firm.store.clock)
        )
