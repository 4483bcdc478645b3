"""Nothing brings an erased person back: customers, orders and what waits in quarantine, told again in any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from adapters.memory.webhooks import event_of
from hub.flows.lane import LaneContext
from hub.flows.push import take_event
from hub.flows.quarantine_replay import replay
from hub.flows.quarantined import Chosen, held
from hub.flows.terms import Terms
from hub.mapping.record import RecordMapping
from hub.records.identity import Entity, SystemName
from hub.records.source import JsonObject
from hub.store.engine import Database
from hub.work.decisions import Done
from tests.flows.building import RULES, at, declare_flow
from tests.flows.originals import mapped, tell
from tests.privacy.test_erase import erased, everything
from tests.webhooks.pushing import CUSTOMER, arrive, names, pushing, real_time

pytestmark = pytest.mark.slow

SYSTEMS: Final = ("crm", "lms")
QUICKLY: Final = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each example empties a database: what fails is told as it was drawn."""
_CUSTOMER: Final = """
entity: customer
version: 1
fields: {{name: name, status: {{path: level, table: levels}}}}
lists: {{contact_media: {{from: mails, fields: {{external_id: id, kind: {{value: EMAIL}}, value: mail}}}}}}
tables: {{levels: {{g: gold{more}}}}}
"""
_ORDER: Final = """
entity: sales_order
version: 1
fields: {{customer: party, state: {{path: state, table: states}}, description: note}}
tables: {{states: {{done: COMPLETED{more}}}}}
"""
MAPPINGS: Final = {
    Entity.CUSTOMER: mapped(_CUSTOMER.format(more="")),
    Entity.SALES_ORDER: mapped(_ORDER.format(more="")),
}
TAUGHT: Final = {
    Entity.CUSTOMER: mapped(_CUSTOMER.format(more=", odd: silver")),
    Entity.SALES_ORDER: mapped(_ORDER.format(more=", odd: PENDING")),
}
"""The same, once somebody has taught them the odd values."""


def terms(mappings: Mapping[Entity, RecordMapping]) -> Terms:
    of = {(SystemName(system), entity): mapping for system in SYSTEMS for entity, mapping in mappings.items()}
    return Terms(of, RULES.recognition, RULES.keys)


class Told(NamedTuple):
    """What one system says of a customer, or of an order of his, at a minute; `good`: it can be understood."""

    system: str
    entity: Entity
    customer: str
    minute: int
    mail: str
    good: bool

    @property
    def external_id(self) -> str:
        """Of an order: each customer of a system has one, and one changes hands."""
        return self.customer if self.entity is Entity.CUSTOMER else "7"

    @property
    def body(self) -> JsonObject:
        """Whatever it is, it names its customer."""
        whose = f"<{self.system} {self.customer}>"
        if self.entity is Entity.SALES_ORDER:
            return {"party": self.customer, "state": "done" if self.good else "odd", "note": whose}
        mails = [{"id": "1", "mail": f"{self.mail}@example.com"}]
        return {"name": whose, "level": "g" if self.good else "odd", "mails": mails}


tellings = st.builds(
    Told,
    system=st.sampled_from(SYSTEMS),
    entity=st.sampled_from((Entity.CUSTOMER, Entity.CUSTOMER, Entity.SALES_ORDER)),
    customer=st.sampled_from(("1", "2")),
    minute=st.integers(1, 6),
    mail=st.sampled_from(("a", "b")),
    good=st.sampled_from((True, True, False)),
)


@dataclass(frozen=True)
class Hub:
    """An empty store with a lane for each system and entity."""

    database: Database
    lanes: dict[tuple[str, Entity], LaneContext]

    async def hear(self, told: Told) -> None:
        lane, mapping = self.lanes[told.system, told.entity], MAPPINGS[told.entity]
        await tell(self.database, lane, told.external_id, told.body, told.minute, mapping)

    async def replay_quarantine(self, mappings: Mapping[Entity, RecordMapping]) -> None:
        async with self.database.transaction() as connection:
            await replay(connection, terms(mappings), Chosen(), "mia", at(30_000))

    async def readable(self) -> str:
        """All that anybody can still read: rows as they stand, and what waits in quarantine opened."""
        async with self.database.reading() as connection:
            waiting = await held(connection, RULES.keys, Chosen(state=None), 1_000)
        opened = [str(one.source.body) for one in waiting if one.source is not None]
        return "\n".join([await everything(self.database), *opened])


async def emptied(database: Database) -> Hub:
    async with database.transaction() as connection:
        await connection.execute(text("SELECT pristine.reset()"))
    return Hub(
        database,
        {(system, entity): await declare_flow(database, system, entity) for system in SYSTEMS for entity in MAPPINGS},
    )


@settings(max_examples=15, deadline=None, phases=QUICKLY, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(tellings, min_size=1, max_size=8), data=st.data())
async def test_nothing_of_an_erased_person_can_be_read_under_any_replay(
    database: Database, events: list[Told], data: st.DataObject
) -> None:
    hub = await emptied(database)
    for event in events:
        await hub.hear(event)
    if not (known := await customers(database)):
        return
    chosen = data.draw(st.sampled_from(known))
    gone = await records_of(database, chosen)
    await erased(database, chosen)
    marks = [f"<{system} {external_id}>" for system, external_id in gone]
    assert [mark for mark in marks if mark in await hub.readable()] == []
    for event in data.draw(st.permutations(events + events)):
        await hub.hear(event)
        if data.draw(st.booleans()):
            await hub.replay_quarantine(data.draw(st.sampled_from((MAPPINGS, TAUGHT))))
    await hub.replay_quarantine(TAUGHT)
    assert [mark for mark in marks if mark in await hub.readable()] == []
    for customer in await customers(database):
        assert not await records_of(database, customer) & gone


async def customers(database: Database) -> list[UUID]:
    async with database.reading() as connection:
        return list(await connection.scalars(text("SELECT id FROM customer ORDER BY id")))


async def records_of(database: Database, customer: UUID) -> set[tuple[str, str]]:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT system, external_id FROM customer_identifier WHERE customer_id = :id"), {"id": customer}
        )
        return {(row.system, row.external_id) for row in rows}


async def test_a_pushed_event_of_an_erased_person_is_settled_and_brings_nobody_in(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    for number, name in (("1", "Wilhelmina"), ("2", "Geert")):
        store.put(CUSTOMER, number, {"name": name})
        (event,) = await arrive(database, room, event_of(store, CUSTOMER, number))
        assert await take_event(room, "crm", event) == Done()
    (customer,) = [one for one in await customers(database) if ("crm", "1") in await records_of(database, one)]
    await erased(database, customer)
    store.put(CUSTOMER, "1", {"name": "Wilhelmina again"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))
    assert await take_event(room, "crm", event) == Done()
    assert await names(database) == [("Geert", False)]
    assert "Wilhelmina" not in await everything(database)


async def test_an_order_of_his_that_another_customer_has_by_now_comes_in_as_hers(database: Database) -> None:
    hub = await emptied(database)
    said = [Told("crm", Entity.CUSTOMER, customer, 1, mail, good=True) for customer, mail in (("1", "a"), ("2", "b"))]
    orders = [
        Told("crm", Entity.SALES_ORDER, customer, minute, "a", good=True) for customer, minute in (("1", 2), ("2", 3))
    ]
    for told in (*said, orders[0]):
        await hub.hear(told)
    (gone,) = [one for one in await customers(database) if ("crm", "1") in await records_of(database, one)]
    await erased(database, gone)
    for told in (*orders, *orders):
        await hub.hear(told)
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT external_id, owner, version FROM sales_order"))
        assert [tuple(row) for row in rows] == [("7", "2", 2)]


async def test_nothing_that_he_said_stays_with_whom_he_was_one_for_a_while(database: Database) -> None:
    hub = await emptied(database)
    for system, customer, minute in (("crm", "1", 1), ("lms", "1", 2)):
        await hub.hear(Told(system, Entity.CUSTOMER, customer, minute, "a", good=True))
    assert len(await customers(database)) == 1
    # A third who has the same address: it joins nobody any more.
    await hub.hear(Told("crm", Entity.CUSTOMER, "2", 3, "a", good=True))
    (gone,) = [one for one in await customers(database) if ("lms", "1") in await records_of(database, one)]
    assert len(await customers(database)) == 3
    assert "<lms 1>" in await hub.readable()
    await erased(database, gone)
    left = await hub.readable()
    assert ("<lms 1>" in left, "<crm 1>" in left) == (False, True)
