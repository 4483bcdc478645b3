"""docs/outbound.md shows what the API answers."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.access.principal import Role
from hub.store.engine import Database
from tests.outbound.company import Street, lead_for
from tests.outbound.receiving import Receiver
from tests.schema.serving import Api, serving

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "outbound.md").read_text(encoding="utf-8")
EXAMPLES = [
    (document, json.loads(answer))
    for document, answer in re.findall(r"```graphql\n(.*?)```\n```json\n(.*?)```", PAGE, re.DOTALL)
]


def example(operation: str) -> tuple[str, Any]:
    """The one of this operation, and what the page says that it answers."""
    ((document, answer),) = [one for one in EXAMPLES if operation in one[1]]
    return document, answer


@pytest.fixture
async def api(company: Database, street: Street, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(database_url, tmp_path, outbound=street.settings, company="Harbour") as api:
        api.clock.now = street.now
        yield api


async def answered(api: Api, operation: str, role: Role = Role.AGENT, **variables: object) -> Any:
    """The answer, which is as documented but for ids."""
    document, told = example(operation)
    answer = await api.ask(document, variables, role=role)
    assert answer.errors == []
    assert without_ids(answer.data) == without_ids(told)
    return answer.data[operation]


def without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_ids(inner) for key, inner in value.items() if key != "id"}
    return [without_ids(inner) for inner in value] if isinstance(value, list) else value


async def test_the_examples_are_answered_as_documented(api: Api, street: Street, receiver: Receiver) -> None:
    assert len(EXAMPLES) == len(re.findall("```graphql", PAGE)) == 4
    await lead_for(street.database, "Anna Bakker")
    await street.plan()
    await street.work()
    await answered(api, "outboundChannels")
    call = await answered(api, "claimCall")
    await answered(api, "completeCall", call=call["delivery"]["id"])
    await answered(api, "reportBounce", Role.SYSTEM, mail=receiver.mails[0]["Message-ID"])
