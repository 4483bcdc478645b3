"""What planning and steering need to know of the configuration; no system is called for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.errors import Invalid, NotFound
from hub.ports.capabilities import Capabilities
from hub.records.identity import Entity, FlowName
from hub.records.lanes import FlowCadence
from hub.settings.flows import Flow, Lane
from hub.settings.systems import Limits


@dataclass(frozen=True)
class Desk:
    """`capabilities_of` asks an adapter what its system can do with an entity, without connecting."""

    flows: Mapping[FlowName, Flow]
    limits: Mapping[str, Limits]
    capabilities_of: Callable[[str, Entity], Capabilities]

    def flow(self, name: str) -> Flow:
        """NotFound for a flow that hub.yaml does not have, or that is only planned."""
        try:
            return self.flows[FlowName(name)]
        except KeyError:
            raise NotFound(f"there is no flow {name} that runs") from None

    def lane(self, flow: Flow, cadence: FlowCadence) -> Lane:
        """Invalid when the flow has no lane of that cadence."""
        for lane in flow.lanes:
            if lane.cadence is cadence:
                return lane
        named = ", ".join(lane.cadence.value for lane in flow.lanes)
        raise Invalid(f"flow {flow.name} has no {cadence.value} lane; its lanes are {named}", ("to",))

    def road(self, flow: Flow, lane: Lane) -> str:
        """The system that the lane calls."""
        return lane.via or flow.system

    def capabilities(self, flow: Flow, lane: Lane) -> Capabilities:
        """What the lane's system can do with the flow's entity."""
        return self.capabilities_of(self.road(flow, lane), flow.entity)

    def limit(self, flow: Flow, lane: Lane) -> int:
        """Requests per minute that the lane's system allows."""
        return self.limits[self.road(flow, lane)].requests_per_minute
