"""What a customer is worth: told by systems, chosen by the rules, with its source, in one currency."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hub.records.customer import CustomerRecord
from hub.store.engine import Database
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.both_ways import both_ways
from tests.schema.company import gid
from tests.stewardship.building import owner

VIEW = """
query($id: ID!) { customer(by: {id: $id}) {
  valueClass lifetimeValue lifetimeValueCurrency provenance { field source } } }
"""


def worth(value_class: str | None, lifetime_value: str | None) -> CustomerRecord:
    told = {"value_class": value_class, "lifetime_value": lifetime_value}
    return CustomerRecord.model_validate(person("Mia", "mia@example.com").model_dump() | told)


async def test_class_and_amount_are_chosen_each_and_an_amount_with_its_own_currency_both_ways(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", worth("A", None), 1)))
    await apply_page(database, lms, page(content("7", worth("B", "1250.50 usd"), 1)))
    identity = {"id": gid("Customer", await owner(database, "crm", "1"))}
    async with both_ways(database_url, tmp_path) as both:
        compiled, resolved, ways = await both.ask(VIEW, identity)
        assert (ways, compiled) == ({"customer": "compiled"}, resolved)
        told = (await both.resolving.ask(VIEW, identity)).data["customer"]
        sources = {one["field"]: one["source"] for one in told.pop("provenance")}
        assert told == {"valueClass": "A", "lifetimeValue": "1250.5", "lifetimeValueCurrency": "USD"}
        assert (sources["valueClass"], sources["lifetimeValue"]) == ("crm", "lms")
        await apply_page(database, crm, page(content("1", worth("A", "0.00 EUR"), 2)))
        told = (await both.compiling.ask(VIEW, identity)).data["customer"]
        assert (told["lifetimeValue"], told["lifetimeValueCurrency"]) == ("0", "EUR")
        await apply_page(database, crm, page(content("1", worth(None, None), 3)))
        await apply_page(database, lms, page(content("7", worth(None, None), 3)))
        told = (await both.compiling.ask(VIEW, identity)).data["customer"]
        assert [told[name] for name in ("valueClass", "lifetimeValue", "lifetimeValueCurrency")] == [None] * 3


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1250.50 EUR", "1250.5 EUR"),
        (" 100  eur ", "100 EUR"),
        ("-0.00 EUR", "0 EUR"),
        ("-12.5 USD", "-12.5 USD"),
        ("1000000 JPY", "1000000 JPY"),
    ],
)
def test_equal_amounts_are_written_alike(written: str, kept: str) -> None:
    assert worth(None, written).lifetime_value == kept


@pytest.mark.parametrize("written", ["1250", "EUR", "1,250.00 EUR", "1e3 EUR", "NaN EUR", "€ 12", "1 EURO", ""])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        worth(None, written)
