"""A real Tryton as CRM that lives on a clock of our own.

Tryton stamps what it writes with its database's clock, and nothing in Tryton moves that. So the harness rewrites the
stamps in Tryton's own database: a trigger on each table whose rows the adapter reads shifts `create_date` and
`write_date` (`last_modified_at` is the newer of them) by as much as the clock on the wall differs from the machine's,
in the transaction that writes them. The adapter's reading of that database's clock is shifted alike. So everybody
agrees on the time, the hub's cursors see the source's time only, and weeks pass in seconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Self

import asyncpg

from adapters.tryton.clock import SourceClock
from adapters.tryton.create import Creator
from adapters.tryton.erase import Eraser
from adapters.tryton.options import TrytonOptions
from adapters.tryton.port import TrytonPort
from adapters.tryton.pull import Puller
from adapters.tryton.session import Session
from adapters.tryton.update import Updater
from hub.ports.writing import Operation
from hub.records.identity import SystemName

CRM = SystemName("crm")
MONDAY: Final = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""When these weeks begin; summer time begins in the fourth of them."""

_TABLES: Final = ("party_party", "party_address", "party_contact_mechanism", "party_identifier")
_SHIFT: Final = """
CREATE TABLE wall (shift interval NOT NULL);
INSERT INTO wall VALUES ('0');
CREATE FUNCTION on_the_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.create_date := NEW.create_date + (SELECT shift FROM wall);
  ELSIF NEW.write_date IS DISTINCT FROM OLD.write_date THEN
    NEW.write_date := NEW.write_date + (SELECT shift FROM wall);
  END IF;
  RETURN NEW;
END $$;
CREATE TABLE effect (id bigint GENERATED ALWAYS AS IDENTITY, medium int, old text, new text);
CREATE FUNCTION note_effect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO effect (medium, old, new) VALUES (NEW.id, OLD.value, NEW.value);
  RETURN NEW;
END $$;
CREATE TRIGGER note_effect AFTER UPDATE OF value ON party_contact_mechanism
  FOR EACH ROW EXECUTE FUNCTION note_effect();
"""


@dataclass
class Wall:
    """The machine's clock, shifted; it goes on by itself. Whoever follows is told of each shift."""

    shift: timedelta = field(default_factory=lambda: MONDAY - datetime.now(UTC))
    followers: list[Callable[[timedelta], Awaitable[object]]] = field(default_factory=list)
    connections: list[asyncpg.Connection] = field(default_factory=list)

    def __call__(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC) + self.shift

    async def hang_in(self, dsn: str) -> None:
        """Let this database of Tryton's stamp by this clock, also what is in it already."""
        connection: asyncpg.Connection = await asyncpg.connect(dsn)
        self.connections.append(connection)
        self.followers.append(partial(connection.execute, "UPDATE wall SET shift = $1"))
        await connection.execute(_SHIFT)
        for table in _TABLES:
            await connection.execute(
                f"""UPDATE {table} SET create_date = timestamp '2026-01-05 09:00', write_date = NULL;
                    CREATE TRIGGER on_the_wall BEFORE INSERT OR UPDATE ON {table}
                      FOR EACH ROW EXECUTE FUNCTION on_the_wall()"""
            )
        await connection.execute("UPDATE wall SET shift = $1", self.shift)

    async def wait(self, by: timedelta) -> None:
        """Time passes."""
        self.shift += by
        for follow in self.followers:
            await follow(self.shift)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self.connections:
            await connection.close()


class _ShiftedClock(SourceClock):
    def __init__(self, session: Session, wall: Wall) -> None:
        super().__init__(session)
        self._wall = wall

    async def now(self) -> datetime:
        return await super().now() + self._wall.shift


class TrytonInTime(TrytonPort):
    """The adapter as it is, but for the shift of the clock it reads."""

    def __init__(self, options: TrytonOptions, wall: Wall) -> None:
        super().__init__(CRM, options)
        self._clock = _ShiftedClock(self._session, wall)
        self._puller = Puller(self._session, self._clock, options.page_rows, timedelta(seconds=options.horizon_s))
        self._creator = Creator(self._session, self._clock)
        self._transactions = {
            Operation.CREATE: self._creator.transaction,
            Operation.UPDATE: Updater(self._session, self._clock).transaction,
            Operation.DELETE: Eraser(self._session).transaction,
        }


async def effects_in(dsn: str) -> list[tuple[int, str, str]]:
    """Each writing of a contact mechanism's value, in order: its id, what it was, what it became."""
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT medium, old, new FROM effect ORDER BY id")
    await connection.close()
    return [(row["medium"], row["old"], row["new"]) for row in rows]
