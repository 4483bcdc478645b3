"""Any document that can be made up from the schema, answered both ways: the answers are the same."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from hub.access.principal import Role
from hub.store.engine import Database
from schema.reads import READS
from schema.schema import build_schema
from tests.schema.both_ways import both_ways
from tests.schema.company import add_alias, uid
from tests.schema.contact_life import add_life
from tests.schema.questions import ANNA, ROOTS, drawn
from tests.schema.steward_desk import add_desk

EXAMPLES: Final = int(os.environ.get("HUB_TEST_DIFFERENTIAL", "100"))
"""Of each part. Set it to thousands after a change of what is compiled."""

PARTS: Final = 4
"""Each with other documents."""


def test_every_root_field_that_is_compiled_is_asked() -> None:
    kind = build_schema()._schema.query_type
    assert kind is not None
    compiled = {
        name for name, found in kind.fields.items() if READS in found.extensions["strawberry-definition"].metadata
    }
    assert compiled == set(ROOTS)


async def _compare(database: Database, database_url: str, folder: Path, part: int) -> Counter[str]:
    async with database.transaction() as connection:
        await add_alias(connection, uid("former"), ANNA)
        await add_life(connection)
        await add_desk(connection)
    ways: Counter[str] = Counter()
    async with both_ways(database_url, folder) as both:
        for question in drawn(EXAMPLES, part):
            compiled, resolved, told = await both.ask(
                question.document,
                question.variables,
                role=question.role,
                customer=question.customer,
                scopes=question.scopes,
            )
            assert compiled == resolved, question
            ways.update(told.values())
    return ways


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
async def test_made_up_documents_are_answered_alike(
    company: Database, database_url: str, tmp_path: Path, part: int
) -> None:
    ways = await _compare(company, database_url, tmp_path, part)
    assert ways["compiled"] > EXAMPLES / 10, ways


def test_all_who_can_ask_do() -> None:
    asked = [question for part in range(PARTS) for question in drawn(100, part)]
    assert {question.role for question in asked} == {*Role, None}
    assert {question.role for question in asked if question.scopes} == set(Role)
