"""strawberry as its users build it: resolvers, and a dataloader per list, over asyncpg.

Run as `python -m benchmarks.graphql.plain_strawberry DSN`; prints its address once it listens. No tokens, no limits.
"""

from __future__ import annotations

import asyncio
import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import asyncpg
import orjson
import strawberry
import uvloop
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.schema.config import StrawberryConfig

from hub.entrypoints.asgi.server import listening

POOL: Final = 8
WHOLE: Final = 100
NodeT = TypeVar("NodeT")
Row = Any  # Any: asyncpg's records are read by name

DATE_TIME: Final = strawberry.scalar(
    name="DateTime", serialize=lambda time: time.astimezone(UTC).isoformat().replace("+00:00", "Z")
)


def global_id(type_name: str, key: UUID) -> strawberry.ID:
    return strawberry.ID(b64encode(f"{type_name}:{key}".encode()).decode())


class Context:
    """One per request: the pool, and a loader per statement and length."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self._loaders: dict[tuple[str, int], DataLoader[UUID, list[Row]]] = {}

    def rows(self, statement: str, limit: int = WHOLE) -> DataLoader[UUID, list[Row]]:
        key = statement, limit
        if key not in self._loaders:
            self._loaders[key] = DataLoader(self._batch(statement, limit))
        return self._loaders[key]

    def _batch(self, statement: str, limit: int) -> Callable[[list[UUID]], Any]:
        async def load(keys: list[UUID]) -> Sequence[list[Row]]:
            groups: dict[UUID, list[Row]] = {key: [] for key in keys}
            for row in await self.pool.fetch(statement, keys, limit):
                groups[row["key"]].append(row)
            return [groups[key] for key in keys]

        return load


Info = strawberry.Info[Context, None]


def part(
    table: str, order: str = "as_of DESC, id DESC", owner: str = "customer_id", living: str = "NOT deleted"
) -> str:
    return (
        "SELECT t.*, asked.key FROM unnest($1::uuid[]) AS asked(key) CROSS JOIN LATERAL ("
        f"SELECT * FROM {table} WHERE {owner} = asked.key AND {living} ORDER BY {order} LIMIT $2) t"
    )


MEDIA: Final = part("contact_medium", "preferred DESC, id DESC", living="true")
ADDRESSES: Final = part("postal_address", "preferred DESC, id DESC", living="true")
IDENTIFIERS: Final = part("customer_identifier", "system, external_id", living="true")
SEGMENTS: Final = part("customer_segment", "segment, system", living="true")
LINES: Final = part("sales_order_line", "position", "order_id", "true")
ORDERS, REQUESTS, LEADS = part("sales_order"), part("business_request"), part("sales_lead")
CONSENTS, HOLDINGS = part("consent"), part("product_holding")
TIMELINE: Final = part("timeline_entry", "at DESC, id DESC", living="true")
RUNNING: Final = frozenset(
    {"ACKNOWLEDGED", "PENDING", "IN_PROGRESS", "HELD", "ASSESSING_CANCELLATION", "PENDING_CANCELLATION"}
)


@strawberry.type
class Identifier:
    system: str
    external_id: str


@strawberry.type
class Medium:
    id: strawberry.ID
    kind: str
    value: str
    normalised: str
    preferred: bool
    source: str
    as_of: datetime


@strawberry.type
class Address:
    id: strawberry.ID
    street: str | None
    house_number: str | None
    postal_code: str | None
    locality: str | None
    country: str | None
    preferred: bool
    source: str
    as_of: datetime


@strawberry.type
class Segment:
    name: str
    source: str
    since: datetime


@strawberry.type
class Consent:
    purpose: str
    channel: str | None
    status: str
    legal_basis: str
    source: str


@strawberry.type
class Holding:
    id: strawberry.ID
    product: str
    quantity: Decimal | None
    active_from: date | None
    source: str


@strawberry.type
class Line:
    position: int
    product: str | None
    quantity: Decimal | None
    amount: Decimal | None


@strawberry.type
class Order:
    key: strawberry.Private[UUID]
    id: strawberry.ID
    number: str | None
    state: str
    ordered_on: date | None
    currency: str | None
    total: Decimal | None
    source: str
    as_of: datetime

    @strawberry.field
    async def lines(self, info: Info) -> list[Line]:
        return [Line(**picked(row, Line)) for row in await info.context.rows(LINES).load(self.key)]


@strawberry.type
class Request:
    id: strawberry.ID
    kind: str
    state: str
    running: bool
    number: str | None
    subject: str | None
    opened_at: datetime | None
    due_at: datetime | None
    source: str


@strawberry.type
class Lead:
    id: strawberry.ID
    name: str | None
    state: str
    rating: str | None
    amount: Decimal | None
    currency: str | None
    source: str
    as_of: datetime


@strawberry.type
class Entry:
    id: strawberry.ID
    at: datetime
    kind: str
    channel: str | None
    subject: str | None


@strawberry.type
class Page:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[NodeT]):
    node: NodeT
    cursor: str


@strawberry.type
class Connection(Generic[NodeT]):
    edges: list[Edge[NodeT]]
    page_info: Page


def connected(rows: Sequence[Row], first: int, node_of: Callable[[Row], NodeT]) -> Connection[NodeT]:
    edges = [Edge(node=node_of(row), cursor=b64encode(row["id"].bytes).decode()) for row in rows[:first]]
    end = edges[-1].cursor if edges else None
    return Connection(edges=edges, page_info=Page(has_next_page=len(rows) > first, end_cursor=end))


def picked(row: Row, kind: type, **given: object) -> dict[str, Any]:
    """The row's values that the type has, its system as `source`, and what is given."""
    wanted = kind.__annotations__
    values = {name: row[name] for name in row.keys() if name in wanted}  # noqa: SIM118  a record iterates over values
    return values | ({"source": row["system"]} if "source" in wanted else {}) | given


def node(kind: type[NodeT], type_name: str, **given: Callable[[Row], object]) -> Callable[[Row], NodeT]:
    def of(row: Row) -> NodeT:
        computed = {name: compute(row) for name, compute in given.items()}
        return kind(**picked(row, kind, id=global_id(type_name, row["id"]), **computed))

    return of


ENTRY = node(Entry, "TimelineEntry")
ORDER = node(Order, "SalesOrder", key=lambda row: row["id"])
REQUEST = node(Request, "BusinessRequest", running=lambda row: row["state"] in RUNNING)
LEAD = node(Lead, "SalesLead")


@strawberry.type
class Customer:
    key: strawberry.Private[UUID]
    id: strawberry.ID
    kind: str
    name: str | None
    given_name: str | None
    family_name: str | None
    birth_date: date | None
    language: str | None
    status: str | None
    customer_number: str | None
    version: int
    created_at: datetime
    updated_at: datetime

    @strawberry.field
    async def identifiers(self, info: Info) -> list[Identifier]:
        return [Identifier(**picked(row, Identifier)) for row in await info.context.rows(IDENTIFIERS).load(self.key)]

    @strawberry.field
    async def contact_media(self, info: Info) -> list[Medium]:
        return [node(Medium, "ContactMedium")(row) for row in await info.context.rows(MEDIA).load(self.key)]

    @strawberry.field
    async def addresses(self, info: Info) -> list[Address]:
        return [node(Address, "PostalAddress")(row) for row in await info.context.rows(ADDRESSES).load(self.key)]

    @strawberry.field
    async def segments(self, info: Info) -> list[Segment]:
        rows = await info.context.rows(SEGMENTS).load(self.key)
        return [Segment(**picked(row, Segment, name=row["segment"])) for row in rows]

    @strawberry.field
    async def consents(self, info: Info) -> list[Consent]:
        return [Consent(**picked(row, Consent)) for row in await info.context.rows(CONSENTS).load(self.key)]

    @strawberry.field
    async def product_holdings(self, info: Info) -> list[Holding]:
        return [node(Holding, "ProductHolding")(row) for row in await info.context.rows(HOLDINGS).load(self.key)]

    @strawberry.field
    async def orders(self, info: Info, first: int = 20) -> Connection[Order]:
        return connected(await info.context.rows(ORDERS, first + 1).load(self.key), first, ORDER)

    @strawberry.field
    async def requests(self, info: Info, first: int = 20) -> Connection[Request]:
        return connected(await info.context.rows(REQUESTS, first + 1).load(self.key), first, REQUEST)

    @strawberry.field
    async def leads(self, info: Info, first: int = 20) -> Connection[Lead]:
        return connected(await info.context.rows(LEADS, first + 1).load(self.key), first, LEAD)

    @strawberry.field
    async def timeline(self, info: Info, first: int = 20) -> Connection[Entry]:
        return connected(await info.context.rows(TIMELINE, first + 1).load(self.key), first, ENTRY)


CUSTOMER = node(Customer, "Customer", key=lambda row: row["id"])


@strawberry.input(one_of=True)
class CustomerBy:
    id: strawberry.Maybe[strawberry.ID]
    email: strawberry.Maybe[str]


@strawberry.type
class Query:
    @strawberry.field
    async def customer(self, info: Info, by: CustomerBy) -> Customer | None:
        asked = by.id.value if by.id is not None else ""
        key = UUID(b64decode(asked).decode().split(":")[1])
        row = await info.context.pool.fetchrow("SELECT * FROM customer WHERE id = $1", key)
        return None if row is None else CUSTOMER(row)

    @strawberry.field
    async def customers(self, info: Info, first: int = 20) -> Connection[Customer]:
        statement = "SELECT * FROM customer WHERE NOT deleted ORDER BY search, id LIMIT $1"
        return connected(await info.context.pool.fetch(statement, first + 1), first, CUSTOMER)


class Endpoint(GraphQL[Context, None]):
    async def get_context(self, request: Any, response: Any) -> Context:  # Any: strawberry's own signature
        return Context(request.app.state.pool)

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()


def application(dsn: str) -> Starlette:
    schema = strawberry.Schema(Query, config=StrawberryConfig(scalar_map={datetime: DATE_TIME}))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=POOL, max_size=POOL) as pool:
            app.state.pool = pool
            yield

    return Starlette(routes=[Route("/graphql", Endpoint(schema))], lifespan=lifespan)


async def serve(dsn: str) -> None:
    async with listening(application(dsn), "127.0.0.1", 0) as port:
        print(f"http://127.0.0.1:{port}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
