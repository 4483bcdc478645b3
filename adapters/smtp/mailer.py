"""One mail by SMTP, and what a failure at each step of the conversation means (RFC 5321, section 4.2.5 and 6.1)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from hub.ports.outbound import Mail, MailOutcome, Never, NoAnswer, NotNow, Taken
from hub.ports.pages import CheckResult

_OUR_FAULT = 500
_NO_CODE = "no answer"


@dataclass(frozen=True)
class SmtpServer:
    """Where and how to connect. `use_tls`: from the first byte; `start_tls`: after the greeting, or not at all.

    The server's certificate must name `host` and come from an authority in `ca` (PEM), else from one of the system's.
    """

    host: str
    port: int
    use_tls: bool
    start_tls: bool
    user: str | None
    password: str | None = field(repr=False)
    ca: Path | None = None
    timeout_s: float = 30.0


class SmtpMailer:
    """A connection for each mail: none is ever sent over one that has gone stale."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def send(self, mail: Mail) -> MailOutcome:
        """Before the content is sent nothing can have happened; from then on only the server's answer tells."""
        client = self._client()
        try:
            refused = await self._offered(client, mail)
            return refused or await self._given(client, mail)
        finally:
            await _parted(client)

    async def check(self) -> CheckResult:
        """The server's greeting, with the login where there is one."""
        client = self._client()
        place = f"{self._server.host}:{self._server.port}"
        try:
            await client.connect()
        except (SMTPException, OSError, TimeoutError) as error:
            return CheckResult("mail server", ok=False, detail=f"{place}: {type(error).__name__}")
        finally:
            await _parted(client)
        return CheckResult("mail server", ok=True, detail=place)

    def _client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            username=server.user,
            password=server.password,
            cert_bundle=None if server.ca is None else str(server.ca),
            timeout=server.timeout_s,
        )

    async def _offered(self, client: SMTP, mail: Mail) -> MailOutcome | None:
        """Connected, sender and recipient accepted; or why not."""
        try:
            await client.connect()
        except SMTPResponseException as error:
            # Also a login that is refused: the mail is none the worse for our password, and waits until it is mended.
            return NotNow(str(error.code))
        except (SMTPException, OSError, TimeoutError):
            return NotNow(_NO_CODE)
        try:
            await client.mail(mail.sender)
        except SMTPResponseException as error:
            return _refused(error, address=False)
        except (SMTPException, OSError, TimeoutError):
            return NotNow(_NO_CODE)
        try:
            await client.rcpt(mail.recipient)
        except SMTPResponseException as error:
            return _refused(error, address=True)
        except (SMTPException, OSError, TimeoutError):
            return NotNow(_NO_CODE)
        return None

    async def _given(self, client: SMTP, mail: Mail) -> MailOutcome:
        try:
            await client.data(mail.content)
        except SMTPResponseException as error:
            return _refused(error, address=False)
        except (SMTPException, OSError, TimeoutError):
            return NoAnswer()
        return Taken()


def _refused(error: SMTPResponseException, *, address: bool) -> MailOutcome:
    return Never(str(error.code), address) if error.code >= _OUR_FAULT else NotNow(str(error.code))


async def _parted(client: SMTP) -> None:
    """QUIT is a courtesy: what the server answers to it changes nothing about the mail."""
    if client.is_connected:
        try:
            async with asyncio.timeout(2):
                await client.quit()
        except (SMTPException, OSError, TimeoutError):
            client.close()
