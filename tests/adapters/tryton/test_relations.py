"""Relations between Tryton's parties, as customers have them: from either end, with validity, and gone once deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from adapters.tryton import ADAPTER
from adapters.tryton.port import TrytonPort
from hub.mapping.compile import load_mapping
from hub.records.customer import CustomerRecord, RelationRecord
from hub.records.enums import RelationKind
from hub.records.identity import Entity, ExternalId, SystemName
from tests.adapters.tryton.parties import make_parties
from tests.adapters.tryton.running import RunningTryton
from tests.contracts.runs import run, swept

pytestmark = pytest.mark.slow

CUSTOMER, MINUTE = Entity.CUSTOMER, timedelta(minutes=1)


@pytest.fixture
async def related(tryton: RunningTryton) -> AsyncIterator[TrytonPort]:
    opened = TrytonPort(SystemName("crm"), tryton.options(horizon_s=0, relations=True))
    yield opened
    await opened.aclose()


async def relations_of(port: TrytonPort, party: ExternalId) -> list[RelationRecord]:
    (found,) = await port.read(CUSTOMER, [party])
    assert found.body is not None
    record = load_mapping(cast(Path, ADAPTER.mappings) / "customer.yaml").record_of(found.body)
    return list(cast(CustomerRecord, record).relations)


async def test_a_relation_is_both_parties_with_its_validity_and_the_sweep_tells_of_it_and_of_its_end(
    tryton: RunningTryton, port: TrytonPort, related: TrytonPort
) -> None:
    (check,) = [one for one in await related.check() if one.name == CUSTOMER.value]
    assert check.ok
    parent, child = make_parties(tryton.rpc, 2)
    first = await run(related, CUSTOMER, None, MINUTE)
    of_child, of_parent = tryton.rpc.create("party.relation.type", [{"name": "Child"}, {"name": "Parent"}])
    tryton.rpc.write("party.relation.type", [of_child], {"reverse": of_parent})
    days = {"start_date": date(2026, 1, 1), "end_date": date(2026, 1, 31)}
    (relation,) = tryton.rpc.create(
        "party.relation.all", [{"from_": int(parent), "to": int(child), "type": of_child, **days}]
    )

    before = {one: found.fingerprint for one, found in first.latest().items()}
    told = {str(one.external_id): one.fingerprint for one in await swept(related, CUSTOMER, 500)}
    assert {one for one in before if told[one] != before[one]} == {parent, child}
    read = await related.read(CUSTOMER, [parent, child])
    assert [one.fingerprint for one in read] == [told[parent], told[child]]
    valid = {"valid_from": datetime(2026, 1, 1, tzinfo=UTC), "valid_to": datetime(2026, 2, 1, tzinfo=UTC)}
    there = {"kind": RelationKind.OTHER, **valid}
    assert await relations_of(related, parent) == [
        RelationRecord(external_id=str(relation), to=child, label="Child", **there)
    ]
    assert await relations_of(related, child) == [
        RelationRecord(external_id=str(relation + 1), to=parent, label="Parent", **there)
    ]
    assert await relations_of(port, parent) == []
    tryton.rpc.delete("party.relation.all", [relation])
    later = {str(one.external_id): one.fingerprint for one in await swept(related, CUSTOMER, 500)}
    assert (later[parent], later[child]) == (before[parent], before[child])
    assert await relations_of(related, parent) == []
