"""Other survivorship previewed through the API."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from hub.access.principal import Role
from hub.store.engine import Database
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import gid
from tests.schema.serving import serving
from tests.stewardship.building import owner

PREVIEW = """
query($change: RuleChangeInput!, $customers: Int! = 100) { previewRuleChange(change: $change, customers: $customers) {
  customers complete versions changed fields { field customers changesUntilNow changesThen }
  writes { system field values } samples { customerId field before after sourceBefore sourceAfter } } }
"""


async def test_a_steward_sees_what_another_rule_would_change(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", person("Jan Smit", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan Bakker", "jan@example.com"), 2)))
    jan = await owner(database, "crm", "1")
    change = {"fields": [{"field": "name", "rule": "MOST_RECENT"}]}
    async with serving(database_url, tmp_path) as api:
        assert (await api.ask(PREVIEW, {"change": change})).codes == ["FORBIDDEN"]
        told = (await api.ask(PREVIEW, {"change": change}, role=Role.STEWARD)).data["previewRuleChange"]
        assert told == {
            "customers": 1,
            "complete": True,
            "versions": 2,
            "changed": 1,
            "fields": [{"field": "name", "customers": 1, "changesUntilNow": 0, "changesThen": 1}],
            "writes": [],
            "samples": [
                {
                    "customerId": gid("Customer", jan),
                    "field": "name",
                    "before": "Jan Smit",
                    "after": "Jan Bakker",
                    "sourceBefore": "crm",
                    "sourceAfter": "lms",
                }
            ],
        }
        same = await api.ask(PREVIEW, {"change": {"sources": ["crm"]}}, role=Role.STEWARD)
        assert same.data["previewRuleChange"]["changed"] == 0
        for wrong in (
            {"change": {"rule": "PINNED"}},
            {"change": {"fields": [{"field": "nmae", "rule": "OLDEST"}]}},
            {"change": {}, "customers": 0},
        ):
            assert (await api.ask(PREVIEW, wrong, role=Role.STEWARD)).codes == ["INVALID"]
        await api.app.state.running.hub.trail.write()
    async with database.reading() as connection:
        seen = await connection.execute(
            text("SELECT DISTINCT object_id FROM audit_event WHERE object_type = 'Customer'")
        )
        assert list(seen.scalars()) == [str(jan)]
