"""Runs: each object once, in pages, from any cursor, whatever happens on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.errors import NothingWaiting, Transient
from hub.mapping.compile import load_mapping
from hub.ports.capabilities import Capabilities, PullKind
from hub.ports.system import SystemPort
from hub.records.catalogue import RECORD_OF
from tests.contracts.harness import PortHarness
from tests.contracts.ports import OpenPort, needs
from tests.contracts.runs import pull_on, run, stored


class PullContract(OpenPort):
    @pytest.fixture
    def puller(self, port: SystemPort, can: Capabilities) -> SystemPort:
        needs(can.pull, "pull")
        return port

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    async def test_first_run_gives_every_object_once_over_page_borders(
        self, harness: PortHarness, puller: SystemPort, limit: int
    ) -> None:
        made = await harness.make(5)
        await harness.hand_over()

        pulled = await run(puller, harness.entity, None, harness.overlap, limit)

        assert sorted(one for one in pulled.ids() if one in made) == sorted(made)
        assert len(pulled.ids()) == len(set(pulled.ids()))
        assert max(pulled.pages) <= limit
        assert pulled.unreadable == []

    async def test_objects_carry_what_they_need(
        self, harness: PortHarness, puller: SystemPort, can: Capabilities
    ) -> None:
        await harness.make(2)
        await harness.hand_over()

        for pulled in (await run(puller, harness.entity, None, harness.overlap)).objects:
            assert pulled.entity is harness.entity
            assert pulled.body
            assert pulled.fingerprint
            assert pulled.as_of.utcoffset() == timedelta()
            assert pulled.stamp == (pulled.as_of if can.versions else None)

    async def test_a_run_without_a_change_brings_no_other_content(
        self, harness: PortHarness, puller: SystemPort, can: Capabilities
    ) -> None:
        await harness.make(3)
        await harness.hand_over()
        first = await run(puller, harness.entity, None, harness.overlap)

        if can.pull is PullKind.FULL:
            with pytest.raises(NothingWaiting):
                await puller.begin_run(harness.entity, stored(first.cursor), harness.overlap)
        else:
            second = await run(puller, harness.entity, first.cursor, harness.overlap)
            known = {one: pulled.fingerprint for one, pulled in first.latest().items()}
            assert {one: pulled.fingerprint for one, pulled in second.latest().items()}.items() <= known.items()

    async def test_the_next_run_brings_changed_and_new_objects(self, harness: PortHarness, puller: SystemPort) -> None:
        made = await harness.make(3)
        await harness.hand_over()
        first = await run(puller, harness.entity, None, harness.overlap)
        await harness.change(made[1])
        (added,) = await harness.make(1)
        await harness.hand_over()

        latest = (await run(puller, harness.entity, first.cursor, harness.overlap)).latest()

        assert latest[made[1]].fingerprint != first.latest()[made[1]].fingerprint
        assert latest[made[1]].as_of > first.latest()[made[1]].as_of
        assert added in latest

    async def test_the_same_cursor_gives_at_least_the_same_again(
        self, harness: PortHarness, puller: SystemPort
    ) -> None:
        await harness.make(4)
        await harness.hand_over()
        cursor = await puller.begin_run(harness.entity, None, harness.overlap)
        page = await puller.pull(harness.entity, stored(cursor), 2)

        again = await pull_on(puller, harness.entity, cursor, 2)
        behind = await pull_on(puller, harness.entity, page.cursor, 2)

        first = {pulled.external_id: pulled.fingerprint for pulled in page.objects}
        assert len(first) == 2
        assert first.items() <= {one: pulled.fingerprint for one, pulled in again.latest().items()}.items()
        assert not first.keys() & behind.latest().keys()

    async def test_the_last_cursor_still_works_after_the_run_is_finished(
        self, harness: PortHarness, puller: SystemPort
    ) -> None:
        await harness.make(2)
        await harness.hand_over()
        pulled = await run(puller, harness.entity, None, harness.overlap)
        await puller.finished(harness.entity, stored(pulled.cursor))

        page = await puller.pull(harness.entity, stored(pulled.cursor), 10)

        assert page.last
        assert {one.external_id for one in page.objects} <= set(pulled.ids())

    async def test_an_interrupted_run_goes_on_in_another_port(self, harness: PortHarness, puller: SystemPort) -> None:
        made = await harness.make(5)
        await harness.hand_over()
        cursor = await puller.begin_run(harness.entity, None, harness.overlap)
        page = await puller.pull(harness.entity, stored(cursor), 2)
        await puller.aclose()

        second = harness.open()
        rest = await pull_on(second, harness.entity, page.cursor, 2)
        await second.finished(harness.entity, stored(rest.cursor))
        await second.aclose()

        ids = [one.external_id for one in page.objects] + rest.ids()
        assert set(made) <= set(ids)
        assert len(ids) == len(set(ids))

    async def test_a_source_stopped_midway_is_transient_and_the_run_goes_on(
        self, harness: PortHarness, puller: SystemPort
    ) -> None:
        needs(harness.can_stop, "source that can be stopped")
        made = await harness.make(5)
        await harness.hand_over()
        cursor = await puller.begin_run(harness.entity, None, harness.overlap)
        page = await puller.pull(harness.entity, stored(cursor), 2)
        await harness.stop()
        with pytest.raises(Transient):
            await puller.pull(harness.entity, stored(page.cursor), 2)
        await harness.start()

        rest = await pull_on(puller, harness.entity, page.cursor, 2)

        assert set(made) <= {one.external_id for one in page.objects} | set(rest.ids())

    async def test_a_change_during_a_run_is_found_by_it_or_by_the_next(
        self, harness: PortHarness, puller: SystemPort
    ) -> None:
        made = await harness.make(4)
        await harness.hand_over()
        cursor = await puller.begin_run(harness.entity, None, harness.overlap)
        page = await puller.pull(harness.entity, stored(cursor), 2)
        await harness.change(made[0])
        await harness.change(made[3])
        first = await pull_on(puller, harness.entity, page.cursor, 2)
        await puller.finished(harness.entity, stored(first.cursor))
        await harness.hand_over()

        second = await run(puller, harness.entity, first.cursor, harness.overlap)
        await harness.make(1)
        await harness.hand_over()
        whole = await run(puller, harness.entity, None, harness.overlap)

        before = {pulled.external_id: pulled for pulled in page.objects}
        found = before | first.latest() | second.latest()
        wanted = whole.latest()
        assert [found[one].fingerprint for one in made] == [wanted[one].fingerprint for one in made]

    async def test_a_deleted_child_changes_the_fingerprint(
        self, harness: PortHarness, puller: SystemPort, can: Capabilities
    ) -> None:
        made = await harness.make(2)
        await harness.hand_over()
        before = (await run(puller, harness.entity, None, harness.overlap)).latest()
        await harness.delete_child(made[0])
        await harness.hand_over()

        after = (await run(puller, harness.entity, None, harness.overlap)).latest()

        assert after[made[0]].fingerprint != before[made[0]].fingerprint
        assert after[made[1]].fingerprint == before[made[1]].fingerprint

    async def test_a_deleted_object_is_in_no_later_full_run(self, harness: PortHarness, puller: SystemPort) -> None:
        made = await harness.make(3)
        await harness.hand_over()
        await run(puller, harness.entity, None, harness.overlap)
        await harness.delete(made[1])
        await harness.hand_over()

        later = await run(puller, harness.entity, None, harness.overlap)

        assert [one for one in made if one in later.ids()] == [made[0], made[2]]

    async def test_a_complete_set_tells_when_its_reading_began(
        self, harness: PortHarness, puller: SystemPort, can: Capabilities
    ) -> None:
        await harness.make(1)
        await harness.hand_over()
        cursor = await puller.begin_run(harness.entity, None, harness.overlap)

        page = await puller.pull(harness.entity, stored(cursor), 10)

        assert (page.set_began is not None) == (can.pull is not PullKind.INCREMENTAL)

    async def test_cursors_are_json(self, harness: PortHarness, puller: SystemPort) -> None:
        await harness.make(1)
        await harness.hand_over()
        cursor = await puller.begin_run(harness.entity, None, harness.overlap)
        page = await puller.pull(harness.entity, stored(cursor), 10)

        assert stored(cursor) == cursor
        assert stored(page.cursor) == page.cursor

    async def test_the_default_mapping_makes_canonical_records(self, harness: PortHarness, puller: SystemPort) -> None:
        if harness.mappings is None:
            pytest.skip("every installation maps it differently")
        mapping = load_mapping(harness.mappings / f"{harness.entity.value}.yaml")
        await harness.make(2)
        await harness.hand_over()

        objects = (await run(puller, harness.entity, None, harness.overlap)).objects

        records = [mapping.record_of(pulled.body) for pulled in objects if pulled.body is not None]
        assert [type(record) for record in records] == [RECORD_OF[harness.entity]] * len(objects)
