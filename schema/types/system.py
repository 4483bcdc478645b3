"""Connected systems."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry import relay

from hub.reads.systems import SystemRow
from schema.context import Info
from schema.fields import resolved
from schema.types.calls import SystemBreaker, SystemBudget
from schema.types.enums import SystemRole, SystemState


@strawberry.type(description="A connected package: CRM, lead management, campaign management, back office or channel.")
class System(relay.Node):
    """A package as the hub last met it."""

    name: relay.NodeID[str]
    adapter: str = strawberry.field(description="Name of the adapter that speaks with it.")
    roles: list[SystemRole] = strawberry.field(description="What it is used as.")
    state: SystemState = strawberry.field(description="How the hub stands with it.")
    last_answer_at: datetime | None = strawberry.field(description="When it last answered a call.")
    last_error_at: datetime | None = strawberry.field(description="When a call last failed.")
    last_error: str | None = strawberry.field(description="Code of the last failed call.")

    @resolved("Its name in hub.yaml.", name="name")
    def shown_name(self) -> str:
        """The node's own id, in the clear."""
        return self.name

    @resolved("Whether it is called at present.")
    async def breaker(self, info: Info) -> SystemBreaker:
        """CLOSED for a system that never failed."""
        return SystemBreaker.of(await info.context.loaders.calls.load(self.name))

    @resolved("How many calls are left; null for a system that was never called.")
    async def budget(self, info: Info) -> SystemBudget | None:
        """What all processes spent together."""
        row = (await info.context.loaders.calls.load(self.name)).budget
        return None if row is None else SystemBudget.of(row)

    @classmethod
    def of(cls, row: SystemRow) -> Self:
        """The type from its row."""
        return cls(
            name=row.name,
            adapter=row.adapter,
            roles=[SystemRole(role) for role in row.roles],
            state=SystemState(row.state),
            last_answer_at=row.last_answer_at,
            last_error_at=row.last_error_at,
            last_error=row.last_error_code,
        )

    @classmethod
    async def visible(cls, info: Info, name: str) -> Self | None:
        """The system of this name, if the hub knows it."""
        row = await info.context.loaders.systems.load(name)
        return None if row is None else cls.of(row)
