"""A steward works off conflicts of sources, through the API."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from hub.access.principal import Role
from hub.store.engine import Database
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import gid
from tests.schema.serving import serving
from tests.stewardship.building import projection

LIST = """
query($filter: ConflictFilter) { conflicts(filter: $filter, first: 10) { totalCount edges { node {
  id field state contested kept values { source externalId value } turns { source value } customer { name } } } } }
"""
RESOLVE = """
mutation($input: ResolveConflictInput!) { resolveConflict(input: $input) {
  conflict { state kept decidedBy customer { name provenance { field rule } } }
  effects { system externalId leaves } problems { code path } } }
"""
THAW = "mutation($i: ThawConflictInput!) { thawConflict(input: $i) { conflict { state kept } problems { code } } }"


async def test_a_conflict_is_listed_decided_and_given_back(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", person("Jan Smit", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan Bakker", "jan@example.com"), 1)))
    async with serving(database_url, tmp_path) as api:
        found = (await api.ask(LIST, {"filter": {"states": ["OPEN"], "field": "name"}}, role=Role.STEWARD)).data
        (row,) = [edge["node"] for edge in found["conflicts"]["edges"]]
        assert found["conflicts"]["totalCount"] == 1
        assert row | {"id": None} == {
            "id": None,
            "field": "name",
            "state": "OPEN",
            "contested": False,
            "kept": "Jan Smit",
            "values": [
                {"source": "crm", "externalId": "1", "value": "Jan Smit"},
                {"source": "lms", "externalId": "9", "value": "Jan Bakker"},
            ],
            "turns": [{"source": "crm", "value": "Jan Smit"}, {"source": "lms", "value": "Jan Bakker"}],
            "customer": {"name": "Jan Smit"},
        }
        before = await projection(database)
        side = {"conflictId": row["id"], "take": {"side": {"source": "lms", "externalId": "9"}}}
        assert (await api.ask(RESOLVE, {"input": side})).codes == ["FORBIDDEN"]
        dry = await api.ask(RESOLVE, {"input": side | {"dryRun": True}}, role=Role.STEWARD)
        assert dry.data["resolveConflict"]["effects"] == [{"system": "crm", "externalId": "1", "leaves": False}]
        assert await projection(database) == before
        told = (await api.ask(RESOLVE, {"input": side}, role=Role.STEWARD)).data["resolveConflict"]["conflict"]
        assert (told["state"], told["kept"], told["customer"]["name"]) == ("RESOLVED", "Jan Bakker", "Jan Bakker")
        assert {"field": "name", "rule": "PINNED"} in told["customer"]["provenance"]
        given_back = await api.ask(THAW, {"i": {"conflictId": row["id"]}}, role=Role.STEWARD)
        assert given_back.data["thawConflict"]["conflict"] == {"state": "OPEN", "kept": "Jan Smit"}
        again = await api.ask(THAW, {"i": {"conflictId": row["id"]}}, role=Role.STEWARD)
        assert again.data["thawConflict"] == {"conflict": None, "problems": [{"code": "CONFLICT"}]}
        nobody = {"conflictId": gid("CustomerConflict", "x"), "take": {"own": {"value": None}}}
        refused = await api.ask(RESOLVE, {"input": nobody}, role=Role.STEWARD)
        assert refused.data["resolveConflict"]["problems"] == [{"code": "NOT_FOUND", "path": []}]
    async with database.reading() as connection:
        deeds = await connection.execute(
            text("SELECT action FROM audit_event WHERE outcome = 'DONE' AND action LIKE '%Conflict' ORDER BY id")
        )
        assert list(deeds.scalars()) == ["resolveConflict", "thawConflict"]
