"""Whoever set the disk of the database back says so, and no cursor of before leads on."""

from __future__ import annotations

from tests.cli.company import Company
from tests.live.feed import at


async def test_restored_makes_the_cursors_of_before_another_generation(company: Company) -> None:
    before = await at(company.database, 0)
    assert (await company.hub("restored")).output == "Every subscriber reads afresh.\n"
    assert (await at(company.database, 0)).cursor != before.cursor
