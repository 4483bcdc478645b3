"""A decision engine asked live: what it says counts, and what the hub does when it is late, gone or talks nonsense."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.decision_engine.client import HttpDecisionEngine
from examples.decision_engine.app import Simulator
from hub.access.principal import Role
from hub.entrypoints.asgi.server import listening
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.company import NOW, uid
from tests.schema.offering import ANNA, BEN, OFFERING, REQUEST, allow_marketing, kept
from tests.schema.serving import Api, serving

pytestmark = pytest.mark.slow

RECORD = """
mutation($events: [ContactEventInput!]!) {
  recordContactEvents(input: {events: $events}) { decisions { source cause actions { proposition } } }
}
"""
PROMPT_MS = 5_000
"""A deadline that a busy machine keeps; where the engine is to be late it does not answer at all."""


@dataclass(frozen=True)
class Live:
    """The API beside a simulated engine that a test can change."""

    api: Api
    engine: Simulator

    async def decide(self, whose: str = ANNA, **asked: Any) -> dict[str, Any]:
        answer = await self.api.ask(REQUEST, {"input": {"customerId": whose, "channel": "web"}}, **asked)
        payload: dict[str, Any] = answer.data["requestNextBestActions"]
        return payload


@asynccontextmanager
async def live(
    company: Database, database_url: str, folder: Path, deadline_ms: int, **simulated: Any
) -> AsyncIterator[Live]:
    await allow_marketing(company)
    engine = Simulator({"tv-complete": 0.9, "fibre-1000": 0.1, "unheard-of": 0.5}, "secret", **simulated)
    async with listening(engine.app(), "127.0.0.1", 0) as port:
        opened = partial(HttpDecisionEngine, f"http://127.0.0.1:{port}/propose", "secret", deadline_ms)
        async with serving(database_url, folder, offering=OFFERING, open_decision_engine=opened) as api:
            yield Live(api, engine)


def offered(payload: dict[str, Any]) -> tuple[str, list[str]]:
    decision = payload["decision"]
    return decision["source"], [action["proposition"] for action in decision["actions"]]


async def test_the_engine_says_what_is_offered_and_how_likely(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with live(company, database_url, tmp_path, PROMPT_MS) as running:
        assert offered(await running.decide()) == ("CM_LIVE", ["tv-complete", "fibre-1000"])
        assert running.engine.asked == [
            {
                "customer": str(uid("Anna Bakker")),
                "identifiers": [
                    {"system": "crm", "externalId": "crm-anna"},
                    {"system": "lms", "externalId": "lms-anna"},
                ],
                "channel": "web",
                "session": None,
                "reason": None,
                "language": "nl",
                "limit": 5,
            }
        ]


async def test_an_engine_that_falls_silent_leaves_the_last_decision_ranked_anew(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with live(company, database_url, tmp_path, PROMPT_MS) as running:
        first = (await running.decide())["decision"]
        running.engine.status = 503
        refused = {"eventId": "1", "customerId": ANNA, "kind": "REJECTED", "occurredAt": NOW.isoformat()}
        answered = {**refused, "nextBestActionId": first["actions"][0]["id"]}
        recorded = (await running.api.ask(RECORD, {"events": [answered]})).data["recordContactEvents"]
        assert recorded["decisions"] == [
            {"source": "LAST_DECISION", "cause": "EVENTS", "actions": [{"proposition": "fibre-1000"}]}
        ]
        assert offered(await running.decide()) == ("LAST_DECISION", ["fibre-1000"])


async def test_without_a_last_decision_the_hub_ranks_by_itself(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with live(company, database_url, tmp_path, 20, delay_s=0.5) as running:
        assert offered(await running.decide()) == ("HUB", ["fibre-1000", "tv-complete", "modem-swap"])
        assert len(running.engine.asked) == 1


@pytest.mark.parametrize(
    "propensities", [{"fibre-1000": 1.5}, {"x" * 61: 0.5}, {f"p{number}": 0.5 for number in range(201)}]
)
async def test_an_answer_that_is_not_as_agreed_is_no_answer(
    company: Database, database_url: str, tmp_path: Path, propensities: dict[str, float]
) -> None:
    async with live(company, database_url, tmp_path, PROMPT_MS) as running:
        running.engine.propensities = propensities
        assert offered(await running.decide())[0] == "HUB"


async def test_nobody_is_asked_about_a_customer_whom_the_caller_may_not_see(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with live(company, database_url, tmp_path, PROMPT_MS) as running:
        anna = CustomerId(uid("Anna Bakker"))
        payload = await running.decide(BEN, role=Role.CUSTOMER, customer=anna)
        assert [problem["code"] for problem in payload["problems"]] == ["NOT_FOUND"]
        assert (running.engine.asked, await kept(company)) == ([], (0, 0, 0))
