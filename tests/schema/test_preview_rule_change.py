"""Other survivorship, another mapping and other matching previewed through the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.access.principal import Role
from hub.flows.systems import OpenSystems
from hub.mapping.compile import compile_mapping
from hub.records.identity import Entity, SystemName
from hub.store.engine import Database
from hub.yaml.nodes import parse_yaml
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.flows.originals import HELD, body, customers_named, tell
from tests.likeness.building import customer, let_experience_decide, link
from tests.likeness.test_links import JAN
from tests.schema.company import gid
from tests.schema.serving import Api, serving
from tests.schema.untouched import untouched
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


MAPPING = """
entity: customer
version: 2
fields: {name: name, status: {path: level, table: levels}}
lists:
  contact_media: {from: contact_media, fields: {external_id: external_id, kind: kind, value: value}}
tables:
  levels: {g: GOLD}
"""


@asynccontextmanager
async def read_by(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The hub over a package that has one customer, whose level the mapping of now leaves out."""
    store = MemoryStore()
    media = [{"external_id": "m0", "kind": "EMAIL", "value": "jan@example.com"}]
    store.put(Entity.CUSTOMER, "1", {"name": "Jan Smit", "level": "g", "contact_media": media})
    store.put(Entity.CUSTOMER, "2", {"name": "Mia", "level": "?", "contact_media": []})
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", person("Jan Smit", "jan@example.com"), 1)))
    held = parse_yaml(MAPPING.replace(", status: {path: level, table: levels}", "").partition("tables:")[0], "held")[0]
    async with serving(
        database_url,
        tmp_path,
        mappings={(SystemName("crm"), Entity.CUSTOMER): compile_mapping(held)},
        open_systems=lambda database: OpenSystems({"crm": lambda: MemoryPort(SystemName("crm"), store)}),
    ) as api:
        yield api


MAPPED = """
query($mapping: MappingChangeInput!, $customers: Int! = 100) {
  previewRuleChange(change: {mapping: $mapping}, customers: $customers) { complete changed samples { field after }
    mapping { objects versions withoutOriginal versionsChanged changed unfitNow unfitThen fields { field records } }
    matching { records } } }
"""


async def test_a_mapping_is_tried_on_what_its_system_has_and_nothing_is_kept(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with read_by(database, database_url, tmp_path) as api:
        tried = {"mapping": {"system": "crm", "document": MAPPING, "readSource": True}}
        assert (await api.ask(MAPPED, tried)).codes == ["FORBIDDEN"]
        async with untouched(database, apart_from={"audit_event"}):
            told = (await api.ask(MAPPED, tried, role=Role.STEWARD)).data["previewRuleChange"]
        assert told == {
            "complete": True,
            "changed": 1,
            "samples": [{"field": "status", "after": "GOLD"}],
            "mapping": {
                "objects": 2,
                "versions": 0,
                "withoutOriginal": 0,
                "versionsChanged": 0,
                "changed": 2,
                "unfitNow": 0,
                "unfitThen": 1,
                "fields": [{"field": "status", "records": 1}],
            },
            "matching": None,
        }
        for wrong, code in (
            ({"system": "crm", "document": "entity: customer"}, "INVALID"),
            ({"system": "lms", "document": MAPPING}, "NOT_FOUND"),
        ):
            assert (await api.ask(MAPPED, {"mapping": wrong}, role=Role.STEWARD)).codes == [code]
        both = "query { previewRuleChange(change: {rule: OLDEST, matching: {merge: true}}) { changed } }"
        assert (await api.ask(both, role=Role.STEWARD)).codes == ["INVALID"]


async def test_a_mapping_is_tried_on_the_stored_history_without_asking_its_system(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm = await declare_flow(database, "crm")
    for minute, names in enumerate((("Jan Smit", "Jan"), ("Jan B. Smit", "Jan"), ("Jan Bakker", "Johan")), start=1):
        await tell(database, crm, "1", body(*names), minute)
    await tell(database, crm, "2", body("Mia", "Mia"), 1, customers_named("full_name", None))
    tried = {"mapping": {"system": "crm", "document": "entity: customer\nversion: 2\nfields: {name: short_name}"}}
    held = {(SystemName("crm"), Entity.CUSTOMER): HELD}
    async with serving(database_url, tmp_path, mappings=held, open_systems=lambda database: OpenSystems({})) as api:
        assert (await api.ask(MAPPED, tried)).codes == ["FORBIDDEN"]
        async with untouched(database, apart_from={"audit_event"}):
            told = (await api.ask(MAPPED, tried, role=Role.STEWARD)).data["previewRuleChange"]
            first = (await api.ask(MAPPED, {**tried, "customers": 1}, role=Role.STEWARD)).data["previewRuleChange"]
            read = await api.ask(MAPPED, {"mapping": {**tried["mapping"], "readSource": True}}, role=Role.STEWARD)
    assert told == {
        "complete": True,
        "changed": 1,
        "samples": [{"field": "name", "after": "Johan"}],
        "mapping": {
            "objects": 2,
            "versions": 4,
            "withoutOriginal": 1,
            "versionsChanged": 3,
            "changed": 1,
            "unfitNow": 0,
            "unfitThen": 0,
            "fields": [{"field": "name", "records": 1}],
        },
        "matching": None,
    }
    assert (first["complete"], first["mapping"]["objects"]) == (False, 1)
    assert read.codes == ["NOT_FOUND"]


MATCHED = """
query($matching: MatchingChangeInput!) { previewRuleChange(change: {matching: $matching}) {
  complete changed customers fields { field customers } samples { field before after }
  matching { records kept made parted } } }
"""


async def test_matching_that_is_tried_is_what_it_would_become_and_is_taken_back(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    async with serving(database_url, tmp_path) as api:
        nobody = await api.ask(MATCHED, {"matching": {"merge": False}}, role=Role.STEWARD)
        assert nobody.codes == ["NOT_FOUND"]
        await let_experience_decide(database)
        await apply_page(database, crm, page(content("1", customer(JAN), 1)))
        longer = JAN._replace(given_name="Johannes", phone="0612345678")
        await apply_page(database, lms, page(content("2", customer(longer), 1)))
        await link(database)
        async with untouched(database, apart_from={"audit_event"}):
            told = (await api.ask(MATCHED, {"matching": {"merge": False}}, role=Role.STEWARD)).data["previewRuleChange"]
        assert told["matching"] == {"records": 2, "kept": 0, "made": 0, "parted": 1}
        assert (told["complete"], told["customers"], told["changed"]) == (True, 1, 1)
        assert "contactMedia" in {one["field"] for one in told["fields"]}
        wrong = await api.ask(MATCHED, {"matching": {"match": 0.4}}, role=Role.STEWARD)
        assert wrong.codes == ["INVALID"]
