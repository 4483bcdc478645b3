"""Contacts as packages are told of them; the hub's own id of a contact is its id in every system.

`customer` is the customer's id in that system. Where he is being created there at the same time it is not known yet,
and `customer_key` is the hub's key under which he is made.
"""

from __future__ import annotations

from datetime import datetime

from hub.records.contact import DialogOutcome, DialogState, Direction, SessionResult
from hub.records.customer import Canonical
from hub.records.enums import RequestState
from hub.records.identity import ExternalIdText, Words
from hub.records.offers import ContactEventKind


class ContactRecord(Canonical):
    """A started contact (TMF683 PartyInteraction), as flow 1 registers it."""

    customer: ExternalIdText | None = None
    customer_key: ExternalIdText | None = None
    channel: Words
    direction: Direction
    reason: Words | None = None
    agent: Words | None = None
    started_at: datetime


class HandledDialog(Canonical):
    """One topic of a finished contact; `request` is the number of the request it belongs to."""

    external_id: ExternalIdText
    topic: Words
    title: Words
    state: DialogState
    outcome: DialogOutcome | None = None
    request: Words | None = None
    request_state: RequestState | None = None


class WrapUpRecord(Canonical):
    """A finished contact with its dialogs, as flow 12 hands it to Sales. `csat` 1 to 5, `nps` 0 to 10."""

    customer: ExternalIdText | None = None
    customer_key: ExternalIdText | None = None
    channel: Words
    direction: Direction
    reason: Words | None = None
    agent: Words | None = None
    started_at: datetime
    ended_at: datetime
    result: SessionResult
    disposition: Words | None = None
    csat: int | None = None
    nps: int | None = None
    dialogs: tuple[HandledDialog, ...] = ()


class ContactEventRecord(Canonical):
    """What happened with an offer or an interest, as flow 5 tells campaign management; `key` is the channel's own."""

    key: ExternalIdText
    customer: ExternalIdText | None = None
    customer_key: ExternalIdText | None = None
    kind: ContactEventKind
    channel: Words
    proposition: Words | None = None
    treatment: Words | None = None
    subject: Words | None = None
    occurred_at: datetime
