"""Who may call: the scheme of Standard Webhooks over our own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.memory import MemoryOptions
from hub.errors import Unauthorised
from hub.ports.standard_webhooks import TOLERANCE, StandardSignatures
from tests.flows.building import at
from tests.webhooks.calls import FOREIGN_SECRET, NEXT_SECRET, SECRET, delivery

NOW = at(0)
BODY = b'{"id": 1}'


def test_what_a_secret_signed_is_accepted_under_its_message_id() -> None:
    assert StandardSignatures([SECRET]).verify(delivery(BODY, "msg_1", NOW)) == "msg_1"


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET])
def test_both_secrets_hold_while_one_replaces_the_other(secret: str) -> None:
    assert StandardSignatures([SECRET, NEXT_SECRET]).verify(delivery(BODY, "msg_1", NOW, secret)) == "msg_1"


def test_one_of_several_signatures_suffices() -> None:
    call = delivery(BODY, "msg_1", NOW)
    given = f"v1a,other {delivery(BODY, 'msg_1', NOW, FOREIGN_SECRET).headers['webhook-signature']}"
    both = {**call.headers, "webhook-signature": f"{given} {call.headers['webhook-signature']}"}
    assert StandardSignatures([SECRET]).verify(replace(call, headers=both)) == "msg_1"


def test_a_foreign_secret_is_refused() -> None:
    with pytest.raises(Unauthorised):
        StandardSignatures([SECRET]).verify(delivery(BODY, "msg_1", NOW, FOREIGN_SECRET))


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(header: str) -> None:
    call = delivery(BODY, "msg_1", NOW)
    headers = {name: value for name, value in call.headers.items() if name != header}
    with pytest.raises(Unauthorised):
        StandardSignatures([SECRET]).verify(replace(call, headers=headers))


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "1.5", "\uff19", "9" * 12, "99999999999999999999999"])
def test_a_time_that_is_none_is_refused(stamp: str) -> None:
    call = delivery(BODY, "msg_1", NOW)
    with pytest.raises(Unauthorised):
        StandardSignatures([SECRET]).verify(replace(call, headers={**call.headers, "webhook-timestamp": stamp}))


@pytest.mark.parametrize("late", [TOLERANCE, -TOLERANCE])
def test_a_call_within_the_tolerance_is_accepted_and_a_second_beyond_is_not(late: timedelta) -> None:
    beyond = late + (timedelta(seconds=1) if late > timedelta() else timedelta(seconds=-1))
    call = delivery(BODY, "msg_1", NOW)
    assert StandardSignatures([SECRET]).verify(replace(call, received_at=NOW + late)) == "msg_1"
    with pytest.raises(Unauthorised):
        StandardSignatures([SECRET]).verify(replace(call, received_at=NOW + beyond))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!", "whsec_c2Vjcm-0"])
def test_a_secret_that_is_none_is_told_with_the_options(secret: str) -> None:
    with pytest.raises(ValidationError, match="base64"):
        MemoryOptions.model_validate({"webhook_secrets": [secret]})


@given(
    body=st.binary(max_size=200),
    headers=st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=40)
    ),
)
def test_nothing_but_a_signed_call_is_accepted_and_nothing_else_is_raised(body: bytes, headers: dict[str, str]) -> None:
    call = replace(delivery(BODY, "msg_1", NOW), body=body)
    with pytest.raises(Unauthorised):
        StandardSignatures([SECRET]).verify(replace(call, headers={**call.headers, **headers, "webhook-id": "other"}))
