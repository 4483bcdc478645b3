"""A whole run: changes go on, flows migrate back and forth, faults come at drawn points; then quiet, then the count."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import text

from hub.clock import utc_now
from hub.exchange.want import Target, want_update
from hub.flows.start_run import start_run
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId, FlowName
from hub.records.lanes import FlowCadence
from hub.store.engine import Database, open_engine
from tests.faults.installed import Ground, Hub, ground
from tests.faults.outcome import as_customers, effects, golden, refused_runs, stuck, windows
from tests.faults.points import WORKERS, Points, drawn
from tests.faults.steering import OUTAGES, Steering
from tests.services import RABBITMQ
from tests.waiting import until

CUSTOMERS: Final = 60
OBJECTS: Final = 12
"""Corrections concern so few objects that they meet each other on the way."""
SLICES: Final = 10
QUIET_S: Final = 400.0


@dataclass
class Report:
    """What a run found; all of `wrong` must be empty."""

    seed: int
    rows: list[tuple[str, object]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def tell(self, what: str, value: object, *, wrong: bool = False) -> None:
        self.rows.append((what, value))
        if wrong:
            self.wrong.append(f"{what}: {value}")

    def __str__(self) -> str:
        width = max(len(what) for what, _ in self.rows)
        lines = [f"| {what:<{width}} | {value!s:>10} |" for what, value in self.rows]
        return "\n".join([*lines, *(f"WRONG {line}" for line in self.wrong)])


@dataclass
class Wanted:
    """Corrections that business rooms asked for, and kept by the hub: by object the values in their order."""

    values: dict[str, list[str]] = field(default_factory=dict)
    number: int = 0

    async def want(self, database: Database, rng: random.Random) -> None:
        """One correction; noted when its transaction is through, or when the hub shows it after an unclear end."""
        self.number += 1
        key, new = str(rng.randrange(OBJECTS)), f"N{self.number}"
        old = self.values.get(key, [""])[-1]
        target = Target("office", Entity.CUSTOMER, ExternalId(key), f"customer-{key}")
        try:
            async with database.transaction() as connection:
                await want_update(connection, target, [FieldChange(("name",), old, new)], utc_now())
        except OUTAGES:
            if await until(lambda: _kept(database, key, new), what="the database is back") != "kept":
                return
        self.values.setdefault(key, []).append(new)


async def _kept(database: Database, key: str, new: str) -> str | None:
    """The answer to a commit was lost: look."""
    try:
        async with database.reading() as connection:
            found = await connection.scalar(
                text(
                    """SELECT count(*) FROM target_image
                       WHERE target = 'office' AND external_id = :key AND wanted->>'name' = :new"""
                ),
                {"key": key, "new": new},
            )
    except OUTAGES:
        return None
    return "kept" if found else "gone"


async def campaign(folder: Path, points: int, seed: int, say: Callable[[str], None] = print) -> Report:
    """Run `points` faults and report; the same seed draws the same faults (the machine draws the rest)."""
    rng, began = random.Random(seed), time.monotonic()
    report, wanted = Report(seed), Wanted()
    async with ground(folder) as made:
        for number in range(1, CUSTOMERS + 1):
            made.source.put(number, rng)
        made.open_shop()
        await made.shop_answers()
        made.hub.employ(WORKERS)
        await _first_run(made)
        steerings = [
            Steering(made, FlowName("customers"), FlowCadence.DAILY, random.Random(seed + 1)),
            Steering(made, FlowName("corrections"), FlowCadence.WEEKLY, random.Random(seed + 2)),
        ]
        faults = Points(made, steerings, rng)
        async with asyncio.TaskGroup() as beside:
            going = [beside.create_task(steering.keep_on()) for steering in steerings]
            changing = beside.create_task(_keep_changing(made, wanted, random.Random(seed + 3)))
            for number, kind in enumerate(drawn(points, rng), start=1):
                await asyncio.sleep(rng.uniform(0.2, 2.0))
                say(f"{time.monotonic() - began:6.1f} s  point {number:3} of {points}: {kind}")
                await faults.inject(kind)
            changing.cancel()
            for steering in steerings:
                steering.resting = True
            say(f"{time.monotonic() - began:6.1f} s  quiet")
            changed_last = utc_now()
            await _eventually(lambda: _at_rest(made, steerings, changed_last), "the hub comes to rest")
            for task in going:
                task.cancel()
        for kind, count in sorted(faults.injected.items()):
            report.tell(kind, count)
        report.tell("points", points)
        await _count(made, wanted, steerings, report)
        await _compare_with_undisturbed(made, report)
    report.tell("seconds", round(time.monotonic() - began))
    return report


async def _first_run(made: Ground) -> None:
    """The lane that counts first has brought everything in once."""

    async def declared() -> bool:
        async with made.database.reading() as connection:
            return bool(await connection.scalar(text("SELECT count(*) FROM lane")))

    await until(declared, what="the configuration is declared")
    async with made.database.transaction() as connection:
        await start_run(connection, FlowName("customers"), utc_now(), None, FlowCadence.DAILY)

    async def arrived() -> bool:
        return as_customers(await golden(made.database)) == made.source.customers()

    await until(arrived, what="everybody is in the golden record")


async def _keep_changing(made: Ground, wanted: Wanted, rng: random.Random) -> None:
    """For ever: some changes a second at the source, and one correction."""
    while True:
        for _ in range(rng.randint(1, 4)):
            made.source.change(rng)
        await wanted.want(made.database, rng)
        await asyncio.sleep(rng.uniform(0.2, 1.0))


async def _at_rest(made: Ground, steerings: list[Steering], since: object) -> bool:
    """Both flows are migrated, a window behind the last change is compared, and nothing is on its way."""
    made.hub.employ(WORKERS)
    for steering in steerings:
        found = await steering.state()
        if found is None or found[0] != "COMPLETED":
            return False
    async with made.database.reading() as connection:
        return bool(
            await connection.scalar(
                text(
                    """SELECT (SELECT count(DISTINCT m.flow) = 2 FROM parity_run p
                                 JOIN cadence_migration m ON m.id = p.migration
                               WHERE m.state = 'COMPLETED' AND p.audit AND p.since > :since
                                 AND p.compared_at IS NOT NULL)
                         AND NOT EXISTS (SELECT FROM outbound_command WHERE state IN ('PENDING', 'SENT', 'COLLECTED'))
                         AND EXISTS (SELECT FROM flow_run r JOIN lane l ON l.id = r.lane_id
                               WHERE l.flow = 'customers' AND l.cadence = 'REAL_TIME' AND r.state = 'COMPLETED'
                                 AND r.started_at > :since)"""
                ),
                {"since": since},
            )
        )


async def _eventually(look: Callable[[], Awaitable[bool]], what: str) -> None:
    async def tried() -> bool:
        try:
            return await look()
        except OUTAGES:
            return False

    await until(tried, timeout_s=QUIET_S, what=what)


async def _count(made: Ground, wanted: Wanted, steerings: list[Steering], report: Report) -> None:
    hub, source = set(as_customers(await golden(made.database))), set(made.source.customers())
    report.tell("changes at the source", len(made.source.changes))
    report.tell("lost changes (in)", len({row[0] for row in hub ^ source}), wrong=hub != source)
    left = effects(made.hub.folder / "drop")
    asked = sum(len(values) for values in wanted.values.values())
    report.tell("corrections wanted", asked)
    report.tell("effects at the target", left.keys.total())
    last = {key: values[-1] for key, values in left.values.items()}
    lost = [key for key, values in wanted.values.items() if last.get(key) != values[-1]]
    report.tell("lost changes (out)", len(lost), wrong=bool(lost))
    report.tell("doubled effects", left.doubled, wrong=left.doubled > 0)
    again = [key for key, values in left.values.items() if _goes_back(values)]
    report.tell("objects whose effects came out of order", len(again), wrong=bool(again))
    for steering in steerings:
        report.tell(f"cut-overs of {steering.flow}", steering.seen["CUTTING_OVER"])
    compared = await windows(made.database)
    report.tell("windows compared", len(compared))
    report.tell("of them with unexplained differences, all before the quiet", sum(1 for w in compared if w[2]))
    for steering in steerings:
        unexplained = [window[2] for window in compared if window[0] == steering.flow][-1]
        report.tell(f"unexplained differences left ({steering.flow})", unexplained, wrong=unexplained > 0)
    report.tell("runs refused as of an ended epoch", await refused_runs(made.database))
    waits = await stuck(made.database)
    report.tell("waits for a person", waits or 0, wrong=bool(waits))


def _goes_back(values: list[str]) -> bool:
    numbers = [int(value.removeprefix("N")) for value in values]
    return numbers != sorted(set(numbers))


async def _compare_with_undisturbed(made: Ground, report: Report) -> None:
    """The same changes into a hub that is real-time from the start and that nothing disturbs, in slices."""
    await asyncio.to_thread(made.hub.dismiss)
    disturbed = await golden(made.database)
    changes = list(made.source.changes)
    made.source.apply("DELETE FROM customer WHERE id >= ?", (0,))
    calm = Hub(made.folder / "calm", made.postgres, "calm", RABBITMQ, made.shop_port)
    await calm.install(real_time=True)
    database = Database(open_engine(calm.url))
    calm.employ(1)
    try:

        async def declared() -> bool:
            async with database.reading() as connection:
                return bool(await connection.scalar(text("SELECT count(*) FROM lane")))

        await until(declared, what="the configuration is declared")
        size = -(-len(changes) // SLICES)
        for start in range(0, len(changes), size):
            for statement, values in changes[start : start + size]:
                made.source.apply(statement, values)
            await _run_fast(database)
        undisturbed = await golden(database)
    finally:
        await database.aclose()
        await asyncio.to_thread(calm.dismiss)
        await asyncio.to_thread(calm.leave_broker)
    differ = len(set(map(str, disturbed)) ^ set(map(str, undisturbed)))
    report.tell("golden customers", len(disturbed))
    report.tell("golden rows unlike the undisturbed run", differ, wrong=differ > 0 or not undisturbed)


async def _run_fast(database: Database) -> None:
    async with database.transaction() as connection:
        run = await start_run(connection, FlowName("customers"), utc_now(), None, FlowCadence.REAL_TIME)

    async def completed() -> bool:
        async with database.reading() as connection:
            state = await connection.scalar(text("SELECT state FROM flow_run WHERE id = :id"), {"id": run})
        return bool(state == "COMPLETED")

    await until(completed, what="a run of the undisturbed hub completes")
