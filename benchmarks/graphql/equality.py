"""Servers are compared only when they answer the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import httpx2
import orjson

from benchmarks.graphql.company import DOCUMENTS, bodies
from benchmarks.graphql.servers import Server

OPAQUE: Final = frozenset({"cursor", "endCursor"})
"""Each server's own; that they are there is compared, not what they are."""

NAMING: Final = frozenset(
    {"name", "value", "number", "externalId", "product", "purpose", "street", "total", "amount", "subject"}
)
"""Values that PostGraphile, whose schema has other names and shapes, must give as often as the others."""


async def check(servers: list[Server], reference: Server) -> None:
    """SystemExit with the first answer that is not the reference's."""
    async with httpx2.AsyncClient(timeout=30) as client:
        for document in DOCUMENTS:
            expected = await _answer(client, reference, document)
            for server in servers:
                if server.own is not None or server is reference:
                    continue
                given = await _answer(client, server, document)
                same = (
                    Counter(_naming(given)) == Counter(_naming(expected))
                    if server.raw_ids
                    else _comparable(given) == _comparable(expected)
                )
                if not same:
                    raise SystemExit(f"{server.name} answers {document.name} otherwise than {reference.name}")


async def _answer(client: httpx2.AsyncClient, server: Server, document: Any) -> Any:
    body = next(bodies(document, server.documents, raw_ids=server.raw_ids))
    headers = {"content-type": "application/json"}
    if server.token is not None:
        headers["authorization"] = f"Bearer {server.token}"
    answer = orjson.loads((await client.post(server.url, content=body, headers=headers)).content)
    if answer.get("errors"):
        raise SystemExit(f"{server.name} answers {document.name} with {answer['errors'][0]['message']}")
    return answer["data"]


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: key in OPAQUE or _comparable(inner) for key, inner in value.items()}
    return [_comparable(inner) for inner in value] if isinstance(value, list) else value


def _naming(value: Any) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        for inner in value:
            yield from _naming(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            named = "name" if key == "segment" else key
            if named in NAMING and not isinstance(inner, dict | list):
                yield named, inner
            yield from _naming(inner)
