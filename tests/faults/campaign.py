"""A whole run: changes go on, flows migrate back and forth, faults come at drawn points; then quiet, then the count."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import text

from hub.clock import utc_now
from hub.flows.start_run import start_run
from hub.records.identity import FlowName
from hub.records.lanes import FlowCadence
from tests.faults.count import count
from tests.faults.installed import BRANCH, SHOP, Ground, ground
from tests.faults.outcome import as_customers, golden, open_work, unfinished
from tests.faults.person import retry_given_up
from tests.faults.points import WORKERS, Points, drawn
from tests.faults.pushing import Pusher
from tests.faults.report import Report
from tests.faults.steering import OUTAGES, Steering
from tests.faults.wanted import Wanted
from tests.waiting import until

CUSTOMERS: Final = 60
QUIET_S: Final = 400.0
SLOW: Final = {
    "customers": FlowCadence.DAILY,
    "visitors": FlowCadence.DAILY,
    "corrections": FlowCadence.WEEKLY,
    "registrations": FlowCadence.WEEKLY,
}
"""The flows that migrate to real time and back, and where they come from."""


@dataclass
class Company:
    """What goes on while faults come."""

    made: Ground
    steerings: list[Steering]
    pusher: Pusher
    wanted: Wanted
    retried: int = 0
    """Work that a person tried again: the faults had killed its workers five times."""

    async def keep_changing(self, rng: random.Random) -> None:
        """For ever: some changes a second at the sources, one correction, and now and then a new customer."""
        while True:
            for source in self.made.sources.values():
                for _ in range(rng.randint(1, 3)):
                    source.change(rng)
            await self.wanted.correct(self.made.database, rng)
            if rng.random() < 0.5:
                await self.wanted.register(self.made.database, rng)
            await asyncio.sleep(rng.uniform(0.2, 1.0))

    async def left(self, since: datetime) -> list[str]:
        """What is still to come: flows on their way, windows behind the last change not compared, work under way."""
        self.made.hub.employ(WORKERS)
        self.retried += await retry_given_up(self.made.database)
        states = {steering.flow: await steering.state() for steering in self.steerings}
        left = [f"{flow} is {found and found[0]}" for flow, found in states.items() if not _completed(found)]
        async with self.made.database.reading() as connection:
            binds = {"since": since, "flows": [str(steering.flow) for steering in self.steerings]}
            left += (await connection.scalars(text(_LEFT), binds)).all()
        return left if self.pusher.told_all() else [*left, "events that the hub has not taken"]


def _completed(found: tuple[str, str] | None) -> bool:
    return found is not None and found[0] == "COMPLETED"


_LEFT: Final = """
SELECT 'no window of ' || f || ' compared since' FROM unnest(CAST(:flows AS text[])) f
WHERE NOT EXISTS (SELECT FROM parity_run p JOIN cadence_migration m ON m.id = p.migration
  WHERE m.flow = f AND m.state = 'COMPLETED' AND p.audit AND p.since > :since AND p.compared_at IS NOT NULL)
UNION ALL SELECT count(*) || ' commands ' || state FROM outbound_command
  WHERE state IN ('PENDING', 'SENT', 'COLLECTED') GROUP BY state
UNION ALL SELECT count(*) || ' events NEW' FROM inbox_event WHERE state = 'NEW' HAVING count(*) > 0
UNION ALL SELECT 'no poll of the shop since' WHERE NOT EXISTS (
  SELECT FROM flow_run r JOIN lane l ON l.id = r.lane_id
  WHERE l.flow = 'customers' AND l.cadence = 'REAL_TIME' AND r.state = 'COMPLETED' AND r.started_at > :since)"""


async def campaign(folder: Path, points: int, seed: int, say: Callable[[str], None] = print, only: str = "") -> Report:
    """Run `points` faults and report; the same seed draws the same faults (the machine draws the rest)."""
    rng, began, report = random.Random(seed), time.monotonic(), Report(seed)
    async with ground(folder) as made:
        steerings = [
            Steering(made, FlowName(flow), slow, random.Random(seed + place))
            for place, (flow, slow) in enumerate(SLOW.items(), start=1)
        ]
        pusher = Pusher(made.sources[BRANCH], made.hub.webhook, random.Random(f"{seed} calls"))
        company = Company(made, steerings, pusher, Wanted())
        await _first_run(made, rng)
        faults = Points(made, steerings, rng)
        async with asyncio.TaskGroup() as beside:
            going = [beside.create_task(steering.keep_on()) for steering in steerings]
            going.append(beside.create_task(pusher.keep_on()))
            changing = beside.create_task(company.keep_changing(random.Random(f"{seed} changes")))
            for number, kind in enumerate(drawn(points, rng, only), start=1):
                await asyncio.sleep(rng.uniform(0.2, 2.0))
                say(f"{time.monotonic() - began:6.1f} s  point {number:3} of {points}: {kind}")
                await faults.inject(kind)
            changing.cancel()
            for steering in steerings:
                steering.resting = True
            say(f"{time.monotonic() - began:6.1f} s  quiet")
            changed_last = utc_now()
            await _at_rest(company, changed_last)
            for task in going:
                task.cancel()
        for kind, times in sorted(faults.injected.items()):
            report.tell(kind, times)
        report.tell("points", points)
        report.tell("work given up after five killed workers, tried again", company.retried)
        await count(made, company.wanted, steerings, pusher, report)
    report.tell("seconds", round(time.monotonic() - began))
    return report


async def _first_run(made: Ground, rng: random.Random) -> None:
    """The lanes that count first have brought everything in once."""
    for source in made.sources.values():
        for number in range(1, CUSTOMERS + 1):
            source.put(number, rng)
    made.hub.employ(WORKERS)

    async def declared() -> bool:
        async with made.database.reading() as connection:
            return bool(await connection.scalar(text("SELECT count(*) FROM lane")))

    await until(declared, what="the configuration is declared")
    for flow in ("customers", "visitors"):
        async with made.database.transaction() as connection:
            await start_run(connection, FlowName(flow), utc_now(), None, FlowCadence.DAILY)

    async def arrived() -> bool:
        held = {name: as_customers(await golden(made.database, name)) for name in (SHOP, BRANCH)}
        return held == {name: source.customers() for name, source in made.sources.items()}

    await until(arrived, what="everybody is in the golden record")


async def _at_rest(company: Company, since: datetime) -> None:
    """Return when nothing is left to come; the error says what was, and what work there is for it."""
    left = ["everything"]

    async def tried() -> bool:
        nonlocal left
        try:
            left = await company.left(since)
        except OUTAGES:
            return False
        return not left

    try:
        await until(tried, timeout_s=QUIET_S, what="the hub comes to rest")
    except AssertionError as error:
        database = company.made.database
        found = ["", *await open_work(database), *await unfinished(database)]
        raise AssertionError(f"{error}; left: {', '.join(left)}{chr(10).join(found)}") from None
