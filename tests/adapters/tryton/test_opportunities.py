"""Leads as opportunities of a real Tryton: made once, moved by its buttons, three-way; and the answers to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import pytest

from adapters.tryton import ADAPTER
from adapters.tryton.port import TrytonPort
from examples.demo.tryton.rpc import create_children
from hub.mapping.compile import load_mapping
from hub.ports.writing import FieldChange, Operation, Refused, WriteCommand, WriteOutcome, Written
from hub.records.belongings import SalesLeadRecord
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonValue
from tests.adapters.tryton.parties import make_parties
from tests.adapters.tryton.running import DATABASE, RunningTryton

pytestmark = pytest.mark.slow

MAPPING = load_mapping(cast("Any", ADAPTER.mappings) / "sales_lead.yaml")
FIELDS = ["state", "description", "reference", "party", "amount", "lost_reason", "employee", "start_date", "sales"]


@pytest.fixture
async def lms(tryton: RunningTryton) -> AsyncIterator[TrytonPort]:
    opened = TrytonPort(SystemName("lms"), tryton.options(database=DATABASE, horizon_s=0))
    yield opened
    await opened.aclose()


def new_number() -> str:
    drawn = uuid4().hex.upper()
    return f"L-{drawn[:5]}-{drawn[5:10]}"


def command(external_id: str, *changes: tuple[str, JsonValue, JsonValue]) -> WriteCommand:
    made = tuple(FieldChange((name,), old, new) for name, old, new in changes)
    return WriteCommand(str(uuid4()), Entity.SALES_LEAD, Operation.UPDATE, ExternalId(external_id), made)


def opening(number: str, party: str, **given: JsonValue) -> WriteCommand:
    told: dict[str, JsonValue] = {
        "customer": party, "name": "Fibre at home", "state": "ACKNOWLEDGED", "started_on": "2026-03-02",
        "owner": "development:agent", "rating": "WARM", **given,
    }  # fmt: skip
    return command(number, *((name, None, value) for name, value in told.items()))


async def write(port: TrytonPort, one: WriteCommand) -> WriteOutcome:
    (outcome,) = await port.write([one])
    return outcome


def in_tryton(tryton: RunningTryton, number: str) -> list[Any]:
    return list(tryton.rpc.search_read("sale.opportunity", [["reference", "=", number]], FIELDS))


def notes_at(tryton: RunningTryton, resource: str) -> list[str]:
    return sorted(
        str(row["message"]) for row in tryton.rpc.search_read("ir.note", [["resource", "=", resource]], ["message"])
    )


def record_of(outcome: WriteOutcome) -> SalesLeadRecord:
    after = outcome.now if isinstance(outcome, Refused) else cast("Written", outcome).after
    assert after is not None
    assert after.body is not None
    record = MAPPING.record_of(after.body)
    assert isinstance(record, SalesLeadRecord)
    return record


async def test_a_new_lead_is_made_once_under_the_hubs_number(tryton: RunningTryton, lms: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    number = new_number()
    first = await write(lms, opening(number, party, amount="250.00", currency="EUR"))
    again = await write(lms, opening(number, party, amount="250.00", currency="EUR"))
    (row,) = in_tryton(tryton, number)
    assert (row["state"], row["description"], row["party"]) == ("lead", "Fibre at home", int(party))
    assert row["employee"] is not None
    record = record_of(first)
    assert (record.hub_number, record.state, str(record.amount)) == (number, "ACKNOWLEDGED", "250.00")
    assert isinstance(again, Written)
    assert again.external_id == str(row["id"])
    assert notes_at(tryton, f"sale.opportunity,{row['id']}") == [f"Lead {number}\nRating: WARM\n"]


async def test_a_lead_is_converted_by_the_button_and_gets_its_sale(tryton: RunningTryton, lms: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    number = new_number()
    await write(lms, opening(number, party))
    convert = command(number, ("state", "ACKNOWLEDGED", "PENDING"))
    assert record_of(await write(lms, convert)).state == "PENDING"
    assert isinstance(await write(lms, convert), Written)
    (row,) = in_tryton(tryton, number)
    assert (row["state"], len(row["sales"])) == ("converted", 1)
    won = await write(lms, command(number, ("state", "PENDING", "ACCEPTED")))
    assert isinstance(won, Refused)
    assert (won.code, won.conflict, record_of(won).state) == ("INVALID", False, "PENDING")
    back = await write(lms, command(number, ("state", "PENDING", "IN_PROGRESS")))
    assert isinstance(back, Refused)
    assert (back.code, back.conflict) == ("REJECTED", False)
    assert in_tryton(tryton, number)[0]["state"] == "converted"


async def test_what_somebody_did_in_tryton_meanwhile_wins(tryton: RunningTryton, lms: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    number = new_number()
    await write(lms, opening(number, party))
    (row,) = in_tryton(tryton, number)
    tryton.rpc.press("sale.opportunity", "lost", [row["id"]])
    outcome = await write(lms, command(number, ("state", "ACKNOWLEDGED", "PENDING")))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.conflict, record_of(outcome).state) == ("CONFLICT", True, "REJECTED")
    (after,) = in_tryton(tryton, number)
    assert (after["state"], after["sales"]) == ("lost", [])


async def test_a_rejected_lead_is_lost_with_its_reason(tryton: RunningTryton, lms: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    number = new_number()
    await write(lms, opening(number, party))
    changes = (("state", "ACKNOWLEDGED", "REJECTED"), ("state_reason", None, "Too dear"), ("rating", "WARM", "COLD"))
    record = record_of(await write(lms, command(number, *changes)))
    assert (record.state, record.state_reason) == ("REJECTED", "Too dear")
    (row,) = in_tryton(tryton, number)
    assert notes_at(tryton, f"sale.opportunity,{row['id']}") == [f"Lead {number}\nRating: COLD\n"]


async def test_trytons_own_lead_is_worked_by_its_id(tryton: RunningTryton, lms: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    mine = {"party": int(party), "company": tryton.rpc.context["company"], "employee": tryton.rpc.context["employee"]}
    currency = tryton.rpc.id_of("currency.currency", [["code", "=", "EUR"]])
    (made,) = tryton.rpc.create("sale.opportunity", [{**mine, "currency": currency, "reference": "Our own"}])
    outcome = await write(lms, command(str(made), ("state", "ACKNOWLEDGED", "IN_PROGRESS")))
    record = record_of(outcome)
    assert (record.state, record.hub_number) == ("IN_PROGRESS", None)
    gone = await write(lms, command(str(made + 100_000), ("state", "ACKNOWLEDGED", "IN_PROGRESS")))
    assert isinstance(gone, Refused)
    assert gone.code == "GONE"
    stray = await write(lms, command(new_number(), ("state", "ACKNOWLEDGED", "IN_PROGRESS")))
    assert isinstance(stray, Refused)
    assert stray.code == "NOT_FOUND"


def answering(**told: JsonValue) -> WriteCommand:
    changes = tuple(FieldChange((name,), None, value) for name, value in told.items())
    return WriteCommand(str(uuid4()), Entity.LEAD_RESPONSE, Operation.UPDATE, ExternalId(str(uuid4())), changes)


async def test_an_answer_stands_at_the_opportunity(tryton: RunningTryton, lms: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    number = new_number()
    await write(lms, opening(number, party))
    (row,) = in_tryton(tryton, number)
    answer = answering(customer=party, number=number, channel="call-centre", outcome="ACCEPTED")
    for _ in range(2):
        assert await write(lms, answer) == Written(cast("ExternalId", answer.external_id))
    (note, _) = notes_at(tryton, f"sale.opportunity,{row['id']}")
    assert note == f"Answer {answer.external_id}\nNumber: {number}\nChannel: call-centre\nOutcome: ACCEPTED\n"


async def test_an_answer_ends_what_the_campaign_still_had_for_him(tryton: RunningTryton, lms: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    activity = {"name": "Remind", "action": "send_email", "email_title": "Hello", "email_template": "<p>Hello</p>"}
    scenario = tryton.rpc.create(
        "marketing.automation.scenario",
        [{"name": f"Spring {uuid4()}", "model": "party.party", "activities": create_children(activity)}],
    )
    (member,) = tryton.rpc.create(
        "marketing.automation.record", [{"scenario": scenario[0], "record": f"party.party,{party}"}]
    )
    answer = answering(customer=party, membership=str(member), channel="web", outcome="CLICKED")
    assert isinstance(await write(lms, answer), Written)
    (row,) = tryton.rpc.search_read("marketing.automation.record", [["id", "=", member]], ["blocked"])
    assert row["blocked"] is True
    assert notes_at(tryton, f"marketing.automation.record,{member}") == [
        f"Answer {answer.external_id}\nChannel: web\nOutcome: CLICKED\n"
    ]
