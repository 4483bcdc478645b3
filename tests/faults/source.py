"""The customer API of a company as a process that can be told to misbehave: a simulator, for what no real package does
on demand (429, 503, records told twice, out of order and in old versions, stamps of a clock that is wrong).

    python -m tests.faults.source FOLDER --port 9000
"""

from __future__ import annotations

import argparse
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

import orjson
import uvicorn
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from examples.customer_api.app import TABLE, customer_api

FORMER: Final = "CREATE TABLE IF NOT EXISTS former (id INTEGER, answer TEXT NOT NULL)"
ANSWER: Final = """SELECT id, json_object('id', id, 'name', full_name, 'city', city, 'changed_at', changed_at, 'reach',
  json_array(json_object('id', id || '-email', 'kind', 'email', 'value', email))) FROM customer WHERE id = ?"""
"""What the API says of one."""


class Mood(StrEnum):
    """How the API answers now."""

    WELL = "well"
    STORM = "429"
    DOWN = "503"
    REPEATING = "repeating"


class Source:
    """The table behind the API, written as the package's users would; every change is kept to be told again.

    `events` are the changes in their order, as a program would tell of them that calls the hub.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.name = folder.name
        self.file, self._mood_file = folder / "customers.sqlite", folder / "mood"
        self.skew = timedelta()
        self.changes: list[tuple[str, tuple[object, ...]]] = []
        self.events: list[bytes] = []
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(TABLE)
            connection.execute(FORMER)
        self.mood(Mood.WELL)

    def mood(self, mood: Mood) -> None:
        """From the next request on."""
        self._mood_file.write_text(mood.value)

    def change(self, rng: random.Random) -> None:
        """One change as a user would make it: mostly of a customer that is there, now and then a new or a gone one."""
        with closing(sqlite3.connect(self.file)) as connection:
            known = [number for (number,) in connection.execute("SELECT id FROM customer ORDER BY id")]
        number, what = rng.choice(known), rng.random()
        if what < 0.04 and len(known) > 30:
            self.apply("DELETE FROM customer WHERE id = ?", (number,))
        elif what < 0.1:
            self.put(max(known) + 1, rng)
        else:
            self.put(number, rng)

    def put(self, number: int, rng: random.Random) -> None:
        """Write a customer anew, stamped by the source's clock as far as it is wrong."""
        now, salt = datetime.now(UTC), rng.randrange(10**6)
        mail = f"c{number}.{salt}@{self.name}.example"
        row = (number, f"Customer {number} {salt}", mail, f"Town {salt % 50}")
        self.apply(
            "INSERT OR REPLACE INTO customer (id, full_name, email, city, changed_at) VALUES (?, ?, ?, ?, ?)",
            (*row, _stamp(now + self.skew)),
            (*row, _stamp(now)),
        )

    def apply(self, statement: str, values: tuple[object, ...], undisturbed: tuple[object, ...] | None = None) -> None:
        """Carry a change out and keep it for a run that nothing disturbs, which has `undisturbed` where it differs."""
        with closing(sqlite3.connect(self.file, timeout=30)) as connection, connection:
            connection.execute(f"INSERT INTO former {ANSWER}", (values[0],))
            connection.execute(statement, values)
            found = connection.execute(ANSWER, (values[0],)).fetchone()
        self.changes.append((statement, undisturbed or values))
        at = _stamp(datetime.now(UTC) + self.skew)
        told = {"id": str(values[0]), "at": at, "customer": None if found is None else orjson.loads(found[1])}
        self.events.append(orjson.dumps(told))

    def customers(self) -> list[tuple[str, str, str, str]]:
        """Id, name, address for mail and town of everybody who is there now, by id."""
        with closing(sqlite3.connect(self.file)) as connection:
            rows = connection.execute("SELECT CAST(id AS TEXT), full_name, email, city FROM customer")
            return sorted((str(a), str(b), str(c), str(d)) for a, b, c, d in rows)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


class _Moody(BaseHTTPMiddleware):
    """Answers as the mood file says."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        super().__init__(app)
        self._folder = folder
        self._rng = random.Random(folder.name)

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        mood = Mood((self._folder / "mood").read_text() or Mood.WELL)  # empty: it is just being written
        if mood is Mood.STORM:
            return Response(status_code=429, headers={"Retry-After": "1"})
        if mood is Mood.DOWN:
            return Response(status_code=503)
        answer = await call_next(request)
        if mood is Mood.REPEATING and request.url.path == "/customers":
            return self._repeated(b"".join([part async for part in answer.body_iterator]))  # type: ignore[attr-defined]  # of the streaming answer
        return answer

    def _repeated(self, content: bytes) -> Response:
        """Each record up to ten times, former versions of it among them, in any order."""
        body = orjson.loads(content)
        told = [record for record in body["customers"] for _ in range(self._rng.randint(1, 10))]
        with closing(sqlite3.connect(self._folder / "customers.sqlite")) as connection:
            for record in body["customers"]:
                former = connection.execute("SELECT answer FROM former WHERE id = ?", (record["id"],)).fetchall()
                told += [orjson.loads(answer) for (answer,) in self._rng.sample(former, min(2, len(former)))]
        self._rng.shuffle(told)
        return Response(orjson.dumps(body | {"customers": told}), media_type="application/json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.source", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    app = customer_api(options.folder / "customers.sqlite")
    app.add_middleware(_Moody, folder=options.folder)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="error")


if __name__ == "__main__":
    main()
