"""One-click unsubscribe (RFC 8058): a POST withdraws the consent, without a login, a cookie, a redirect or a question.

A GET shows a page with one button, for people whose mail program opens the address, and records nothing: programs that
scan mail fetch every link.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from hub.clock import Clock
from hub.entrypoints.asgi.links import PER_SECOND, STORE_WITHIN_S, RateBound, database_of, page_headers
from hub.errors import HubError, NotFound
from hub.outbound.links import read_unsubscribe
from hub.settings.find_channels import Outbound
from hub.stewardship.unsubscribe import unsubscribe
from hub.store.keys import KeyRing

ONE_CLICK: Final = b"One-Click"
"""What the body of the POST says, URL-encoded or as a part of a form."""

BODY_MAX: Final = 4_096

_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width"><title>{company}</title>
<body style="font-family:sans-serif;max-width:30em;margin:4em auto;padding:0 1em">
<p>No more of these mails from {company}?</p>
<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button style="font-size:1.2em;padding:.5em 1em">Unsubscribe</button></form>
</body></html>
"""

log = structlog.get_logger(__name__)


class UnsubscribeEndpoint:
    """One per application; `time_s` is a clock that never goes back."""

    def __init__(
        self,
        outbound: Outbound,
        keys: KeyRing,
        clock: Clock,
        company: str,
        time_s: Callable[[], float] | None = None,
    ) -> None:
        self._outbound, self._keys, self._clock, self._company = outbound, keys, clock, company
        self._bound = RateBound(PER_SECOND, time_s)

    async def answer(self, request: Request) -> Response:
        """200 once it is withdrawn, also when it was before; 404 for what is no link of ours any more."""
        link = read_unsubscribe(self._keys, str(request.path_params["token"]), self._clock())
        headers = page_headers("'self'")
        if link is None:
            return PlainTextResponse("This link is not valid any more.\n", 404, headers=headers)
        if request.method != "POST":
            return HTMLResponse(_PAGE.format(company=escape(self._company)), headers=headers)
        if ONE_CLICK not in await _beginning(request):
            return PlainTextResponse("Send List-Unsubscribe=One-Click.\n", 400, headers=headers)
        if not self._bound.takes_one():
            return PlainTextResponse("Please try again.\n", 429, headers={**headers, "retry-after": "1"})
        try:
            async with asyncio.timeout(STORE_WITHIN_S), database_of(request).transaction() as connection:
                await unsubscribe(connection, self._outbound, link.delivery, self._clock())
        except NotFound:
            pass  # the person was erased: there is nobody to write to any more
        except (HubError, SQLAlchemyError, OSError) as error:  # a timeout is an OSError
            log.warning("an unsubscribe was not recorded", delivery=str(link.delivery), error=type(error).__name__)
            return PlainTextResponse("Please try again.\n", 503, headers={**headers, "retry-after": "5"})
        return PlainTextResponse("You are unsubscribed.\n", headers=headers)


async def _beginning(request: Request) -> bytes:
    """As much of the body as such a form can have; the rest is not read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            break
    return body[:BODY_MAX]
