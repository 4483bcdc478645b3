"""Send reports to the hub, each until it is confirmed, in their order."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

import httpx2
from standardwebhooks.webhooks import Webhook

from examples.order_service.orders import Orders, Report

PAUSE_S: Final = 1.0


async def report_for_ever(orders: Orders, url: str, secret: str) -> None:
    """To `url`, the hub's /webhooks/NAME; while the hub is away everything waits."""
    async with httpx2.AsyncClient(timeout=10) as client:
        while True:
            await send_waiting(client, orders, url, secret)
            await asyncio.sleep(PAUSE_S)


async def send_waiting(client: httpx2.AsyncClient, orders: Orders, url: str, secret: str) -> int:
    """One round; how many arrived. Ends at the first that does not, so that none overtakes it."""
    signer = Webhook(secret)
    sent = 0
    for report in await asyncio.to_thread(orders.unsent):
        try:
            response = await client.post(url, content=report.body, headers=_headers(signer, report))
        except httpx2.TransportError:
            return sent
        if response.status_code != 202:
            return sent
        await asyncio.to_thread(orders.confirm, report.id)
        sent += 1
    return sent


def _headers(signer: Webhook, report: Report) -> dict[str, str]:
    now, message = datetime.now(UTC), f"report-{report.id}"
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(message, now, report.body),
    }
