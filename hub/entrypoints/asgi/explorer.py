"""A page to explore the API with, our own: it works without the internet and needs no build."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse

FOLDER: Final = Path(__file__).parent / "page"
SCRIPTS: Final = ("language.js", "explorer.js", "docs.js")
"""One script in this order."""


def wants_page(request: Request) -> bool:
    """True for a browser that opens the address, false for a client that sends a query."""
    accepts_html = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and accepts_html and "query" not in request.query_params


@cache
def explorer_page() -> HTMLResponse:
    """The page with script and style inside; the policy lets no other run and no other host be called."""
    script, style = "\n".join(map(_text, SCRIPTS)), _text("explorer.css")
    html = _text("explorer.html").replace("/*style*/", style).replace("/*script*/", script)
    policy = (
        f"default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        f"script-src '{_hash(script)}'; style-src '{_hash(style)}'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
