"""Tryton 8.2 over JSON-RPC, as CRM, lead management or campaign management."""

from pathlib import Path

from adapters.tryton.options import TrytonOptions
from adapters.tryton.port import TrytonPort
from hub.ports.system import Adapter

ADAPTER = Adapter("tryton", TrytonOptions, TrytonPort, Path(__file__).with_name("mappings"))
