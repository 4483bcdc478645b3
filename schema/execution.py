"""graphql-core's execution, for subscriptions that stay open for days."""

from __future__ import annotations

from typing import Any

from graphql import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class Execution(StrawberryGraphQLCoreExecutionContext):
    """Its events remember nothing for each other.

    graphql-core 3.3 lets all events of a subscription fill one memory of collected fields, under keys that no later
    event has: some kilobytes for each event, until the subscription ends.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:  # Any: whatever the source gives
        """Its own memory for each event."""
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}
        return executor
