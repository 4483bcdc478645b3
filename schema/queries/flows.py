"""Connected systems and information flows; their number is bounded by hub.yaml, so the lists come whole."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.errors import NotFound
from hub.reads.flows import list_flows
from hub.reads.systems import list_systems
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.flow import InformationFlow
from schema.types.system import System

FlowNameArgument = Annotated[str, strawberry.argument(description="The flow's name in hub.yaml.")]


@strawberry.type
class FlowsQuery:
    """Mixed into Query."""

    @resolved("All connected systems, by name.", Requires(Scope.SYSTEMS_READ))
    async def systems(self, info: Info) -> list[System]:
        """Disabled ones included: they still have records."""
        async with info.context.reading() as connection:
            return [System.of(row) for row in await list_systems(connection)]

    @resolved("All information flows, in the order of the business model.", Requires(Scope.FLOWS_READ))
    async def flows(self, info: Info) -> list[InformationFlow]:
        """Planned ones included."""
        async with info.context.reading() as connection:
            return [InformationFlow.of(row) for row in await list_flows(connection)]

    @resolved("The information flow of this name.", Requires(Scope.FLOWS_READ))
    async def flow(self, info: Info, name: FlowNameArgument) -> InformationFlow | None:
        """NOT_FOUND for a name that hub.yaml does not have."""
        flow = await InformationFlow.visible(info, name)
        if flow is None:
            raise NotFound("there is no such flow")
        return flow
