"""Read a mail that says that another one did not arrive: a delivery status notification (RFC 3464)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message

from hub.errors import Invalid


@dataclass(frozen=True, slots=True)
class Returned:
    """The Message-ID of the mail that came back, and the enhanced status code (RFC 3463) of its recipient."""

    message_id: str
    status: str


def read_notification(content: bytes) -> Returned:
    """Invalid for a mail that is no notification, or that does not quote the Message-ID of the one it is about."""
    notification = message_from_bytes(content, policy=policy.compat32)
    status = next(_statuses(notification), None)
    message_id = next(_originals(notification), None)
    if status is None or message_id is None:
        raise Invalid("this is no delivery status notification (RFC 3464) that quotes the Message-ID of its mail")
    return Returned(message_id, status)


def _statuses(notification: Message) -> Iterator[str]:
    for part in notification.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else []:
                if isinstance(block, Message) and block.get("Status") is not None:
                    yield str(block["Status"]).split()[0]


def _originals(notification: Message) -> Iterator[str]:
    for part in notification.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list) and payload:
            original = payload[0]
            if isinstance(original, Message) and original.get("Message-ID") is not None:
                yield str(original["Message-ID"])
        if part.get_content_type() == "text/rfc822-headers":
            headers = message_from_bytes(part.get_payload(decode=True) or b"")  # type: ignore[arg-type]
            if headers.get("Message-ID") is not None:
                yield str(headers["Message-ID"])
