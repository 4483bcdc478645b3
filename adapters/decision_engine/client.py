"""The HTTP client of the port: one request, one deadline for all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import httpx2
import orjson
from pydantic import ValidationError

from adapters.decision_engine.wire import Answer, question_of
from hub.errors import Transient
from hub.ports.decision_engine import Asked, Proposed

ANSWER_BYTES_MAX: Final = 256_000
CONNECTIONS: Final = 20


class HttpDecisionEngine:
    """Opened on the event loop that asks; keeps its connections, so that a question costs one round trip."""

    def __init__(self, url: str, token: str | None, deadline_ms: int) -> None:
        headers = {"accept": "application/json", "content-type": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        self._url = url
        self._deadline_s = deadline_ms / 1000
        self._client = httpx2.AsyncClient(
            headers=headers, timeout=self._deadline_s, limits=httpx2.Limits(max_connections=CONNECTIONS)
        )

    async def propose(self, asked: Asked) -> Sequence[Proposed]:
        """See DecisionEngine; connecting, waiting and reading share the deadline."""
        try:
            async with asyncio.timeout(self._deadline_s):
                content = await self._answered(orjson.dumps(question_of(asked)))
        except TimeoutError:
            raise Transient(f"the decision engine did not answer within {self._deadline_s * 1000:.0f} ms") from None
        except httpx2.TransportError as error:
            raise Transient(f"the decision engine cannot be reached ({type(error).__name__})") from error
        try:
            return Answer.model_validate_json(content).proposed()
        except ValidationError:
            # The validation's own message would repeat the answer.
            raise Transient("the decision engine's answer is not as agreed") from None

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def _answered(self, body: bytes) -> bytes:
        async with self._client.stream("POST", self._url, content=body) as response:
            if response.status_code != HTTPStatus.OK:
                raise Transient(f"the decision engine answered with status {response.status_code}")
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > ANSWER_BYTES_MAX:
                    raise Transient(f"the decision engine's answer is longer than {ANSWER_BYTES_MAX} bytes")
        return bytes(content)
