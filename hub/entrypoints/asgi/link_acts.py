"""What both links of a mail do alike: a page that holds a form alone, and its answer, taken in a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub.clock import Clock
from hub.errors import HubError, NotFound
from hub.settings.find_channels import Outbound
from hub.store.engine import Database
from hub.store.keys import KeyRing

PER_SECOND: Final = 50.0
"""Answers that one process takes in; customers who press a button come nowhere near, a script that repeats one does."""

STORE_WITHIN_S: Final = 10.0

Recorded: TypeAlias = Callable[[AsyncConnection], Awaitable[object]]

log = structlog.get_logger(__name__)


class RateBound:
    """Lets through so many a second, a second's worth at once; `time_s` is a clock that never goes back."""

    def __init__(self, per_second: float, time_s: Callable[[], float] | None = None) -> None:
        self._per_second, self._left, self._at = per_second, per_second, 0.0
        self._time_s = time_s

    def takes_one(self) -> bool:
        """False when there were too many."""
        now = asyncio.get_running_loop().time() if self._time_s is None else self._time_s()
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(frozen=True)
class LinkActs:
    """What a link's endpoint works with; one per endpoint."""

    outbound: Outbound
    keys: KeyRing
    clock: Clock
    company: str
    bound: RateBound = field(default_factory=lambda: RateBound(PER_SECOND))

    async def refusal(
        self, request: Request, delivery: UUID, record: Recorded, headers: dict[str, str]
    ) -> Response | None:
        """None once `record` is committed, or where the person was erased; else the word to try again."""
        if not self.bound.takes_one():
            return PlainTextResponse("Please try again.\n", 429, headers={**headers, "retry-after": "1"})
        database: Database = request.app.state.running.hub.database
        try:
            async with asyncio.timeout(STORE_WITHIN_S), database.transaction() as connection:
                await record(connection)
        except NotFound:
            pass  # the person was erased: there is nobody whose answer it could be
        except (HubError, SQLAlchemyError, OSError) as error:  # a timeout is an OSError
            log.warning("an answer by link was not recorded", delivery=str(delivery), error=type(error).__name__)
            return PlainTextResponse("Please try again.\n", 503, headers={**headers, "retry-after": "5"})
        return None


def page_headers(form_action: str) -> dict[str, str]:
    """Of a page that holds nothing but a form to the places that `form_action` (Content-Security-Policy) allows."""
    return {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action {form_action}",
    }
