"""Every table of the hub in one metadata: the target of migrations and of the empty-difference test."""

from __future__ import annotations

from sqlalchemy import MetaData

from hub.contacts import session_tables
from hub.contacts import tables as contacts
from hub.customers import belongings, conflict_tables, consent_tables, privacy_tables, steward_tables
from hub.customers import tables as customers
from hub.customers.likeness import tables as likeness
from hub.exchange import call_tables
from hub.exchange import tables as exchange
from hub.flows import tables as flows
from hub.leads import tables as leads
from hub.live import tables as live
from hub.migration import tables as migration
from hub.offers import tables as offers
from hub.outbound import tables as outbound
from hub.store import idempotency, revocations, suppression, touches, usage
from hub.store import tables as store
from hub.store.metadata import METADATA
from hub.work import tables as work

ROOMS_WITH_TABLES = (
    belongings,
    call_tables,
    conflict_tables,
    consent_tables,
    contacts,
    customers,
    exchange,
    flows,
    idempotency,
    leads,
    likeness,
    live,
    migration,
    offers,
    outbound,
    session_tables,
    privacy_tables,
    revocations,
    steward_tables,
    store,
    suppression,
    touches,
    usage,
    work,
)


def all_tables() -> MetaData:
    """The metadata with the tables of every room loaded."""
    return METADATA
