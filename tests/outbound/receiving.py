"""A real SMTP receiver (aiosmtpd) on a port of its own, whose answers a test can choose by recipient."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Receiver:
    """What arrived, in order. `at_rcpt` and `at_data` are answers by recipient; `taken` is called with each mail."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_data: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    """Keep the mail and hang up without a word, as a server does that falls over."""
    taken: Callable[[EmailMessage], Awaitable[None]] | None = None
    port: int = 0

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        answer = self.at_rcpt.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        answer = self.at_data.get(recipient, "250 kept")
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.recipients.append(recipient)
            if self.taken is not None:
                await self.taken(mail)
            if self.silent:
                assert isinstance(server.transport, asyncio.Transport)
                server.transport.abort()
        return answer


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """The receiver, listening for as long as the block lasts."""
    receiver = Receiver()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(receiver, hostname="receiver", loop=loop), "127.0.0.1", 0)
    async with server:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver
