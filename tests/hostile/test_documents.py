"""Hostile documents and variables are refused with a client's error, others are served, and memory stays bounded."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hub.entrypoints.asgi.server import SOCKET_MESSAGE_MAX
from hub.store.engine import Database
from tests.hostile.documents import BY, DOCUMENTS, IDS, KINDS, another, another_long, huge_variables
from tests.hostile.server import Hub, hub_process
from tests.schema.following import acknowledged

pytestmark = pytest.mark.slow

GROWTH_MB = 120
"""What a few hundred refused megabytes may leave behind: caches that are bounded, and the allocator's slack."""


@pytest.fixture
async def hub(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Hub]:
    async with asyncio.timeout(240), hub_process(database_url, tmp_path) as hub:
        yield hub


def test_every_hostile_document_is_of_one_kind() -> None:
    assert sorted(name for names in KINDS.values() for name in names) == sorted(DOCUMENTS)


async def test_every_hostile_document_is_refused_in_time_and_leaves_no_memory_behind(hub: Hub) -> None:
    await hub.serves()
    before = hub.memory_mb()
    refusals: dict[str, set[str]] = {}
    for name, document in DOCUMENTS.items():
        async with asyncio.timeout(20):
            answer = await hub.ask(document)
        assert answer.status_code in (200, 400), name
        assert len(answer.content) < 200_000, name
        told = answer.json()
        codes = {error["extensions"]["code"] for error in told.get("errors", [])}
        assert codes, name
        refusals[name] = codes
        await hub.serves()
    assert {kind: set.union(*(refusals[name] for name in names)) for kind, names in KINDS.items()} == CODES
    for _ in range(3):
        await asyncio.gather(*(hub.ask(document) for document in DOCUMENTS.values()))
    assert hub.memory_mb() - before < GROWTH_MB


CODES = {
    "deep": {"BAD_REQUEST"},
    "wide": {"BAD_REQUEST"},
    "aliased": {"BAD_REQUEST"},
    "fragment cycles": {"BAD_REQUEST"},
    "costly": {"BAD_REQUEST", "TOO_COSTLY"},
    "long": {"TOO_LARGE"},
}


async def test_events_and_sockets_refuse_them_as_well(hub: Hub) -> None:
    headers = {"authorization": f"Bearer {hub.token}", "accept": "text/event-stream"}
    async with acknowledged(hub.address, hub.token) as client:
        for name, document in DOCUMENTS.items():
            async with asyncio.timeout(20):
                answer = await hub.http.post("/graphql", json={"query": document}, headers=headers)
                assert set(CODE.findall(answer.text)) in REFUSED, name
                assert len(answer.content) < 200_000, name
                if len(document) < SOCKET_MESSAGE_MAX - 1_000:
                    await client.subscribe(document, {}, name)
                    heard = json.dumps(await client.hear())
                    assert set(CODE.findall(heard)) in REFUSED, name
                    assert len(heard) < 200_000, name
        await client.subscribe("{ viewer { subject } }", {}, "last")
        assert (await client.hear())["payload"]["data"] == {"viewer": {"subject": "agent-7"}}
    await hub.serves()


CODE = re.compile(r'"code": ?"(\w+)"')
REFUSED = ({"BAD_REQUEST"}, {"TOO_COSTLY"}, {"TOO_LARGE"})


async def test_huge_variables_and_lists_are_refused_or_harmless(hub: Hub) -> None:
    before = hub.memory_mb()
    deep: object = 1
    for _ in range(900):
        deep = [deep]
    sent = [
        (BY, {"by": {"email": "x" * 900_000}}),
        (BY, {"by": {f"k{n}": n for n in range(20_000)}}),
        (BY, {"by": deep}),
        (IDS, {"ids": ["Q3VzdG9tZXI6eA=="] * 40_000}),
        (IDS, {"ids": [[["x"]]] * 10_000}),
        ("query($n: Int) { customers(first: $n) { totalCount } }", {"n": 10**300}),
        ("{ viewer { subject } }", {f"v{n}": "x" for n in range(30_000)}),
    ]
    for _ in range(2):
        for document, variables in sent:
            async with asyncio.timeout(20):
                answer = await hub.ask(document, variables)
            assert answer.status_code in (200, 400)
            codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
            assert codes <= {"BAD_REQUEST", "INVALID", "NOT_FOUND", "TOO_COSTLY"}, codes
        await hub.serves()
    too_long = await hub.ask(BY, {"by": {"email": "x" * 1_100_000}})
    assert (too_long.status_code, too_long.json()["errors"][0]["extensions"]["code"]) == (413, "TOO_LARGE")
    assert hub.memory_mb() - before < GROWTH_MB


MOST_MB = 60
"""What the second half of an attack may add to the first, whose caches are full by then."""


async def grown_mb(hub: Hub, attack: Callable[[int], tuple[str, object]], count: int) -> float:
    """How much the server takes more after the second `count` requests than after the first, each another one."""
    memory = []
    for half in range(2):
        for number in range(half * count, half * count + count, 4):
            answers = await asyncio.gather(*(hub.ask(*attack(number + n)) for n in range(4)))
            assert {answer.status_code for answer in answers} <= {200, 400}
        await hub.serves()
        memory.append(hub.memory_mb())
    return memory[1] - memory[0]


async def test_memory_is_bounded_whatever_is_sent_for_however_long(hub: Hub) -> None:
    """Variables of the largest size, documents that were never seen, and the same padded to the longest."""
    attacks: list[tuple[Callable[[int], tuple[str, object]], int]] = [
        (huge_variables, 12),
        (lambda n: (another(n), None), 40),
        (lambda n: (another_long(n), None), 12),
    ]
    assert [await grown_mb(hub, attack, count) < MOST_MB for attack, count in attacks] == [True] * 3


async def test_a_batch_is_refused_whole(hub: Hub) -> None:
    headers = {"authorization": f"Bearer {hub.token}"}
    batch = [{"query": "{ viewer { subject } }"}] * 1_000
    answer = await hub.http.post("/graphql", json=batch, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
