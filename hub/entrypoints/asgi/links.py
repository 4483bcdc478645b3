"""The link in a mail. Whoever fetches it sees a page with one button; only who presses it has answered.

Programs that scan mail fetch every link, so a GET reads no database and records nothing (RFC 9110, section 9.2.1).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from html import escape
from typing import Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from hub.clock import Clock
from hub.errors import HubError, NotFound
from hub.outbound.links import read_link
from hub.outbound.respond import respond_by_link
from hub.settings.find_channels import Outbound
from hub.store.engine import Database
from hub.store.keys import KeyRing

PER_SECOND: Final = 50.0
"""Answers that one process takes in; customers who press a button come nowhere near, a script that repeats one does."""

STORE_WITHIN_S: Final = 10.0

_ENGLISH: Final = "Thank you for your interest. Go on to our offer:"

_PAGE: Final = """<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width"><title>{company}</title>
<body style="font-family:sans-serif;max-width:30em;margin:4em auto;padding:0 1em">
<p>{sentence}</p><form method="post"><button style="font-size:1.2em;padding:.5em 1em">&#8594;</button></form>
</body></html>
"""

log = structlog.get_logger(__name__)


class LinkEndpoint:
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
        """404 for what is no link of ours any more, whatever is wrong with it."""
        options = self._outbound.rules.link
        link = read_link(self._keys, str(request.path_params["token"]), self._clock())
        if options is None or link is None:
            return PlainTextResponse("This link is not valid any more.\n", 404, headers=page_headers("'none'"))
        target = urlsplit(options.target)
        headers = page_headers(f"'self' {target.scheme}://{target.netloc}")
        if request.method != "POST":
            return HTMLResponse(self._page(request.headers.get("accept-language", "")), headers=headers)
        if not self._bound.takes_one():
            return PlainTextResponse("Please try again.\n", 429, headers={**headers, "retry-after": "1"})
        try:
            async with asyncio.timeout(STORE_WITHIN_S), database_of(request).transaction() as connection:
                await respond_by_link(connection, self._outbound, link.delivery, self._clock())
        except NotFound:
            pass  # the person was erased: there is nobody to have answered, and he may go on all the same
        except (HubError, SQLAlchemyError, OSError) as error:  # a timeout is an OSError
            log.warning("an answer by link was not recorded", delivery=str(link.delivery), error=type(error).__name__)
            return PlainTextResponse("Please try again.\n", 503, headers={**headers, "retry-after": "5"})
        return RedirectResponse(options.target, 303, headers=headers)

    def _page(self, accepted: str) -> str:
        landing = self._outbound.rules.landing
        language = _preferred(accepted, landing)
        sentence = landing.get(language, _ENGLISH)
        return _PAGE.format(language=escape(language), company=escape(self._company), sentence=escape(sentence))


class RateBound:
    """Lets through so many a second, a second's worth at once."""

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


def database_of(request: Request) -> Database:
    """The running application's."""
    database: Database = request.app.state.running.hub.database
    return database


def _preferred(accepted: str, landing: Mapping[str, str]) -> str:
    """The first language of Accept-Language (RFC 9110) that there is a sentence in; `en` where there is none."""
    for part in accepted.split(","):
        language = part.split(";")[0].strip().lower().split("-")[0]
        if language in landing:
            return language
    return "en"


def page_headers(form_action: str) -> dict[str, str]:
    """Of a page that holds nothing but a form to the places that `form_action` (Content-Security-Policy) allows."""
    return {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action {form_action}",
    }
