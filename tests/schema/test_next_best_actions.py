"""Asking for next best actions: what keeps the list, what only looks, and who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.company import NOW, uid
from tests.schema.offering import ANNA, BEN, EXPLAIN, LIST, OFFERING, REQUEST, allow_marketing, kept
from tests.schema.serving import Api, serving


@pytest.fixture
async def api(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    await allow_marketing(company)
    async with serving(database_url, tmp_path, offering=OFFERING) as api:
        yield api


async def test_a_request_keeps_the_list_and_gives_its_entries_ids(api: Api, company: Database) -> None:
    answer = await api.ask(REQUEST, {"input": {"customerId": ANNA, "channel": "web", "limit": 2}})
    payload = answer.data["requestNextBestActions"]
    decision = payload["decision"]
    assert payload["problems"] == []
    assert {name: decision[name] for name in ("channel", "source", "cause", "catalogue", "decidedAt")} == {
        "channel": "web",
        "source": "HUB",
        "cause": "REQUEST",
        "catalogue": "7",
        "decidedAt": NOW.isoformat().replace("+00:00", "Z"),
    }
    first, second = decision["actions"]
    assert (first["proposition"], first["name"], first["group"]) == ("fibre-1000", "Glasvezel 1000", "internet")
    assert (first["content"]["title"], first["outcome"]) == ("Nu glasvezel met 15% korting", "PENDING")
    assert second["proposition"] == "tv-complete"
    assert len({first["id"], second["id"]}) == 2
    assert await kept(company) == (1, 2, 0)


async def test_the_query_shows_the_same_and_keeps_nothing(api: Api, company: Database) -> None:
    given = {"id": ANNA, "channel": "web", "session": {"reason": "FIBRE"}, "limit": 1}
    (first,) = (await api.ask(LIST, given)).data["nextBestActions"]
    assert first == {
        "id": None,
        "rank": 1,
        "proposition": "fibre-1000",
        "treatment": "keen",
        "content": {"title": "Nu glasvezel met 15% korting", "link": None},
        "factors": {"propensity": 0.2, "context": 1.5, "value": 100, "levers": 1.2, "priority": pytest.approx(36)},
    }
    assert await kept(company) == (0, 0, 0)


async def test_an_explanation_names_every_candidate_and_its_gate(api: Api, company: Database) -> None:
    answer = await api.ask(EXPLAIN, {"id": ANNA, "channel": "call-centre"})
    dropped = {"rank": None, "dropped": "NOT_APPLICABLE", "detail": "no content for call-centre"}
    assert answer.data["explainNextBestActions"] == [
        {"proposition": "fibre-1000", "rank": 1, "dropped": None, "detail": None},
        {"proposition": "modem-swap"} | dropped,
        {"proposition": "tv-complete"} | dropped,
    ]
    asked = EXPLAIN.replace("detail }", "detail factors { propensity context value levers priority } }")
    factors = [
        one["factors"]
        for one in (await api.ask(asked, {"id": ANNA, "channel": "call-centre"})).data["explainNextBestActions"]
    ]
    assert len(factors) == 3
    for one in factors:
        assert one["priority"] == pytest.approx(one["propensity"] * one["context"] * one["value"] * one["levers"])
        assert one["value"] > 0
    assert await kept(company) == (0, 0, 0)


async def test_a_repeat_under_the_same_key_is_the_same_decision(api: Api, company: Database) -> None:
    given = {"input": {"customerId": ANNA, "channel": "web", "idempotencyKey": "page-1"}}
    first, second = await api.ask(REQUEST, given), await api.ask(REQUEST, given)
    assert first.data == second.data
    assert await kept(company) == (1, 3, 0)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"limit": 0}, ("INVALID", ["limit"])),
        ({"limit": 51}, ("INVALID", ["limit"])),
        ({"channel": ""}, ("INVALID", ["channel"])),
        ({"session": {"reason": "x" * 201}}, ("INVALID", ["reason"])),
        ({"session": {"id": ANNA}}, ("NOT_FOUND", [])),
        ({"customerId": "Q3VzdG9tZXI6eA=="}, ("NOT_FOUND", [])),
    ],
)
async def test_a_question_that_makes_no_sense_keeps_nothing(
    api: Api, company: Database, given: dict[str, object], problem: tuple[str, list[str]]
) -> None:
    answer = await api.ask(REQUEST, {"input": {"customerId": ANNA, "channel": "web"} | given})
    payload = answer.data["requestNextBestActions"]
    assert payload["decision"] is None
    assert [(one["code"], one["path"]) for one in payload["problems"]] == [problem]
    assert await kept(company) == (0, 0, 0)


async def test_a_customer_sees_his_own_list_only(api: Api, company: Database) -> None:
    anna = CustomerId(uid("Anna Bakker"))
    own = await api.ask(LIST, {"id": ANNA, "channel": "web"}, role=Role.CUSTOMER, customer=anna)
    assert len(own.data["nextBestActions"]) == 3
    other = await api.ask(LIST, {"id": BEN, "channel": "web"}, role=Role.CUSTOMER, customer=anna)
    explained = await api.ask(EXPLAIN, {"id": ANNA, "channel": "web"}, role=Role.CUSTOMER, customer=anna)
    assert (other.codes, explained.codes) == (["NOT_FOUND"], ["FORBIDDEN"])
    denied = await api.ask(REQUEST, {"input": {"customerId": BEN, "channel": "web"}}, role=Role.ARCHITECT)
    assert denied.codes == ["FORBIDDEN"]
    assert await kept(company) == (0, 0, 0)
