"""Nothing that changes in Tryton is missed, in whatever order it commits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.tryton.entities import STAMP
from adapters.tryton.port import TrytonPort
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject, JsonValue, SourceObject
from tests.adapters.tryton.long_transaction import long_transaction
from tests.adapters.tryton.parties import children_of, make_parties, medium_of
from tests.adapters.tryton.running import RunningTryton
from tests.contracts.runs import Pulled, pull_on, run, stored, swept

pytestmark = pytest.mark.slow

CUSTOMER = Entity.CUSTOMER
NO_OVERLAP = timedelta()
MINUTE = timedelta(minutes=1)


async def test_a_change_of_a_child_alone_brings_its_parent(tryton: RunningTryton, port: TrytonPort) -> None:
    party, other = make_parties(tryton.rpc, 2)
    first = await _run_past(tryton, port)
    child, _ = medium_of(tryton.rpc, party)
    tryton.rpc.write("party.contact_mechanism", [child], {"value": "after@example.org"})

    second = (await run(port, CUSTOMER, first.cursor, NO_OVERLAP)).latest()

    assert _word(second[party], STAMP) == _word(first.latest()[party], STAMP)
    assert [medium["value"] for medium in children_of(second[party], "contact_mechanisms")] == ["after@example.org"]
    assert other not in second


async def test_a_new_child_of_an_old_parent_brings_it(tryton: RunningTryton, port: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    first = await _run_past(tryton, port)
    tryton.rpc.create("party.address", [{"party": int(party), "city": "Utrecht"}])

    second = await run(port, CUSTOMER, first.cursor, NO_OVERLAP)

    assert [address["city"] for address in children_of(second.latest()[party], "addresses")] == ["Utrecht"]
    assert second.ids().count(party) == 1


async def test_a_new_parent_is_read_once_and_not_per_child(tryton: RunningTryton, port: TrytonPort) -> None:
    first = await run(port, CUSTOMER, None, MINUTE)
    made = make_parties(tryton.rpc, 20)

    second = await run(port, CUSTOMER, first.cursor, NO_OVERLAP)

    assert [one for one in second.ids() if one in made] == made


async def test_a_deleted_child_is_in_no_page_but_in_the_sweep(tryton: RunningTryton, port: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    first = await _run_past(tryton, port)
    child, _ = medium_of(tryton.rpc, party)
    tryton.rpc.delete("party.contact_mechanism", [child])

    second = await run(port, CUSTOMER, first.cursor, NO_OVERLAP)
    told = {one.external_id: one.fingerprint for one in await swept(port, CUSTOMER, 500)}
    (now,) = await port.read(CUSTOMER, [party])

    assert party not in second.ids()
    assert told[party] == now.fingerprint != first.latest()[party].fingerprint
    assert children_of(now, "contact_mechanisms") == []
    assert now.as_of > first.latest()[party].as_of


async def test_rows_that_share_a_stamp_survive_page_borders(tryton: RunningTryton, port: TrytonPort) -> None:
    first = await run(port, CUSTOMER, None, MINUTE)
    made = make_parties(tryton.rpc, 50)

    second = await run(port, CUSTOMER, first.cursor, NO_OVERLAP, limit=7)

    found = [one for one in second.ids() if one in made]
    assert len({second.latest()[one].stamp for one in made}) == 1
    assert found == made


@pytest.mark.parametrize(("overlap", "found"), [(MINUTE, 200), (NO_OVERLAP, 0)])
async def test_rows_committed_behind_the_cursor_need_the_overlap(
    tryton: RunningTryton, port: TrytonPort, overlap: timedelta, found: int
) -> None:
    before = await run(port, CUSTOMER, None, MINUTE)
    async with long_transaction(tryton.dsn, 200) as late:
        make_parties(tryton.rpc, 1)
        passed = await run(port, CUSTOMER, before.cursor, NO_OVERLAP)
        await late.commit()

    after = await run(port, CUSTOMER, passed.cursor, overlap)

    assert len(set(late.ids) & set(passed.ids())) == 0
    assert len(set(late.ids) & set(after.ids())) == found


async def test_the_horizon_keeps_the_mark_behind_transactions_in_flight(tryton: RunningTryton) -> None:
    port = TrytonPort(SystemName("crm"), tryton.options(horizon_s=60))
    before = await run(port, CUSTOMER, None, MINUTE)
    async with long_transaction(tryton.dsn, 3) as late:
        make_parties(tryton.rpc, 1)
        passed = await run(port, CUSTOMER, before.cursor, NO_OVERLAP)
        await late.commit()

    after = await run(port, CUSTOMER, passed.cursor, NO_OVERLAP)
    await port.aclose()

    assert set(late.ids) <= set(after.ids())


async def test_the_same_cursor_twice_gives_the_same_page(tryton: RunningTryton, port: TrytonPort) -> None:
    make_parties(tryton.rpc, 5)
    cursor = stored(await port.begin_run(CUSTOMER, None, MINUTE))

    first = await port.pull(CUSTOMER, cursor, 3)
    again = await port.pull(CUSTOMER, cursor, 3)

    assert first == again
    assert len(first.objects) == 3


async def test_a_child_changed_while_the_first_run_reads_is_found_by_that_run(
    tryton: RunningTryton, port: TrytonPort
) -> None:
    made = make_parties(tryton.rpc, 4)
    cursor = await port.begin_run(CUSTOMER, None, MINUTE)
    passed = await _cursor_behind(port, cursor, made[0])
    child, _ = medium_of(tryton.rpc, made[0])
    tryton.rpc.write("party.contact_mechanism", [child], {"value": "during@example.org"})

    rest = await pull_on(port, CUSTOMER, passed, 100)

    assert [medium["value"] for medium in children_of(rest.latest()[made[0]], "contact_mechanisms")] == [
        "during@example.org"
    ]


async def test_inactive_parties_and_children_are_read_and_say_so(tryton: RunningTryton, port: TrytonPort) -> None:
    party, other = make_parties(tryton.rpc, 2)
    child, _ = medium_of(tryton.rpc, other)
    tryton.rpc.write("party.contact_mechanism", [child], {"active": False})
    tryton.rpc.write("party.party", [int(party)], {"active": False})

    found = (await run(port, CUSTOMER, None, MINUTE)).latest()

    body = found[party].body
    assert body is not None
    assert body["active"] is False
    assert [medium["active"] for medium in children_of(found[other], "contact_mechanisms")] == [False]
    assert {party, other} <= {one.external_id for one in await swept(port, CUSTOMER, 500)}


async def _run_past(tryton: RunningTryton, port: TrytonPort) -> Pulled:
    """A first run whose mark stands behind all earlier parties: one more, since rows at the mark are read again."""
    make_parties(tryton.rpc, 1)
    return await run(port, CUSTOMER, None, MINUTE)


def _word(found: SourceObject, key: str) -> JsonValue:
    assert found.body is not None
    return found.body[key]


async def _cursor_behind(port: TrytonPort, cursor: JsonObject, party: ExternalId) -> JsonObject:
    while True:
        page = await port.pull(CUSTOMER, cursor, 50)
        cursor = page.cursor
        if party in [found.external_id for found in page.objects]:
            return cursor
        assert not page.last
