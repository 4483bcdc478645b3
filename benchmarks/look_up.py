"""One look-up by likeness among many customers: p50 and p99 in milliseconds, and how they grow with the customers.

    python -m benchmarks.look_up [--customers 100000 1000000] [--look-ups 300] [--keep FOLDER]

Runs on an embedded PostgreSQL of its own with 3 GB of shared buffers, in a temporary folder that needs 6 GB for a
million and is removed; `--keep` names one that stays, so that the next run only looks up. The customers are generated
(benchmarks/people); likenesses and keys are made as apply makes them, and written by COPY in two processes ahead of
their indexes. Each look-up is for a second record, with errors, of one of the customers: keys by index, comparison,
weights, and the customers' ids. `found` is how many of these customers were found among the candidates.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import asyncpg

from benchmarks.look_up_filling import PAGE, SEED, fill, page_of
from benchmarks.people.errors import written_again
from hub.customers.identifiers import Node
from hub.customers.likeness.bands import BANDS
from hub.customers.likeness.look_up import look_up
from hub.customers.likeness.weights import Learned, activate, propose
from hub.embedded.postgres import EmbeddedPostgres
from hub.matching.keys import keys_of
from hub.matching.match import know, match
from hub.matching.normalise import Notation, normalise
from hub.matching.person import Person, Written
from hub.store.engine import Database, open_engine
from migrations.migrate import upgrade

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEARNED_FROM = 20_000
SHARED_BUFFERS_MB = 3072
READ_ONCE = (
    "SELECT count(key) FROM (SELECT key FROM likeness_key ORDER BY key OFFSET 0) k",
    "SELECT count(fields) FROM (SELECT fields FROM likeness ORDER BY system, external_id OFFSET 0) l",
    "SELECT count(id) FROM (SELECT customer_id AS id FROM customer_identifier ORDER BY system, external_id OFFSET 0) i",
    "SELECT count(deleted) FROM (SELECT deleted FROM source_record ORDER BY system, entity, external_id OFFSET 0) s",
)
"""By their indexes, as a look-up does."""
WARM_UP = 200
"""Look-ups of other persons before those that are timed."""


async def learn(raw: asyncpg.Connection[asyncpg.Record], database: Database, sample: Sequence[Written]) -> None:
    """Weights from some of the customers and second records of every fifth."""
    random = Random(SEED)
    again = [written_again(random, one) for one in sample[: LEARNED_FROM // 5]]
    known = know((normalise(one, Notation()) for one in [*sample[:LEARNED_FROM], *again]), lambda: None)
    matches = await match(raw, known, lambda what, share: None)
    async with database.transaction() as connection:
        version = await raw.fetchval(
            """INSERT INTO likeness_weights (state, learned_at, records, matches, document)
               VALUES ('LEARNING', $1, 0, 0, '{}') RETURNING version""",
            NOW,
        )
        learned = Learned(matches.weights, matches.frequent.known)
        await propose(connection, version, learned, known.people, matches.frequent, len(matches.pairs))
        await activate(connection, version)


async def timed(database: Database, asked: Sequence[tuple[int, Person]]) -> tuple[list[float], int]:
    """Milliseconds of each look-up, and how many found the customer."""
    took, found = [], 0
    for number, person in asked:
        began = time.perf_counter()
        async with database.reading() as connection:
            answers = await look_up(connection, person, keys_of(person), BANDS)
        took.append((time.perf_counter() - began) * 1000)
        found += any(answer.node == Node("crm", str(number)) for answer in answers)
    return took, found


async def filled(dsn: str, database: Database, count: int) -> None:
    """Customers, their likenesses, and weights that decide."""
    await upgrade(database.engine)
    began = time.perf_counter()
    await fill(dsn, count)
    raw = await asyncpg.connect(dsn)
    await learn(raw, database, page_of(0, min(PAGE, count)))
    await raw.close()
    print(f"  filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)


async def measured(folder: Path, postgres: EmbeddedPostgres, count: int, look_ups: int) -> float:
    """Print one size; the answer is its p50."""
    name, done = f"look_up_{count}", folder / f"filled_{count}"
    database = Database(open_engine(postgres.libpq(name)))
    if not done.exists():
        postgres.drop_database(name)
        postgres.create_database(name)
        await filled(postgres.libpq(name), database, count)
        done.touch()
    first = page_of(0, min(PAGE, count))
    random = Random(SEED + 1)
    chosen = random.choices(range(len(first)), k=WARM_UP + look_ups)
    asked = [(number, normalise(written_again(random, first[number]), Notation())) for number in chosen]
    await read_once(postgres.libpq(name))
    await timed(database, asked[:WARM_UP])
    took, found = await timed(database, asked[WARM_UP:])
    await database.aclose()
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    print(f"{count:>9,} customers: p50 {p50:.2f} ms, p99 {p99:.2f} ms, {found} of {look_ups} found", flush=True)
    return p50


async def read_once(dsn: str) -> None:
    """Have what look-ups read in memory, as on a server in use: one that has just started reads it from the disk."""
    raw = await asyncpg.connect(dsn)
    try:
        await raw.execute(
            "SET enable_seqscan = off; SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0"
        )
        for statement in READ_ONCE:
            await raw.execute(statement)
    finally:
        await raw.close()


def open_postgres(folder: Path) -> EmbeddedPostgres:
    """As a small server would be set."""
    return EmbeddedPostgres(folder / "pg", durable=False, shared_buffers_mb=SHARED_BUFFERS_MB)


async def main() -> None:
    """Print each size and the growth from the first to the last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--look-ups", type=int, default=300)
    parser.add_argument("--keep", type=Path, help="a folder for the database, to be used again")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(open_postgres(folder))
        medians = [await measured(folder, postgres, count, options.look_ups) for count in options.customers]
    print(f"p50 grows {medians[-1] / medians[0]:.2f} times")


if __name__ == "__main__":
    asyncio.run(main())
