"""POST /propose of the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass
class Simulator:
    """Proposes `propensities`, the likeliest first, after `delay_s`; keeps the questions it was asked."""

    propensities: Mapping[str, float]
    token: str | None = None
    delay_s: float = 0
    status: int = 200
    asked: list[Mapping[str, object]] = field(default_factory=list)

    async def propose(self, request: Request) -> Response:
        """The answer says that it is simulated, in a key that the hub does not read."""
        if self.token is not None and request.headers.get("authorization") != f"Bearer {self.token}":
            return Response(status_code=401)
        self.asked.append(orjson.loads(await request.body()))
        await asyncio.sleep(self.delay_s)
        ranked = sorted(self.propensities.items(), key=lambda one: (-one[1], one[0]))
        actions = [{"proposition": name, "propensity": propensity} for name, propensity in ranked]
        body = orjson.dumps({"actions": actions, "simulated": True})
        return Response(body, status_code=self.status, media_type="application/json")

    def app(self) -> Starlette:
        """To be served by any ASGI server."""
        return Starlette(routes=[Route("/propose", self.propose, methods=["POST"])])
