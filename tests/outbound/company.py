"""A company whose leads go out by mail, letter and call, and customers who allow it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import text

from adapters.print_street.folder import PrintFolder
from adapters.smtp.mailer import SmtpMailer, SmtpServer
from hub.clock import Clock
from hub.leads.open_lead import NewLead, open_lead
from hub.outbound.handlers import outbound_handlers
from hub.outbound.plan import plan_leads
from hub.outbound.print_runs import close_due_runs
from hub.outbound.queue_mail import queue_mail
from hub.outbound.room import OutboundRoom
from hub.outbound.tidy import tidy
from hub.records.contact import Direction
from hub.records.enums import LeadPriority
from hub.records.outbound import ChannelKind, MailTls
from hub.settings.channels import (
    CallOptions,
    Capacity,
    EmailOptions,
    LinkOptions,
    OutboundChannel,
    OutboundRules,
    PrintOptions,
    Step,
)
from hub.settings.find_channels import Outbound
from hub.settings.mail_template import MailTemplate, parse_template
from hub.store.engine import Database
from hub.work.tables import Queue
from hub.work.work import Work
from tests.flows.building import RULES
from tests.schema.company import NOW, uid

ENGLISH: Final = "Subject: An offer for $name\n\nDear $given_name,\n\n$campaign costs $$10. Your answer: $link\n"
DUTCH: Final = "Subject: Een aanbod voor $name\n\nBeste $given_name,\n\n$campaign: $link\n"
TARGET: Final = "https://shop.example.com/offers"


def template(written: str) -> MailTemplate:
    found = parse_template(written)
    assert found is not None
    return found


MAIL: Final = OutboundChannel(
    kind=ChannelKind.EMAIL,
    contact_channel="email",
    email=EmailOptions(
        host="127.0.0.1",
        port=25,
        tls=MailTls.NONE,
        sender="Harbour <offers@harbour.example>",
        templates={"en": "en.txt", "nl": "nl.txt"},
    ),
)
LETTERS: Final = OutboundChannel.model_validate(
    {"kind": "PRINT", "contact_channel": "post", "print": PrintOptions(folder="street", cron="0 16 * * *")}
)
CALLS: Final = OutboundChannel(
    kind=ChannelKind.CALL_LIST,
    contact_channel="phone",
    calls=CallOptions(lease_minutes=10, attempts=2, pause_minutes=60),
)
STEPS: Final = tuple(Step(channels=(name,)) for name in ("mail", "letters", "calls"))


def outbound(**given: Any) -> Outbound:
    """Every lead goes by all three; `mail`, `letters`, `calls` and `rules` replace what is said of them."""
    channels = {"mail": MAIL, "letters": LETTERS, "calls": CALLS}
    rules = OutboundRules(steps=STEPS, link=LinkOptions(base_url="https://hub.example.com", target=TARGET))
    return Outbound(
        channels={name: given.get(name, channel) for name, channel in channels.items()},
        rules=given.get("rules", rules),
        templates={("mail", "en"): template(ENGLISH), ("mail", "nl"): template(DUTCH)},
    )


def limited(channel: OutboundChannel, **capacity: int) -> OutboundChannel:
    return channel.model_copy(update={"capacity": Capacity(**capacity)})


class Street:
    """Outbound execution as a worker does it, a turn at a time, at a clock that the test moves."""

    def __init__(self, database: Database, folder: Path, port: int, settings: Outbound) -> None:
        self.database, self.settings, self.now, self.folder = database, settings, NOW, folder
        self.room = room(database, settings, folder, port, lambda: self.now)

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def plan(self, limit: int = 100) -> int:
        async with self.database.transaction() as connection:
            return await plan_leads(connection, self.settings, self.now, limit)

    async def tidy(self) -> int:
        async with self.database.transaction() as connection:
            return await tidy(connection, self.settings, self.now, 100)

    async def queue(self, limit: int = 100) -> list[Work]:
        async with self.database.transaction() as connection:
            await queue_mail(connection, self.settings, self.now, limit)
            await close_due_runs(connection, self.settings, self.now, limit)
        return await self.taken()

    async def taken(self) -> list[Work]:
        """The work that was given out since."""
        async with self.database.transaction() as connection:
            rows = await connection.execute(
                text(
                    """UPDATE dispatch SET state = 'DONE', finished_at = :now WHERE state = 'READY'
                       AND kind LIKE 'outbound.%' RETURNING id, kind, queue, line, payload"""
                ),
                {"now": self.now},
            )
            found = sorted(rows.all(), key=lambda row: row.id)
        return [Work(row.id, row.kind, Queue(row.queue), row.line, row.payload, 1, "test", {}) for row in found]

    async def work(self) -> int:
        """Everything that is due."""
        works = await self.queue()
        for work in works:
            await self.carry_out(work)
        return len(works)

    async def carry_out(self, work: Work) -> None:
        await outbound_handlers(self.room)[work.kind].handler(work)

    async def states(self, lead: UUID) -> dict[str, str]:
        """Channel to state, with the reason behind it where there is one."""
        async with self.database.reading() as connection:
            rows = await connection.execute(
                text("SELECT channel, state, reason FROM lead_delivery WHERE lead_id = :lead ORDER BY created_at"),
                {"lead": lead},
            )
            return {row.channel: f"{row.state} {row.reason or ''}".strip() for row in rows}

    async def delivery(self, lead: UUID, channel: str = "mail") -> UUID:
        async with self.database.reading() as connection:
            found: UUID = await connection.scalar(
                text("SELECT id FROM lead_delivery WHERE lead_id = :lead AND channel = :channel"),
                {"lead": lead, "channel": channel},
            )
            return found


def room(database: Database, settings: Outbound, folder: Path, port: int, clock: Clock) -> OutboundRoom:
    server = SmtpServer("127.0.0.1", port, use_tls=False, start_tls=False, user=None, password=None, timeout_s=5)
    return OutboundRoom(
        database=database,
        outbound=settings,
        company="Harbour",
        mailers={"mail": SmtpMailer(server)},
        streets={"letters": PrintFolder(folder)},
        keys=RULES.keys,
        clock=clock,
    )


async def lead_for(database: Database, person: str, now: datetime = NOW, priority: LeadPriority | None = None) -> UUID:
    """The id of an outbound lead of the campaign Spring."""
    new = NewLead(uid(person), "Fibre at home", Direction.OUTBOUND, campaign="Spring", priority=priority)
    async with database.transaction() as connection:
        return (await open_lead(connection, replace(new), "campaigns", now)).id


async def consent(database: Database, person: str, status: str = "GRANTED", channel: str | None = None) -> None:
    """What he said of marketing, from now on."""
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO consent_statement (id, system, external_id, version, owner_system, owner_id, purpose,
                     channel, status, legal_basis, stated_at, observed_at)
                   VALUES (:id, 'hub', :external_id, 1, 'crm', :owner, 'marketing', :channel, :status, 'CONSENT',
                     :at, :at)"""
            ),
            {
                "id": uuid4(),
                "external_id": str(uuid4()),
                "owner": f"crm-{person.split()[0].lower()}",
                "channel": channel,
                "status": status,
                "at": NOW - timedelta(days=1 if status == "GRANTED" else 0),
            },
        )
