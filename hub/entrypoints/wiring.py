"""Put the rooms together: adapters by name, systems from the configuration, one engine room per event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from importlib.metadata import entry_points
from typing import Any

from adapters.decision_engine.client import HttpDecisionEngine
from hub.clock import Clock
from hub.customers.likeness.bands import Bands
from hub.customers.recognise import Rules
from hub.customers.survive import FieldRule, FlipFlops, Survivorship
from hub.flows.engine_room import EngineRoom
from hub.flows.gate import Gate
from hub.flows.metered import MeteredPort
from hub.flows.systems import OpenSystems
from hub.ports.decision_engine import DecisionEngine
from hub.ports.limits import CallLimits, uncounted
from hub.ports.system import Adapter, SystemPort
from hub.ports.webhooks import Webhooks
from hub.records.identity import SystemName
from hub.settings.configuration import Configuration
from hub.settings.environment import Settings
from hub.settings.systems import ConnectedSystem
from hub.store.engine import Database
from hub.store.keys import KeyRing

ADAPTERS = "contacthub.adapters"
"""The entry-point group under which a package offers its adapter."""


class InstalledAdapters(Mapping[str, Adapter[Any]]):  # Any: each adapter has options of its own
    """Every adapter on this machine by the name that hub.yaml uses; one is imported when it is asked for."""

    def __init__(self) -> None:
        self._points = {point.name: point for point in entry_points(group=ADAPTERS)}

    def __getitem__(self, name: str) -> Adapter[Any]:
        adapter: Adapter[Any] = self._points[name].load()
        return adapter

    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    def __len__(self) -> int:
        return len(self._points)


def recognition_rules(configuration: Configuration) -> Rules:
    """What recognition and survivorship take from hub.yaml."""
    trust = configuration.survivorship
    fields = {name: FieldRule(field.rule, field.sources) for name, field in trust.fields.items()}
    limits = FlipFlops(trust.flip_flops.returns, trust.flip_flops.within_h)
    outward = {str(flow.target): flow.fields for flow in configuration.flows.values() if flow.fields}
    survivorship = Survivorship(FieldRule(trust.rule, trust.sources), fields, limits, outward, frozenset(outward))
    recognition = configuration.recognition
    bands = Bands(recognition.match, recognition.review, recognition.merge)
    return Rules(survivorship, recognition.region, bands)


def open_systems(configuration: Configuration, adapters: Mapping[str, Adapter[Any]]) -> OpenSystems:
    """The configured systems, each opened when it is first asked for, on the loop that asks."""
    return OpenSystems(
        {name: partial(_open, adapters[system.adapter], system) for name, system in configuration.systems.items()}
    )


def metered_systems(
    configuration: Configuration, adapters: Mapping[str, Adapter[Any]], database: Database, clock: Clock
) -> OpenSystems:
    """The same within the limits that all processes on `database` share; for everything but a look at a system."""

    def metered(system: ConnectedSystem) -> MeteredPort:
        gate = Gate(system.name, system.limits, database, clock)
        return MeteredPort(_open(adapters[system.adapter], system, gate.request), gate)

    return OpenSystems({name: partial(metered, system) for name, system in configuration.systems.items()})


def _open(
    adapter: Adapter[Any], system: ConnectedSystem, before_request: Callable[[], Awaitable[None]] = uncounted
) -> SystemPort:
    limits = CallLimits(system.limits.concurrency, system.limits.timeout_s, before_request)
    return adapter.open(system.name, system.options, limits)


def open_webhooks(configuration: Configuration, adapters: Mapping[str, Adapter[Any]]) -> Mapping[SystemName, Webhooks]:
    """What verifies and reads the calls of each system that may call the hub."""
    made: dict[SystemName, Webhooks] = {}
    for name, system in configuration.systems.items():
        adapter = adapters[system.adapter]
        webhooks = None if adapter.webhooks is None else adapter.webhooks(name, system.options)
        if webhooks is not None:
            made[name] = webhooks
    return made


def engine_room(
    configuration: Configuration,
    adapters: Mapping[str, Adapter[Any]],
    database: Database,
    keys: KeyRing,
    clock: Clock,
    bulk_step_every_s: float = 0.5,
) -> EngineRoom:
    """Everything the engine needs on one event loop; `database` must have been opened on it."""
    return EngineRoom(
        database=database,
        systems=metered_systems(configuration, adapters, database, clock),
        flows=configuration.flows,
        mappings=configuration.mappings,
        recognition=recognition_rules(configuration),
        keys=keys,
        clock=clock,
        webhooks=open_webhooks(configuration, adapters),
        leads=configuration.leads,
        bulk_step_every_s=bulk_step_every_s,
    )


def decision_engine(settings: Settings) -> Callable[[], DecisionEngine] | None:
    """Opens the engine that ranks offers live, where one is configured."""
    url, token = settings.decision_engine_url, settings.decision_engine_token
    if url is None:
        return None
    secret = None if token is None else token.get_secret_value()
    return partial(HttpDecisionEngine, url, secret, settings.decision_engine_deadline_ms)
