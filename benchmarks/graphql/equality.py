"""Servers are compared only when they answer the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import httpx2
import orjson

from benchmarks.graphql.company import ASKED, DOCUMENTS, PAGE, Document, bodies
from benchmarks.graphql.servers import Server

OPAQUE: Final = frozenset({"cursor", "endCursor"})
"""Each server's own; that they are there is compared, not what they are."""

NAMING: Final = frozenset(
    {"name", "value", "number", "externalId", "product", "purpose", "street", "total", "amount", "subject"}
)
"""Values that PostGraphile, whose schema has other names and shapes, must give as often as the others."""


COMPARED: Final = 20
"""Requests of each document, spread over the customers who are asked for."""

NOT_HIS: Final = frozenset({"leads"})
"""What a customer is not shown about himself."""


async def check(servers: list[Server], reference: Server) -> None:
    """SystemExit with the first answer that is not the reference's, asked anew and asked again."""
    async with httpx2.AsyncClient(timeout=30) as client:
        for document in DOCUMENTS:
            for server in servers:
                if server is not reference and not (document is PAGE and server.own is not None):
                    await _compare(client, server, reference, document)


async def _compare(client: httpx2.AsyncClient, server: Server, reference: Server, document: Document) -> None:
    for given, known in zip(_requests(server, document, server), _requests(reference, document, server), strict=True):
        expected = await _answer(client, reference, document, known)
        for time in ("first", "second"):
            if not _same(server, await _answer(client, server, document, given), expected):
                raise SystemExit(
                    f"{server.name} answers {document.name} otherwise than {reference.name}, the {time} time"
                )


def _requests(asked: Server, document: Document, about: Server) -> Iterator[bytes]:
    """What is asked for the customers of whom `about` may tell."""
    found = bodies(document, asked.documents, about.own, raw_ids=asked.raw_ids)
    return islice(found, 0, None, ASKED // COMPARED)


def _same(server: Server, given: Any, expected: Any) -> bool:
    if server.raw_ids:
        return Counter(_naming(given)) == Counter(_naming(expected))
    left_out = NOT_HIS if server.own is not None else frozenset()
    return bool(_comparable(given, left_out) == _comparable(expected, left_out))


async def _answer(client: httpx2.AsyncClient, server: Server, document: Document, body: bytes) -> Any:
    headers = {"content-type": "application/json"}
    if server.token is not None:
        headers["authorization"] = f"Bearer {server.token}"
    answer = orjson.loads((await client.post(server.url, content=body, headers=headers)).content)
    if answer.get("errors"):
        raise SystemExit(f"{server.name} answers {document.name} with {answer['errors'][0]['message']}")
    return answer["data"]


def _comparable(value: Any, left_out: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {k: k in OPAQUE or _comparable(inner, left_out) for k, inner in value.items() if k not in left_out}
    return [_comparable(inner, left_out) for inner in value] if isinstance(value, list) else value


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
