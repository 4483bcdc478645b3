"""BottleCRM's own signatures, in bytes that it made and in bytes that it did not."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.bottlecrm import ADAPTER
from adapters.bottlecrm.options import BottleCrmOptions
from adapters.bottlecrm.webhooks import BottleCrmWebhooks
from hub.errors import Unauthorised
from hub.ports.webhooks import Delivery, Subject
from hub.records.identity import Entity, ExternalId, SystemName
from tests.flows.building import at

NOW = at(0)
LEAD = ExternalId("45420aa5-b97f-4365-b121-954d5d899563")
EVENT = "6d0a4bd6-6ff5-4a44-b0ea-1f33c36a9b0f"
BOTH = (Entity.CUSTOMER, Entity.SALES_LEAD)
HOOKS = BottleCrmWebhooks(["old", "new"], BOTH)


def body(event: str = "lead.updated", **other: object) -> bytes:
    told = {"id": EVENT, "event": event, "created_at": NOW.isoformat(), "data": {"id": LEAD, "title": "Heat pump"}}
    return json.dumps(told | other).encode()


def call(content: bytes, secret: str = "new", late: timedelta = timedelta()) -> Delivery:
    stamp = str(int(NOW.timestamp()))
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + content, hashlib.sha256).hexdigest()
    return Delivery({"x-bottlecrm-signature": f"t={stamp},v1={digest}"}, content, NOW + late)


@pytest.mark.parametrize("secret", ["old", "new"])
def test_a_call_is_named_by_its_event_and_stands_in_the_line_of_its_record(secret: str) -> None:
    signed = HOOKS.verify(call(body(), secret))
    assert (signed.event_id, signed.subject) == (EVENT, Subject(Entity.SALES_LEAD, LEAD))


def test_a_foreign_secret_a_changed_body_and_an_old_call_are_refused() -> None:
    good = call(body())
    changed = Delivery(good.headers, body("lead.deleted"), NOW)
    for bad in (call(body(), "other"), changed, call(body(), "new", at(6) - NOW)):
        with pytest.raises(Unauthorised):
            HOOKS.verify(bad)


@given(header=st.text(max_size=120), content=st.binary(max_size=80))
def test_no_header_but_the_right_one_is_accepted_and_nothing_else_is_raised(header: str, content: bytes) -> None:
    with pytest.raises(Unauthorised):
        HOOKS.verify(Delivery({"x-bottlecrm-signature": header}, content, NOW))


def test_a_changed_record_is_to_be_read_because_the_event_tells_less() -> None:
    assert HOOKS.objects(body(), {}).changed == (Subject(Entity.SALES_LEAD, LEAD),)


def test_a_deleted_record_is_gone_as_of_the_event() -> None:
    (gone,) = HOOKS.objects(body("lead.deleted"), {}).objects
    assert (gone.external_id, gone.body, gone.as_of) == (LEAD, None, NOW)


@pytest.mark.parametrize("event", ["deal.won", "ping", "contact.created"])
def test_an_event_of_something_that_is_not_taken_in_says_nothing(event: str) -> None:
    leads_only = BottleCrmWebhooks(["new"], [Entity.SALES_LEAD])
    told = leads_only.objects(body(event), {})
    assert (told.objects, told.changed, told.unreadable) == ((), (), ())


@pytest.mark.parametrize("content", [b"", b"{", b'{"id": 1}', b"\xff"])
def test_a_signed_body_that_is_no_event_is_kept_under_its_own_bytes_and_put_aside(content: bytes) -> None:
    assert HOOKS.verify(call(content)).event_id == f"unreadable:{hashlib.sha256(content).hexdigest()}"
    assert [unreadable.raw for unreadable in HOOKS.objects(content, {}).unreadable] == [content]


def test_without_a_secret_bottlecrm_does_not_call() -> None:
    options = BottleCrmOptions.model_validate({"url": "http://127.0.0.1:1/", "token": "t"})
    assert ADAPTER.webhooks is not None
    assert ADAPTER.webhooks(SystemName("lms"), options) is None
