"""What the engine works with, put together once per event loop by the entry points."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from hub.clock import Clock
from hub.customers.recognise import Rules
from hub.errors import NotFound
from hub.flows.apply import ApplyRules
from hub.flows.systems import OpenSystems
from hub.mapping.record import RecordMapping
from hub.ports.webhooks import Webhooks
from hub.records.identity import Entity, FlowName, SystemName
from hub.settings.flows import Flow
from hub.settings.leads import NO_LEADS, LeadRules
from hub.store.engine import Database
from hub.store.keys import KeyRing


@dataclass(frozen=True)
class EngineRoom:
    """Store, systems and the company's configuration; `mappings` by (system, entity), `webhooks` of those that push.

    `bulk_step_every_s`: how often a bulk run takes a small step while real-time work is late. `pause` waits so many
    seconds.
    """

    database: Database
    systems: OpenSystems
    flows: Mapping[FlowName, Flow]
    mappings: Mapping[tuple[SystemName, Entity], RecordMapping]
    recognition: Rules
    keys: KeyRing
    clock: Clock
    webhooks: Mapping[SystemName, Webhooks] = field(default_factory=dict)
    leads: LeadRules = NO_LEADS
    bulk_step_every_s: float = 0.5
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    def flow(self, name: str) -> Flow:
        """The configured flow; NotFound when hub.yaml no longer has it."""
        try:
            return self.flows[FlowName(name)]
        except KeyError:
            raise NotFound(f"there is no flow {name} in the configuration") from None

    def mapping(self, system: str, entity: Entity) -> RecordMapping:
        """How this system's objects become canonical records."""
        try:
            return self.mappings[(SystemName(system), entity)]
        except KeyError:
            raise NotFound(f"system {system} has no mapping for {entity.value}") from None

    def rules(self, mapping: RecordMapping) -> ApplyRules:
        """The rules under which a page with this mapping is applied."""
        return ApplyRules(self.recognition, self.keys, mapping.version, self.leads, mapping.originals_of)
