"""Mails that came back, as mail servers write them."""

from __future__ import annotations

from uuid import UUID

import pytest

from hub.errors import Invalid, NotFound
from hub.outbound.compose import delivery_of
from hub.outbound.dsn import Returned, read_notification

# After the example of RFC 3464, appendix E.1.
NOTIFICATION = """From: MAILER-DAEMON@mail.example.com
To: offers@harbour.example
Subject: Returned mail: User unknown
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="BOUNDARY"

--BOUNDARY

The mail below could not be delivered.
--BOUNDARY
content-type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Original-Recipient: rfc822;anna@example.nl
Final-Recipient: rfc822;anna@example.nl
Action: failed
Status: 5.1.1 (no such user)
Diagnostic-Code: smtp; 550 User unknown

--BOUNDARY
content-type: {kind}

Message-ID: <5f0a4b7e-8c79-4f7c-9f8d-2a5500000000@harbour.example>
From: offers@harbour.example
Subject: An offer

--BOUNDARY--
"""


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_notification_names_the_mail_and_the_reason(kind: str) -> None:
    returned = read_notification(NOTIFICATION.format(kind=kind).encode())
    assert returned == Returned("<5f0a4b7e-8c79-4f7c-9f8d-2a5500000000@harbour.example>", "5.1.1")
    assert delivery_of(returned.message_id) == UUID("5f0a4b7e-8c79-4f7c-9f8d-2a5500000000")


@pytest.mark.parametrize(
    "content",
    [b"", b"Subject: I am on holiday\n\nUntil Monday.", NOTIFICATION.format(kind="text/plain").encode(), b"\xff\x00"],
)
def test_any_other_mail_is_none(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_notification(content)


def test_a_mail_of_somebody_else_is_not_ours() -> None:
    with pytest.raises(NotFound):
        delivery_of("<CAF123@mail.example.com>")
