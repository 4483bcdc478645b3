"""The link in a mail. Whoever fetches it sees a page with one button; only who presses it has answered.

Programs that scan mail fetch every link, so a GET reads no database and records nothing (RFC 9110, section 9.2.1).
"""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from hub.entrypoints.asgi.link_acts import LinkActs, page_headers
from hub.entrypoints.asgi.page_words import preferred
from hub.outbound.links import read_link
from hub.outbound.respond import respond_by_link

_ENGLISH: Final = "Thank you for your interest. Go on to our offer:"

_PAGE: Final = """<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width"><title>{company}</title>
<body style="font-family:sans-serif;max-width:30em;margin:4em auto;padding:0 1em">
<p>{sentence}</p><form method="post"><button style="font-size:1.2em;padding:.5em 1em">&#8594;</button></form>
</body></html>
"""


class LinkEndpoint:
    """One per application."""

    def __init__(self, acts: LinkActs) -> None:
        self._acts = acts

    async def answer(self, request: Request) -> Response:
        """404 for what is no link of ours any more, whatever is wrong with it."""
        options = self._acts.outbound.rules.link
        link = read_link(self._acts.keys, str(request.path_params["token"]), self._acts.clock())
        if options is None or link is None:
            return PlainTextResponse("This link is not valid any more.\n", 404, headers=page_headers("'none'"))
        target = urlsplit(options.target)
        headers = page_headers(f"'self' {target.scheme}://{target.netloc}")
        if request.method != "POST":
            return HTMLResponse(self._page(request.headers.get("accept-language", "")), headers=headers)
        refusal = await self._acts.refusal(
            request,
            link.delivery,
            lambda connection: respond_by_link(connection, self._acts.outbound, link.delivery, self._acts.clock()),
            headers,
        )
        if refusal is not None:
            return refusal
        return RedirectResponse(options.target, 303, headers=headers)

    def _page(self, accepted: str) -> str:
        landing = self._acts.outbound.rules.landing
        language = preferred(accepted, landing)
        sentence = landing.get(language, _ENGLISH)
        return _PAGE.format(language=escape(language), company=escape(self._acts.company), sentence=escape(sentence))
