"""Leads of a campaign that few belong to are found by an index, and a campaign is kept through the migration."""

from __future__ import annotations

from typing import Final

from alembic import command
from sqlalchemy import Connection, text

from hub.customers.introduce import SELF
from hub.reads.belongings import LEADS
from hub.reads.conditions import where
from hub.reads.leads import CONDITIONS, LeadConditions
from hub.reads.paging import Window, windowed
from hub.reads.reach import Reach
from hub.store.engine import Database
from migrations.migrate import config_for
from tests.leads.opening import opened, row_of
from tests.schema.company import NOW

MANY: Final = text(
    """INSERT INTO sales_lead (id, system, external_id, number, deleted, as_of, observed_at, version, state)
       SELECT gen_random_uuid(), :self, n::text, n::text, false, CAST(:now AS timestamptz) - make_interval(secs => n),
         :now, 1, 'ACKNOWLEDGED' FROM generate_series(1, 5000) n"""
)


async def test_leads_of_a_rare_campaign_are_found_by_an_index(company: Database) -> None:
    await opened(company)
    clauses = tuple(where(CONDITIONS, LeadConditions(campaign="Spring")))
    statement = windowed(LEADS.visible(Reach(None), clauses), LEADS.order, Window(20))
    asked = statement.compile(dialect=company.engine.dialect, compile_kwargs={"literal_binds": True})
    async with company.transaction() as connection:
        await connection.execute(MANY, {"self": SELF, "now": NOW})
        await connection.execute(text("ANALYZE sales_lead"))
        steps = (await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF) {asked}")).scalars().all()
    told = "\n".join(steps)
    assert "ix_sales_lead_campaign" in told
    assert "Sort" not in told
    assert "rows=1.00 loops=1" in told or "rows=1 loops=1" in told


async def test_a_campaign_is_kept_through_the_migration(company: Database) -> None:
    lead = await opened(company)

    def there_and_back(connection: Connection) -> object:
        command.downgrade(config_for(connection), "effects_of_acts")
        before = connection.execute(text("SELECT campaign FROM lead_handling")).scalar_one()
        command.upgrade(config_for(connection), "head")
        return before

    async with company.engine.begin() as connection:
        assert await connection.run_sync(there_and_back) == "Spring"
    assert (await row_of(company, lead))["campaign"] == "Spring"
