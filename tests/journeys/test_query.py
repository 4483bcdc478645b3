"""Processes over the API: what they lack, and what a request's own customer is told of the next step."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.contacts.conftest import RULES, company
from tests.contacts.test_dialogs import begun, dialog
from tests.contacts.test_requests import request
from tests.journeys.test_gaps import PROCESSES, TOPICS
from tests.schema.company import uid
from tests.schema.serving import Api, serving

__all__ = ["company"]  # a fixture

pytestmark = pytest.mark.slow

TEXT: Final = (Path(__file__).parents[2] / "docs" / "steering.md").read_text(encoding="utf-8")
EXAMPLE: Final = re.compile(r"<!-- run: process -->\n```graphql\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)
NEXT: Final = """query($id: ID!) { node(id: $id) { ... on BusinessRequest {
  next { process step title what by overdue channel } } } }"""
ANSWERS: Final = [
    {"question": "moment", "value": "Mondays"},
    {"question": "floor", "value": "3"},
    {"question": "product", "value": "fibre"},
]


@pytest.fixture
async def api(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The company of the contacts' tests, with processes."""
    async with serving(database_url, tmp_path, contact=RULES, topics=TOPICS, processes=PROCESSES) as api:
        yield api


async def coming(api: Api, request_id: str, role: Role = Role.AGENT) -> Any:
    own = CustomerId(uid("Anna Bakker")) if role is Role.CUSTOMER else None
    answer = await api.ask(NEXT, {"id": request_id}, role=role, customer=own)
    assert answer.errors == []
    return answer.data["node"]["next"]


async def test_the_customer_of_a_request_sees_what_happens_next_and_when(api: Api) -> None:
    _, found = await begun(api, "new-contract")
    await dialog(api, "answerDialog", dialogId=found["id"], answers=ANSWERS)
    made = (await dialog(api, "completeDialog", dialogId=found["id"]))["dialog"]["request"]
    confirm = {
        "process": "new-line",
        "step": "confirm",
        "title": "We confirm",
        "what": "Your order is confirmed",
        "by": "2026-03-02T13:00:00Z",
        "overdue": False,
        "channel": "email",
    }
    assert await coming(api, made["id"], Role.CUSTOMER) == confirm
    api.clock.forward(timedelta(hours=2))
    assert await coming(api, made["id"]) == {**confirm, "overdue": True}
    await request(api, "moveTask", requestId=made["id"], task="visit", to="ACTIVE")
    await request(api, "moveTask", requestId=made["id"], task="visit", to="COMPLETED")
    after = await coming(api, made["id"])
    assert (after["step"], after["by"]) == ("ask", "2026-03-04T14:00:00Z")
    await request(api, "advanceRequest", requestId=made["id"], to="FAILED")
    assert await coming(api, made["id"]) is None


async def test_a_request_without_a_process_has_no_next_step(api: Api) -> None:
    session, _ = await begun(api, "appointment")
    made = await request(api, "openRequest", sessionId=session["id"], kind="SERVICE", subject="Q")
    assert await coming(api, made["request"]["id"]) is None


async def test_the_example_is_answered_as_documented(api: Api) -> None:
    ((document, expected),) = EXAMPLE.findall(TEXT)
    answer = await api.ask(document, role=Role.SUPERVISOR)
    assert {"data": answer.data} == json.loads(expected)


async def test_processes_are_listed_by_name_and_an_unknown_one_is_null(api: Api) -> None:
    steps = "steps { name expectation { withinMinutes } }"
    asked = f'{{ customerProcesses {{ name version {steps} }} customerProcess(id: "x") {{ name }} }}'
    answer = await api.ask(asked, role=Role.ARCHITECT)
    ((process,), unknown) = (answer.data["customerProcesses"], answer.data["customerProcess"])
    assert (process["name"], process["version"], unknown) == ("new-line", 4, None)
    assert [step["expectation"]["withinMinutes"] for step in process["steps"]] == [15, 60, 14400, 2880]
