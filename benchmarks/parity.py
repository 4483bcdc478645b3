"""Seconds of a parity over a million customers, beside the least that any comparison must do: read both sides once.

    python -m benchmarks.parity [--rows 1000000] [--differences 1000] [--rounds 3]

Runs on an embedded PostgreSQL of its own. One side is live, the other a lane's twins with their versions; both are
made in SQL. The floor is `SELECT count(*), sum(hashtext(document::text))` over the same rows. `equal` finds nothing,
`different` a number of stale twins, without asking the source; `pruned` leaves the ids of children out, so that every
document is taken apart; `passed` compares at a window that a tenth of the twins has moved on from.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.customers.recognise import Rules
from hub.customers.survive import Survivorship
from hub.embedded.postgres import EmbeddedPostgres
from hub.flows.engine_room import EngineRoom
from hub.flows.systems import OpenSystems
from hub.migration.comparison import Comparison, Window
from hub.migration.parity import compare
from hub.ports.capabilities import Capabilities
from hub.records.identity import Entity, SystemName
from hub.store.engine import Database, open_engine
from hub.store.keys import KeyRing
from migrations.migrate import upgrade

CRM = SystemName("crm")
START = datetime(2026, 1, 1, tzinfo=UTC)
LATER = START + timedelta(days=7)
WINDOW = Window(START + timedelta(days=1), START + timedelta(days=1))

_FLOW = """
INSERT INTO information_flow (name, business_flow, title, entity, source, target)
VALUES ('bench', 2, 'Benchmark', 'customer', 'crm', 'hub')"""
_LANES = """
INSERT INTO lane (flow, cadence, mode)
VALUES ('bench', 'WEEKLY', 'AUTHORITATIVE'), ('bench', 'DAILY', 'SHADOW') RETURNING id"""
_LIVE = """
INSERT INTO source_record (system, entity, external_id, as_of, digest, document, version, mapping_version, observed_at)
SELECT 'crm', 'customer', n::text, :at, sha256(convert_to(d.document::text, 'UTF8')), d.document, 1, 'benchmark', :at
FROM generate_series(1, CAST(:rows AS int)) n CROSS JOIN LATERAL (SELECT jsonb_build_object(
  'name', 'Customer ' || n, 'customer_number', 'C' || n,
  'contact_media', jsonb_build_array(
    jsonb_build_object('external_id', '1', 'kind', 'EMAIL', 'value', 'customer' || n || '@example.com'),
    jsonb_build_object('external_id', '2', 'kind', 'PHONE', 'value', '+316' || lpad(n::text, 8, '0'))),
  'addresses', jsonb_build_array(jsonb_build_object('external_id', '3', 'street', 'Dorpsstraat ' || n,
    'postal_code', '1234 AB', 'locality', 'Utrecht'))) AS document) d"""
_TWINS = """
INSERT INTO shadow_record (lane_id, external_id, as_of, stamp, fingerprint, digest, document, version, mapping_version,
  observed_at)
SELECT :lane, external_id, as_of, as_of, external_id, digest, document, 1, 'benchmark', observed_at
FROM source_record"""
_VERSIONS = """
INSERT INTO shadow_version (lane_id, external_id, as_of, stamp, observed_at, digest, document, deleted)
SELECT lane_id, external_id, as_of, stamp, observed_at, digest, document, false FROM shadow_record"""
_DIFFERENCES = """
UPDATE shadow_record SET digest = sha256(digest), document = document || '{"name": "Outdated"}'
WHERE external_id::int % 10 = 1 AND external_id::int <= 10 * CAST(:differences AS int)"""
_MOVED_ON = """
WITH moved AS (UPDATE shadow_record SET as_of = CAST(:later AS timestamptz), stamp = :later, version = 2,
  digest = sha256(digest), document = document || '{"name": "Moved on"}'
  WHERE external_id::int % 10 = 0 RETURNING *)
INSERT INTO shadow_version (lane_id, external_id, as_of, stamp, observed_at, digest, document, deleted)
SELECT lane_id, external_id, as_of, stamp, observed_at, digest, document, false FROM moved"""
_FLOOR = """
SELECT (SELECT count(*) + sum(hashtext(document::text)) FROM source_record),
       (SELECT count(*) + sum(hashtext(document::text)) FROM shadow_record)"""


async def filled(database: Database, rows: int) -> tuple[int, int]:
    """Two sides that say the same; the ids of the live lane and of the twins'."""
    async with database.transaction() as connection:
        await connection.execute(text(_FLOW))
        live, twins = (await connection.execute(text(_LANES))).scalars()
        await connection.execute(text(_LIVE), {"rows": rows, "at": START})
        await connection.execute(text(_TWINS), {"lane": twins})
        await connection.execute(text(_VERSIONS))
    await settled(database)
    return live, twins


async def changed(database: Database, statement: str, **binds: object) -> None:
    """Change the twins."""
    async with database.transaction() as connection:
        await connection.execute(text(statement), binds)
    await settled(database)


async def settled(database: Database) -> None:
    """As autovacuum leaves tables: counted, and without the dead rows of the filling."""
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE source_record, shadow_record, shadow_version"))


def room_over(database: Database) -> EngineRoom:
    """An engine room whose source cannot be asked."""
    port = MemoryPort(CRM, MemoryStore())
    port.capabilities = {Entity.CUSTOMER: Capabilities()}
    return EngineRoom(
        database=database,
        systems=OpenSystems({CRM: lambda: port}),
        flows={},
        mappings={},
        recognition=Rules(Survivorship(), "NL"),
        keys=KeyRing(b"b" * 32),
        clock=lambda: LATER,
    )


async def floor(database: Database) -> None:
    """Read every document of both sides."""
    async with database.reading() as connection:
        await connection.execute(text(_FLOOR))


class Stopwatch:
    """Medians of several rounds by name."""

    def __init__(self, room: EngineRoom, lanes: tuple[int, int], rounds: int) -> None:
        self._room, self._lanes, self._rounds = room, lanes, rounds
        self.seconds: dict[str, float] = {}

    async def time_floor(self, name: str) -> None:
        """The floor as the tables are now."""
        took = []
        for _ in range(self._rounds):
            began = time.perf_counter()
            await floor(self._room.database)
            took.append(time.perf_counter() - began)
        self.seconds[name] = statistics.median(took)

    async def time(self, name: str, differences: int, ignore: tuple[str, ...] = ()) -> None:
        """Comparisons at the window, which must find exactly so many differences."""
        took = []
        for _ in range(self._rounds):
            began = time.perf_counter()
            comparison: Comparison = await compare(self._room, "bench", *self._lanes, WINDOW, ignore)
            took.append(time.perf_counter() - began)
            if sum(comparison.counts.values()) != differences:
                raise SystemExit(f"{name}: found {comparison.counts} instead of {differences} differences")
        self.seconds[name] = statistics.median(took)


async def measured(database: Database, rows: int, differences: int, rounds: int) -> dict[str, float]:
    """Seconds of each comparison and of the floor."""
    watch = Stopwatch(room_over(database), await filled(database, rows), rounds)
    await watch.time_floor("floor")
    await watch.time("equal", 0)
    await watch.time("pruned", 0, ("contact_media/external_id", "addresses/external_id"))
    await changed(database, _MOVED_ON, later=LATER)
    await watch.time("passed", 0)
    await changed(database, _DIFFERENCES, differences=differences)
    await watch.time("different", differences)
    return watch.seconds


async def main() -> None:
    """Print the medians and their ratios to the floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--differences", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "postgres") as postgres:
        postgres.create_database("bench")
        database = Database(open_engine(postgres.libpq("bench")))
        await upgrade(database.engine)
        seconds = await measured(database, options.rows, options.differences, options.rounds)
        await database.aclose()
    print(f"{options.rows:,} customers a side, {options.differences:,} differences, median of {options.rounds} rounds")
    for name, took in seconds.items():
        print(f"{name:>10}: {took:6.2f} s, {took / seconds['floor']:.2f} of the floor")


if __name__ == "__main__":
    asyncio.run(main())
