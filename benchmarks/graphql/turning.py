"""Requests for pages of which none is asked for twice: what answers kept in memory do not help."""

from __future__ import annotations

from random import Random
from typing import Any, Final

import httpx2
import orjson

from benchmarks.graphql.company import PAGE
from benchmarks.graphql.servers import Server

FROM: Final = "query Page {\n  customers(first: 50) {"
BEHIND: Final = "query Page($after: String) {\n  customers(first: 50, after: $after) {"
SEED: Final = 6


async def pages_of(server: Server) -> list[bytes]:
    """A page from behind each customer, in no order; pages overlap, and none is another.

    10,000 of them come to 200 MB of answers, three times what a process keeps.
    """
    text = (server.documents / PAGE.file).read_text(encoding="utf-8")
    if FROM not in text:
        raise SystemExit(f"{PAGE.file} does not begin as it is turned here")
    behind = text.replace(FROM, BEHIND)
    cursors: list[str] = []
    headers = {"authorization": f"Bearer {server.token}"}
    async with httpx2.AsyncClient(timeout=30, headers=headers) as client:
        after: str | None = None
        while True:
            page = await _page(client, server, behind, after)
            cursors += [edge["cursor"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
    found = [orjson.dumps(_body(behind, cursor)) for cursor in cursors[: -len(page["edges"])]]
    Random(SEED).shuffle(found)
    return found


async def _page(client: httpx2.AsyncClient, server: Server, text: str, after: str | None) -> Any:
    answer = (await client.post(server.url, json=_body(text, after))).json()
    if "errors" in answer:
        raise SystemExit(f"{server.name} does not turn pages: {answer['errors'][0]['message']}")
    return answer["data"]["customers"]


def _body(text: str, after: str | None) -> dict[str, object]:
    return {"query": text, "operationName": PAGE.name, "variables": {"after": after}}
