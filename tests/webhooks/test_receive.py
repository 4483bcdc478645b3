"""What a package gets back when it calls, and what is then in the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from adapters.memory.webhooks import MemoryWebhooks
from hub.ports.webhooks import Webhooks
from hub.records.identity import Entity, SystemName
from hub.store.engine import Database
from tests.schema.company import NOW
from tests.schema.serving import Api, serving
from tests.webhooks.calls import FOREIGN_SECRET, SECRET, signed

BODY = b'{"entity": "customer", "id": "7", "at": "2026-01-05T08:00:00Z", "body": {"name": "Anna de Vries"}}'
BYTES_MAX = 2_000
TAKES: dict[SystemName, Webhooks] = {SystemName("crm"): MemoryWebhooks([SECRET], [Entity.CUSTOMER])}


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(database_url, tmp_path, webhooks=TAKES, webhook_bytes_max=BYTES_MAX) as api:
        yield api


async def call(api: Api, body: bytes = BODY, message_id: str = "msg_1", **given: str) -> httpx2.Response:
    return await api.http.post("/webhooks/crm", content=body, headers=signed(body, message_id, NOW, **given))


async def stored(database: Database) -> list[tuple[str, str]]:
    """(event id, state) of every event."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT event_id, state FROM inbox_event ORDER BY event_id"))
        return [(row.event_id, row.state) for row in rows]


async def ordered(database: Database) -> list[tuple[str, str, str, object]]:
    """(kind, queue, line, payload) of every work."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT kind, queue, line, payload FROM dispatch ORDER BY id"))
        return [(row.kind, row.queue, row.line, row.payload) for row in rows]


def counted(api: Api, outcome: str) -> bool:
    metrics: str = api.app.state.running.hub.metrics.exposition().decode()
    return f'contacthub_webhook_calls_total{{outcome="{outcome}",system="crm"}} 1.0' in metrics


async def test_a_signed_call_is_stored_encrypted_and_ordered_in_the_line_of_its_object(
    api: Api, database: Database
) -> None:
    answer = await call(api)

    assert (answer.status_code, answer.content) == (202, b"")
    assert await stored(database) == [("msg_1", "NEW")]
    payload = {"system": "crm", "event": "msg_1"}
    assert await ordered(database) == [("inbox.apply", "realtime", "inbox/crm/customer/7", payload)]
    async with database.reading() as connection:
        body: bytes = await connection.scalar(text("SELECT body FROM inbox_event"))
    assert b"Anna" not in body
    assert counted(api, "ACCEPTED")


async def test_a_second_delivery_is_answered_alike_and_stored_once(api: Api, database: Database) -> None:
    await call(api)
    answer = await call(api)

    assert answer.status_code == 202
    assert await stored(database) == [("msg_1", "NEW")]
    assert len(await ordered(database)) == 1
    assert counted(api, "DUPLICATE")


async def test_a_forged_call_is_refused_and_leaves_nothing(api: Api, database: Database) -> None:
    answer = await call(api, secret=FOREIGN_SECRET)

    assert answer.status_code == 401
    assert (await stored(database), await ordered(database)) == ([], [])
    assert counted(api, "UNAUTHORISED")


async def test_a_recorded_call_is_refused_when_it_is_repeated_later(api: Api, database: Database) -> None:
    api.clock.forward(timedelta(minutes=5, seconds=1))

    assert (await call(api)).status_code == 401
    assert await stored(database) == []


async def test_a_body_over_the_limit_is_refused_though_its_signature_is_right(api: Api, database: Database) -> None:
    answer = await call(api, b'"' + b"a" * BYTES_MAX + b'"')

    assert answer.status_code == 413
    assert await stored(database) == []
    assert counted(api, "TOO_LARGE")


async def test_a_body_that_comes_in_pieces_is_bounded_too(api: Api) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"a" * 1_000

    assert (await api.http.post("/webhooks/crm", content=pieces())).status_code == 413


@pytest.mark.parametrize("system", ["lms", "unknown"])
async def test_a_system_that_does_not_call_has_no_address(api: Api, system: str) -> None:
    answer = await api.http.post(f"/webhooks/{system}", content=BODY, headers=signed(BODY, "msg_1", NOW))

    assert answer.status_code == 404
    assert "webhook_calls_total{" not in api.app.state.running.hub.metrics.exposition().decode()


async def test_a_store_that_is_away_asks_the_sender_to_come_back(tmp_path: Path) -> None:
    nobody = "postgresql://postgres@127.0.0.1:1/none"
    async with serving(nobody, tmp_path, webhooks=TAKES) as api:
        answer = await call(api)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_neither_log_nor_answer_tells_what_a_call_held(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    answers = [await call(api), await call(api, secret=FOREIGN_SECRET), await call(api, b"{" + BODY, "msg_2")]

    said = "".join([*capfd.readouterr(), *(answer.text for answer in answers)])
    assert [word for word in ("Anna", "whsec_", "v1,") if word in said] == []
