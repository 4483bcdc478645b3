"""The view as of a past moment, over records that changed, were corrected and merged."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

from hub.access.principal import Role
from hub.flows.apply import apply
from hub.flows.incoming import Incoming
from hub.flows.lane import LaneContext
from hub.records.identity import CustomerId
from hub.settings.privacy import KeepDays, PrivacyRules
from hub.store.engine import Database
from tests.flows.building import RULES, at, content, declare_flow, page, person
from tests.schema.company import NOW, gid
from tests.schema.serving import serving
from tests.stewardship.building import merge, owner

PAST = """
query($id: ID!, $at: DateTime!) { customerHistory(id: $id, at: $at) {
  fields { field value source asOf observedAt rule } contactMedia { value source } deleted } }
"""


async def applied(database: Database, lane: LaneContext, incoming: Incoming, minute: int) -> None:
    """As the hub saw it at that minute."""
    async with database.transaction() as connection:
        await apply(connection, lane, incoming, dataclasses.replace(RULES), at(minute))


async def test_the_view_of_then_has_the_values_of_then(database: Database, database_url: str, tmp_path: Path) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await applied(database, crm, page(content("1", person("Jan Smit", "jan@example.com"), 1)), 2)
    await applied(database, lms, page(content("9", person("J. Smit", "js@example.com"), 3)), 4)
    await applied(database, crm, page(content("1", person("Jan Bakker", "jb@example.com"), 5)), 6)
    await applied(database, crm, page(gone={"1": at(7)}), 8)
    jan = await owner(database, "crm", "1")
    await merge(database, jan, await owner(database, "lms", "9"))
    async with serving(database_url, tmp_path) as api:

        async def view(minute: int) -> tuple[str, list[str]] | None:
            given = {"id": gid("Customer", jan), "at": at(minute).isoformat()}
            told = (await api.ask(PAST, given)).data["customerHistory"]
            if told is None:
                return None
            name = next(field["value"] for field in told["fields"] if field["field"] == "name")
            return name, [medium["value"] for medium in told["contactMedia"]]

        assert await view(1) is None
        assert await view(2) == ("Jan Smit", ["jan@example.com"])
        assert await view(4) == ("Jan Smit", ["jan@example.com", "js@example.com"])
        assert await view(6) == ("Jan Bakker", ["jb@example.com", "js@example.com"])
        assert await view(8) == ("J. Smit", ["js@example.com"])
        other = CustomerId(await owner(database, "lms", "9"))
        given = {"id": gid("Customer", jan), "at": at(2).isoformat()}
        assert (await api.ask(PAST, given, role=Role.ARCHITECT)).codes == ["FORBIDDEN"]
        himself = await api.ask(PAST, given, role=Role.CUSTOMER, customer=other)
        assert himself.data["customerHistory"]["deleted"] is False


async def test_a_moment_longer_ago_than_versions_are_kept_is_refused(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm = await declare_flow(database, "crm")
    await applied(database, crm, page(content("1", person("Jan Smit"), 1)), 2)
    jan = gid("Customer", await owner(database, "crm", "1"))
    rules = PrivacyRules(keep_days=KeepDays(versions=10))
    async with serving(database_url, tmp_path, privacy=rules) as api:
        oldest = NOW - timedelta(days=10)
        assert (await api.ask(PAST, {"id": jan, "at": oldest.isoformat()})).codes == []
        refused = await api.ask(PAST, {"id": jan, "at": (oldest - timedelta(seconds=1)).isoformat()})
    assert refused.codes == ["INVALID"]
