"""The count at the end of a run: what was lost, what came twice, what is left that nobody can explain."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from tests.faults.installed import Ground
from tests.faults.offices import made as registered
from tests.faults.outcome import as_customers, cut_overs, effects, golden, refused_runs, stuck, windows
from tests.faults.person import settle_unknown
from tests.faults.pushing import Pusher
from tests.faults.report import Report
from tests.faults.steering import Steering
from tests.faults.undisturbed import undisturbed
from tests.faults.wanted import Wanted
from tests.waiting import until

SETTLED_WITHIN_S: Final = 120.0


async def count(made: Ground, wanted: Wanted, steerings: Sequence[Steering], pusher: Pusher, report: Report) -> None:
    """Everything, and then once more beside a hub that nothing disturbed."""
    await _came_in(made, pusher, report)
    _corrected(made, wanted, report)
    await _registered(made, wanted, report)
    await _migrated(made, steerings, report)
    await asyncio.to_thread(made.hub.dismiss)
    disturbed = {name: await golden(made.database, name) for name in made.sources}
    for name, calm in (await undisturbed(made)).items():
        report.tell(f"golden customers of the {name}", len(disturbed[name]))
        here, there = set(map(str, disturbed[name])), set(map(str, calm))
        what = f"golden rows of the {name} unlike the undisturbed run"
        report.tell(what, len(here ^ there), wrong=here != there or not calm)
        report.wrong += [f"only disturbed: {row}" for row in sorted(here - there)[:3]]
        report.wrong += [f"only undisturbed: {row}" for row in sorted(there - here)[:3]]


async def _came_in(made: Ground, pusher: Pusher, report: Report) -> None:
    for name, source in made.sources.items():
        hub = set(as_customers(await golden(made.database, name)))
        report.tell(f"changes at the {name}", len(source.changes))
        report.none(f"lost changes of the {name}", len({row[0] for row in hub ^ set(source.customers())}))
    report.tell("webhooks told", len(pusher.source.events))
    report.tell("calls taken for them, in any order", pusher.taken.total())
    report.tell("calls repeated, as the hub was down", pusher.refused)
    async with made.database.reading() as connection:
        stored = await connection.scalar(text("SELECT count(*) FROM inbox_event"))
    report.none("events stored twice or not at all", abs(stored - len(pusher.source.events)))


def _corrected(made: Ground, wanted: Wanted, report: Report) -> None:
    left = effects(made.hub.folder / "drop")
    report.tell("corrections wanted", sum(len(values) for values in wanted.values.values()))
    report.tell("effects of them", left.keys.total())
    last = {key: values[-1] for key, values in left.values.items()}
    report.none("lost corrections", sum(last.get(key) != values[-1] for key, values in wanted.values.items()))
    report.none("doubled effects", left.doubled)
    report.none("objects whose effects came out of order", sum(map(_goes_back, left.values.values())))


def _goes_back(values: list[str]) -> bool:
    numbers = [int(value.removeprefix("N")) for value in values]
    return numbers != sorted(set(numbers))


async def _registered(made: Ground, wanted: Wanted, report: Report) -> None:
    """A person settles what is unknown, as often as his own sending again loses its answer."""
    before = Counter(registered(made.register))
    report.tell("new customers wanted", len(wanted.made))
    report.tell("answers lost on their way", made.losing.lost)
    settled = await settle_unknown(made.database, made.register)
    for verdict, times in sorted(settled.items()):
        report.tell(f"creates left to a person: {verdict}", times)
    missing = len(set(wanted.made) - set(before))
    report.tell("of those wanted not there before he decided", missing, wrong=missing > settled.total())

    async def sent() -> bool:
        async with made.database.reading() as connection:
            return not await connection.scalar(
                text("SELECT count(*) FROM outbound_command WHERE state NOT IN ('DONE', 'MERGED')")
            )

    await until(sent, SETTLED_WITHIN_S, "what the person decided is done")
    after = Counter(registered(made.register))
    report.none("lost new customers", len(set(wanted.made) - set(after)))
    report.none("doubled new customers", after.total() - len(after))
    report.none("new customers that nobody wanted", len(set(after) - set(wanted.made)))


async def _migrated(made: Ground, steerings: Sequence[Steering], report: Report) -> None:
    over = await cut_overs(made.database)
    for steering in steerings:
        report.tell(f"cut-overs of {steering.flow}", over[steering.flow])
    compared = await windows(made.database)
    report.tell("windows compared", len(compared))
    report.tell("of them with unexplained differences, all before the quiet", sum(1 for w in compared if w[2]))
    for steering in steerings:
        unexplained = [window[2] for window in compared if window[0] == steering.flow][-1]
        report.none(f"unexplained differences left ({steering.flow})", unexplained)
    report.tell("runs refused as of an ended epoch", await refused_runs(made.database))
    waits = await stuck(made.database)
    report.tell("waits for a person", waits or 0, wrong=bool(waits))
