"""Real worker processes send by the week and, after a cut-over, in real time: each effect leaves exactly once."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from hub.clock import utc_now
from hub.exchange.want import Target, want_update
from hub.flows.hand_over import hand_over
from hub.flows.start_run import start_run
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId, FlowName
from hub.store.engine import Database
from tests.distributed.company import company, workers
from tests.services import RABBITMQ, needs
from tests.waiting import until

pytestmark = pytest.mark.slow
OBJECTS = 200
FLOW = FlowName("corrections")


async def wanted(database: Database, old: str, new: str, first: int = 0) -> None:
    async with database.transaction() as connection:
        for number in range(first, OBJECTS):
            target = Target("crm", Entity.CUSTOMER, ExternalId(str(number)), f"customer-{number}")
            await want_update(connection, target, [FieldChange(("name",), old, new)], utc_now())


async def count(database: Database, condition: str) -> int:
    async with database.reading() as connection:
        found: int = await connection.scalar(text(f"SELECT count(*) FROM outbound_command WHERE {condition}"))
        return found


async def cut_over(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE information_flow SET epoch = epoch + 1 WHERE name = 'corrections'"))
        for mode, cadence in (("VERIFY", "WEEKLY"), ("AUTHORITATIVE", "REAL_TIME")):
            await connection.execute(
                text("UPDATE lane SET mode = :mode WHERE flow = 'corrections' AND cadence = :cadence"),
                {"mode": mode, "cadence": cadence},
            )
        await hand_over(connection, FLOW, utc_now())


def keys_in(folder: Path) -> Counter[str]:
    lines = [line for file in folder.glob("drop/outbox/*/commands.jsonl") for line in file.read_bytes().splitlines()]
    return Counter(orjson.loads(line)["key"] for line in lines)


async def test_a_batch_a_killed_worker_and_a_cut_over_send_each_effect_once(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    needs("rabbitmq", RABBITMQ)
    installed = company(tmp_path, database_url, RABBITMQ)
    environment = installed.environment

    async def declared() -> bool:
        async with database.reading() as connection:
            return bool(await connection.scalar(text("SELECT count(*) FROM lane")))

    async def midway() -> bool:
        return 0 < await count(database, "state = 'DONE'") < OBJECTS

    with workers(environment, 1) as (victim,):
        await until(declared, what="the configuration is declared")
        await wanted(database, "A", "B")
        await wanted(database, "B", "C")
        async with database.transaction() as connection:
            await start_run(connection, FLOW, utc_now())
        await until(midway, what="the batch is in the middle")
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    await wanted(database, "C", "D", first=100)
    await cut_over(database)
    await wanted(database, "D", "E", first=150)

    async def at_rest() -> bool:
        return await count(database, "state NOT IN ('DONE', 'MERGED')") == 0

    with workers(environment, 2):
        await until(at_rest, what="everything wanted has left")
    sent = keys_in(tmp_path)
    assert set(sent.values()) == {1}
    assert sent.total() == await count(database, "state = 'DONE'")
    assert await count(database, "state = 'DONE' AND changes->0->>'new' = 'E'") == 50
