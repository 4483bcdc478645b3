"""How long a query may take as a whole; the database bounds each of its statements besides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from hub.errors import Transient


@runtime_checkable
class InTime(Protocol):
    """Who sent an operation, and what his operations may take."""

    def query_within_s(self) -> float:
        """Seconds that one query may take."""
        ...


def too_long(within_s: float) -> Transient:
    """What the caller is told."""
    return Transient(f"the query took longer than {within_s:g} s; ask for less at a time")


class Deadline(SchemaExtension):
    """Ends queries that resolvers answer. A mutation is left to end by itself: half of one helps nobody."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Around the resolvers."""
        execution = self.execution_context
        if execution.operation_type is not OperationType.QUERY or not isinstance(execution.context, InTime):
            yield
            return
        within_s = execution.context.query_within_s()
        try:
            async with asyncio.timeout(within_s):
                yield
        except TimeoutError:
            raise too_long(within_s) from None
