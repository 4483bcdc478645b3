"""One-click unsubscribe (RFC 8058): a POST withdraws the consent, without a login, a cookie, a redirect or a question.

A GET shows a page with one button, for people whose mail program opens the address, and records nothing: programs that
scan mail fetch every link.
"""

from __future__ import annotations

from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from hub.entrypoints.asgi.link_acts import LinkActs, page_headers
from hub.entrypoints.asgi.page_words import UNSUBSCRIBE, Words, preferred
from hub.outbound.links import read_unsubscribe
from hub.stewardship.unsubscribe import unsubscribe

ONE_CLICK: Final = b"One-Click"
"""What the body of the POST says, URL-encoded or as a part of a form."""

BODY_MAX: Final = 4_096

_PAGE: Final = """<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width"><title>{company}</title>
<body style="font-family:sans-serif;max-width:30em;margin:4em auto;padding:0 1em">
<p>{question}</p>
<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button style="font-size:1.2em;padding:.5em 1em">{button}</button></form>
</body></html>
"""


class UnsubscribeEndpoint:
    """One per application."""

    def __init__(self, acts: LinkActs) -> None:
        self._acts = acts

    async def answer(self, request: Request) -> Response:
        """200 once it is withdrawn, also when it was before; 404 for what is no link of ours any more."""
        link = read_unsubscribe(self._acts.keys, str(request.path_params["token"]), self._acts.clock())
        headers = page_headers("'self'")
        if link is None:
            return PlainTextResponse("This link is not valid any more.\n", 404, headers=headers)
        language = preferred(request.headers.get("accept-language", ""), UNSUBSCRIBE)
        words = UNSUBSCRIBE[language]
        if request.method != "POST":
            return HTMLResponse(self._page(language, words), headers=headers)
        if ONE_CLICK not in await _beginning(request):
            return PlainTextResponse("Send List-Unsubscribe=One-Click.\n", 400, headers=headers)
        refusal = await self._acts.refusal(
            request,
            link.delivery,
            lambda connection: unsubscribe(connection, self._acts.outbound, link.delivery, self._acts.clock()),
            headers,
        )
        if refusal is not None:
            return refusal
        return PlainTextResponse(f"{words.done}\n", headers=headers)

    def _page(self, language: str, words: Words) -> str:
        company = self._acts.company
        question = escape(words.question.format(company=company))
        return _PAGE.format(language=language, company=escape(company), question=question, button=escape(words.button))


async def _beginning(request: Request) -> bytes:
    """As much of the body as such a form can have; the rest is not read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            break
    return body[:BODY_MAX]
