"""The adapter that docs/adapters.md walks through: a shop that keeps its customers in one SQLite table."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from examples.shop_adapter.port import ShopOptions, ShopPort
from hub.ports.system import Adapter

ADAPTER: Final = Adapter(name="shop", options=ShopOptions, open=ShopPort, mappings=Path(__file__).parent / "mappings")

__all__ = ["ADAPTER", "ShopOptions", "ShopPort"]
