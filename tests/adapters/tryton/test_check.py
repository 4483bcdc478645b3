"""Which rights the hub's user needs in Tryton."""

from __future__ import annotations

import pytest

from adapters.tryton.check import missing_rights

READS = {"read": True, "write": False, "create": False, "delete": False}


@pytest.mark.parametrize(
    ("model", "missing"),
    [
        ("sale.sale", []),
        ("sale.opportunity", ["write sale.opportunity", "create sale.opportunity"]),
        ("ir.note", ["write ir.note", "create ir.note"]),
    ],
)
def test_who_only_reads_lacks_what_the_hub_writes(model: str, missing: list[str]) -> None:
    assert missing_rights(model, READS) == missing
    assert missing_rights(model, dict.fromkeys(READS, True)) == []
