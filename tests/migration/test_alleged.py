"""A later change of which only the candidate tells: believed as far as the source, or its own history, bears it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from adapters.memory.port import MemoryPort
from hub.flows.systems import OpenSystems
from hub.migration.comparison import Window
from hub.ports.capabilities import Capabilities, PullKind
from hub.records.identity import Entity, ExternalId
from hub.records.migration import DifferenceKind, Verdict
from hub.records.source import SourceObject
from hub.store.engine import Database
from tests.flows.engine import CRM
from tests.flows.roads import CUSTOMER, EXPORT, FAST
from tests.flows.test_run_lane import filled
from tests.migration.test_parity import WEEKLY, begun, compared, told

pytestmark = pytest.mark.slow


async def test_a_source_without_stamps_refutes_a_change_that_it_shows_nothing_of(database: Database) -> None:
    firm = await begun(database, filled(20))
    systems = {CRM: Unstamped(CRM, firm.store), **{one: firm.room.systems.port(one) for one in (EXPORT, FAST)}}
    room = replace(firm.room, systems=OpenSystems({name: partial(systems.__getitem__, name) for name in systems}))
    firm = replace(firm, room=room)
    await told(firm, "Made up", firm.store.clock)
    firm.store.advance(timedelta(hours=1))
    window = await firm.hand_over()
    await told(firm, "Made up again", window.until + timedelta(hours=1))
    comparison = await compared(firm, window)
    assert comparison.counts == {(DifferenceKind.ORDER, Verdict.CANDIDATE_WRONG): 1}


class Unstamped(MemoryPort):
    """A package that does not tell when its objects changed."""

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        return [replace(one, stamp=None) for one in await super().read(entity, ids)]


async def test_where_nobody_can_be_asked_a_later_change_explains_only_what_it_can(database: Database) -> None:
    """It changed customer 10 while the export was read, and again later; the next export still has him as he was."""
    firm = await begun(database, filled(20))
    for system in (CRM, FAST):
        firm.room.systems.port(system).capabilities = {CUSTOMER: Capabilities(pull=PullKind.INCREMENTAL)}
    counts = []
    for name in ("Made up", "Made up again"):
        since = firm.store.clock
        firm.export.deliver(timedelta(minutes=10))
        await told(firm, name, since + timedelta(minutes=5))
        await firm.run(WEEKLY)
        firm.store.advance(timedelta(hours=1))
        counts.append((await compared(firm, Window(since, since + timedelta(minutes=10)))).counts)
    assert counts == [{(DifferenceKind.LATE, None): 1}, {(DifferenceKind.STALE, Verdict.UNREFEREED): 1}]
