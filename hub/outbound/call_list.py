"""The call list: agents take the most urgent name, and no two the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.telling import Entry, tell
from hub.contacts.undeliverable import Bounce, report_undeliverable
from hub.errors import Conflict, Invalid, NotFound
from hub.outbound.capacity import room_now
from hub.outbound.deliveries import Delivery, hold, move
from hub.outbound.opening import slots
from hub.outbound.reached import Reached, reached_among
from hub.outbound.ready import readiness
from hub.records.contact import TimelineKind
from hub.records.enums import MediumKind
from hub.records.outbound import CallOutcome, ChannelKind, DeliveryReason, DeliveryState
from hub.settings.channels import OutboundChannel
from hub.settings.find_channels import Outbound
from hub.yaml.nearest import choices

LOOKS: Final = 50
"""Names looked at for one claim; each that may not be called any more is off the list then."""

_NEXT = text(
    """SELECT d.id FROM lead_delivery d JOIN sales_lead l ON l.id = d.lead_id
       WHERE d.channel = :channel AND d.planned_for <= :now AND d.expires_at > :now
         AND (d.state = 'PLANNED' OR (d.state = 'CLAIMED' AND d.lease_until <= :now))
       ORDER BY d.rank, d.planned_for, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED FOR SHARE OF l SKIP LOCKED"""
)


@dataclass(frozen=True, slots=True)
class Called:
    """What became of a call. `channel` is the contact channel, such as phone."""

    delivery: UUID
    lead: UUID
    channel: str
    state: DeliveryState


def call_channel(outbound: Outbound, name: str) -> OutboundChannel:
    """Invalid for a channel that is no call list."""
    channel = outbound.channels.get(name)
    if channel is None or channel.kind is not ChannelKind.CALL_LIST:
        lists = [one for one, there in outbound.channels.items() if there.kind is ChannelKind.CALL_LIST]
        raise Invalid(f"there is no call list {name!r} ({choices(name, lists)})", ("channel",))
    return channel


async def claim_call(
    connection: AsyncConnection, outbound: Outbound, name: str, agent: str, now: datetime
) -> UUID | None:
    """The most urgent name that may be called now, the agent's until its lease ends; None when nobody is left.

    Conflict while the list is closed or has had its calls, and while the agent has another one.
    """
    channel = call_channel(outbound, name)
    room = await room_now(connection, name, channel, now)
    if room is None:
        opens = next(slots(channel.opening, now)).opens
        raise Conflict(f"the call list {name} is closed; it opens at {opens:%Y-%m-%dT%H:%M}Z")
    if room == 0:
        raise Conflict(f"the call list {name} has had its calls for this hour or day")
    await _has_none(connection, name, agent, now)
    for _ in range(LOOKS):
        found: UUID | None = await connection.scalar(_NEXT, {"channel": name, "now": now})
        if found is None:
            return None
        (one,) = await hold(connection, [found])
        if one.state is DeliveryState.CLAIMED:
            await move(connection, [one], DeliveryState.PLANNED, DeliveryReason.RELEASED, now)
            (one,) = await hold(connection, [found])
        ready = (await readiness(connection, [one], channel, now))[one.id]
        if isinstance(ready, Reached):
            lease = now + timedelta(minutes=channel.calls.lease_minutes)
            columns = {"taken_at": now, "taken_by": agent, "lease_until": lease, "tries": one.tries + 1}
            await move(connection, [one], DeliveryState.CLAIMED, None, now, **columns)
            return one.id
        await move(connection, [one], DeliveryState.STOPPED, ready, now)
    return None


async def release_call(connection: AsyncConnection, delivery: UUID, agent: str, now: datetime) -> None:
    """Back on the list as if it had not been claimed. Conflict for one that the agent does not have."""
    one = await _claimed_by(connection, delivery, agent)
    columns = {"taken_at": None, "taken_by": None, "lease_until": None, "tries": one.tries - 1}
    await move(connection, [one], DeliveryState.PLANNED, DeliveryReason.RELEASED, now, **columns)


async def complete_call(
    connection: AsyncConnection,
    outbound: Outbound,
    delivery: UUID,
    outcome: CallOutcome,
    agent: str,
    now: datetime,
    *,
    answered: bool = False,
) -> Called:
    """REACHED ends it, NO_ANSWER puts it back for later until its attempts are used up, WRONG_NUMBER gives it up.

    The agent who claimed it completes it, also when the lease has run out and nobody else has it yet. `answered`: the
    customer's answer is recorded with it; Invalid where he was not reached.
    """
    if answered and outcome is not CallOutcome.REACHED:
        raise Invalid("only who was reached has answered", ("response",))
    one = await _claimed_by(connection, delivery, agent)
    channel = call_channel(outbound, one.channel)
    calls = channel.calls
    done = {"lease_until": None}
    if outcome is CallOutcome.REACHED:
        await move(connection, [one], DeliveryState.SENT, None, now, sent_at=now, **done)
        subject = one.campaign or one.lead_name
        by = channel.contact_channel
        entry = Entry(TimelineKind.MESSAGE_SENT, one.customer_id, by, lead=one.lead_id, subject=subject)
        await tell(connection, entry, now)
        return Called(one.id, one.lead_id, channel.contact_channel, DeliveryState.SENT)
    if outcome is CallOutcome.NO_ANSWER and one.tries < calls.attempts:
        again = now + timedelta(minutes=calls.pause_minutes)
        await move(connection, [one], DeliveryState.PLANNED, DeliveryReason.NO_ANSWER, now, planned_for=again, **done)
        return Called(one.id, one.lead_id, channel.contact_channel, DeliveryState.PLANNED)
    given_up = outcome is CallOutcome.NO_ANSWER
    if not given_up:
        await _mark_number(connection, one, agent, now)
    reason = DeliveryReason.NO_ANSWER if given_up else DeliveryReason.NOT_REACHABLE
    await move(connection, [one], DeliveryState.FAILED, reason, now, **done)
    return Called(one.id, one.lead_id, channel.contact_channel, DeliveryState.FAILED)


async def _mark_number(connection: AsyncConnection, one: Delivery, agent: str, now: datetime) -> None:
    """The number that he is called under takes no calls for him; other channels see it."""
    customers = [] if one.customer_id is None else [one.customer_id]
    for there in (await reached_among(connection, customers, now)).values():
        medium = there.media.get(MediumKind.PHONE)
        if medium is not None:
            bounce = Bounce(MediumKind.PHONE, medium.normalised, "wrong number")
            await report_undeliverable(connection, bounce, "none", agent, now)


async def _has_none(connection: AsyncConnection, name: str, agent: str, now: datetime) -> None:
    has: bool | None = await connection.scalar(
        text(
            """SELECT EXISTS (SELECT FROM lead_delivery WHERE channel = :channel AND state = 'CLAIMED'
                 AND taken_by = :agent AND lease_until > :now)"""
        ),
        {"channel": name, "agent": agent, "now": now},
    )
    if has:
        raise Conflict("you have a call of this list: complete or release it first")


async def _claimed_by(connection: AsyncConnection, delivery: UUID, agent: str) -> Delivery:
    one = next(iter(await hold(connection, [delivery])), None)
    if one is None or one.kind is not ChannelKind.CALL_LIST:
        raise NotFound("there is no such call")
    if one.state is not DeliveryState.CLAIMED or one.taken_by != agent:
        raise Conflict(f"the call is not yours: it is {one.state.value}")
    return one
