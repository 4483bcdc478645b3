"""Relay connections over keyset pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Generic, Self, TypeVar

import strawberry
from strawberry.relay import PageInfo

from hub.errors import Invalid
from hub.reads.paging import Order, Page, Window
from schema.context import Info
from schema.fields import resolved

NodeT = TypeVar("NodeT")
RowT = TypeVar("RowT")

First = Annotated[
    int | None, strawberry.argument(description="How many from the start of the list; 20 if neither is given.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes behind this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end of the list.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]

PAGE_SIZE = 20


@strawberry.type(description="One element of a list and its place in it.")
class Edge(Generic[NodeT]):
    """A node with its cursor."""

    cursor: str = strawberry.field(description="Opaque; give it back as `after` or `before`.")
    node: NodeT = strawberry.field(description="The element.")


@strawberry.type(description="A part of a list, and the way to the rest of it.")
class Connection(Generic[NodeT]):
    """One page; the list may have gone on changing since, a cursor keeps its meaning."""

    edges: list[Edge[NodeT]] = strawberry.field(description="The elements in the list's order.")
    page_info: PageInfo = strawberry.field(description="Whether there is more, and where.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @resolved("Length of the whole list. Counts it, so ask only when it is shown.")
    async def total_count(self) -> int:
        """Only counted when the query asks."""
        return await self.count()

    @classmethod
    def of(
        cls, page: Page[RowT], order: Order, node_of: Callable[[RowT], NodeT], count: Callable[[], Awaitable[int]]
    ) -> Self:
        """The connection from a page of rows in `order`."""
        edges = [Edge(cursor=order.cursor_of(row), node=node_of(row)) for row in page.rows]
        info = PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return cls(edges=edges, page_info=info, count=count)


def window_of(
    info: Info, order: Order, first: int | None, after: str | None, last: int | None, before: str | None
) -> Window:
    """The arguments of a connection as a window; Invalid when they contradict each other or ask for too much."""
    return window_within(info.context.hub.page_size_max, order, first, after, last, before)


def window_within(
    page_size_max: int, order: Order, first: int | None, after: str | None, last: int | None, before: str | None
) -> Window:
    """As `window_of`, for pages of at most `page_size_max`."""
    if first is not None and last is not None:
        raise Invalid("give first or last, not both", ("last",))
    limit = first if first is not None else last if last is not None else PAGE_SIZE
    if not 0 < limit <= page_size_max:
        name = "last" if last is not None else "first"
        raise Invalid(f"{name} must be from 1 to {page_size_max}", (name,))
    return Window(
        limit,
        after=None if after is None else order.key_of(after, "after"),
        before=None if before is None else order.key_of(before, "before"),
        backwards=last is not None,
    )
