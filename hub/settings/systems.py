"""A connected system, as written and as the hub uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, Field

from hub.records.identity import Entity, SystemName, SystemRole
from hub.settings.written import Written


class AdapterSpec(Protocol):
    """What the configuration needs to know of an installed adapter; hub.ports.system.Adapter is one."""

    @property
    def options(self) -> type[BaseModel]:
        """The model of the system's `options:`."""

    @property
    def mappings(self) -> Path | None:
        """Folder of the adapter's own `<entity>.yaml` files, None if every installation brings its own."""


class Limits(Written):
    """What the hub may ask of a system."""

    requests_per_minute: int = Field(
        600, ge=1, le=1_000_000, description="Requests per minute over all processes; beyond it work waits."
    )
    realtime_share: float = Field(0.2, ge=0, lt=1, description="Part of these that bulk work leaves to real-time work.")
    concurrency: int = Field(4, ge=1, le=100, description="Calls under way at once from one process.")
    timeout_s: float = Field(30.0, gt=0, le=600, description="Seconds until one call counts as not answered.")
    suspend_after: int = Field(
        5,
        ge=1,
        le=100,
        description="Failures in a row after which the system is called no more until a probe succeeds.",
    )


class SystemEntry(Written):
    """One entry under `systems:`."""

    adapter: str = Field(description="Name of an installed adapter; `hub systems` lists them.")
    roles: tuple[SystemRole, ...] = Field(
        min_length=1, description="What the package is used as: CRM, LMS, CM, BACK_OFFICE, CHANNEL; several are fine."
    )
    options: Mapping[str, object] = Field(
        {},
        description="The adapter's own settings; `${NAME}` is an environment variable, `{file: PATH}` a secret's file.",
    )
    limits: Limits = Field(Limits(), description="How much the hub may ask of the system.")
    mappings: Mapping[Entity, object] = Field(
        {}, description="Entity: path of a mapping file (from hub.yaml's folder) or the mapping itself."
    )
    contracts: Mapping[Entity, object] = Field(
        {}, description="Entity: path of a contract file or the contract itself; `hub contract learn` drafts one."
    )
    keep_originals: bool = Field(
        True,
        description="Keep with each version what it was mapped from, encrypted alike, to try another mapping on it.",
    )


@dataclass(frozen=True)
class ConnectedSystem:
    """A system with its options validated by its adapter; they hold secrets and so never show."""

    name: SystemName
    adapter: str
    roles: tuple[SystemRole, ...]
    limits: Limits
    options: BaseModel = field(repr=False)
