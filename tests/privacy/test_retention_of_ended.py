"""What ended goes at its age: consents, requests, leads and deleted objects; what is still needed stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.contacts.tables import BusinessRequest, Commitment, RequestHandling, RequestTask
from hub.customers.consent_read import consents_of
from hub.exchange.tables import ConnectedSystem, InformationFlow, OutboundCommand, TargetImage
from hub.leads.tables import LeadHandling, LeadResponse, SalesLead
from hub.offers.tables import CampaignMembership
from hub.outbound.tables import LeadDelivery
from hub.records.belongings import ConsentRecord, SalesOrderRecord
from hub.records.enums import ConsentStatus, LegalBasis
from hub.records.identity import Entity
from hub.settings.privacy import KeepDays
from hub.stewardship.consent import record_consent
from hub.store.engine import Database
from tests.flows.building import apply_page, at, content, declare_flow, page, person
from tests.privacy.forgetting import column, forgetting
from tests.schema.company import add, uid
from tests.stewardship.building import owner

DAY = timedelta(days=1)
KEEP = KeepDays(consents=40, requests=40, leads=40, deleted_records=40)
FOR_GOOD = KeepDays(consents=None, requests=None, leads=None, deleted_records=None)
forget = forgetting(KEEP)


def said(status: ConsentStatus, **more: Any) -> ConsentRecord:
    return ConsentRecord(purpose="newsletter", status=status, legal_basis=LegalBasis.CONSENT, **more)


async def state(database: Database, record: ConsentRecord, minute: int) -> None:
    async with database.transaction() as connection:
        await record_consent(connection, await owner(database, "crm", "1"), record, "agent", at(minute))


async def test_a_consent_that_was_replaced_goes_and_what_holds_stays(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", person("Jan"), 0)))
    await state(database, said(ConsentStatus.GRANTED), 1)
    await state(database, said(ConsentStatus.REVOKED), 3)
    await state(database, said(ConsentStatus.GRANTED, channel="EMAIL", valid_to=at(5)), 4)
    assert await forget(database, "consents", at(3) + 40 * DAY) == 0
    assert await forget(database, "consents", at(4) + 40 * DAY) == 1
    assert await forget(database, "consents", at(6) + 40 * DAY, FOR_GOOD) == 0
    assert await forget(database, "consents", at(6) + 40 * DAY) == 1
    assert await forget(database, "consents", at(9) + 9_000 * DAY) == 0
    assert await column(database, "SELECT status FROM consent_statement") == ["REVOKED"]
    assert await column(database, "SELECT channel FROM consent") == [None]
    jan = await owner(database, "crm", "1")
    async with database.reading() as connection:
        known = (await consents_of(connection, [jan]))[jan]
    assert known.decide("newsletter", "EMAIL", at(9)).status is ConsentStatus.REVOKED
    await state(database, said(ConsentStatus.GRANTED, channel="EMAIL"), 10)
    assert await column(database, "SELECT status FROM consent_statement ORDER BY stated_at") == ["REVOKED", "GRANTED"]


async def test_what_a_system_deleted_holds_again_when_it_has_it_again(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    consents = await declare_flow(database, "crm", entity=Entity.CONSENT)
    await apply_page(database, crm, page(content("1", person("Jan"), 0)))
    told = said(ConsentStatus.REVOKED, customer="1")
    await apply_page(database, consents, page(content("c", told, 1)))
    await apply_page(database, consents, page(gone={"c": at(2)}))
    assert await forget(database, "consents", at(3) + 9_000 * DAY) == 0
    await apply_page(database, consents, page(content("c", told, 4)))
    assert await column(database, "SELECT ended_at FROM consent_statement") == [None]


async def request(database: Database, name: str, system: str, closed: datetime | None) -> None:
    async with database.transaction() as connection:
        values = {"kind": "SERVICE", "state": "COMPLETED" if closed else "IN_PROGRESS", "number": name}
        belongs = {"external_id": name, "customer_id": uid("Anna"), "deleted": False, "version": 1}
        when = {"as_of": at(0), "observed_at": at(0)}
        await add(connection, BusinessRequest, id=uid(name), system=system, **values, **belongs, **when)
        handling = {"channel": "chat", "respond_by": at(1), "closed_at": closed, "answers": {"why": name}}
        await add(connection, RequestHandling, request_id=uid(name), **handling)
        step = {"position": 1, "name": "look", "state": "COMPLETED", "changed_at": at(1)}
        await add(connection, RequestTask, request_id=uid(name), **step)
        image = {"target": "crm", "entity": "business_request", "external_id": name, "version": 1}
        await add(connection, TargetImage, **image, wanted={"subject": name}, updated_at=at(1))


async def company(database: Database) -> None:
    async with database.transaction() as connection:
        await add(connection, ConnectedSystem, name="crm", adapter="memory", roles=["CRM"])


async def command(database: Database, entity: str, external_id: str, state: str) -> None:
    async with database.transaction() as connection:
        await add(
            connection,
            OutboundCommand,
            id=uid(f"{external_id} {state}"),
            key=f"{external_id} {state}",
            flow="out",
            target="crm",
            entity=entity,
            operation="UPDATE",
            object_id=external_id,
            external_id=external_id,
            line=external_id,
            changes=[],
            from_version=1,
            version=1,
            state=state,
            wanted_from=at(1),
            created_at=at(1),
        )


async def flow(database: Database) -> None:
    async with database.transaction() as connection:
        values = {"business_flow": 7, "title": "Out", "entity": "business_request", "source": "hub", "target": "crm"}
        await add(connection, InformationFlow, name="out", **values)


async def test_closed_requests_go_with_answers_and_steps_and_a_packages_own_stay(database: Database) -> None:
    await company(database)
    await flow(database)
    for name, system, closed in (
        ("old", "hub", at(1)),
        ("young", "hub", at(3)),
        ("open", "hub", None),
        ("promised", "hub", at(1)),
        ("stuck", "hub", at(1)),
        ("theirs", "crm", at(1)),
    ):
        await request(database, name, system, closed)
    await command(database, "business_request", "stuck", "UNKNOWN")
    await command(database, "business_request", "old", "DONE")
    async with database.transaction() as connection:
        promise = {"promise": "call", "due_at": at(2), "handler": "eva", "state": "OPEN", "made_by": "eva"}
        whose = {"customer_id": uid("Anna"), "request_id": uid("promised"), "made_at": at(0)}
        await add(connection, Commitment, id=uid("promise"), **whose, **promise)
    assert await forget(database, "requests", at(1) + 40 * DAY) == 0
    assert await forget(database, "requests", at(3) + 40 * DAY, FOR_GOOD) == 0
    assert await forget(database, "requests", at(3) + 40 * DAY) == 2
    left = ["open", "promised", "stuck", "young"]
    assert await column(database, "SELECT number FROM business_request ORDER BY 1") == [*left[:3], "theirs", "young"]
    assert await column(database, "SELECT answers->>'why' FROM request_handling ORDER BY 1") == left
    assert await column(database, "SELECT count(*) FROM request_task") == [4]
    assert await column(database, "SELECT external_id FROM target_image ORDER BY 1") == [*left[:3], "theirs", "young"]


async def lead(database: Database, name: str, closed: datetime | None, **handling: Any) -> None:
    async with database.transaction() as connection:
        belongs = {"external_id": name, "customer_id": uid("Anna"), "deleted": False, "version": 1}
        when = {"as_of": at(0), "observed_at": at(0)}
        await add(connection, SalesLead, id=uid(name), system="hub", number=name, state="ACCEPTED", **belongs, **when)
        opened = {"opened_by": "eva", "opened_at": at(0), "closed_at": closed}
        await add(connection, LeadHandling, lead_id=uid(name), **opened, **handling)
        answer = {"key": name, "customer_id": uid("Anna"), "channel": "chat", "outcome": "INTERESTED"}
        recorded = {"occurred_at": at(1), "recorded_at": at(1), "recorded_by": "eva"}
        await add(connection, LeadResponse, id=uid(f"{name} answer"), lead_id=uid(name), **answer, **recorded)


async def test_closed_leads_go_but_what_would_open_them_anew_or_is_not_settled_keeps_them(database: Database) -> None:
    await company(database)
    await flow(database)
    for name, closed in (("old", at(1)), ("young", at(3)), ("open", None), ("unsettled", at(1)), ("untold", at(1))):
        await lead(database, name, closed)
    await command(database, "sales_lead", "untold", "UNKNOWN")
    await command(database, "sales_lead", "old", "DONE")
    for name, deleted in (("member", False), ("left", True)):
        await lead(database, name, at(1), source_system="cm", source_id=name)
        async with database.transaction() as connection:
            belongs = {"system": "cm", "external_id": name, "customer_id": uid("Anna"), "deleted": deleted}
            when = {"as_of": at(0), "observed_at": at(0), "version": 1}
            await add(
                connection, CampaignMembership, id=uid(f"m {name}"), campaign="x", state="SENT", **belongs, **when
            )
    async with database.transaction() as connection:
        await add(connection, LeadDelivery, **delivery("unsettled", "UNKNOWN"))
        await add(connection, LeadDelivery, **delivery("old", "SENT"))
    assert await forget(database, "leads", at(1) + 40 * DAY) == 0
    assert await forget(database, "leads", at(3) + 40 * DAY, FOR_GOOD) == 0
    assert await forget(database, "leads", at(3) + 40 * DAY) == 2
    left = ["member", "open", "unsettled", "untold", "young"]
    assert await column(database, "SELECT number FROM sales_lead ORDER BY 1") == left
    assert await column(database, "SELECT key FROM lead_response ORDER BY 1") == left


def delivery(name: str, state: str) -> dict[str, Any]:
    values = {"channel": "mail", "kind": "EMAIL", "step": 1, "rank": 1, "state": state, "planned_for": at(1)}
    when = {"expires_at": at(9), "created_at": at(1), "changed_at": at(1)}
    return {"id": uid(f"{name} delivery"), "lead_id": uid(name), **when, **values}


async def test_a_deleted_order_leaves_its_tombstone_only_and_may_come_back(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    orders = await declare_flow(database, "crm", entity=Entity.SALES_ORDER)
    await apply_page(database, crm, page(content("1", person("Jan"), 0)))
    order = SalesOrderRecord(customer="1", number="S1", state="COMPLETED", description="a bed")
    await apply_page(database, orders, page(content("o", order, 1), content("p", order, 1)))
    await apply_page(database, orders, page(gone={"o": at(3)}))
    assert await forget(database, "deleted", at(3) + 40 * DAY) == 0
    assert await forget(database, "deleted", at(4) + 40 * DAY, FOR_GOOD) == 0
    assert [await forget(database, "deleted", at(4) + 40 * DAY) for _ in range(2)] == [1, 0]
    kept = "SELECT external_id || ' ' || deleted || ' ' || version FROM source_record WHERE entity = 'sales_order'"
    assert await column(database, f"{kept} ORDER BY 1") == ["o true 0", "p false 1"]
    assert await column(database, "SELECT external_id FROM sales_order") == ["p"]
    assert await column(database, "SELECT external_id FROM document_version WHERE entity = 'sales_order'") == ["p"]
    await apply_page(database, orders, page(content("o", order, 2)))
    assert await column(database, "SELECT external_id FROM sales_order WHERE NOT deleted") == ["p"]
    await apply_page(database, orders, page(content("o", order, 9)))
    assert await column(database, "SELECT external_id FROM sales_order WHERE NOT deleted ORDER BY 1") == ["o", "p"]


@pytest.mark.parametrize("name", ["requests", "deleted"])
async def test_an_open_request_that_its_package_deleted_stays(database: Database, name: str) -> None:
    await company(database)
    await request(database, "open", "crm", None)
    assert await forget(database, name, at(9) + 9_000 * DAY) == 0
    assert await column(database, "SELECT number FROM business_request") == ["open"]
