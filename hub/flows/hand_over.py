"""What a slower lane collected goes to the lane that has authority now."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.shadow import forget_waiting
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.work import NewWork

RELEASE: Final = "outbound.release"
"""Kind of the work that gives collected commands to real-time; payload {"flow": name}."""


async def hand_over(connection: AsyncConnection, flow: str, now: datetime) -> None:
    """Part of every transaction that changes the modes of an outbound flow's lanes; call it when they are changed.

    Collected commands stay where they are for the next batch of a weekly, daily or hourly lane; to a real-time lane
    they are given by work of their own, so that the transaction is short however many there are. Until that has come
    to a customer, newer commands for him wait behind. What is on its way finishes under its key, whoever sent it.
    """
    await forget_waiting(connection, flow)
    await order_release(connection, flow, now)


async def order_release(connection: AsyncConnection, flow: str, now: datetime) -> None:
    """Order the release of what is collected if the lane with authority does not collect."""
    waiting = await connection.scalar(
        text(
            """SELECT EXISTS (SELECT FROM outbound_command WHERE flow = :flow AND state = 'COLLECTED')
               AND EXISTS (SELECT FROM lane WHERE flow = :flow AND mode = 'AUTHORITATIVE' AND cadence = 'REAL_TIME')"""
        ),
        {"flow": flow},
    )
    if not waiting:
        return
    work = NewWork(
        kind=RELEASE, queue=Queue.SYSTEM, payload={"flow": flow}, line=f"release/{flow}", context={"flow": flow}
    )
    await dispatch(connection, [work], now)
