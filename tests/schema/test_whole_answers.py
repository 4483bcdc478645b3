"""Over a socket a plain query's answer is written in one piece, and is what it would be behind all layers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from hub.access.principal import Role
from hub.store.engine import Database
from tests.schema.serving import Api, listening_api
from tests.schema.test_plain_queries import BY_NUMBER, NAMED, answers

PAGE = "https://desk.example"


@pytest.mark.parametrize("more", [{}, {"origin": PAGE}, {"origin": "https://other.example"}])
@pytest.mark.parametrize("query", [NAMED, "query Named($by: CustomerBy!) { customer(by: $by) { unknown } }"])
async def test_a_socket_gets_the_same_status_headers_and_answer(
    company: Database, database_url: str, tmp_path: Path, query: str, more: Mapping[str, str]
) -> None:
    async with listening_api(database_url, tmp_path, cors_origins=(PAGE,)) as (api, _):
        headers = {"authorization": f"Bearer {api.token(Role.AGENT)}", **more}
        plain, other = await answers(api, {"query": query, "variables": BY_NUMBER}, headers)
    # The one may come a second before the other.
    for told in (plain, other):
        assert isinstance(told[2], dict)
        told[2].pop("date")
    assert plain == other


def written(api: Api, alias: str, request_id: str, more: str = "") -> bytes:
    """A whole request."""
    body = orjson.dumps({"query": NAMED.replace("customer(", f"{alias}: customer("), "variables": BY_NUMBER})
    head = f"POST /graphql HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    own = f"authorization: Bearer {api.token(Role.AGENT)}\r\nx-request-id: {request_id}\r\n{more}\r\n"
    return (head + own).encode() + body


async def one_answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Its head and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.splitlines() if line.lower().startswith(b"content-length:"))
    return head, await reader.readexactly(int(length.split(b":")[1]))


async def test_requests_sent_at_once_are_answered_in_turn_and_the_last_may_close(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with listening_api(database_url, tmp_path) as (api, address), asyncio.timeout(10):
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        names = ["first", "second", "third"]
        for _ in range(2):
            writer.write(b"".join(written(api, name, f"request-{name}") for name in names))
            for name in names:
                head, body = await one_answer(reader)
                assert f"x-request-id: request-{name}".encode() in head
                assert list(orjson.loads(body)["data"]) == [name]
        writer.write(written(api, "last", "request-last", "connection: close\r\n"))
        head, _ = await one_answer(reader)
        assert b"connection: close" in head
        assert await reader.read() == b""
        writer.close()
