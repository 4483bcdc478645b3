"""docs/offers.md leaves nothing of the catalogue out, and the demonstration's catalogue is a right one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from hub.records.offers import ContactEventKind, NbaDropReason, PolicyScope
from hub.settings.find_offers import load_offers
from hub.settings.offers import (
    ConsentRule,
    ContactPolicy,
    Content,
    ContextRule,
    Factors,
    Issue,
    Learning,
    LimitRule,
    OffersDocument,
    PropositionEntry,
    SuppressRule,
    Treatment,
)

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "offers.md").read_text(encoding="utf-8")

IN_ROWS: list[type[BaseModel]] = [OffersDocument, PropositionEntry, LimitRule, SuppressRule, Learning]
NAMED: list[type[BaseModel]] = [Issue, ConsentRule, ContextRule, ContactPolicy, Content, Treatment, Factors]


@pytest.mark.parametrize("model", IN_ROWS)
def test_every_key_has_its_row(model: type[BaseModel]) -> None:
    rows = [line for line in REFERENCE.splitlines() if line.startswith("| `")]
    assert [name for name in model.model_fields if not any(row.startswith(f"| `{name}` |") for row in rows)] == []


@pytest.mark.parametrize("model", NAMED)
def test_every_smaller_key_is_named(model: type[BaseModel]) -> None:
    assert [name for name in model.model_fields if f"`{name}`" not in REFERENCE and f"{name}:" not in REFERENCE] == []


@pytest.mark.parametrize("enum", [NbaDropReason, ContactEventKind, PolicyScope])
def test_every_value_is_named(enum: type[NbaDropReason | ContactEventKind | PolicyScope]) -> None:
    assert [member.value for member in enum if f"`{member.value}`" not in REFERENCE] == []


def test_the_demonstrations_catalogue_has_no_mistake() -> None:
    document, findings = load_offers(ROOT / "examples" / "demo" / "offers.yaml")
    assert findings == []
    assert document is not None
    assert sorted(document.propositions) == ["glasvezel-1000", "gratis-controle", "tv-compleet"]
