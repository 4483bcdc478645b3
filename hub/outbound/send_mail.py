"""Send one mail at most once: write down that it may leave, let it leave, write down what became of it.

A process that dies between the first and the last leaves a delivery that is SENDING. Whoever finds it sends nothing:
it is UNKNOWN from then on, and a person decides, or the channel's rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from hub.contacts.telling import Entry, tell
from hub.outbound.bounce import mark_address
from hub.outbound.compose import compose
from hub.outbound.deliveries import Delivery, hold, move
from hub.outbound.proof import address_proof
from hub.outbound.reached import Reached
from hub.outbound.ready import readiness
from hub.outbound.room import OutboundRoom
from hub.ports.outbound import Mail, MailOutcome, Never, NoAnswer, NotNow, Taken
from hub.records.contact import TimelineKind
from hub.records.enums import MediumKind
from hub.records.outbound import DeliveryReason, DeliveryState, UnknownRule
from hub.work.decisions import Decision, Done, backoff_s
from hub.work.work import Work

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Intent:
    """A mail that from now on may have left."""

    channel: str
    mail: Mail


@dataclass(frozen=True)
class SendMail:
    """The handler of SEND_MAIL. It may be repeated: what may have left is not touched again."""

    room: OutboundRoom

    async def __call__(self, work: Work) -> Decision:
        """Always Done: when a mail is to be tried again is written in its delivery, and counts for the capacity."""
        delivery, attempt = UUID(str(work.payload["delivery"])), int(str(work.payload["try"]))
        intent = await self._intend(delivery, attempt)
        if intent is not None:
            outcome = await self.room.mailers[intent.channel].send(intent.mail)
            await self._record(delivery, attempt, outcome)
        return Done()

    async def _intend(self, delivery: UUID, attempt: int) -> Intent | None:
        """Everything is asked now: has he answered, does he allow it, what is his address."""
        now = self.room.clock()
        async with self.room.database.transaction() as connection:
            one = next(iter(await hold(connection, [delivery])), None)
            if one is None or one.tries != attempt:
                return None
            if one.state is DeliveryState.SENDING:
                await move(connection, [one], *_unknown(self.room, one, DeliveryReason.INTERRUPTED), now)
                return None
            channel = self.room.outbound.channels.get(one.channel)
            if one.state is not DeliveryState.CLAIMED or channel is None:
                return None
            ready = (await readiness(connection, [one], channel, now))[one.id]
            if not isinstance(ready, Reached):
                await move(connection, [one], DeliveryState.STOPPED, ready, now)
                return None
            mail = compose(self.room, one, ready, now)
            proof = address_proof(self.room.keys, ready.media[MediumKind.EMAIL].normalised)
            await move(connection, [one], DeliveryState.SENDING, None, now, address_proof=proof)
        return Intent(one.channel, mail)

    def _contact_channel(self, one: Delivery) -> str:
        channel = self.room.outbound.channels.get(one.channel)
        return one.channel if channel is None else channel.contact_channel

    async def _record(self, delivery: UUID, attempt: int, outcome: MailOutcome) -> None:
        now = self.room.clock()
        async with self.room.database.transaction() as connection:
            one = next(iter(await hold(connection, [delivery])), None)
            # UNKNOWN: somebody took this process for dead, and it was not.
            if one is None or one.tries != attempt or one.state not in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
                return
            match outcome:
                case Taken():
                    await move(connection, [one], DeliveryState.SENT, None, now, sent_at=now)
                    channel, subject = self._contact_channel(one), one.campaign or one.lead_name
                    entry = Entry(
                        TimelineKind.MESSAGE_SENT, one.customer_id, channel, lead=one.lead_id, subject=subject
                    )
                    await tell(connection, entry, now)
                case NotNow():
                    again = _again(one, outcome, now)
                    reason = DeliveryReason.REFUSED_FOR_NOW
                    columns = {"planned_for": again, "answer": outcome.answer}
                    await move(connection, [one], DeliveryState.PLANNED, reason, now, **columns)
                case Never():
                    reason = DeliveryReason.NOT_REACHABLE if outcome.address else DeliveryReason.REFUSED
                    await move(connection, [one], DeliveryState.FAILED, reason, now, answer=outcome.answer)
                    if outcome.address:
                        await mark_address(connection, self.room.keys, one, outcome.answer, one.channel, now)
                case NoAnswer():
                    if one.state is DeliveryState.SENDING:
                        await move(connection, [one], *_unknown(self.room, one, DeliveryReason.UNANSWERED), now)
        log.info("mail handled", delivery=str(delivery), outcome=type(outcome).__name__)


def _unknown(room: OutboundRoom, one: Delivery, reason: DeliveryReason) -> tuple[DeliveryState, DeliveryReason]:
    """UNKNOWN, or SENT where the channel has it so: then the mail may never have left, and is never sent twice."""
    options = room.outbound.channels[one.channel].email if one.channel in room.outbound.channels else None
    as_sent = options is not None and options.unknown is UnknownRule.SENT
    return (DeliveryState.SENT if as_sent else DeliveryState.UNKNOWN), reason


def _again(one: Delivery, refused: NotNow, now: datetime) -> datetime:
    pause_s = max(refused.retry_after_s or 0.0, backoff_s(one.tries, now))
    return now + timedelta(seconds=pause_s)
