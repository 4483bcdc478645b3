"""The adapter for a package with an ordinary JSON API: lists in pages and single objects, all described in hub.yaml."""

from __future__ import annotations

from typing import Final

from adapters.rest.options import RestOptions
from adapters.rest.port import RestPort
from hub.ports.system import Adapter

ADAPTER: Final = Adapter(name="rest", options=RestOptions, open=RestPort)

__all__ = ["ADAPTER"]
