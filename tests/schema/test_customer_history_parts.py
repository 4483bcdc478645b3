"""What a customer had at a past moment: it changed hands, was deleted, merged, split and erased since."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.flows.lane import LaneContext
from hub.privacy.erase import EraseTerms, erase
from hub.privacy.requests import Request
from hub.records.belongings import (
    BusinessRequestRecord,
    CampaignMembershipRecord,
    ConsentRecord,
    OrderLineRecord,
    ProductHoldingRecord,
    SalesLeadRecord,
    SalesOrderRecord,
)
from hub.records.customer import Canonical, CustomerRecord, PostalAddressRecord, RelationRecord
from hub.records.enums import ConsentStatus, LeadState, RelationKind, RequestKind, RequestState
from hub.records.identity import CustomerId, Entity
from hub.stewardship.consent import record_consent
from hub.store.engine import Database
from tests.flows.building import RULES, at, content, declare_flow, page, person
from tests.schema.company import gid
from tests.schema.serving import Api, serving
from tests.schema.test_customer_history import applied
from tests.stewardship.building import merge, owner, undo

PARTS = """
query($id: ID!, $at: DateTime!) { customerHistory(id: $id, at: $at) {
  addresses { street preferred validTo } relations { kind label source other { name } }
  orders { source externalId state total lines { position product } asOf observedAt }
  productHoldings { product } campaignMemberships { campaign } requests { kind state }
  consents { source status purpose }
} }
"""
LEADS = "query($id: ID!, $at: DateTime!) { customerHistory(id: $id, at: $at) { leads { name state leadOwner } } }"


@pytest.fixture
async def api(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(database_url, tmp_path) as served:
        yield served


class Told:
    """What systems tell, by entity, and as the hub saw it at a minute."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lanes: dict[tuple[str, Entity], LaneContext] = {}

    async def say(self, system: str, entity: Entity, external_id: str, record: Canonical, minute: int) -> None:
        await applied(
            self.database, await self._lane(system, entity), page(content(external_id, record, minute)), minute
        )

    async def delete(self, system: str, entity: Entity, external_id: str, minute: int) -> None:
        await applied(self.database, await self._lane(system, entity), page(gone={external_id: at(minute)}), minute)

    async def _lane(self, system: str, entity: Entity) -> LaneContext:
        if (system, entity) not in self._lanes:
            self._lanes[system, entity] = await declare_flow(self.database, system, entity)
        return self._lanes[system, entity]


async def parts(api: Api, customer: UUID, minute: int) -> dict[str, Any]:
    told = (await api.ask(PARTS, {"id": gid("Customer", customer), "at": at(minute).isoformat()})).data
    found: dict[str, Any] = told["customerHistory"]
    return found


def order(customer: str, state: RequestState = RequestState.IN_PROGRESS, *products: str) -> SalesOrderRecord:
    lines = tuple(OrderLineRecord(external_id=one, product=one) for one in products)
    return SalesOrderRecord(customer=customer, state=state, total=len(products), lines=lines)


async def test_each_part_is_told_as_it_was(database: Database, api: Api) -> None:
    told = Told(database)
    lives = PostalAddressRecord(external_id="a", street="Dam", preferred=True, valid_to=at(9))
    child = RelationRecord(external_id="r", kind=RelationKind.FAMILY, to="2", label="child")
    await told.say("crm", Entity.CUSTOMER, "2", person("Piet Smit"), 1)
    await told.say("crm", Entity.CUSTOMER, "1", CustomerRecord(name="Jan", addresses=(lives,), relations=(child,)), 1)
    await told.say("crm", Entity.SALES_ORDER, "77", order("1", RequestState.IN_PROGRESS, "bench"), 2)
    await told.say("crm", Entity.PRODUCT_HOLDING, "h", ProductHoldingRecord(customer="1", product="fibre"), 2)
    await told.say("cm", Entity.CUSTOMER, "5", CustomerRecord(name="Jan"), 1)
    await told.say(
        "crm",
        Entity.BUSINESS_REQUEST,
        "q",
        BusinessRequestRecord(customer="1", kind=RequestKind.SERVICE, state=RequestState.PENDING),
        2,
    )
    await told.say(
        "crm", Entity.CAMPAIGN_MEMBERSHIP, "m", CampaignMembershipRecord(customer="1", campaign="spring", state="in"), 2
    )
    await told.say(
        "crm", Entity.CONSENT, "c", ConsentRecord(customer="1", purpose="marketing", status=ConsentStatus.GRANTED), 2
    )
    await told.say("crm", Entity.CUSTOMER, "1", CustomerRecord(name="Jan"), 4)
    await told.say("crm", Entity.SALES_ORDER, "77", order("1", RequestState.COMPLETED, "bench", "chair"), 4)
    await told.say(
        "crm", Entity.CONSENT, "c", ConsentRecord(customer="1", purpose="marketing", status=ConsentStatus.REVOKED), 4
    )
    await told.delete("crm", Entity.PRODUCT_HOLDING, "h", 4)
    jan = await owner(database, "crm", "1")
    assert await parts(api, jan, 3) == {
        "addresses": [{"street": "Dam", "preferred": True, "validTo": "2026-01-05T08:09:00Z"}],
        "relations": [{"kind": "FAMILY", "label": "child", "source": "crm", "other": {"name": "Piet Smit"}}],
        "orders": [
            {
                "source": "crm",
                "externalId": "77",
                "state": "IN_PROGRESS",
                "total": "1",
                "lines": [{"position": 1, "product": "bench"}],
                "asOf": "2026-01-05T08:02:00Z",
                "observedAt": "2026-01-05T08:02:00Z",
            }
        ],
        "productHoldings": [{"product": "fibre"}],
        "campaignMemberships": [{"campaign": "spring"}],
        "requests": [{"kind": "SERVICE", "state": "PENDING"}],
        "consents": [{"source": "crm", "status": "GRANTED", "purpose": "marketing"}],
    }
    later = await parts(api, jan, 4)
    assert (later["addresses"], later["relations"], later["productHoldings"]) == ([], [], [])
    assert [(one["state"], len(one["lines"])) for one in later["orders"]] == [("COMPLETED", 2)]
    assert [one["status"] for one in later["consents"]] == ["REVOKED"]
    before = await parts(api, jan, 1)
    assert (before["orders"], before["consents"], before["requests"]) == ([], [], [])


async def test_a_value_that_is_known_to_be_none_is_null_and_silence_is_nothing(database: Database, api: Api) -> None:
    told = Told(database)
    await told.say("crm", Entity.CUSTOMER, "1", CustomerRecord(name="Jan", known_blank=("status",)), 1)
    asked = "query($id: ID!, $at: DateTime!) { customerHistory(id: $id, at: $at) { fields { field value } } }"
    given = {"id": gid("Customer", await owner(database, "crm", "1")), "at": at(2).isoformat()}
    fields = (await api.ask(asked, given)).data["customerHistory"]["fields"]
    assert {one["field"]: one["value"] for one in fields} == {"kind": "PERSON", "name": "Jan", "status": None}


async def test_what_changed_hands_is_told_of_whoever_had_it_then(database: Database, api: Api) -> None:
    told = Told(database)
    await told.say("crm", Entity.CUSTOMER, "1", person("Jan Smit"), 1)
    await told.say("crm", Entity.CUSTOMER, "2", person("Piet Bakker"), 1)
    await told.say("crm", Entity.SALES_ORDER, "77", order("1"), 2)
    await told.say("crm", Entity.SALES_ORDER, "77", order("2"), 4)
    jan, piet = await owner(database, "crm", "1"), await owner(database, "crm", "2")

    async def orders(customer: UUID, minute: int) -> int:
        return len((await parts(api, customer, minute))["orders"])

    assert (await orders(jan, 3), await orders(piet, 3)) == (1, 0)
    assert (await orders(jan, 5), await orders(piet, 5)) == (0, 1)


async def test_it_follows_merge_and_split_and_ends_with_the_person(database: Database, api: Api) -> None:
    told = Told(database)
    await told.say("crm", Entity.CUSTOMER, "1", person("Jan Smit"), 1)
    await told.say("lms", Entity.CUSTOMER, "9", person("J. Smit"), 1)
    await told.say("crm", Entity.SALES_ORDER, "77", order("1"), 2)
    await told.say("lms", Entity.SALES_ORDER, "88", order("9"), 2)
    jan, other = await owner(database, "crm", "1"), await owner(database, "lms", "9")
    async with database.transaction() as connection:
        said = ConsentRecord(purpose="marketing", status=ConsentStatus.DENIED)
        await record_consent(connection, other, said, "steward", at(3))

    async def seen(customer: UUID) -> tuple[list[str], int]:
        view = await parts(api, customer, 3)
        return sorted(one["externalId"] for one in view["orders"]), len(view["consents"])

    joined = await merge(database, jan, other)
    assert await seen(jan) == await seen(other) == (["77", "88"], 1)
    assert joined.act_id is not None
    await undo(database, joined.act_id)
    assert (await seen(jan), await seen(other)) == ((["77"], 0), (["88"], 1))
    async with database.transaction() as connection:
        await erase(
            connection, other, EraseTerms(RULES.keys, "NL", {"sales_order": 3650}), Request("s", "letter", at(9))
        )
    asked = await api.ask(PARTS, {"id": gid("Customer", other), "at": at(3).isoformat()})
    assert asked.codes == ["NOT_FOUND"]
    assert await seen(jan) == (["77"], 0)


async def test_it_is_shown_to_whom_the_present_view_is_and_stands_in_the_trail(database: Database, api: Api) -> None:
    told = Told(database)
    child = RelationRecord(external_id="r", kind=RelationKind.FAMILY, to="2")
    await told.say("crm", Entity.CUSTOMER, "2", person("Piet Smit"), 1)
    await told.say("crm", Entity.CUSTOMER, "1", CustomerRecord(name="Jan", relations=(child,)), 1)
    lead = SalesLeadRecord(customer="1", name="fibre", state=LeadState.IN_PROGRESS, owner="Mia")
    await told.say("crm", Entity.SALES_LEAD, "5", lead, 2)
    jan, piet = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    given = {"id": gid("Customer", jan), "at": at(3).isoformat()}
    leads = (await api.ask(LEADS, given)).data["customerHistory"]["leads"]
    assert leads == [{"name": "fibre", "state": "IN_PROGRESS", "leadOwner": "Mia"}]
    himself = await api.ask(LEADS, given, role=Role.CUSTOMER, customer=CustomerId(jan))
    assert (himself.codes, himself.data["customerHistory"]["leads"]) == (["FORBIDDEN"], None)
    own = await api.ask(PARTS, given, role=Role.CUSTOMER, customer=CustomerId(jan))
    assert own.data["customerHistory"]["relations"][0]["other"] is None
    assert (await api.ask(PARTS, given, role=Role.CUSTOMER, customer=CustomerId(piet))).codes == ["NOT_FOUND"]
    await parts(api, jan, 3)
    await api.app.state.running.hub.trail.write()
    async with database.reading() as connection:
        shown = await connection.execute(
            text("SELECT DISTINCT object_id FROM audit_event WHERE detail::text LIKE '%PastRelation.other%'")
        )
        assert shown.scalars().all() == [str(piet)]
