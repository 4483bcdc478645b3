"""A flow that serves a purpose tells campaign management of a customer only while he allows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.customers.consent_lapses import follow_lapses
from hub.customers.recognise import Rules
from hub.customers.survive import FieldRule, Survivorship
from hub.exchange.outbound_flow import flow_to
from hub.exchange.want import NewObject, want_creates
from hub.flows.apply import apply
from hub.flows.declare import declare_flows
from hub.flows.engine_room import EngineRoom
from hub.flows.lane import LaneContext
from hub.flows.run_lane import run_lane
from hub.flows.start_run import start_run
from hub.flows.systems import OpenSystems
from hub.migration.desk import Desk
from hub.migration.preflight import preflight
from hub.ports.capabilities import Capabilities
from hub.records.belongings import ConsentRecord
from hub.records.contacts import ContactEventRecord
from hub.records.customer import CustomerRecord
from hub.records.enums import ConsentStatus, SurvivorshipRule
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.offers import ContactEventKind
from hub.settings.flows import HUB, Flow, FlowConsent, Lane
from hub.settings.systems import Limits
from hub.stewardship.consent import record_consent
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.flows.engine import MAPPING
from tests.flows.outbound import work_off
from tests.stewardship.building import owner

CM = SystemName("cm")
WEEKLY = Lane(cadence=FlowCadence.WEEKLY, mode=LaneMode.AUTHORITATIVE, cron="0 3 * * 1")
AT_ONCE = Lane(cadence=FlowCadence.REAL_TIME, mode=LaneMode.AUTHORITATIVE)
CONSENT = FlowConsent(channel="EMAIL")
NEWEST = Survivorship(FieldRule(SurvivorshipRule.MOST_RECENT), outward={"cm": ("name",)}, gated=frozenset({"cm"}))
MAIL = "jan@example.com"


@dataclass
class Campaigns:
    """The CRM calls him Jan Smit; campaign management, which the hub tells of names, has him as J. Smit of its own."""

    database: Database
    lanes: dict[str, LaneContext]
    store: MemoryStore
    room: EngineRoom

    async def declare(self, lane: Lane = AT_ONCE, consent: FlowConsent | None = CONSENT) -> None:
        to_cm, events = FlowName("to-cm"), FlowName("events")
        flows = [
            Flow(to_cm, 9, "Out", Entity.CUSTOMER, HUB, CM, (lane,), (), fields=("name",), consent=consent),
            Flow(events, 5, "Events", Entity.CONTACT_EVENT, HUB, CM, (AT_ONCE,), (), consent=consent),
        ]
        self.room = replace(self.room, flows={flow.name: flow for flow in flows})
        async with self.database.transaction() as connection:
            await declare_flows(connection, flows, [])

    async def says(self, system: str, record: CustomerRecord, minute: int, heard: int | None = None) -> None:
        """`heard` is the hub's own minute, where the source's is ahead of what it was read back after a command."""
        rules, now = replace(RULES, recognition=Rules(NEWEST, "NL")), at(minute if heard is None else heard)
        async with self.database.transaction() as connection:
            await apply(connection, self.lanes[system], page(content("1", record, minute)), rules, now)

    async def states(self, status: ConsentStatus, minute: int, until: datetime | None = None) -> None:
        customer = await owner(self.database, "crm", "1")
        record = ConsentRecord(purpose="marketing", channel="EMAIL", status=status, valid_to=until)
        async with self.database.transaction() as connection:
            await record_consent(connection, customer, record, "agent", at(minute))
        await work_off(self.room)

    def has(self) -> object:
        return self.store.objects(Entity.CUSTOMER)[1].body["name"]

    async def commands(self) -> list[Row[Any]]:
        async with self.database.reading() as connection:
            return list((await connection.execute(text("SELECT * FROM outbound_command ORDER BY version"))).all())


@pytest.fixture
async def campaigns(database: Database) -> Campaigns:
    lanes = {system: await declare_flow(database, system) for system in ("crm", "cm")}
    store = MemoryStore()
    media = [{"external_id": "m0", "kind": "EMAIL", "value": MAIL}]
    store.put(Entity.CUSTOMER, "1", {"name": "J. Smit", "contact_media": media})
    room = EngineRoom(
        database=database,
        systems=OpenSystems({CM: lambda: MemoryPort(CM, store)}),
        flows={},
        mappings={(CM, Entity.CUSTOMER): MAPPING},
        recognition=Rules(NEWEST, "NL"),
        keys=RULES.keys,
        clock=lambda: at(20_000),
    )
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO connected_system (name, adapter, roles) VALUES ('cm', 'memory', '{CM}')")
        )
    return Campaigns(database, lanes, store, room)


async def met(campaigns: Campaigns) -> None:
    await campaigns.says("cm", person("J. Smit", MAIL), 1)
    await campaigns.says("crm", person("Jan Smit", MAIL), 2)
    await work_off(campaigns.room)


async def test_nothing_leaves_without_consent_and_what_is_lacking_leaves_with_it(campaigns: Campaigns) -> None:
    await campaigns.declare()
    await met(campaigns)
    (withheld,) = await campaigns.commands()
    assert (campaigns.has(), withheld.state, withheld.outcome_code) == ("J. Smit", "CANCELLED", "NO_CONSENT")
    assert withheld.sent_at is None
    await campaigns.states(ConsentStatus.GRANTED, 10)
    assert campaigns.has() == "Jan Smit"


async def test_what_was_sent_is_withdrawn_at_once_and_the_golden_value_stays(campaigns: Campaigns) -> None:
    await campaigns.declare()
    await met(campaigns)
    await campaigns.states(ConsentStatus.GRANTED, 10)
    async with campaigns.database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET cadence = 'WEEKLY' WHERE flow = 'to-cm'"))
    await campaigns.states(ConsentStatus.REVOKED, 11)
    assert campaigns.has() is None
    await campaigns.says("cm", person("", MAIL).model_copy(update={"name": None, "known_blank": ("name",)}), 12)
    async with campaigns.database.reading() as connection:
        assert await connection.scalar(text("SELECT name FROM customer")) == "Jan Smit"
    assert [one.state for one in await campaigns.commands()] == ["CANCELLED", "DONE", "DONE", "COLLECTED"]


async def test_a_batch_that_was_collected_before_he_said_no_leaves_without_him(campaigns: Campaigns) -> None:
    await campaigns.declare(WEEKLY)
    await met(campaigns)
    await campaigns.states(ConsentStatus.GRANTED, 10)
    assert {one.state for one in await campaigns.commands()} == {"COLLECTED"}
    async with campaigns.database.transaction() as connection:
        await record_no(connection, await owner(campaigns.database, "crm", "1"))
    async with campaigns.database.transaction() as connection:
        run = await start_run(connection, FlowName("to-cm"), at(20_000), at(1))
    await run_lane(campaigns.room, run)
    assert campaigns.has() == "J. Smit"


async def record_no(connection: Any, customer: UUID) -> None:  # Any: a connection
    """The statement alone, as if what follows it had not happened yet."""
    await connection.execute(
        text(
            """INSERT INTO consent_statement (id, system, external_id, version, owner_system, owner_id, purpose, status,
                 channel, legal_basis, stated_at, observed_at)
               VALUES (gen_random_uuid(), 'crm', 'no', 1, 'crm', '1', 'marketing', 'REVOKED', 'EMAIL', 'CONSENT',
                 :at, :at)"""
        ),
        {"at": at(11)},
    )


async def test_a_value_of_its_own_is_not_withdrawn(campaigns: Campaigns) -> None:
    await campaigns.declare()
    await campaigns.says("cm", person("J. Smit", MAIL), 1)
    await campaigns.says("crm", person("J. Smit", MAIL), 2)
    for status, minute in ((ConsentStatus.GRANTED, 10), (ConsentStatus.REVOKED, 11)):
        await campaigns.states(status, minute)
    assert campaigns.has() == "J. Smit"
    assert await campaigns.commands() == []


async def test_a_consent_that_runs_out_and_one_from_a_system_are_followed(campaigns: Campaigns) -> None:
    await campaigns.declare()
    await met(campaigns)
    await campaigns.states(ConsentStatus.GRANTED, 10, until=at(30_000))
    assert campaigns.has() == "Jan Smit"
    later = replace(campaigns.room, clock=lambda: at(30_001))
    async with campaigns.database.transaction() as connection:
        assert await follow_lapses(connection, at(30_001), 10) == 1
    await work_off(later)
    assert campaigns.has() is None
    consents = await declare_flow(campaigns.database, "crm", Entity.CONSENT)
    granted = ConsentRecord(customer="1", purpose="marketing", channel=None, status=ConsentStatus.GRANTED)
    await apply_page(campaigns.database, consents, page(content("c1", granted, 30_002)))
    await work_off(replace(campaigns.room, clock=lambda: at(30_003)))
    assert campaigns.has() == "Jan Smit"


async def test_a_flow_that_begins_to_ask_withdraws_what_was_told_before(campaigns: Campaigns) -> None:
    await campaigns.declare(consent=None)
    await met(campaigns)
    assert campaigns.has() == "Jan Smit"
    await campaigns.declare()
    async with campaigns.database.transaction() as command, campaigns.database.transaction() as connection:
        # A flow to which commands are under way is as it always is under load.
        await flow_to(command, "cm", Entity.CUSTOMER)
        # One flow after the other, and then there is nothing left.
        assert [await follow_lapses(connection, at(20_000), 10) for _ in range(3)] == [1, 1, 0]
    await work_off(campaigns.room)
    assert campaigns.has() is None


async def test_a_flow_that_asks_no_more_tells_what_had_been_withheld(campaigns: Campaigns) -> None:
    await campaigns.declare()
    await met(campaigns)
    assert campaigns.has() == "J. Smit"
    await swept(campaigns, consent=None)
    assert campaigns.has() == "Jan Smit"
    commands = [(one.state, one.outcome_code) for one in await campaigns.commands()]
    await swept(campaigns, consent=None)
    assert commands == [("CANCELLED", "NO_CONSENT"), ("DONE", None)]
    assert [(one.state, one.outcome_code) for one in await campaigns.commands()] == commands


async def test_what_was_withdrawn_does_not_count_as_none_while_it_is_on_its_way_back(campaigns: Campaigns) -> None:
    await campaigns.declare()
    await met(campaigns)
    await campaigns.states(ConsentStatus.GRANTED, 10)
    await campaigns.states(ConsentStatus.REVOKED, 11)
    assert campaigns.has() is None
    await campaigns.declare(consent=None)
    blank = person("", MAIL).model_copy(update={"name": None, "known_blank": ("name",)})
    await campaigns.says("cm", blank, 2_000_000, heard=12)
    await swept(campaigns, consent=None)
    assert campaigns.has() == "Jan Smit"
    await campaigns.says("cm", person("Jan Smit", MAIL), 2_000_002, heard=13)
    await campaigns.says("cm", blank, 2_000_003, heard=14)
    async with campaigns.database.reading() as connection:
        assert await connection.scalar(text("SELECT name FROM customer")) is None, "its own word now"


async def swept(campaigns: Campaigns, consent: FlowConsent | None) -> None:
    """The file is read anew, and everybody is held to it."""
    await campaigns.declare(consent=consent)
    async with campaigns.database.transaction() as connection:
        while await follow_lapses(connection, at(20_000), 10):
            pass
    await work_off(campaigns.room)


async def test_an_event_of_a_customer_who_refuses_is_told_to_nobody(campaigns: Campaigns) -> None:
    await campaigns.declare()
    await met(campaigns)
    await campaigns.states(ConsentStatus.DENIED, 10)
    customer = await owner(campaigns.database, "crm", "1")
    event = ContactEventRecord(key="e1", customer="1", kind=ContactEventKind.CLICKED, channel="web", occurred_at=at(12))
    async with campaigns.database.transaction() as connection:
        new = NewObject("cm", Entity.CONTACT_EVENT, "cm/contact-event/e1", str(customer))
        await want_creates(connection, [(new, event)], at(12))
    await work_off(campaigns.room)
    told = [one for one in await campaigns.commands() if one.entity == "contact_event"]
    assert [(one.state, one.outcome_code) for one in told] == [("CANCELLED", "NO_CONSENT")]
    assert campaigns.store.objects(Entity.CONTACT_EVENT) == {}


async def test_a_preflight_counts_who_does_not_allow_it(campaigns: Campaigns) -> None:
    await campaigns.declare()
    await met(campaigns)
    desk = Desk(campaigns.room.flows, {"cm": Limits()}, lambda system, entity: Capabilities(update=True))
    flow = campaigns.room.flow("to-cm")
    async with campaigns.database.reading() as connection:
        found = await preflight(connection, desk, flow, AT_ONCE, at(20_000))
    assert [(one.code, one.message) for one in found.findings] == [
        ("CONSENT", "of the first 1 customers there 1 do not allow marketing")
    ]
