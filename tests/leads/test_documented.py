"""The example of docs/contact.md is what the API answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hub.store.engine import Database
from tests.leads.opening import opened
from tests.schema.company import gid
from tests.schema.serving import Api

CONTACT = Path(__file__).parents[2] / "docs" / "contact.md"


@pytest.mark.slow
async def test_the_documented_answer_to_a_lead_is_a_real_one(desk: Api, company: Database) -> None:
    _, _, section = CONTACT.read_text(encoding="utf-8").partition("## Leads\n")
    asked, told = re.findall(r"```(?:graphql|json)\n(.*?)```", section, re.DOTALL)[:2]
    lead = gid("SalesLead", await opened(company, source=("cm", "7")))
    answer = await desk.ask(asked.replace("LEAD", lead))
    assert {"data": answer.data} == json.loads(told)
