"""contactMetrics over the API, and the example of docs/steering.md."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.settings.contact import ContactRules
from hub.store.engine import Database
from tests.schema.company import uid
from tests.schema.serving import Api, serving
from tests.steering.week import NOW, PRICED, RULES, add_week

TEXT: Final = (Path(__file__).parents[2] / "docs" / "steering.md").read_text(encoding="utf-8")
EXAMPLE: Final = re.compile(r"<!-- run -->\n```graphql\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)
CONTACTS: Final = """query($from: Date!, $to: Date!, $channel: String) {
  contactMetrics(period: {from: $from, to: $to}, channel: $channel) { contacts } }"""


@pytest.fixture
async def api(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The company of week.py, on the day its figures are looked at."""
    async with database.transaction() as connection:
        await add_week(connection)
    async with serving(database_url, tmp_path, steering=RULES, contact=ContactRules(channels=PRICED)) as api:
        api.clock.now = NOW
        yield api


async def test_the_example_is_answered_as_documented(api: Api) -> None:
    ((document, expected),) = EXAMPLE.findall(TEXT)
    answer = await api.ask(document, role=Role.SUPERVISOR)
    assert {"data": answer.data} == json.loads(expected)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"from": "2026-03-09", "to": "2026-03-02"}, "INVALID"),
        ({"from": "2026-03-02", "to": "2026-03-09", "channel": "telex"}, "INVALID"),
    ],
)
async def test_what_cannot_be_counted_is_an_error(api: Api, given: dict[str, str], code: str) -> None:
    answer = await api.ask(CONTACTS, given, role=Role.ARCHITECT)
    assert answer.codes == [code]


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.FRONTEND, Role.AGENT, Role.STEWARD, Role.SYSTEM])
async def test_who_steers_nothing_sees_no_figures(api: Api, role: Role) -> None:
    given = {"from": "2026-03-02", "to": "2026-03-09"}
    answer = await api.ask(
        CONTACTS, given, role=role, customer=CustomerId(uid("Anna")) if role is Role.CUSTOMER else None
    )
    assert answer.codes == ["FORBIDDEN"]
