"""What a record changes that brings no new value: who says it by now, and who was the last to say it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from hub.customers.survive import FieldRule, Survivorship
from hub.records.enums import SurvivorshipRule
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, content, declare_flow, page, person

NEWEST = replace(
    RULES, recognition=replace(RULES.recognition, survivorship=Survivorship(FieldRule(SurvivorshipRule.MOST_RECENT)))
)
JAN = person("Jan", "jan@example.com")


async def standing(database: Database) -> tuple[str | None, int, str, list[str]]:
    """The customer's name and version, who said the name, and the customers whose kept answers hold no more."""
    async with database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    """SELECT c.name, c.version, p.fields->'name'->>'system' AS system,
                         (SELECT array_agg(DISTINCT transaction::text) FROM customer_touch t WHERE t.customer_id = c.id)
                           AS touches
                       FROM customer c JOIN customer_provenance p ON p.customer_id = c.id"""
                )
            )
        ).one()
    return row.name, row.version, row.system, row.touches


async def test_a_value_is_said_by_the_better_source_once_it_says_so_too(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", person("", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("1", JAN, 2)))
    name, version, system, touches = await standing(database)
    assert (name, system) == ("Jan", "lms")
    await apply_page(database, crm, page(content("1", JAN, 3)))
    assert (await standing(database))[:3] == ("Jan", version, "crm")
    assert len((await standing(database))[3]) == len(touches) + 1
    await apply_page(database, crm, page(content("1", JAN, 4)))
    assert len((await standing(database))[3]) == len(touches) + 1


async def test_who_says_the_same_again_is_the_most_recent(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", JAN, 1)), NEWEST)
    await apply_page(database, lms, page(content("1", person("J. Jansen", "jan@example.com"), 2)), NEWEST)
    assert (await standing(database))[0] == "J. Jansen"
    await apply_page(database, crm, page(content("1", JAN, 3)), NEWEST)
    assert (await standing(database))[0] == "Jan"


def test_rules_that_go_by_time_are_told_from_others() -> None:
    by_time = {rule for rule in SurvivorshipRule if Survivorship(fields={"name": FieldRule(rule)}).by_time}
    assert by_time == {SurvivorshipRule.MOST_RECENT, SurvivorshipRule.OLDEST}
