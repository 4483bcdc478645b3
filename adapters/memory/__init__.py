"""A small package in memory, for authors of adapters and for tests. It is a fake and keeps nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.memory.port import MemoryOptions, MemoryPort
from adapters.memory.store import MemoryStore
from adapters.memory.webhooks import MemoryWebhooks
from hub.ports.limits import CallLimits
from hub.ports.system import Adapter
from hub.records.identity import SystemName

_STORES: Final[dict[str, MemoryStore]] = {}


def memory_store(name: str) -> MemoryStore:
    """The process's store of this name, made at first use; the way for a test to reach behind an opened port."""
    return _STORES.setdefault(name, MemoryStore())


def _open(name: SystemName, options: MemoryOptions, _limits: CallLimits) -> MemoryPort:
    return MemoryPort(name, memory_store(options.store), options.entities)


def _webhooks(_name: SystemName, options: MemoryOptions) -> MemoryWebhooks | None:
    secrets = [secret.get_secret_value() for secret in options.webhook_secrets]
    return MemoryWebhooks(secrets, options.entities) if secrets else None


ADAPTER: Final = Adapter(
    name="memory",
    options=MemoryOptions,
    open=_open,
    mappings=Path(__file__).parent / "mappings",
    webhooks=_webhooks,
)

__all__ = ["ADAPTER", "MemoryOptions", "MemoryPort", "MemoryStore", "memory_store"]
