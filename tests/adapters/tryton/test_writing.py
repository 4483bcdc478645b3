"""Corrections under Tryton's own optimistic lock, and batches in which one command is bad."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from adapters.tryton.port import TrytonPort
from hub.ports.writing import FieldChange, Operation, Refused, WriteCommand, Written
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonValue
from tests.adapters.tryton.parties import children_of, make_parties, medium_of
from tests.adapters.tryton.proxy import Answer, Line, Request, Rule, Upstream
from tests.adapters.tryton.running import RunningTryton

pytestmark = pytest.mark.slow

CUSTOMER = Entity.CUSTOMER
WRITE = "model.party.party.write"


def update(party: ExternalId, *changes: FieldChange) -> WriteCommand:
    return WriteCommand(f"update {party}", CUSTOMER, Operation.UPDATE, party, changes)


def new_value(tryton: RunningTryton, party: ExternalId, new: JsonValue) -> FieldChange:
    child, old = medium_of(tryton.rpc, party)
    return FieldChange(("contact_media", str(child), "value"), old, new)


async def test_many_parties_are_corrected_in_one_call(
    tryton: RunningTryton, line: Line, port_behind_line: TrytonPort
) -> None:
    made = make_parties(tryton.rpc, 30)
    commands = [update(party, new_value(tryton, party, f"n{party}@example.org")) for party in made]

    outcomes = await port_behind_line.write(commands)

    assert [outcome.external_id for outcome in outcomes if isinstance(outcome, Written)] == made
    assert [medium_of(tryton.rpc, party)[1] for party in made] == [f"n{party}@example.org" for party in made]
    assert line.count(WRITE) == 1


async def test_name_and_medium_of_one_customer_are_written_together(tryton: RunningTryton, port: TrytonPort) -> None:
    (party,) = make_parties(tryton.rpc, 1)

    (outcome,) = await port.write(
        [update(party, FieldChange(("name",), "Party 1", "Sanne Visser"), new_value(tryton, party, "s@example.org"))]
    )

    assert isinstance(outcome, Written)
    assert outcome.after is not None
    assert outcome.after.body is not None
    assert outcome.after.body["name"] == "Sanne Visser"
    assert [medium["value"] for medium in children_of(outcome.after, "contact_mechanisms")] == ["s@example.org"]


async def test_another_value_written_in_between_is_a_conflict_and_stays(
    tryton: RunningTryton, line: Line, port_behind_line: TrytonPort
) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    change = new_value(tryton, party, "hub@example.org")
    child = int(change.path[1])
    line.rule = _before_the_first(
        WRITE, lambda: tryton.rpc.write("party.contact_mechanism", [child], {"value": "person@example.org"})
    )

    (outcome,) = await port_behind_line.write([update(party, change)])

    assert isinstance(outcome, Refused)
    assert outcome.conflict
    assert outcome.now is not None
    assert [medium["value"] for medium in children_of(outcome.now, "contact_mechanisms")] == ["person@example.org"]
    assert medium_of(tryton.rpc, party)[1] == "person@example.org"


async def test_another_field_changed_in_between_does_not_stop_a_correction(
    tryton: RunningTryton, line: Line, port_behind_line: TrytonPort
) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    change = new_value(tryton, party, "hub@example.org")
    child = int(change.path[1])
    line.rule = _before_the_first(WRITE, lambda: tryton.rpc.write("party.contact_mechanism", [child], {"name": "work"}))

    (outcome,) = await port_behind_line.write([update(party, change)])

    assert isinstance(outcome, Written)
    assert medium_of(tryton.rpc, party)[1] == "hub@example.org"
    assert line.count(WRITE) == 2


async def test_a_value_that_tryton_refuses_leaves_the_rest_of_the_batch_alone(
    tryton: RunningTryton, port: TrytonPort
) -> None:
    good, bad, other = make_parties(tryton.rpc, 3)
    commands = [
        update(good, new_value(tryton, good, "good@example.org")),
        update(bad, new_value(tryton, bad, None)),  # Tryton requires a value
        update(other, new_value(tryton, other, "other@example.org")),
    ]

    outcomes = await port.write(commands)

    assert [type(outcome) for outcome in outcomes] == [Written, Refused, Written]
    assert [medium_of(tryton.rpc, party)[1] for party in (good, bad, other)] == [
        "good@example.org",
        "before@example.org",
        "other@example.org",
    ]
    (refused,) = (outcome for outcome in outcomes if isinstance(outcome, Refused))
    assert "Party" not in refused.message
    assert "example.org" not in refused.message


async def test_a_field_that_is_not_written_is_refused_and_changes_nothing(
    tryton: RunningTryton, port: TrytonPort
) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    (before,) = await port.read(CUSTOMER, [party])

    (outcome,) = await port.write([update(party, FieldChange(("birth_date",), None, "1953-01-31"))])

    (after,) = await port.read(CUSTOMER, [party])
    assert isinstance(outcome, Refused)
    assert outcome.code == "INVALID"
    assert before.fingerprint == after.fingerprint


async def test_a_medium_of_somebody_else_is_not_changed(tryton: RunningTryton, port: TrytonPort) -> None:
    party, other = make_parties(tryton.rpc, 2)

    (outcome,) = await port.write([update(party, new_value(tryton, other, "wrong@example.org"))])

    assert isinstance(outcome, Refused)
    assert outcome.code == "GONE"
    assert medium_of(tryton.rpc, other)[1] == "before@example.org"


async def test_a_created_customer_has_all_that_a_party_can_hold(tryton: RunningTryton, port: TrytonPort) -> None:
    (outcome,) = await port.write([_creation("whole-1", "Sanne de Wit", "nl", "NL")])

    assert isinstance(outcome, Written)
    assert outcome.after is not None
    assert outcome.after.body is not None
    assert outcome.after.body["name"] == "Sanne de Wit"
    (language,) = children_of(outcome.after, "langs")
    assert isinstance(language["lang"], Mapping)
    assert language["lang"]["code"] == "nl"
    assert [(medium["type"], medium["value"]) for medium in children_of(outcome.after, "contact_mechanisms")] == [
        ("email", "sanne@example.org"),
        ("phone", "+31 6 12345678"),
    ]
    (address,) = children_of(outcome.after, "addresses")
    assert (address["street_unstructured"], address["city"]) == ("Kerkstraat 1 b", "Delft")


async def test_a_creation_that_tryton_cannot_hold_leaves_the_others_alone(port: TrytonPort) -> None:
    outcomes = await port.write([_creation("mixed-1", "One", "nl", "NL"), _creation("mixed-2", "Two", "tlh", "NL")])

    assert [type(outcome) for outcome in outcomes] == [Written, Refused]
    assert await port.find_by_key(CUSTOMER, "mixed-2") is None


def _creation(key: str, name: str, language: str, country: str) -> WriteCommand:
    media: Sequence[JsonValue] = [
        {"external_id": "1", "kind": "EMAIL", "value": "sanne@example.org"},
        {"external_id": "2", "kind": "PHONE", "value": "+31 6 12345678"},
    ]
    address: JsonValue = {
        "external_id": "1",
        "street": "Kerkstraat",
        "house_number": "1",
        "unit": "b",
        "locality": "Delft",
        "country": country,
    }
    record: dict[str, JsonValue] = {
        "name": name,
        "language": language,
        "contact_media": media,
        "addresses": [address],
    }
    changes = tuple(FieldChange((field,), None, value) for field, value in record.items())
    return WriteCommand(key, CUSTOMER, Operation.CREATE, None, changes)


def _before_the_first(method: str, act: Callable[[], None]) -> Rule:
    """Somebody else acts just before the first such call reaches Tryton."""
    acted: list[bool] = []

    async def rule(request: Request, upstream: Upstream) -> Answer:
        if method.encode() in request and not acted:
            acted.append(True)
            act()
        return await upstream(request)

    return rule
