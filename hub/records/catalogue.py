"""Which record each entity is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.records.belongings import (
    BusinessRequestRecord,
    CampaignMembershipRecord,
    CampaignRecord,
    ConsentRecord,
    ProductHoldingRecord,
    SalesLeadRecord,
    SalesOrderRecord,
)
from hub.records.contacts import ContactEventRecord, ContactRecord, WrapUpRecord
from hub.records.customer import Canonical, CustomerRecord
from hub.records.identity import Entity
from hub.records.leads import LeadResponseRecord

RECORD_OF: Final[Mapping[Entity, type[Canonical]]] = {
    Entity.CUSTOMER: CustomerRecord,
    Entity.SALES_ORDER: SalesOrderRecord,
    Entity.PRODUCT_HOLDING: ProductHoldingRecord,
    Entity.BUSINESS_REQUEST: BusinessRequestRecord,
    Entity.SALES_LEAD: SalesLeadRecord,
    Entity.CAMPAIGN_MEMBERSHIP: CampaignMembershipRecord,
    Entity.CAMPAIGN: CampaignRecord,
    Entity.CONSENT: ConsentRecord,
    Entity.CONTACT: ContactRecord,
    Entity.WRAP_UP: WrapUpRecord,
    Entity.CONTACT_EVENT: ContactEventRecord,
    Entity.LEAD_RESPONSE: LeadResponseRecord,
}
