"""`hub recognition`: the weights by which customers are recognised where no identifier says who they are."""

from __future__ import annotations

import asyncio
from math import log2

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.clock import utc_now
from hub.customers.likeness.learn import Lesson, learn_weights
from hub.customers.likeness.weights import Learned, active_weights
from hub.entrypoints.installation import database_url, migrate
from hub.errors import NotFound
from hub.matching.comparisons import BY_NAME
from hub.matching.match import Told
from hub.settings.environment import Settings
from hub.store.engine import Database, open_engine

application = typer.Typer(name="recognition", help="Weights of probable recognition.", no_args_is_help=True)


@application.command("learn")
def learn() -> None:
    """Learn the weights from the customers that the hub has and from what stewards decided; needs no labels.

    The new version decides as soon as it is learned. The first time, likenesses of all customers are made as well.

    Example: hub recognition learn
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with database_url(Settings()) as url, Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Learning", total=1.0)
        lesson = asyncio.run(_learn(url, lambda what, share: progress.update(task, description=what, completed=share)))
    Console().print(
        f"Version {lesson.version}, learned from {lesson.records:,} records and {lesson.decisions} decisions of "
        f"stewards: {lesson.matches:,} pairs are likely the same person."
    )


@application.command("show")
def show() -> None:
    """The weights that decide now: of each grade how often it is seen, and what it weighs in bits.

    Example: hub recognition show
    """
    with database_url(Settings()) as url:
        found = asyncio.run(_active(url))
    if found is None:
        raise NotFound("no weights were learned yet; run `hub recognition learn`")
    version, learned = found
    table = Table("comparison", "grade", "same person", "others", "bits", title=f"version {version}")
    for name, grading in learned.weights.gradings.items():
        for grade, same, other in zip(BY_NAME[name].grades, grading.same[1:], grading.other[1:], strict=True):
            table.add_row(name, grade, f"{same:.4f}", f"{other:.2g}", f"{log2(same / other):+.1f}")
    Console().print(table)


async def _learn(url: str, told: Told) -> Lesson:
    await migrate(url)
    database = Database(open_engine(url))
    try:
        return await learn_weights(database, url, utc_now(), told)
    finally:
        await database.aclose()


async def _active(url: str) -> tuple[int, Learned] | None:
    await migrate(url)
    database = Database(open_engine(url))
    try:
        async with database.reading() as connection:
            return await active_weights(connection)
    finally:
        await database.aclose()
