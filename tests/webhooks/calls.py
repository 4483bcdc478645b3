"""Calls as the fake package makes them, signed as Standard Webhooks says."""

from __future__ import annotations

import base64
from datetime import datetime

from standardwebhooks.webhooks import Webhook

from hub.ports.webhooks import Delivery

SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()
NEXT_SECRET = "whsec_" + base64.b64encode(b"n" * 24).decode()
FOREIGN_SECRET = "whsec_" + base64.b64encode(b"f" * 24).decode()


def signed(body: bytes, message_id: str, at: datetime, secret: str = SECRET) -> dict[str, str]:
    """The three headers over this body."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
    }


def delivery(body: bytes, message_id: str, at: datetime, secret: str = SECRET) -> Delivery:
    """A call that arrives in the second in which it was sent."""
    return Delivery(signed(body, message_id, at, secret), body, at)
