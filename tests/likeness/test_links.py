"""Records in the match band become one customer by themselves, under the partition's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.customers.consent_read import Consents, consents_of
from hub.customers.identifiers import Node
from hub.customers.likeness.bands import Bands
from hub.customers.likeness.preview import preview_links
from hub.flows.correct import keep_correction
from hub.flows.lane import LaneContext
from hub.matching.person import Written
from hub.ports.writing import FieldChange
from hub.records.belongings import ConsentRecord
from hub.records.enums import SurvivorshipRule
from hub.records.identity import Entity
from hub.stewardship.decide import Verdict, decide
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, golden_state, page
from tests.likeness.building import customer, let_experience_decide, link
from tests.stewardship.test_consent import GRANTED, REVOKED, weekly_flow_to

JAN = Written("Jan", "de Vries", "1985-03-14", "Merelstraat", "3", "", "Utrecht", "UT", "3511 AB")
MOVED = JAN._replace(given_name="J.", street="Havikweg", house_number="9", phone="0612345678")
ELSEWHERE = JAN._replace(family_name="de Vires", postal_code="1017 CP", locality="Amsterdam", region="NH")
SON = JAN._replace(birth_date="2010-07-02")
UNDATED = JAN._replace(birth_date="")
WIFE = JAN._replace(given_name="Maria", birth_date="1986-11-02")


@dataclass
class Systems:
    """Three systems whose records are compared."""

    database: Database
    lanes: dict[str, LaneContext]

    async def say(self, system: str, external_id: str, written: Written, minute: int = 1) -> None:
        await apply_page(self.database, self.lanes[system], page(content(external_id, customer(written), minute)))

    async def who(self) -> list[list[str]]:
        await link(self.database)
        return [row[0] for row in await golden_state(self.database) if isinstance(row[0], list)]


@pytest.fixture
async def systems(database: Database) -> Systems:
    return await opened(database)


async def opened(database: Database) -> Systems:
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms", "cm")}
    await let_experience_decide(database)
    return Systems(database, lanes)


async def test_a_match_becomes_one_customer_and_his_wife_another(systems: Systems) -> None:
    await systems.say("crm", "1", JAN)
    await systems.say("lms", "2", JAN._replace(given_name="Johannes", phone="0612345678"))
    await systems.say("cm", "3", WIFE)
    assert await systems.who() == [["cm:3"], ["crm:1", "lms:2"]]
    audited = "SELECT object_id, detail - 'customers' FROM audit_event WHERE action = 'linkCustomer'"
    async with systems.database.reading() as connection:
        ((joined, detail),) = (await connection.execute(text(audited))).all()
        first = await connection.scalar(text("SELECT customer_id FROM customer_identifier WHERE system = 'crm'"))
    assert (joined, detail) == (str(first), {"system": "lms", "externalId": "2", "weights": 1})


async def test_a_record_that_becomes_somebody_else_is_parted_again(systems: Systems) -> None:
    await systems.say("crm", "1", JAN)
    await systems.say("lms", "2", MOVED._replace(given_name="Jan"))
    assert await systems.who() == [["crm:1", "lms:2"]]
    await systems.say("lms", "2", Written("Fatima", "Bouazza", "1999-01-31"), minute=2)
    assert await systems.who() == [["crm:1"], ["lms:2"]]


async def test_of_two_who_become_one_by_likeness_the_most_restrictive_consent_counts(systems: Systems) -> None:
    for system, external_id, status, minute in (("crm", "1", GRANTED, 3), ("lms", "2", REVOKED, 2)):
        await systems.say(system, external_id, JAN)
        told = ConsentRecord(customer=external_id, purpose="marketing", channel="EMAIL", status=status)
        lane = await declare_flow(systems.database, system, Entity.CONSENT)
        await apply_page(systems.database, lane, page(content(f"c{external_id}", told, minute)))
    await weekly_flow_to(systems.database, "crm")
    assert await systems.who() == [["crm:1", "lms:2"]]
    (decided,) = [one.decide("marketing", "EMAIL", at(20_000)) for one in await consents(systems.database)]
    assert (decided.status, decided.rule) == (REVOKED, SurvivorshipRule.MOST_RESTRICTIVE)
    async with systems.database.reading() as connection:
        rows = await connection.execute(text("SELECT target, state, changes FROM outbound_command"))
        (restricted,) = [(row.target, row.state, row.changes[0]["new"]) for row in rows]
    assert restricted == ("crm", "PENDING", "REVOKED")
    await systems.say("lms", "2", Written("Fatima", "Bouazza", "1999-01-31"), minute=2)
    await link(systems.database)
    said = [one.decide("marketing", "EMAIL", at(20_000)).status for one in await consents(systems.database)]
    assert sorted(said) == [GRANTED, REVOKED]
    async with systems.database.reading() as connection:
        assert await connection.scalar(text("SELECT outcome_code FROM outbound_command")) == "PARTED"


async def consents(database: Database) -> list[Consents]:
    async with database.reading() as connection:
        customers = (await connection.execute(text("SELECT id FROM customer ORDER BY id"))).scalars().all()
        return list((await consents_of(connection, customers)).values())


async def test_two_numbers_of_one_system_do_not_merge_through_a_third_record(systems: Systems) -> None:
    await systems.say("crm", "1", JAN)
    await systems.say("crm", "2", JAN._replace(street="Merelstr."))
    await systems.say("lms", "9", JAN._replace(house_number="3a"))
    for group in await systems.who():
        assert len({node.partition(":")[0] for node in group}) == len(group)
    assert sorted(map(len, await systems.who())) == [1, 2]


async def test_an_undated_record_does_not_join_father_and_son(systems: Systems) -> None:
    await systems.say("crm", "1", JAN)
    await systems.say("lms", "2", UNDATED._replace(phone="0611111111"))
    await systems.say("cm", "3", SON._replace(phone="0611111111"))
    assert not any({"crm:1", "cm:3"} <= set(group) for group in await systems.who())


async def test_a_familys_mailbox_and_phone_merge_nobody(systems: Systems) -> None:
    shared = {"email": "familie@example.com", "phone": "0301234567"}
    await systems.say("crm", "1", JAN._replace(**shared))
    await systems.say("crm", "2", WIFE._replace(**shared))
    await systems.say("lms", "3", SON._replace(given_name="Daan", **shared))
    assert await systems.who() == [["crm:1"], ["crm:2"], ["lms:3"]]


async def test_a_mailbox_that_each_system_knows_once_joins_nobody_of_another_name(systems: Systems) -> None:
    shared = {"email": "familie@example.com", "phone": "0301234567"}
    await systems.say("crm", "1", JAN._replace(**shared))
    await systems.say("lms", "2", WIFE._replace(**shared))
    await systems.say("cm", "3", JAN._replace(given_name="J.", birth_date="", **shared))
    assert await systems.who() == [["cm:3", "crm:1"], ["lms:2"]]
    await systems.say("lms", "2", JAN._replace(given_name="Johannes", **shared), minute=2)
    assert await systems.who() == [["cm:3", "crm:1", "lms:2"]]


async def test_a_couple_does_not_meet_through_a_record_that_tells_no_name(systems: Systems) -> None:
    await systems.say("crm", "1", Written("Jan", "de Vries", email="familie@example.com"))
    await systems.say("lms", "2", Written("", "de Vries", email="familie@example.com", phone="0301234567"))
    await systems.say("cm", "3", Written("Maria", "de Vries", phone="0301234567"))
    assert await systems.who() == [["cm:3"], ["crm:1", "lms:2"]]


async def test_who_is_being_renamed_stays_one_while_the_systems_follow(systems: Systems) -> None:
    before, after = (Written(name, "de Vries", email="vries@example.com") for name in ("Jan", "Maria"))
    change = FieldChange(("given_name",), "Jan", "Maria")
    for node in (Node("crm", "1"), Node("lms", "2")):
        await systems.say(node.system, node.external_id, before)
        async with systems.database.transaction() as connection:
            await keep_correction(connection, node, change, "steward", at(1))
    for minute, system, external_id in ((2, "crm", "1"), (3, "lms", "2")):
        await systems.say(system, external_id, after, minute)
        assert await systems.who() == [["crm:1", "lms:2"]]
    await systems.say("lms", "2", before, minute=4)
    assert await systems.who() == [["crm:1"], ["lms:2"]]


async def test_a_stewards_word_stands_whatever_comes(systems: Systems) -> None:
    pair = (Node("crm", "1"), Node("lms", "2"))
    await systems.say("crm", "1", JAN)
    async with systems.database.transaction() as connection:
        await decide(connection, [pair], Verdict.DIFFERENT, "steward", at(1))
    await systems.say("lms", "2", JAN)
    assert await systems.who() == [["crm:1"], ["lms:2"]]
    await systems.say("lms", "2", JAN._replace(phone="0612345678"), minute=2)
    await let_experience_decide(systems.database)
    assert await systems.who() == [["crm:1"], ["lms:2"]]


async def test_without_merging_a_match_waits_for_a_steward_and_a_changed_setting_is_carried_out(
    systems: Systems,
) -> None:
    asks = replace(RULES.recognition, bands=Bands(merges=False))
    await systems.say("crm", "1", JAN)
    await systems.say("lms", "2", JAN)
    await link(systems.database, asks)
    assert len(await golden_state(systems.database)) == 2
    assert await systems.who() == [["crm:1", "lms:2"]]
    await link(systems.database, asks)
    assert len(await golden_state(systems.database)) == 2


async def test_a_preview_tells_what_a_version_would_link_and_writes_nothing(systems: Systems) -> None:
    await systems.say("crm", "1", JAN)
    await systems.say("lms", "2", JAN)
    await systems.say("cm", "3", WIFE)
    preview = await preview_links(systems.database, 1, 0.99)
    assert (preview.records, preview.kept, preview.gains, preview.losses) == (3, 0, 1, 0)
    assert list(preview.gained) == [(Node("crm", "1"), Node("lms", "2"))]
    assert len(await golden_state(systems.database)) == 3
    await systems.who()
    preview = await preview_links(systems.database, 1, 1.5)
    assert (preview.kept, preview.gains, preview.losses) == (0, 0, 1)


versions = st.sampled_from(
    [
        JAN,
        MOVED,
        ELSEWHERE,
        SON,
        UNDATED,
        WIFE,
        JAN._replace(email="jan@example.com"),
        MOVED._replace(email="jan@example.com"),
        UNDATED._replace(phone="0612345678"),
        SON._replace(phone="0612345678"),
        WIFE._replace(email="jan@example.com"),
        Written("Jan", "de Vries", email="jan@example.com"),
        Written("", "de Vries", email="jan@example.com", phone="0612345678"),
        Written("Maria", "de Vries", phone="0612345678"),
    ]
)
nodes = st.sampled_from([Node(system, number) for system in ("crm", "lms", "cm") for number in ("1", "2")])
arrivals = st.dictionaries(nodes, versions, min_size=2, max_size=6)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=arrivals, data=st.data())
async def test_links_and_golden_values_do_not_depend_on_arrival_or_paging(
    database: Database, said: dict[Node, Written], data: st.DataObject
) -> None:
    states = []
    for order in (sorted(said.items()), data.draw(st.permutations(sorted(said.items())))):
        async with database.transaction() as connection:
            await connection.execute(text("SELECT pristine.reset()"))
        systems = await opened(database)
        for part in _pages(order, data.draw(st.integers(1, 3))):
            (system,) = {node.system for node, _ in part}
            contents = [content(node.external_id, customer(written), 1) for node, written in part]
            await apply_page(database, systems.lanes[system], page(*contents))
            if data.draw(st.booleans()):
                await link(database, batch=data.draw(st.integers(1, 3)))
        await link(database)
        states.append(await golden_state(database))
    assert states[0] == states[1]
    numbered = [[str(node).partition(":")[0] for node in row[0]] for row in states[0] if isinstance(row[0], list)]
    assert all(len(set(of_one)) == len(of_one) for of_one in numbered), "two numbers of one system"


def _pages(order: Sequence[tuple[Node, Written]], most: int) -> list[list[tuple[Node, Written]]]:
    """Neighbours of one system on one page, at most so many."""
    parts: list[list[tuple[Node, Written]]] = []
    for node, written in order:
        if parts and parts[-1][0][0].system == node.system and len(parts[-1]) < most:
            parts[-1].append((node, written))
        else:
            parts.append([(node, written)])
    return parts
