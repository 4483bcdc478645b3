"""Put the room of migrations together: what steers them in the web process and the commands, and in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.entrypoints.wiring import open_systems
from hub.flows.engine_room import EngineRoom
from hub.flows.systems import OpenSystems
from hub.migration.comparing import MigrationRoom, compare_outbound
from hub.migration.desk import Desk
from hub.migration.parity import compare
from hub.ports.capabilities import Capabilities
from hub.ports.system import Adapter
from hub.records.identity import Entity
from hub.settings.configuration import Configuration

NOTHING = Capabilities()


def desk_of(configuration: Configuration, systems: OpenSystems) -> Desk:
    """What planning and steering need; an adapter tells its capabilities without connecting."""

    def capabilities_of(system: str, entity: Entity) -> Capabilities:
        return systems.port(system).capabilities.get(entity, NOTHING)

    limits = {str(name): system.limits for name, system in configuration.systems.items()}
    return Desk(configuration.flows, limits, capabilities_of)


def unconnected_desk(configuration: Configuration, adapters: Mapping[str, Adapter[Any]]) -> Desk:  # Any: see wiring
    """The same for a process that calls no system."""
    return desk_of(configuration, open_systems(configuration, adapters))


def migration_room(configuration: Configuration, engine: EngineRoom) -> MigrationRoom:
    """What a worker's steps work with, on the event loop of `engine`."""
    return MigrationRoom(engine, desk_of(configuration, engine.systems), compare, compare_outbound)
