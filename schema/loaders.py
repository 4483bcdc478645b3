"""Batches: what an answer's objects ask for in the same moment is read by one statement.

Nothing is kept after a batch, so a subscription that lives for hours, or a mutation's answer, never shows old values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol, TypeAlias, TypeVar, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.dataloader import DataLoader

from hub.customers.consent_read import consents_of
from hub.customers.differing import conflicts_for
from hub.customers.recognise import Rules
from hub.reads.belongings import lines_of
from hub.reads.calls import calls_by_name
from hub.reads.customers import customers_read
from hub.reads.flows import flows_by_name, lanes_of, progress_of
from hub.reads.freshness import freshness_for
from hub.reads.handling import dialogs_of, handling_of, tasks_of
from hub.reads.lead_parts import lead_receipts_of, responses_of
from hub.reads.migrations import latest_migrations, migrations_by_id
from hub.reads.outbound import deliveries_of_customers, deliveries_of_leads, letters_waiting
from hub.reads.paging import Page, Window
from hub.reads.parts import Conditions, Part, counts_of, pages_of, parts_read
from hub.reads.privacy import privacy_receipts_of
from hub.reads.provenance import provenance_of
from hub.reads.reach import Reach
from hub.reads.runs import RunRow, run_counts, runs_by_id, runs_of
from hub.reads.sessions import contacts_of, incidents_by_id, legs_of
from hub.reads.sources import sources_of
from hub.reads.steward_acts import acts_of, receipts_of
from hub.reads.systems import systems_by_name
from hub.reads.undeliverable import undeliverable_of
from hub.reads.verified import verified_of
from hub.store.straight import Fetch

K = TypeVar("K")
V = TypeVar("V")
RowT = TypeVar("RowT")

Read: TypeAlias = Callable[[AsyncConnection, Sequence[K]], Awaitable[Mapping[K, V]]]


class Request(Protocol):
    """What the loaders need of the request they belong to."""

    @property
    def reach(self) -> Reach:
        """Whose data may be read."""

    @property
    def rules(self) -> Rules:
        """How golden values are chosen."""

    def now(self) -> datetime:
        """The hub's time."""

    @property
    def fetch(self) -> Fetch:
        """Runs a statement that is written once and kept."""

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for one batch."""

    def reading_once(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for one batch that is one statement."""


@dataclass(frozen=True, slots=True)
class CountKey:
    """One customer's own list of a kind of part; `conditions` is one of the constants that reads has for the part."""

    part: Part[object]
    customer: UUID
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class PageKey:
    """A window of one customer's own list."""

    part: Part[object]
    customer: UUID
    conditions: Conditions
    window: Window


@dataclass(frozen=True, slots=True)
class PartKey:
    """A part by its own id."""

    part: Part[object]
    id: UUID


@dataclass(frozen=True, slots=True)
class RunsKey:
    """A window of one flow's runs."""

    flow: str
    window: Window


def _asked(make: Callable[[Loaders], DataLoader[K, V]]) -> cached_property[DataLoader[K, V]]:
    return cached_property(make)


def _some(read: Read[K, V], *, once: bool = False) -> cached_property[DataLoader[K, V | None]]:
    return _asked(lambda its: its.some(read, once=once))


def _every(read: Read[K, V]) -> cached_property[DataLoader[K, V]]:
    return _asked(lambda its: its.every(read))


class Loaders:
    """One loader per question, made when it is asked first: most requests ask one or two.

    Those of things by id answer None for what does not exist or may not be seen.
    """

    def __init__(self, request: Request) -> None:
        self._request = request

    lines = _every(lines_of)
    handling = _some(handling_of, once=True)
    tasks = _every(tasks_of)
    lead_responses = _every(responses_of)
    lead_receipts = _every(lead_receipts_of)
    dialogs = _every(dialogs_of)
    legs = _every(legs_of)
    incidents = _some(incidents_by_id)
    incident_contacts = _every(contacts_of)
    undeliverable = _some(undeliverable_of)
    deliveries_of_leads = _every(deliveries_of_leads)
    deliveries_of_customers = _every(deliveries_of_customers)
    letters = _every(letters_waiting)
    verified = _some(verified_of)
    consents = _every(consents_of)
    privacy_receipts = _every(privacy_receipts_of)
    acts = _every(acts_of)
    receipts = _every(receipts_of)
    systems = _some(systems_by_name)
    flows = _some(flows_by_name)
    lanes = _every(lanes_of)
    progress = _every(progress_of)
    runs = _some(runs_by_id)
    migrations = _some(migrations_by_id)
    latest_migrations = _some(latest_migrations)
    run_counts = _every(run_counts)
    customers = _asked(
        lambda its: its.straight(lambda ids: customers_read(its._request.fetch, ids, its._request.reach))
    )
    provenance = _asked(lambda its: its.every(lambda c, ids: provenance_of(c, ids, its._request.reach)))
    freshness = _asked(lambda its: its.every(lambda c, parts: freshness_for(c, parts, its._request.now())))
    sources = _asked(lambda its: its.every(lambda c, ids: sources_of(c, ids, its._request.reach, its._request.now())))
    conflicts = _asked(lambda its: its.every(lambda c, ids: conflicts_for(c, ids, its._request.rules)))
    calls = _asked(lambda its: its.every(lambda c, names: calls_by_name(c, names, its._request.now())))
    run_pages = _asked(lambda its: its.every(_run_pages))
    _pages = _asked(lambda its: its.every(its._read_pages))
    _counts = _asked(lambda its: its.every(its._read_counts))
    _parts = _asked(lambda its: its.straight(its._read_parts))

    async def page(self, part: Part[RowT], customer: UUID, window: Window, conditions: Conditions = ()) -> Page[RowT]:
        """A window of the customer's own list; the same window of all customers in an answer is one statement."""
        return cast("Page[RowT]", await self._pages.load(PageKey(part, customer, conditions, window)))

    async def count(self, part: Part[RowT], customer: UUID, conditions: Conditions = ()) -> int:
        """How long the customer's own list is."""
        return await self._counts.load(CountKey(part, customer, conditions))

    async def part(self, part: Part[RowT], identity: UUID) -> RowT | None:
        """A part by its id, under the caller's reach."""
        return cast("RowT | None", await self._parts.load(PartKey(part, identity)))

    def some(self, read: Read[K, V], *, once: bool = False) -> DataLoader[K, V | None]:
        """For what need not be there: None then. `once`: it is one statement, and needs no snapshot."""
        reading = self._request.reading_once if once else self._request.reading

        async def in_key_order(keys: list[K]) -> list[V | None]:
            async with reading() as connection:
                found = await read(connection, keys)
            return [found.get(key) for key in keys]

        return DataLoader(in_key_order, cache=False)

    def straight(self, read: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> DataLoader[K, V | None]:
        """For what is asked for most: by statements that are prepared already."""

        async def in_key_order(keys: list[K]) -> list[V | None]:
            found = await read(keys)
            return [found.get(key) for key in keys]

        return DataLoader(in_key_order, cache=False)

    def every(self, read: Read[K, V]) -> DataLoader[K, V]:
        """For what there always is, if only an empty list."""

        async def in_key_order(keys: list[K]) -> list[V]:
            async with self._request.reading() as connection:
                found = await read(connection, keys)
            return [found[key] for key in keys]

        return DataLoader(in_key_order, cache=False)

    async def _read_pages(self, connection: AsyncConnection, keys: Sequence[PageKey]) -> Mapping[PageKey, Page[object]]:
        groups: defaultdict[tuple[Part[object], Conditions, Window], list[UUID]] = defaultdict(list)
        for key in keys:
            groups[key.part, key.conditions, key.window].append(key.customer)
        found: dict[PageKey, Page[object]] = {}
        for (part, conditions, window), customers in groups.items():
            pages = await pages_of(connection, part, customers, self._request.reach, window, conditions)
            found |= {PageKey(part, customer, conditions, window): page for customer, page in pages.items()}
        return found

    async def _read_counts(self, connection: AsyncConnection, keys: Sequence[CountKey]) -> Mapping[CountKey, int]:
        groups: defaultdict[tuple[Part[object], Conditions], list[UUID]] = defaultdict(list)
        for key in keys:
            groups[key.part, key.conditions].append(key.customer)
        found: dict[CountKey, int] = {}
        for (part, conditions), customers in groups.items():
            counts = await counts_of(connection, part, customers, self._request.reach, conditions)
            found |= {CountKey(part, customer, conditions): count for customer, count in counts.items()}
        return found

    async def _read_parts(self, keys: Sequence[PartKey]) -> Mapping[PartKey, object]:
        groups: defaultdict[Part[object], list[UUID]] = defaultdict(list)
        for key in keys:
            groups[key.part].append(key.id)
        found: dict[PartKey, object] = {}
        for part, ids in groups.items():
            rows = await parts_read(self._request.fetch, part, ids, self._request.reach)
            found |= {PartKey(part, identity): row for identity, row in rows.items()}
        return found


async def _run_pages(connection: AsyncConnection, keys: Sequence[RunsKey]) -> Mapping[RunsKey, Page[RunRow]]:
    groups: defaultdict[Window, list[str]] = defaultdict(list)
    for key in keys:
        groups[key.window].append(key.flow)
    found: dict[RunsKey, Page[RunRow]] = {}
    for window, flows in groups.items():
        found |= {RunsKey(flow, window): page for flow, page in (await runs_of(connection, flows, window)).items()}
    return found
