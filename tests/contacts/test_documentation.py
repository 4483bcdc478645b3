"""The examples of docs/contact.md are one contact, lived through in their order, and answered as documented."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import parse, validate

from hub.settings.processes import Processes
from hub.store.engine import Database
from hub.yaml.nodes import read_yaml
from schema.schema import build_schema
from tests.contacts.conftest import CATALOGUE, RULES
from tests.contacts.test_dialogs import dialog
from tests.schema.serving import Api, serving

pytestmark = pytest.mark.slow

JOURNEYS: Final = Path(__file__).parents[1] / "journeys" / "processes.yaml"
PROCESSES: Final = Processes.model_validate(read_yaml(JOURNEYS)[0].plain())

TEXT: Final = (Path(__file__).parents[2] / "docs" / "contact.md").read_text(encoding="utf-8")
DOCUMENTS: Final = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)
EXAMPLES: Final = re.findall(r"<!-- run -->\n```graphql\n(.*?)```\n\n```json\n(.*?)```", TEXT, re.DOTALL)
ISSUED: Final = frozenset({"id", "contactId", "number"})
"""Names that the hub draws at random: the page has those of another day, each always for the same thing."""


def issued_alike(told: Any, documented: Any, names: dict[str, str]) -> Any:
    """What was told, with issued names as the page has them; one that already stands for another thing stays."""
    if isinstance(told, list) and isinstance(documented, list):
        pairs = zip(told, documented, strict=False)
        return [*(issued_alike(one, other, names) for one, other in pairs), *told[len(documented) :]]
    if not isinstance(told, dict) or not isinstance(documented, dict):
        return told
    found = {}
    for name, value in told.items():
        other = documented.get(name)
        if name in ISSUED and isinstance(value, str) and isinstance(other, str):
            found[name] = names.setdefault(value, other)
        else:
            found[name] = issued_alike(value, other, names)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_a_document_is_one_of_the_schema(document: str) -> None:
    assert validate(build_schema()._schema, parse(document)) == []


@pytest.fixture
async def desk(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API with the catalogue, and a process for its new contract."""
    async with serving(database_url, tmp_path, contact=RULES, topics=CATALOGUE, processes=PROCESSES) as api:
        yield api


async def test_the_contact_is_answered_as_documented(desk: Api) -> None:
    names: dict[str, str] = {}
    given: dict[str, str] = {}
    assert len(EXAMPLES) == TEXT.count("<!-- run -->") == 7
    for document, expected in EXAMPLES:
        if "completeDialog" in document:
            given["dialog"] = await contract_ready_to_order(desk, given["session"])
        asked = {name: value for name, value in given.items() if f"${name}:" in document}
        answer = await desk.ask(document, asked)
        assert answer.errors == []
        documented = json.loads(expected)
        assert {"data": issued_alike(answer.data, documented["data"], names)} == documented
        if "startSession" in document:
            given["session"] = answer.data["startSession"]["session"]["id"]
        if "completeDialog" in document:
            given["request"] = answer.data["completeDialog"]["dialog"]["request"]["id"]
    assert len(set(names.values())) == len(names)


async def contract_ready_to_order(api: Api, session: str) -> str:
    """What the page leaves out: a dialog about a contract with its questions answered."""
    found = (await dialog(api, "startDialog", sessionId=session, topic="new-contract"))["dialog"]
    said = [{"question": "product", "value": "fibre"}, {"question": "months", "value": "12"}]
    await dialog(api, "answerDialog", dialogId=found["id"], answers=said)
    identity: str = found["id"]
    return identity
