"""`hub rules preview`: another hub.yaml beside the one that holds, over what the hub has and what the source gives."""

from __future__ import annotations

import pytest

from tests.cli.company import Company, customer

pytestmark = pytest.mark.slow


async def test_another_mapping_and_other_rules_are_previewed_and_nothing_is_written(company: Company) -> None:
    company.deliver(customer(1, FULLNAME="Jan Smit"), customer(2, FULLNAME=None))
    assert (await company.hub("run", "weekly-customers")).status == 0
    before = await company.rows("SELECT count(*) FROM document_version")
    other = company.folder / "new.yaml"
    held = (company.folder / "hub.yaml").read_text()
    other.write_text(held.replace("mappings/customer.yaml", "mappings/other.yaml"))
    mapping = (company.folder / "mappings" / "customer.yaml").read_text()
    (company.folder / "mappings" / "other.yaml").write_text(mapping.replace("name: FULLNAME", "name: CUSTNO"))
    asked = await company.hub("rules", "preview", "--config", str(other))
    assert asked.status == 0
    assert "2 customers, 2 versions: 0 customers would change." in asked.output
    told = " ".join(asked.output.split())
    assert "2 objects, 2 versions, 0 without an original; 2 objects would become other records, in 2 versions" in told
    assert "Of 2 customers with such records 2 would change." in told
    shown = (
        "SELECT cardinality(customers), detail->>'place', principal LIKE 'cli:%' FROM audit_event WHERE action = 'read'"
    )
    assert await company.rows(shown) == [(2, "hub rules preview", True)]
    assert "--read-sources" not in told
    taken = await company.hub("rules", "preview", "--config", str(other), "--read-sources")
    assert "cannot be read now" in taken.output
    company.deliver(customer(1, FULLNAME="Jan Smit"), customer(2, FULLNAME="Mia", CHANGED="2026-01-05 10:00:00"))
    read = await company.hub("rules", "preview", "--config", str(other), "--read-sources")
    assert "2 objects read, 2 would become other records; 0 do not fit now, 0 would not." in " ".join(
        read.output.split()
    )
    assert read.output.count("Of 2 customers with such records 2 would change.") == 2
    assert await company.rows("SELECT count(*) FROM document_version") == before
    assert (await company.hub("run", "weekly-customers")).status == 0
    assert await company.rows("SELECT name FROM customer ORDER BY name") == [("Jan Smit",), ("Mia",)]
