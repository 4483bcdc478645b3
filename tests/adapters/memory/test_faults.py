"""The faults that the fake package makes on demand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.memory import ADAPTER, MemoryOptions, MemoryPort, MemoryStore, memory_store
from hub.errors import Invalid, Transient
from hub.ports.limits import DEFAULT_LIMITS
from hub.ports.writing import FieldChange, Operation, Unanswered, WriteCommand, Written
from hub.records.identity import Entity, ExternalId, SystemName
from tests.contracts.runs import run

CUSTOMER = Entity.CUSTOMER
CREATE = WriteCommand("k1", CUSTOMER, Operation.CREATE, None, (FieldChange(("name",), None, "Anna"),))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def port(store: MemoryStore) -> MemoryPort:
    return MemoryPort(SystemName("fake"), store)


async def test_a_dropped_answer_hides_an_effect_that_the_key_finds(store: MemoryStore, port: MemoryPort) -> None:
    store.drop_next_answer()

    assert isinstance((await port.write([CREATE]))[0], Unanswered)
    found = await port.find_by_key(CUSTOMER, "k1")
    assert found is not None
    assert found.body == {"name": "Anna"}
    assert (await port.write([CREATE])) == [Written(ExternalId("1"), found)]
    assert len(store.objects(CUSTOMER)) == 1


async def test_patience_is_asked_for_as_often_as_told(store: MemoryStore, port: MemoryPort) -> None:
    store.ask_patience(retry_after_s=7, times=2)

    for _ in range(2):
        with pytest.raises(Transient) as caught:
            await port.now()
        assert caught.value.retry_after_s == 7
    assert await port.now() == store.clock


async def test_a_late_commit_is_found_within_the_overlap_only(store: MemoryStore, port: MemoryPort) -> None:
    store.put(CUSTOMER, "1", {"name": "Anna"})
    first = await run(port, CUSTOMER, None, MINUTE)
    store.put(CUSTOMER, "2", {"name": "Bram"}, stamp=store.clock - timedelta(seconds=30))
    store.put(CUSTOMER, "3", {"name": "Cees"}, stamp=store.clock - timedelta(seconds=90))
    store.advance(timedelta(seconds=1))

    second = await run(port, CUSTOMER, first.cursor, MINUTE)

    assert second.ids() == ["2", "1"]


async def test_a_run_repeats_what_lies_within_the_overlap_of_the_mark(store: MemoryStore, port: MemoryPort) -> None:
    store.put(CUSTOMER, "1", {"name": "Anna"})
    first = await run(port, CUSTOMER, None, MINUTE)
    store.advance(timedelta(minutes=5))
    store.put(CUSTOMER, "2", {"name": "Bram"})
    second = await run(port, CUSTOMER, first.cursor, MINUTE)

    third = await run(port, CUSTOMER, second.cursor, MINUTE)

    assert (first.ids(), second.ids(), third.ids()) == (["1"], ["1", "2"], ["2"])


async def test_a_new_child_moves_the_stamp_and_its_removal_moves_it_back(store: MemoryStore, port: MemoryPort) -> None:
    store.put(CUSTOMER, "1", {"name": "Anna", "contact_media": []})
    (before,) = await port.read(CUSTOMER, [ExternalId("1")])
    store.advance(MINUTE)
    store.put_child(CUSTOMER, "1", "contact_media", {"external_id": "9", "value": "a@example.invalid"})
    (between,) = await port.read(CUSTOMER, [ExternalId("1")])
    store.remove_child(CUSTOMER, "1", "contact_media", "9")
    (after,) = await port.read(CUSTOMER, [ExternalId("1")])

    assert before.stamp is not None
    assert (between.stamp, after.stamp) == (before.stamp + MINUTE, before.stamp)
    assert between.fingerprint != before.fingerprint == after.fingerprint


async def test_a_child_field_is_written_by_path_and_only_where_the_child_is(
    store: MemoryStore, port: MemoryPort
) -> None:
    media = [{"external_id": "9", "value": "typo@example.invalid"}]
    store.put(CUSTOMER, "1", {"name": "Anna", "contact_media": media})
    right = FieldChange(("contact_media", "9", "value"), "typo@example.invalid", "anna@example.invalid")
    wrong = FieldChange(("contact_media", "8", "value"), "typo@example.invalid", "anna@example.invalid")

    await port.write([WriteCommand("u1", CUSTOMER, Operation.UPDATE, ExternalId("1"), (wrong,))])
    assert store.read(CUSTOMER, "1").body == {"name": "Anna", "contact_media": media}
    await port.write([WriteCommand("u2", CUSTOMER, Operation.UPDATE, ExternalId("1"), (right,))])

    assert store.read(CUSTOMER, "1").body == {
        "name": "Anna",
        "contact_media": [{"external_id": "9", "value": "anna@example.invalid"}],
    }


async def test_systems_that_name_one_store_see_the_same_records() -> None:
    memory_store("shared").put(CUSTOMER, "1", {"name": "Anna"})
    options = MemoryOptions(store="shared")
    first, second = (ADAPTER.open(SystemName(name), options, DEFAULT_LIMITS) for name in ("crm", "lms"))

    assert await first.read(CUSTOMER, [ExternalId("1")]) == await second.read(CUSTOMER, [ExternalId("1")])


async def test_more_commands_than_a_batch_holds_are_refused_whole(store: MemoryStore, port: MemoryPort) -> None:
    with pytest.raises(Invalid, match="takes 100 commands at once, not 101"):
        await port.write([CREATE] * 101)

    assert store.objects(CUSTOMER) == {}
