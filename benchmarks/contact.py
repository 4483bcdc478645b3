"""What a contact costs through the API, beside the bare SQL of the same writes.

    python -m benchmarks.contact [--contacts 300] [--rounds 3] [--at-once 4]

Runs on an embedded PostgreSQL of its own. `api` starts a session for a known caller, reports five events, deals with
one topic and wraps up: five GraphQL calls to the application in this process under one token, each with its
transaction. `sql` writes the same rows in the same five transactions over the same pool, with nothing read or decided;
`driver` does so without SQLAlchemy, as nothing that decides anything could. All run on uvloop, like the web process.
The ratios are the figures that carry over to another machine; on a busy one those of the processor time that this
process takes for a contact say more.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
import uvloop
from sqlalchemy import text

from benchmarks.asgi_call import post
from hub.access.principal import Role
from hub.embedded.postgres import EmbeddedPostgres
from hub.records.identity import CustomerId
from hub.settings.topics import Catalogue
from hub.store.begun import begin
from hub.store.engine import Database, open_engine
from hub.store.rows import fetch
from migrations.migrate import upgrade
from tests.contacts.conducting import START, do, step
from tests.contacts.test_dialogs import document
from tests.schema.company import NOW, Person, add_person, add_systems
from tests.schema.serving import Answer, Api, serving

TOPICS = Catalogue.model_validate({"version": 1, "topics": {"hours": {"title": "Opening hours"}}})
PHONE = "+31612345678"

_ENTRY = """INSERT INTO timeline_entry (id, customer_id, at, kind, channel, session_id)
            VALUES (gen_random_uuid(), :customer, :now, 'X', 'chat', :id)"""
_CHANGE = "INSERT INTO change_pending (topic, object_id, kind, at) VALUES ('CustomerSession', :text, 'X', :now)"
_CHANGES = f"{_CHANGE}, ('Customer', :text, 'X', :now)"
_SESSION = """INSERT INTO customer_session (id, contact_id, customer_id, channel, direction, phase, state, level,
              started_at, active_at) VALUES (:id, :text, :customer, 'chat', 'INBOUND', 'EXPLORATION', 'ACTIVE',
              'IDENTIFIED', :now, :now)"""
_LEG = "INSERT INTO session_leg (session_id, number, channel, began_at) VALUES (:id, 1, 'chat', :now)"
_DIALOG = """INSERT INTO business_dialog (id, session_id, customer_id, topic, topic_version, channel, state, answers,
             started_at, changed_at) VALUES (:id, :id, :customer, 'hours', 1, 'chat', 'ACTIVE', '{}', :now, :now)"""
_MOVE = "UPDATE customer_session SET phase = 'DIALOG', active_at = :now WHERE id = :id"
_END_DIALOG = "UPDATE business_dialog SET state = 'COMPLETED', ended_at = :now WHERE id = :id"
_END_LEG = "UPDATE session_leg SET ended_at = :now WHERE session_id = :id"
_CLOSE = "UPDATE customer_session SET state = 'CLOSED', ended_at = :now, active_at = :now WHERE id = :id"
_EVENTS = """INSERT INTO contact_event (event_id, customer_id, session_id, channel, kind, subject, occurred_at,
             recorded_at, principal, digest)
             SELECT :text || n, :customer, :id, 'chat', 'INTEREST', 'fibre', :now, :now, 'x', ''
             FROM generate_series(1, 5) n"""
TRANSACTIONS = (
    (_SESSION, _LEG, _ENTRY, _CHANGES),
    (_EVENTS,),
    (_MOVE, _DIALOG, _CHANGE),
    (_END_DIALOG, _MOVE, _ENTRY, _CHANGES),
    (_CLOSE, _END_LEG, _ENTRY, _CHANGES),
)
"""Counted in the tables: the same rows, updates and transactions. The rows about who read whom are not among them; the
API writes those of many answers at a time."""

REPORT = """mutation($input: RecordContactEventsInput!) {
  recordContactEvents(input: $input) { recorded problems { code message } } }"""


@dataclass(frozen=True)
class Channel(Api):
    """Keeps its token, as a channel does, and calls the application as its server does."""

    kept: dict[Role, str] = field(default_factory=dict)

    def token(self, role: Role, customer: CustomerId | None = None) -> str:
        """The same one for an hour."""
        if role not in self.kept:
            self.kept[role] = super().token(role, customer)
        return self.kept[role]

    async def ask(
        self,
        document: str,
        variables: Mapping[str, object] | None = None,
        *,
        role: Role = Role.AGENT,
        customer: CustomerId | None = None,
    ) -> Answer:
        """Data and errors of one document."""
        asked = {"query": document, "variables": variables}
        status, body = await post(self.app, "/graphql", asked, self.token(role, customer))
        answer = orjson.loads(body)
        return Answer(status, answer.get("data"), answer.get("errors", []))


Contact = Callable[[], Awaitable[float]]


async def by_api(api: Api) -> float:
    """One contact; seconds of its startSession."""
    began = time.perf_counter()
    session = (await do(api, "startSession", START, channel="chat", known={"phone": PHONE}))["session"]
    took = time.perf_counter() - began
    common = {"customerId": session["customer"]["id"], "sessionId": session["id"], "channel": "chat"}
    event = {**common, "kind": "INTEREST", "subject": "fibre", "occurredAt": NOW.isoformat()}
    reported = [{**event, "eventId": f"{session['id']}/{number}"} for number in range(5)]
    await do(api, "recordContactEvents", REPORT, events=reported)
    begun = await do(api, "startDialog", document("startDialog"), sessionId=session["id"], topic="hours")
    await do(api, "completeDialog", document("completeDialog"), dialogId=begun["dialog"]["id"])
    await step(api, "wrapUpSession", session)
    return took


async def by_sql(database: Database, customer: Any) -> float:
    """The same rows; seconds of the first transaction."""
    identity = uuid4()
    values = {"id": identity, "text": str(identity), "customer": customer, "now": NOW}
    took = 0.0
    for place, statements in enumerate(TRANSACTIONS):
        began = time.perf_counter()
        async with database.transaction() as connection:
            for statement in statements:
                needed = {name: value for name, value in values.items() if f":{name}" in statement}
                await connection.execute(text(statement), needed)
        took = time.perf_counter() - began if place == 0 else took
    return took


async def by_driver(database: Database, customer: Any) -> float:
    """As `by_sql`, with statements that the driver is given as it takes them."""
    identity = uuid4()
    values = {"id": identity, "text": str(identity), "customer": customer, "now": NOW}
    for statements in TRANSACTIONS:
        async with database.transaction() as connection:
            driver = await begin(connection)
            assert driver is not None
            for statement in statements:
                await fetch(driver, statement, values)
    return 0.0


class Timed(NamedTuple):
    """Contacts per second, seconds of this process's processor time for each, and seconds that each start took."""

    rate: float
    processor_s: float
    starts: list[float]


async def timed(contact: Contact, count: int, at_once: int) -> Timed:
    """`count` contacts, so many of them at once."""
    starts: list[float] = []

    async def some() -> None:
        for _ in range(count // at_once):
            starts.append(await contact())

    began, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(some() for _ in range(at_once)))
    rate = len(starts) / (time.perf_counter() - began)
    return Timed(rate, (time.process_time() - spent) / len(starts), starts)


async def measured(url: str, folder: Path, options: argparse.Namespace) -> None:
    """Print a line per round and the medians."""
    engine = open_engine(url)
    await upgrade(engine)
    database = Database(engine)
    async with database.transaction() as connection:
        await add_systems(connection)
        customer = await add_person(connection, Person("Anna Bakker", "anna@example.nl", PHONE))
    ratios, spent, straight = [], [], []
    async with serving(url, folder, topics=TOPICS) as served:
        api = Channel(served.app, served.http, served.tokens, served.clock)
        for number in range(1, options.rounds + 1):
            sql = await timed(lambda: by_sql(database, customer), options.contacts, options.at_once)
            driver = await timed(lambda: by_driver(database, customer), options.contacts, options.at_once)
            contacts = await timed(lambda: by_api(api), options.contacts, options.at_once)
            ratios.append(contacts.rate / sql.rate)
            spent.append(sql.processor_s / contacts.processor_s)
            straight.append(driver.processor_s / contacts.processor_s)
            print(f"round {number}: {_told(contacts, sql)}; driver alone {driver.rate:.0f}/s")
    print(f"median ratio {statistics.median(ratios):.2f}, of processor time {statistics.median(spent):.2f}")
    print(f"beside the driver alone, of processor time: {statistics.median(straight):.2f}")
    await database.aclose()


def _told(contacts: Timed, sql: Timed) -> str:
    cuts = statistics.quantiles(contacts.starts, n=100)
    return (
        f"api {contacts.rate:.0f}/s, sql {sql.rate:.0f}/s, ratio {contacts.rate / sql.rate:.2f}; "
        f"processor {contacts.processor_s * 1000:.1f} and {sql.processor_s * 1000:.1f} ms; "
        f"startSession p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms"
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contact", description=__doc__)
    parser.add_argument("--contacts", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "postgres") as postgres:
        uvloop.run(measured(postgres.libpq("postgres"), Path(folder), options))


if __name__ == "__main__":
    main()
