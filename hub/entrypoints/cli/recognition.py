"""`hub recognition`: the weights by which customers are recognised where no identifier says who they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import log2
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.clock import utc_now
from hub.customers.likeness.bands import probability_of
from hub.customers.likeness.learn import learn_weights
from hub.customers.likeness.preview import preview_links
from hub.customers.likeness.weights import Learned, active_weights
from hub.customers.likeness.weights import activate as activate_weights
from hub.entrypoints.cli.desk import person
from hub.entrypoints.installation import database_url, migrate, read_configuration
from hub.entrypoints.wiring import recognition_rules
from hub.errors import NotFound
from hub.flows.order_linking import order_linking
from hub.matching.comparisons import BY_NAME
from hub.reads.match_reviews import MatchReviewRow, ReviewConditions, count_reviews, list_reviews
from hub.reads.paging import Window
from hub.reads.reach import EVERYONE
from hub.settings.environment import Settings
from hub.stewardship.differ import declare_different
from hub.store.audit import Deed, record_deed
from hub.store.engine import Database, open_engine

T = TypeVar("T")

application = typer.Typer(name="recognition", help="Weights of probable recognition.", no_args_is_help=True)


@application.command("learn")
def learn(
    activate: Annotated[bool, typer.Option("--activate", help="Let the new version decide at once.")] = False,
) -> None:
    """Learn the weights from the customers that the hub has and from what stewards decided; needs no labels.

    The new version is proposed: `preview` tells what it would change, `activate` lets it decide. The first time,
    likenesses of all customers are made as well.

    Example: hub recognition learn
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with database_url(Settings()) as url, Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Learning", total=1.0)

        def told(what: str, share: float) -> None:
            progress.update(task, description=what, completed=share)

        lesson = asyncio.run(
            _with_database(url, lambda database: learn_weights(database, url, utc_now(), told, decides=activate))
        )
    what = "It decides from now on." if activate else f"See `hub recognition preview {lesson.version}`."
    Console().print(
        f"Version {lesson.version}, learned from {lesson.records:,} records and {lesson.decisions} decisions of "
        f"stewards: {lesson.matches:,} pairs are likely the same person. {what}"
    )


@application.command("preview")
def preview(version: Annotated[int, typer.Argument(help="Of weights that were learned.")]) -> None:
    """What a version would change if it decided, with the bands of hub.yaml: links it makes and links it parts.

    Example: hub recognition preview 2
    """
    least = recognition_rules(read_configuration(Settings())[0]).bands.links_from
    with database_url(Settings()) as url:
        found = asyncio.run(_with_database(url, lambda database: preview_links(database, version, least)))
    console = Console()
    console.print(
        f"{found.records:,} records: version {version} keeps {found.kept:,} links, makes {found.gains:,} and parts "
        f"{found.losses:,}."
    )
    for title, samples in (("made", found.gained), ("parted", found.lost)):
        if samples:
            table = Table("record", "other record", "bits", title=f"{title}, the first {len(samples)}")
            for (a, b), bits in samples.items():
                table.add_row(f"{a.system} {a.external_id}", f"{b.system} {b.external_id}", f"{bits:+.1f}")
            console.print(table)


@application.command("activate")
def activate(version: Annotated[int, typer.Argument(help="Of weights that were learned.")]) -> None:
    """Let a version decide from now on; a worker links and parts what it judges otherwise, page by page.

    Example: hub recognition activate 2
    """
    with database_url(Settings()) as url:
        asyncio.run(_with_database(url, lambda database: _activate(database, version)))
    Console().print(f"Version {version} decides from now on.")


@application.command("review")
def review(
    first: Annotated[int, typer.Option(min=1, max=1000, help="How many, the likeliest first.")] = 50,
) -> None:
    """Customers who may be one person and whom nobody has decided on; names stay in the hub, ids are told.

    `hub recognition different` takes a pair off the list; merging them is a mutation of the API, `mergeCustomers`.

    Example: hub recognition review --first 20
    """
    with database_url(Settings()) as url:
        rows, total = asyncio.run(_with_database(url, lambda database: _reviews(database, first)))
    table = Table("probability", "record", "other record", "customer", "other", title=f"{len(rows):,} of {total:,}")
    for row in rows:
        records = f"{row.system_a} {row.external_id_a}", f"{row.system_b} {row.external_id_b}"
        table.add_row(f"{probability_of(row.bits):.4f}", *records, str(row.customer_id), str(row.other_id))
    Console().print(table)


@application.command("different")
def different(
    customer: Annotated[UUID, typer.Argument(help="Id of a customer, as in the console or the API, decoded.")],
    other: Annotated[UUID, typer.Argument(help="Id of another one.")],
) -> None:
    """Declare two customers different people: nothing but a merge by a steward joins them again.

    Example: hub recognition different 0b9a3b8a-64c5-4b55-8f5e-9f7f2a7d4c02 5c1f8f0e-4a53-4d5d-9a55-6f1c3a2b7d10
    """
    region = recognition_rules(read_configuration(Settings())[0]).region
    with database_url(Settings()) as url:
        asyncio.run(_with_database(url, lambda database: _different(database, [customer, other], region)))
    Console().print("They are different people.")


@application.command("show")
def show() -> None:
    """The weights that decide now: of each grade how often it is seen, and what it weighs in bits.

    Example: hub recognition show
    """
    with database_url(Settings()) as url:
        found = asyncio.run(_with_database(url, _active))
    if found is None:
        raise NotFound("no weights decide yet; run `hub recognition learn --activate`")
    version, learned = found
    table = Table("comparison", "grade", "same person", "others", "bits", title=f"version {version}")
    for name, grading in learned.weights.gradings.items():
        for grade, same, other in zip(BY_NAME[name].grades, grading.same[1:], grading.other[1:], strict=True):
            table.add_row(name, grade, f"{same:.4f}", f"{other:.2g}", f"{log2(same / other):+.1f}")
    Console().print(table)


async def _activate(database: Database, version: int) -> None:
    async with database.transaction() as connection:
        await activate_weights(connection, version)
        await record_deed(connection, Deed(person(), "activateWeights", "Weights", str(version)), utc_now())
        await order_linking(connection, utc_now())


async def _reviews(database: Database, first: int) -> tuple[Sequence[MatchReviewRow], int]:
    async with database.reading() as connection:
        page = await list_reviews(connection, ReviewConditions(), Window(first), EVERYONE)
        return page.rows, await count_reviews(connection, ReviewConditions(), EVERYONE)


async def _different(database: Database, ids: Sequence[UUID], region: str) -> None:
    async with database.transaction() as connection:
        await declare_different(connection, ids, person(), region, utc_now())


async def _active(database: Database) -> tuple[int, Learned] | None:
    async with database.reading() as connection:
        return await active_weights(connection)


async def _with_database(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    await migrate(url)
    database = Database(open_engine(url))
    try:
        return await work(database)
    finally:
        await database.aclose()
