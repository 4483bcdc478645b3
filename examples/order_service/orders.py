"""Orders in a SQLite file, with the reports that are still to be sent in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

TABLES: Final = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, kind TEXT, subject TEXT, action TEXT, details TEXT NOT NULL,
    status TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS taken (key TEXT PRIMARY KEY, reference TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS report (id INTEGER PRIMARY KEY, body TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS confirmation (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL, email TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT, UNIQUE (reference, email));
"""

STATUSES: Final = (
    "received",
    "working",
    "waiting_for_customer",
    "blocked",
    "done",
    "partly_done",
    "failed",
    "refused",
    "cancelled",
)


@dataclass(frozen=True, slots=True)
class Report:
    """A report on its way; `id` is the same for every attempt."""

    id: int
    body: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A mail to who ordered: waiting, sent, refused (by his mail server, for `reason`) or told (the hub knows)."""

    id: int
    reference: str
    email: str
    subject: str
    reason: str | None


class Orders:
    """One file; every method is one transaction."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._opened() as connection:
            connection.executescript(TABLES)

    def take(self, key: str, reference: str, told: Mapping[str, object]) -> bool:
        """What a call said of an order, once per key; a new order is received. False for a key taken before.

        An order with an address is confirmed there, and again when it is given another one.
        """
        now = _now()
        with self._opened() as connection:
            if connection.execute("INSERT OR IGNORE INTO taken VALUES (?, ?)", (key, reference)).rowcount == 0:
                return False
            row = connection.execute("SELECT details FROM orders WHERE reference = ?", (reference,)).fetchone()
            details = orjson.dumps((orjson.loads(row[0]) if row else {}) | dict(told)).decode()
            connection.execute(
                """INSERT INTO orders (reference, kind, subject, action, details, status, created_at, updated_at)
                   VALUES (?, ?, ?, ?, ?, 'received', ?, ?)
                   ON CONFLICT (reference)
                   DO UPDATE SET details = excluded.details, updated_at = excluded.updated_at""",
                (reference, told.get("kind"), told.get("subject"), told.get("action"), details, now, now),
            )
            if row is None:
                _report(connection, reference)
            if told.get("email"):
                pair = (reference, str(told["email"]))
                connection.execute("INSERT OR IGNORE INTO confirmation (reference, email) VALUES (?, ?)", pair)
        return True

    def move(self, reference: str, status: str) -> bool:
        """The order gets a status, and a report of it is to be sent; False when there is no such order."""
        if status not in STATUSES:
            raise ValueError(status)
        with self._opened() as connection:
            moved = connection.execute(
                "UPDATE orders SET status = ?, updated_at = ? WHERE reference = ?", (status, _now(), reference)
            )
            if moved.rowcount:
                _report(connection, reference)
            return bool(moved.rowcount)

    def all(self) -> Sequence[Mapping[str, object]]:
        """Every order, oldest first."""
        with self._opened() as connection:
            return [_order(row) for row in connection.execute("SELECT * FROM orders ORDER BY id")]

    def unsent(self) -> Sequence[Report]:
        """Reports that nobody has confirmed, oldest first; at most 100."""
        with self._opened() as connection:
            rows = connection.execute("SELECT id, body FROM report WHERE sent = 0 ORDER BY id LIMIT 100")
            return [Report(row["id"], row["body"]) for row in rows]

    def confirm(self, report: int) -> None:
        """It has arrived."""
        with self._opened() as connection:
            connection.execute("UPDATE report SET sent = 1 WHERE id = ?", (report,))

    def confirmations(self, state: str) -> Sequence[Confirmation]:
        """Those in that state, oldest first; at most 100."""
        with self._opened() as connection:
            rows = connection.execute(
                """SELECT c.id, c.reference, c.email, coalesce(o.subject, 'Your order') AS subject, c.reason
                   FROM confirmation c JOIN orders o ON o.reference = c.reference
                   WHERE c.state = ? ORDER BY c.id LIMIT 100""",
                (state,),
            )
            return [Confirmation(**dict(row)) for row in rows]

    def settle(self, confirmation: int, state: str, reason: str | None = None) -> None:
        """It is in another state."""
        with self._opened() as connection:
            connection.execute(
                "UPDATE confirmation SET state = ?, reason = coalesce(?, reason) WHERE id = ?",
                (state, reason, confirmation),
            )

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=10)) as connection, connection:
            connection.row_factory = sqlite3.Row
            yield connection


def _report(connection: sqlite3.Connection, reference: str) -> None:
    row = connection.execute("SELECT * FROM orders WHERE reference = ?", (reference,)).fetchone()
    body = orjson.dumps({"type": "order.status", "order": _order(row)}).decode()
    connection.execute("INSERT INTO report (body) VALUES (?)", (body,))


def _order(row: sqlite3.Row) -> Mapping[str, object]:
    columns = ("reference", "kind", "subject", "action", "status", "created_at", "updated_at")
    return {"id": f"O-{row['id']}", **{name: row[name] for name in columns}}


def _now() -> str:
    return datetime.now(UTC).isoformat()
