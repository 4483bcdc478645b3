"""Contacts and requests as notes at a party of a real Tryton, and a whole contact that ends there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from adapters.tryton.notes import rewritten, written
from adapters.tryton.port import TrytonPort
from hub.errors import Conflict
from hub.flows.engine_room import EngineRoom
from hub.flows.systems import OpenSystems
from hub.ports.writing import FieldChange, Operation, Refused, WriteCommand, Written
from hub.records.contact import Registration
from hub.records.identity import Entity, ExternalId
from hub.settings.contact import ContactRules
from hub.store.engine import Database
from tests.adapters.tryton.parties import make_parties
from tests.adapters.tryton.running import DATABASE, RunningTryton
from tests.contacts.conducting import declare_outward, start, step
from tests.flows.building import RULES
from tests.flows.engine import CRM
from tests.flows.outbound import work_off
from tests.schema.company import Person, add_person, add_systems
from tests.schema.serving import serving


def test_a_change_rewrites_its_own_lines_and_no_other() -> None:
    first = rewritten("Contact C-1\n", {"channel": "web", "reason": "Two\nlines", "agent": None, "customer": "7"})
    assert first == "Contact C-1\nChannel: web\nReason: Two lines\n"
    assert rewritten(first, {"reason": None, "csat": 5}) == "Contact C-1\nChannel: web\nCsat: 5\n"
    assert written([{"topic": "bill", "outcome": None, "state": "COMPLETED"}, {"topic": "move"}]) == (
        "bill, COMPLETED; move"
    )


@pytest.fixture
async def notes_port(tryton: RunningTryton) -> AsyncIterator[TrytonPort]:
    opened = TrytonPort(CRM, tryton.options(database=DATABASE, horizon_s=0))
    yield opened
    await opened.aclose()


def update(number: str, entity: Entity, **told: object) -> WriteCommand:
    changes = tuple(FieldChange((name,), None, value) for name, value in told.items())  # type: ignore[arg-type]
    return WriteCommand(str(uuid4()), entity, Operation.UPDATE, ExternalId(number), changes)


def notes_of(tryton: RunningTryton, party: str) -> list[str]:
    domain = [["resource", "=", f"party.party,{party}"]]
    return sorted(str(row["message"]) for row in tryton.rpc.search_read("ir.note", domain, ["message"]))


def event(party: str, kind: str, at: str, channel: str = "web", about: str = "tv-compleet") -> WriteCommand:
    told = {"key": str(uuid4()), "customer": party, "kind": kind, "channel": channel, "occurred_at": at}
    changes = tuple(FieldChange((name,), None, value) for name, value in {**told, "proposition": about}.items())
    return WriteCommand(f"cm/contact-event/{told['key']}", Entity.CONTACT_EVENT, Operation.CREATE, None, changes)


@pytest.mark.slow
async def test_what_a_customer_did_with_an_offer_is_one_note_at_its_own_times(
    tryton: RunningTryton, notes_port: TrytonPort
) -> None:
    party, other = make_parties(tryton.rpc, 2)
    shown = event(party, "SHOWN", "2026-03-02T12:00:00Z")
    accepted = event(party, "ACCEPTED", "2026-03-02T12:00:07.5Z", "call-centre")
    late = event(party, "SHOWN", "2026-03-01T09:00:00Z")
    for command in (shown, accepted, shown, late, event(other, "SHOWN", "2026-03-03T12:00:00Z")):
        assert await notes_port.write([command]) == [Written(ExternalId(command.key))]
    title = f"Offer tv-compleet to party {party}"
    lines = "Shown: 2026-03-02T12:00:00Z web\nAccepted: 2026-03-02T12:00:07.5Z call-centre\n"
    assert notes_of(tryton, party) == [f"{title}\n{lines}"]
    again = event(party, "SHOWN", "2026-03-04T09:00:00Z")
    await notes_port.write([again])
    assert "Shown: 2026-03-04T09:00:00Z web\n" in notes_of(tryton, party)[0]
    stray = event(party, "INTEREST", "2026-03-02T12:00:00Z", about="")
    (refused,) = await notes_port.write([stray])
    assert isinstance(refused, Refused)


@pytest.mark.slow
async def test_a_request_is_one_note_that_follows_its_state(tryton: RunningTryton, notes_port: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    number = f"R-{uuid4().hex[:8].upper()}"
    opened = update(number, Entity.BUSINESS_REQUEST, customer=party, kind="SERVICE", state="ACKNOWLEDGED")
    moved = update(number, Entity.BUSINESS_REQUEST, state="COMPLETED")
    for command in (opened, opened, moved):
        assert await notes_port.write([command]) == [Written(ExternalId(number))]
    assert notes_of(tryton, party) == [f"Request {number}\nKind: SERVICE\nState: COMPLETED\n"]
    (stray,) = await notes_port.write([update("R-NOWHERE", Entity.BUSINESS_REQUEST, state="HELD")])
    assert isinstance(stray, Refused)
    with pytest.raises(Conflict):
        await notes_port.write([update("C-EARLY", Entity.CONTACT, customer_key=f"crm/{uuid4()}", channel="web")])


@pytest.mark.slow
async def test_a_contact_stands_at_the_party_from_its_start_and_a_new_customer_is_made_first(
    database: Database, database_url: str, tmp_path: Path, tryton: RunningTryton, notes_port: TrytonPort
) -> None:
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(connection, Person("Anna Bakker", "anna@example.nl", "+31612345678"))
        (party,) = make_parties(tryton.rpc, 1)
        await connection.execute(text("UPDATE customer_identifier SET external_id = :id"), {"id": party})
    await declare_outward(database, "contact", "customer", "wrap_up")
    phone = f"+316{uuid4().int % 10**8:08}"
    async with serving(database_url, tmp_path, contact=ContactRules(registration=Registration.ALL)) as api:
        known = (await start(api, known={"phone": "+31612345678"}, reason="No bill"))["session"]
        new = (await start(api, known={"phone": phone}, newCustomer={"name": "Eva Nieuw"}))["session"]
        await step(api, "wrapUpSession", known, disposition="Bill sent", feedback={"csat": 5})
    room = EngineRoom(
        database=database,
        systems=OpenSystems({CRM: lambda: notes_port}),
        flows={},
        mappings={},
        recognition=RULES.recognition,
        keys=RULES.keys,
        clock=lambda: datetime.now(UTC),
    )
    await work_off(room)
    contact, wrap_up = notes_of(tryton, party)
    assert contact.splitlines()[:2] == [f"Contact {known['contactId']}", "Channel: call-centre"]
    assert wrap_up.startswith(f"Wrap-up of contact {known['contactId']}\n")
    assert {"Disposition: Bill sent", "Csat: 5", "Result: COMPLETED"} <= set(wrap_up.splitlines())
    (eva,) = tryton.rpc.search_read("party.party", [["contact_mechanisms.value", "=", phone]], ["name"])
    assert eva["name"] == "Eva Nieuw"
    (note,) = notes_of(tryton, str(eva["id"]))
    assert note.startswith(f"Contact {new['contactId']}\n")
