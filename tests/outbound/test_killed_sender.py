"""kill -9 between sending a mail and writing that down: the receiver never sees it twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from email.message import EmailMessage
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.outbound.queue_mail import queue_mail
from hub.store.engine import Database
from tests.outbound.company import Street, lead_for
from tests.outbound.receiving import Receiver
from tests.waiting import until

pytestmark = pytest.mark.slow

WAITING = """SELECT count(*) FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR SHARE%'"""


@contextmanager
def sender(database_url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "tests.outbound.sender_process", database_url, str(port)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def queued(street: Street) -> UUID:
    """A mail that the workers have, and nothing else."""
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    async with street.database.transaction() as connection:
        assert await queue_mail(connection, street.settings, street.now, 10) == 1
    return lead


async def in_state(street: Street, lead: UUID, state: str) -> bool:
    return (await street.states(lead))["mail"].startswith(state)


async def settled_by_another(street: Street, lead: UUID, database_url: str, port: int) -> None:
    """A second worker takes over what the first left; whatever it finds is not sent again."""
    with sender(database_url, port):
        await until(lambda: in_state(street, lead, "UNKNOWN"), what="the mail in doubt")
    assert (await street.states(lead))["mail"] == "UNKNOWN INTERRUPTED"


async def test_a_sender_that_lives_sends_once(street: Street, receiver: Receiver, database_url: str) -> None:
    lead = await queued(street)
    with sender(database_url, receiver.port):
        await until(lambda: in_state(street, lead, "SENT"))
    assert len(receiver.mails) == 1


async def test_killed_before_it_heard_the_answer(street: Street, receiver: Receiver, database_url: str) -> None:
    lead = await queued(street)
    with sender(database_url, receiver.port) as process:

        async def kill(_: EmailMessage) -> None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()

        receiver.taken = kill
        await until(lambda: ended(process), what="the sender's end")
    receiver.taken = None
    assert (await street.states(lead))["mail"] == "SENDING"
    await settled_by_another(street, lead, database_url, receiver.port)
    assert len(receiver.mails) == 1


async def test_killed_between_the_answer_and_the_record(
    street: Street, receiver: Receiver, database_url: str, database: Database
) -> None:
    lead = await queued(street)
    async with AsyncExitStack() as held:
        process = held.enter_context(sender(database_url, receiver.port))

        async def hold_the_record(_: EmailMessage) -> None:
            connection = await held.enter_async_context(database.transaction())
            await connection.execute(text("SELECT id FROM sales_lead WHERE id = :id FOR UPDATE"), {"id": lead})

        async def waits() -> bool:
            async with database.reading() as connection:
                return bool(await connection.scalar(text(WAITING)))

        receiver.taken = hold_the_record
        await until(waits, what="the sender that has its answer and wants to write it down")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    receiver.taken = None
    assert (await street.states(lead))["mail"] == "SENDING"
    await settled_by_another(street, lead, database_url, receiver.port)
    assert len(receiver.mails) == 1


async def ended(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None
