"""A mapping of the installation tells persons and organisations apart, by the expressions that the docs give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import adapters.tryton
from hub.mapping.compile import load_mapping
from hub.records.customer import CustomerRecord
from hub.records.enums import PartyKind
from hub.records.source import JsonObject

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"
SHIPPED = Path(adapters.tryton.__file__).with_name("mappings") / "customer.yaml"
RULES = re.findall(r'^  (kind: ".+") +# Tryton', DOCS.read_text(encoding="utf-8"), re.MULTILINE)

COMPANY: JsonObject = {
    "name": "Bakkerij Smit",
    "categories": [{"name": "Companies"}],
    "identifiers": [{"type": "eu_vat"}],
}
PERSON: JsonObject = {"name": "Jan Smit", "categories": [{"name": "Gold"}], "identifiers": [{"type": None}]}
BARE: JsonObject = {"name": "Piet Smit", "categories": [], "identifiers": []}


@pytest.mark.parametrize("rule", RULES)
def test_an_expression_of_the_docs_tells_them_apart(rule: str, tmp_path: Path) -> None:
    own = tmp_path / "customer.yaml"
    own.write_text(
        SHIPPED.read_text(encoding="utf-8").replace("  kind: {value: PERSON}", f"  {rule}"), encoding="utf-8"
    )
    mapping = load_mapping(own)
    kinds = [
        record.kind for body in (COMPANY, PERSON, BARE) if isinstance(record := mapping.record_of(body), CustomerRecord)
    ]
    assert kinds == [PartyKind.ORGANISATION, PartyKind.PERSON, PartyKind.PERSON]


def test_the_docs_have_a_rule_by_category_and_one_by_identifier() -> None:
    assert [rule.split("[")[0] for rule in RULES] == ['kind: "categories', 'kind: "identifiers']
