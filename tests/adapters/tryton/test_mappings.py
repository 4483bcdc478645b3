"""The shipped mappings know every value of Tryton's own enumerations, and real objects become whole records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
import yaml

from adapters.tryton import ADAPTER
from adapters.tryton.port import TrytonPort
from examples.demo.tryton.rpc import Row, TrytonRpc, create_children
from examples.demo.tryton.seed.company import products
from examples.demo.tryton.seed.parties import PartyRows, email, mobile
from hub.mapping.compile import load_mapping
from hub.records.belongings import (
    BusinessRequestRecord,
    CampaignMembershipRecord,
    CampaignRecord,
    OrderLineRecord,
    SalesLeadRecord,
    SalesOrderRecord,
)
from hub.records.customer import Canonical, ContactMediumRecord, CustomerRecord, PostalAddressRecord
from hub.records.enums import LeadState, MediumKind, RequestKind, RequestState
from hub.records.identity import Entity, ExternalId
from hub.records.offers import CampaignState
from tests.adapters.tryton.running import RunningTryton
from tests.contracts.runs import run

pytestmark = pytest.mark.slow

MAPPINGS = cast(Path, ADAPTER.mappings)
TODAY = date(2026, 11, 23)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("model", "field", "entity", "table", "besides"),
    [
        ("party.contact_mechanism", "type", "customer", "medium_kind", set()),
        ("sale.sale", "state", "business_request", "request_state", {"exception"}),
        ("sale.sale", "state", "business_request", "request_kind", set()),
        ("sale.opportunity", "state", "sales_lead", "lead_state", set()),
        ("marketing.automation.scenario", "state", "campaign", "campaign_state", set()),
    ],
)
def test_a_table_has_exactly_trytons_values(
    tryton: RunningTryton, model: str, field: str, entity: str, table: str, besides: set[str]
) -> None:
    told = cast(Mapping[str, Mapping[str, list[list[str]]]], tryton.rpc.call(f"{model}.fields_get", [field]))

    assert _table(entity, table) - besides == {value for value, _ in told[field]["selection"]}


def test_the_languages_are_trytons(tryton: RunningTryton) -> None:
    known = {str(row["code"]) for row in tryton.rpc.search_read("ir.lang", [], ["code"])}

    assert _table("customer", "language") == known


async def test_a_party_becomes_a_customer(tryton: RunningTryton, port: TrytonPort) -> None:
    rows = PartyRows(tryton.rpc)
    address = rows.address("Kerkstraat 1", "1234 AB", "Delft")
    party = rows.party("Sanne de Wit", "nl", (mobile("06-12345678"), email("Sanne@example.org")), (address,))
    (made,) = tryton.rpc.create("party.party", [{**party, "code": "M-1"}])

    record = await _record(port, Entity.CUSTOMER, made)

    assert isinstance(record, CustomerRecord)
    assert (record.name, record.language, record.customer_number) == ("Sanne de Wit", "nl", "M-1")
    assert [(medium.kind, medium.value) for medium in record.contact_media] == [
        (MediumKind.PHONE, "06-12345678"),
        (MediumKind.EMAIL, "Sanne@example.org"),
    ]
    assert [type(medium) for medium in record.contact_media] == [ContactMediumRecord] * 2
    assert record.addresses == (
        PostalAddressRecord(
            external_id=record.addresses[0].external_id,
            street="Kerkstraat 1",
            postal_code="1234 AB",
            locality="Delft",
            country="NL",
        ),
    )


async def test_a_sale_is_a_request_first_and_an_order_once_confirmed(tryton: RunningTryton, port: TrytonPort) -> None:
    party, sale = _sale(tryton.rpc)

    as_quote = await _record(port, Entity.BUSINESS_REQUEST, sale)
    (no_order,) = await port.read(Entity.SALES_ORDER, [ExternalId(str(sale))])
    tryton.rpc.press("sale.sale", "quote", [sale])
    tryton.rpc.press("sale.sale", "confirm", [sale])
    as_sale = await _record(port, Entity.BUSINESS_REQUEST, sale)
    order = await _record(port, Entity.SALES_ORDER, sale)

    assert isinstance(as_quote, BusinessRequestRecord)
    assert (as_quote.kind, as_quote.state) == (RequestKind.QUOTE, RequestState.IN_PROGRESS)
    assert no_order.body is None
    assert isinstance(as_sale, BusinessRequestRecord)
    assert (as_sale.kind, as_sale.customer) == (RequestKind.SALE, str(party))
    assert isinstance(order, SalesOrderRecord)
    assert (order.customer, order.currency, order.total, order.ordered_on) == (
        str(party),
        "EUR",
        Decimal("79.00"),
        TODAY,
    )
    assert order.lines == (
        OrderLineRecord(
            external_id=order.lines[0].external_id,
            product="[GV100] Glasvezel 100",
            quantity=Decimal(2),
            unit_price=Decimal("39.50"),
            amount=Decimal("79.00"),
        ),
    )


async def test_an_opportunity_becomes_a_lead(tryton: RunningTryton, port: TrytonPort) -> None:
    (made,) = tryton.rpc.create("sale.opportunity", [_lead(tryton.rpc)])
    tryton.rpc.press("sale.opportunity", "lost", [made])
    tryton.rpc.write("sale.opportunity", [made], {"lost_reason": "Te duur"})

    lead = await _record(port, Entity.SALES_LEAD, made)

    assert isinstance(lead, SalesLeadRecord)
    assert (lead.state, lead.state_reason, lead.probability) == (LeadState.REJECTED, "Te duur", 29)
    assert (lead.amount, lead.currency, lead.owner) == (Decimal("474.00"), "EUR", "Marijke Hoekstra")


async def test_a_scenario_makes_memberships_that_move_with_their_activities(
    tryton: RunningTryton, port: TrytonPort
) -> None:
    member, activity, party = _membership(tryton.rpc)
    before = await run(port, Entity.CAMPAIGN_MEMBERSHIP, None, timedelta(minutes=1))
    waiting = await _record(port, Entity.CAMPAIGN_MEMBERSHIP, member)
    _let_tryton_do(tryton.rpc, activity)

    moved = await run(port, Entity.CAMPAIGN_MEMBERSHIP, before.cursor, timedelta())
    done = await _record(port, Entity.CAMPAIGN_MEMBERSHIP, member)

    assert isinstance(waiting, CampaignMembershipRecord)
    assert isinstance(done, CampaignMembershipRecord)
    assert (waiting.campaign, waiting.state, waiting.step, waiting.customer) == ("Winter", "ACTIVE", None, str(party))
    assert (done.state, done.step) == ("COMPLETED", "Mail")
    assert str(member) in moved.ids()


async def test_a_scenario_is_a_campaign_that_runs_until_it_is_stopped(tryton: RunningTryton, port: TrytonPort) -> None:
    scenario: Row = {"name": "Voorjaar", "model": "party.party", "domain": "[]"}
    (made,) = tryton.rpc.create("marketing.automation.scenario", [scenario])
    before = await _record(port, Entity.CAMPAIGN, made)
    tryton.rpc.press("marketing.automation.scenario", "run", [made])
    running = await _record(port, Entity.CAMPAIGN, made)
    tryton.rpc.press("marketing.automation.scenario", "stop", [made])
    stopped = await _record(port, Entity.CAMPAIGN, made)

    told = [record.state for record in (before, running, stopped) if isinstance(record, CampaignRecord)]
    assert told == [CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.STOPPED]


def _party(rpc: TrytonRpc) -> tuple[int, int]:
    """A new party and its address."""
    rows = PartyRows(rpc)
    address = rows.address("Kerkstraat 1", "1234 AB", "Delft")
    (party,) = rpc.create("party.party", [rows.party("Sanne de Wit", "nl", (), (address,))])
    return party, rpc.id_of("party.address", [["party", "=", party]])


def _sale(rpc: TrytonRpc) -> tuple[int, int]:
    party, address = _party(rpc)
    sale: Row = {
        "party": party,
        "sale_date": TODAY,
        "invoice_address": address,
        "shipment_address": address,
        "invoice_method": "manual",
        "shipment_method": "manual",
        "lines": create_children(products(rpc)[0].line(2)),
    }
    (made,) = rpc.create("sale.sale", [sale])
    return party, made


def _lead(rpc: TrytonRpc) -> Row:
    return {
        "party": _party(rpc)[0],
        "company": rpc.context["company"],
        "employee": rpc.context["employee"],
        "currency": rpc.id_of("currency.currency", [["code", "=", "EUR"]]),
        "description": "Glasvezel",
        "amount": Decimal("474.00"),
        "conversion_probability": 0.29,
        "start_date": TODAY,
    }


def _membership(rpc: TrytonRpc) -> tuple[int, int, int]:
    """A member with one waiting activity: both ids, and the party's."""
    party, _ = _party(rpc)
    scenario: Row = {
        "name": "Winter",
        "model": "party.party",
        "domain": "[]",
        "activities": create_children({"name": "Mail"}),
    }
    (made,) = rpc.create("marketing.automation.scenario", [scenario])
    step = rpc.id_of("marketing.automation.activity", [["parent", "=", f"marketing.automation.scenario,{made}"]])
    (member,) = rpc.create("marketing.automation.record", [{"scenario": made, "record": f"party.party,{party}"}])
    (activity,) = rpc.create("marketing.automation.record.activity", [{"record": member, "activity": step}])
    return member, activity, party


def _let_tryton_do(rpc: TrytonRpc, activity: int) -> None:
    """The activity falls due, and Tryton's own job does it: nobody may write its state."""
    rpc.write("marketing.automation.record.activity", [activity], {"at": NOON})
    job = rpc.id_of("ir.cron", [["method", "=", "marketing.automation.record.activity|process"]])
    rpc.call("ir.cron.run_once", [job])


def _table(entity: str, table: str) -> set[str]:
    document = yaml.safe_load((MAPPINGS / f"{entity}.yaml").read_text())
    return set(document["tables"][table])


async def _record(port: TrytonPort, entity: Entity, number: int) -> Canonical:
    (found,) = await port.read(entity, [ExternalId(str(number))])
    assert found.body is not None
    return load_mapping(MAPPINGS / f"{entity.value}.yaml").record_of(found.body)
