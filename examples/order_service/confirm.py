"""Confirm orders by mail; what a mail server refuses for good is reported to the hub."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

import httpx2
from aiosmtplib import SMTPException, SMTPRecipientsRefused, send

from examples.order_service.orders import Confirmation, Orders

PAUSE_S: Final = 0.5
FOR_GOOD: Final = 500
"""From this code on a mail server means it (RFC 5321, section 4.2.1)."""

REPORT: Final = """mutation($input: ReportUndeliverableInput!) {
  reportUndeliverable(input: $input) { problems { code } }
}"""


@dataclass(frozen=True, slots=True)
class Post:
    """Where mails go out, from whom, and where the hub hears of those that bounce."""

    host: str
    port: int
    sender: str
    hub_api: str
    token: str


async def confirm_for_ever(orders: Orders, post: Post) -> None:
    """Whatever cannot be done now is tried again."""
    async with httpx2.AsyncClient(timeout=10) as client:
        while True:
            await send_waiting_confirmations(orders, post)
            await report_refused(client, orders, post)
            await asyncio.sleep(PAUSE_S)


async def send_waiting_confirmations(orders: Orders, post: Post) -> None:
    """One round. A mail whose fate is not known is sent again: two confirmations are better than none."""
    for one in await asyncio.to_thread(orders.confirmations, "waiting"):
        try:
            await send(_mail(one, post), hostname=post.host, port=post.port, start_tls=False, timeout=10)
        except SMTPRecipientsRefused as refused:
            (recipient,) = refused.recipients
            if recipient.code >= FOR_GOOD:
                reason = f"{recipient.code} {recipient.message}"[:500]
                await asyncio.to_thread(orders.settle, one.id, "refused", reason)
        except (SMTPException, OSError):
            return
        else:
            await asyncio.to_thread(orders.settle, one.id, "sent")


async def report_refused(client: httpx2.AsyncClient, orders: Orders, post: Post) -> None:
    """One round; an address that the hub has for nobody is nobody's business either."""
    for one in await asyncio.to_thread(orders.confirmations, "refused"):
        given = {"value": one.email, "reason": one.reason, "idempotencyKey": f"confirmation-{one.id}"}
        headers = {"authorization": f"Bearer {post.token}"}
        body = {"query": REPORT, "variables": {"input": given}}
        try:
            response = await client.post(post.hub_api, json=body, headers=headers)
        except httpx2.TransportError:
            return
        if response.status_code != 200 or "errors" in response.json():
            return
        await asyncio.to_thread(orders.settle, one.id, "told")


def _mail(confirmation: Confirmation, post: Post) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = post.sender, confirmation.email
    mail["Subject"] = f"{confirmation.subject}: {confirmation.reference}"
    mail["Message-ID"] = f"<{confirmation.reference}.{confirmation.id}@orders.invalid>"
    mail.set_content(f"We have received your order {confirmation.reference}.\n")
    return mail
