"""Records per second of apply in pages of 500, beside a bare COPY of the same documents.

    python -m benchmarks.apply [--records 20000] [--rounds 3] [--no-originals]

for example `python -m benchmarks.apply --records 5000 --rounds 1`.

Runs on an embedded PostgreSQL of its own. The floor is COPY of the JSON documents into a plain table: no database can
take them faster. `new` applies every record for the first time, `same` applies them again, `changed` with one in a
hundred changed. Originals are kept with the versions, as hub.yaml has it unless it says otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from sqlalchemy import text

from hub.customers.recognise import Rules
from hub.customers.survive import Survivorship
from hub.embedded.postgres import EmbeddedPostgres
from hub.entrypoints.allocator import give_large_blocks_back
from hub.entrypoints.collector import spare_the_collector
from hub.flows.apply import ApplyRules, apply
from hub.flows.incoming import Content, Incoming
from hub.flows.lane import LaneContext
from hub.records.customer import ContactMediumRecord, CustomerRecord, PostalAddressRecord
from hub.records.enums import MediumKind
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode
from hub.store.engine import Database, open_engine
from hub.store.keys import KeyRing
from migrations.migrate import upgrade

PAGE = 500
START = datetime(2026, 1, 1, tzinfo=UTC)
RULES = ApplyRules(Rules(Survivorship(), "NL"), KeyRing(b"b" * 32), "benchmark", originals_of="crm")


def content(number: int, revision: int) -> Content:
    """One customer with an e-mail, a phone and an address."""
    record = CustomerRecord(
        name=f"Customer {number} revision {revision}",
        contact_media=(
            ContactMediumRecord(external_id="1", kind=MediumKind.EMAIL, value=f"customer{number}@example.com"),
            ContactMediumRecord(external_id="2", kind=MediumKind.PHONE, value=f"+316{number:08d}"),
        ),
        addresses=(
            PostalAddressRecord(
                external_id="3", street=f"Dorpsstraat {number}", postal_code="1234 AB", locality="Utrecht"
            ),
        ),
    )
    document = record.model_dump_json(exclude_defaults=True).encode()
    at = START + timedelta(minutes=revision)
    digest = hashlib.sha256(document).digest()
    original = {"id": number, "write_date": at.isoformat(), **record.model_dump(mode="json", exclude_none=True)}
    return Content(str(number), at, at, f"{number}/{revision}", record, document, digest, original)


async def lane_of(database: Database) -> LaneContext:
    """The rows of one flow."""
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO information_flow (name, business_flow, title) VALUES ('bench', 2, 'Benchmark')")
        )
        lane_id: int = await connection.scalar(
            text("INSERT INTO lane (flow, cadence, mode) VALUES ('bench', 'DAILY', 'AUTHORITATIVE') RETURNING id")
        )
    return LaneContext("bench", lane_id, 1, "crm", Entity.CUSTOMER, None, LaneMode.AUTHORITATIVE, FlowCadence.DAILY)


async def applied(database: Database, lane: LaneContext, rules: ApplyRules, contents: Sequence[Content]) -> float:
    """Seconds to apply the contents in pages."""
    began = time.perf_counter()
    for start in range(0, len(contents), PAGE):
        page = contents[start : start + PAGE]
        async with database.transaction() as connection:
            incoming = Incoming({c.external_id: c for c in page}, {}, (), len(page))
            await apply(connection, lane, incoming, rules, START)
    return time.perf_counter() - began


async def copied(dsn: str, contents: Sequence[Content]) -> float:
    """Seconds of the floor."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE floor (external_id text, document jsonb)")
    began = time.perf_counter()
    rows = [(c.external_id, c.document.decode()) for c in contents]
    await connection.copy_records_to_table("floor", records=rows)
    took = time.perf_counter() - began
    await connection.execute("DROP TABLE floor")
    await connection.close()
    return took


async def one_round(postgres: EmbeddedPostgres, records: int, rules: ApplyRules) -> dict[str, float]:
    """Records per second of each way, in a fresh database."""
    postgres.drop_database("bench")
    postgres.create_database("bench")
    database = Database(open_engine(postgres.libpq("bench")))
    await upgrade(database.engine)
    lane = await lane_of(database)
    first = [content(number, 1) for number in range(records)]
    changed = [content(number, 2 if number % 100 == 0 else 1) for number in range(records)]
    give_large_blocks_back()
    spare_the_collector()  # as a process of the hub does once it is up, and so that these records are not walked
    seconds = {
        "COPY": await copied(postgres.libpq("bench"), first),
        "new": await applied(database, lane, rules, first),
        "same": await applied(database, lane, rules, first),
        "changed": await applied(database, lane, rules, changed),
    }
    gc.unfreeze()
    await database.aclose()
    return {name: records / took for name, took in seconds.items()}


async def main() -> None:
    """Print the medians and their ratios to the floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-originals", action="store_true", help="Keep the records only.")
    options = parser.parse_args()
    rules = replace(RULES, originals_of=None) if options.no_originals else RULES
    rounds = []
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "postgres") as postgres:
        for number in range(1, options.rounds + 1):
            print(f"round {number} of {options.rounds}", file=sys.stderr)
            rounds.append(await one_round(postgres, options.records, rules))
    floor = statistics.median(r["COPY"] for r in rounds)
    print(f"{options.records:,} customers with three children, pages of {PAGE}, median of {options.rounds} rounds")
    for name in rounds[0]:
        rate = statistics.median(r[name] for r in rounds)
        print(f"{name:>8}: {rate:>9,.0f} records/s, {rate / floor:.3f} of COPY")


if __name__ == "__main__":
    asyncio.run(main())
