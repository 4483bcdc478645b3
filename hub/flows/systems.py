"""The connected systems of one event loop: opened on first use, closed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.errors import NotFound
from hub.ports.system import SystemPort


class OpenSystems:
    """Ports by system name; `openers` make one each, on the loop that asks first."""

    def __init__(self, openers: Mapping[str, Callable[[], SystemPort]]) -> None:
        self._openers = openers
        self._open: dict[str, SystemPort] = {}

    def port(self, system: str) -> SystemPort:
        """The system's port; NotFound for a name that the configuration does not have."""
        if system not in self._open:
            if system not in self._openers:
                raise NotFound(f"there is no system {system} in the configuration")
            self._open[system] = self._openers[system]()
        return self._open[system]

    async def aclose(self) -> None:
        """Give every connection back."""
        while self._open:
            _, port = self._open.popitem()
            await port.aclose()
