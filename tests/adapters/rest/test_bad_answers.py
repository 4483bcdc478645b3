"""What an API should not answer, and sometimes does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.rest.options import RestOptions
from adapters.rest.port import RestPort
from hub.entrypoints.asgi.server import listening
from hub.errors import HubError, Rejected, Transient, Unauthorised
from hub.ports.limits import RateLimit
from hub.records.identity import Entity, SystemName

pytestmark = pytest.mark.slow

SECRET = "s3cr3t-value"


class Api:
    """Answers every call with what the test puts into `answer`."""

    def __init__(self) -> None:
        self.answer: Response = JSONResponse([])
        self.asked: list[str] = []

    def app(self) -> Starlette:
        def any_call(request: Request) -> Response:
            self.asked.append(str(request.url))
            return self.answer

        return Starlette(routes=[Route("/{path:path}", any_call)])


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
async def port(api: Api) -> AsyncIterator[RestPort]:
    async with AsyncExitStack() as stack:
        number = await stack.enter_async_context(listening(api.app(), "127.0.0.1", 0))
        options = {
            "url": f"http://127.0.0.1:{number}",
            "auth": {"kind": "header", "name": "X-Api-Key", "value": SECRET},
            "entities": {"customer": {"list": "/c", "one": "/c/{id}", "paging": {"by": "link"}}},
            "answer_bytes_max": 2048,
        }
        port = RestPort(SystemName("shop"), RestOptions.model_validate(options))
        stack.push_async_callback(port.aclose)
        yield port


BAD: list[tuple[Response, type[HubError]]] = [
    (Response("<html>", media_type="text/html"), Rejected),
    (JSONResponse({"error": "no list"}), Rejected),
    (JSONResponse(["x" * 4000]), Rejected),
    (Response(status_code=401), Unauthorised),
    (Response(status_code=403), Unauthorised),
    (Response(status_code=400), Rejected),
    (Response(status_code=500), Transient),
    (Response(status_code=429, headers={"Retry-After": "17"}), Transient),
]


@pytest.mark.parametrize(("answer", "error"), BAD, ids=range(len(BAD)))
async def test_each_failure_says_how_to_recover_and_no_secret(
    api: Api, port: RestPort, answer: Response, error: type[HubError]
) -> None:
    cursor = await port.begin_run(Entity.CUSTOMER, None, timedelta())
    api.answer = answer
    with pytest.raises(error) as raised:
        await port.pull(Entity.CUSTOMER, cursor, 100)
    assert SECRET not in str(raised.value)
    if answer.status_code == 429:
        assert isinstance(raised.value, Transient)
        assert raised.value.retry_after_s == 17


async def test_a_next_page_on_another_host_is_not_followed(api: Api, port: RestPort) -> None:
    cursor = await port.begin_run(Entity.CUSTOMER, None, timedelta())
    api.answer = JSONResponse([{"id": 1}], headers={"Link": '<http://127.0.0.1:1/c?page=2>; rel="next"'})
    page = await port.pull(Entity.CUSTOMER, cursor, 100)
    assert [one.external_id for one in page.objects] == ["1"]
    with pytest.raises(Rejected, match="another address"):
        await port.pull(Entity.CUSTOMER, page.cursor, 100)


async def test_a_record_without_an_id_is_unreadable_and_the_others_are_read(api: Api, port: RestPort) -> None:
    cursor = await port.begin_run(Entity.CUSTOMER, None, timedelta())
    api.answer = JSONResponse([{"id": 1}, {"name": "nobody"}, 7, {"id": "b"}])
    page = await port.pull(Entity.CUSTOMER, cursor, 100)
    assert [one.external_id for one in page.objects] == ["1", "b"]
    assert [(one.raw, one.reason) for one in page.unreadable] == [
        (b'{"name":"nobody"}', "the record has no id where `id` points"),
        (b"7", "the record is not a JSON object"),
    ]


async def test_a_stamp_from_a_clock_ahead_counts_as_of_the_reading(api: Api) -> None:
    async with AsyncExitStack() as stack:
        number = await stack.enter_async_context(listening(api.app(), "127.0.0.1", 0))
        options = {"url": f"http://127.0.0.1:{number}", "entities": {"customer": {"list": "/c", "stamp": "at"}}}
        port = RestPort(SystemName("shop"), RestOptions.model_validate(options))
        stack.push_async_callback(port.aclose)
        now = await port.now()
        cursor = await port.begin_run(Entity.CUSTOMER, None, timedelta())
        ahead, past = now + timedelta(minutes=2), now - timedelta(minutes=2)
        api.answer = JSONResponse([{"id": 1, "at": ahead.isoformat()}, {"id": 2, "at": past.isoformat()}])
        page = await port.pull(Entity.CUSTOMER, cursor, 100)
    wrong, right = page.objects
    assert now < wrong.as_of < ahead
    assert (wrong.stamp, right.stamp, right.as_of) == (ahead, past, past)


async def test_what_the_api_says_of_its_limit_is_passed_on(api: Api, port: RestPort) -> None:
    api.answer = JSONResponse([], headers={"RateLimit-Remaining": "3", "RateLimit-Reset": "40"})
    await port.now()
    assert port.rate_limit() == RateLimit(3, 40.0)
    assert port.rate_limit() is None
