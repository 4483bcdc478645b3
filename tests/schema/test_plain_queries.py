"""A plain query is answered in front of the framework, just as it would be behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import orjson
import pytest

from hub.access.principal import Role
from hub.observe.metrics import Metrics
from hub.store.engine import Database
from tests.schema.company import gid
from tests.schema.questions import ANNA, BEN
from tests.schema.serving import Api

NAMED = "query Named($by: CustomerBy!) { customer(by: $by) { name } }"
BY_NUMBER = {"by": {"externalId": {"system": "crm", "externalId": "1"}}}


async def answers(api: Api, body: Mapping[str, object], headers: Mapping[str, str]) -> list[tuple[int, object, object]]:
    """The same request with its length told, which makes it plain, and without."""
    sent = orjson.dumps(body)

    async def in_pieces() -> AsyncIterator[bytes]:
        yield sent[:10]
        yield sent[10:]

    told: list[tuple[int, object, object]] = []
    for content in (sent, in_pieces()):
        response = await api.http.post(
            "/graphql", content=content, headers={"content-type": "application/json", **headers}
        )
        names = {name: value for name, value in response.headers.items() if name != "x-request-id"}
        told.append((response.status_code, response.json(), names))
    return told


@pytest.mark.parametrize(
    "body",
    [
        {"query": NAMED, "variables": BY_NUMBER},
        {"query": NAMED, "variables": {"by": {"email": "nobody@example.nl"}}, "operationName": "Named"},
        {"query": NAMED, "variables": {"by": {}}},
        {"query": "{ viewer { subject } }"},
        {"query": "{ customers(first: 1) { edges { node { id } } } unknown }"},
        {"query": "{", "variables": None},
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "application/graphql-response+json"])
async def test_status_headers_and_answer_are_the_same(
    api: Api, company: Database, body: Mapping[str, object], accept: str
) -> None:
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}", "accept": accept}
    plain, other = await answers(api, body, headers)
    assert plain == other


async def test_a_refused_token_is_told_the_same(api: Api, company: Database) -> None:
    plain, other = await answers(api, {"query": NAMED, "variables": BY_NUMBER}, {"authorization": "Bearer no"})
    assert plain == other
    assert plain[0] == 401


async def test_a_repeated_request_keeps_to_what_its_caller_may_see(api: Api, company: Database) -> None:
    asked = "query Own($id: ID!) { customer(by: {id: $id}) { name leads(first: 1) { edges { node { id } } } } }"
    variables = {"id": gid("Customer", ANNA)}
    for _ in range(2):
        agent = await api.ask(asked, variables)
        own = await api.ask(asked, variables, role=Role.CUSTOMER, customer=ANNA)
        stranger = await api.ask(asked, variables, role=Role.CUSTOMER, customer=BEN)
        assert agent.data["customer"]["name"] == own.data["customer"]["name"]
        assert agent.data["customer"]["leads"] is not None
        assert own.data["customer"]["leads"] is None
        assert stranger.codes == ["NOT_FOUND"]


async def test_it_is_counted_under_its_route(api: Api, company: Database) -> None:
    await api.ask("query Counted { customers(first: 1) { edges { node { id } } } }")
    lines = (await api.http.get("/metrics")).text.splitlines()
    assert 'contacthub_http_request_seconds_count{method="POST",route="/graphql",status="200"} 1.0' in lines
    assert 'contacthub_graphql_operation_seconds_count{operation="anonymous",outcome="OK"} 1.0' in lines


def test_a_count_is_the_same_however_often_it_is_asked_for() -> None:
    metrics = Metrics()
    for _ in range(3):
        metrics.answered_http("POST", "/graphql", 200, 0.001)
    assert b'seconds_count{method="POST",route="/graphql",status="200"} 3.0' in metrics.exposition()
