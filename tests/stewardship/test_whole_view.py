"""What a view holds besides names: validity, relations, preferences; from the record to the API and through a merge."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hub.access.principal import Role
from hub.reads.reaching import AddressRow, address_at
from hub.records.customer import CustomerRecord, PostalAddressRecord, RelationRecord
from hub.records.enums import RelationKind
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.flows.building import apply_page, at, content, declare_flow, page, person
from tests.schema.both_ways import both_ways
from tests.schema.company import gid, uid
from tests.schema.serving import serving
from tests.stewardship.building import merge, owner, projection, undo

OLD = PostalAddressRecord(external_id="1", street="Dorpsstraat", valid_to=at(100))
NEW = PostalAddressRecord(external_id="2", street="Kerkstraat", valid_from=at(100), preferred=True)
VIEW = """
query($id: ID!) { customer(by: {id: $id}) { name tone preferredChannel
  addresses { street validFrom validTo } relations { kind label source freshness { cadence } } } }
"""
RULES_OF_PARTS = "query($id: ID!) { customer(by: {id: $id}) { contactMedia { rule } addresses { rule } } }"
OTHERS = "query($id: ID!) { customer(by: {id: $id}) { relations { kind other { name } } } }"
CURRENT = """
query($id: ID!, $then: DateTime) { customer(by: {id: $id}) {
  currentAddress { street } then: currentAddress(at: $then) { street } } }
"""
VERIFY = """
mutation($i: VerifyContactMediumInput!) { verifyContactMedium(input: $i) {
  customer { contactMedia { value verified { method verifiedBy } undeliverable { reason } } } problems { code } } }
"""
REPORT = "mutation($i: ReportUndeliverableInput!) { reportUndeliverable(input: $i) { customers } }"
MEDIA = "query($id: ID!) { customer(by: {id: $id}) { contactMedia { id value verified { method } } } }"


def mia(**told: object) -> CustomerRecord:
    relations = (
        RelationRecord(external_id="r1", kind=RelationKind.HOUSEHOLD, to="2", label="partner"),
        RelationRecord(external_id="r2", kind=RelationKind.COMPANY, to="99"),
    )
    more = {"tone": "informal", "preferred_channel": "email", "addresses": (OLD, NEW), "relations": relations}
    return person("Mia", "mia@example.com").model_copy(update=more | told)


async def test_a_view_tells_validity_relations_and_preferences_both_ways(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", mia(), 1), content("2", person("Jan"), 1)))
    who = await owner(database, "crm", "1")
    identity = {"id": gid("Customer", who)}
    async with both_ways(database_url, tmp_path) as both:
        compiled, resolved, ways = await both.ask(VIEW, identity)
        assert (ways, compiled) == ({"customer": "compiled"}, resolved)
        told = (await both.resolving.ask(VIEW, identity)).data["customer"]
        assert (told["tone"], told["preferredChannel"]) == ("informal", "email")
        assert told["addresses"] == [
            {"street": "Kerkstraat", "validFrom": "2026-01-05T09:40:00Z", "validTo": None},
            {"street": "Dorpsstraat", "validFrom": None, "validTo": "2026-01-05T09:40:00Z"},
        ]
        known = {"source": "crm", "freshness": {"cadence": "DAILY"}}
        assert told["relations"] == [
            {"kind": "COMPANY", "label": None} | known,
            {"kind": "HOUSEHOLD", "label": "partner"} | known,
        ]
        by_rule = {"rule": "PREFER_UNLESS_BLANK"}
        ruled = (await both.compiling.ask(RULES_OF_PARTS, identity)).data["customer"]
        assert ruled == {"contactMedia": [by_rule], "addresses": [by_rule, by_rule]}
        for api in (both.compiling, both.resolving):
            others = (await api.ask(OTHERS, identity)).data["customer"]["relations"]
            assert [one["other"] for one in others] == [None, {"name": "Jan"}]
            mine = await api.ask(OTHERS, identity, role=Role.CUSTOMER, customer=CustomerId(who))
            assert [one["other"] for one in mine.data["customer"]["relations"]] == [None, None]
        then = identity | {"then": "2026-01-05T09:00:00Z"}
        current = (await both.compiling.ask(CURRENT, then)).data["customer"]
        assert current == {"currentAddress": {"street": "Kerkstraat"}, "then": {"street": "Dorpsstraat"}}


async def test_relations_follow_their_record_through_merge_and_split(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", mia(), 1), content("2", person("Jan"), 1)))
    before = await projection(database)
    merged = await merge(database, await owner(database, "crm", "2"), await owner(database, "crm", "1"))
    await undo(database, merged.act_id)
    assert await projection(database) == before
    assert len(before["customer_relation"]) == 2


async def test_a_verified_medium_says_so_until_it_is_another_one(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", mia(), 1)))
    identity = {"id": gid("Customer", await owner(database, "crm", "1"))}
    async with serving(database_url, tmp_path) as api:
        (medium,) = (await api.ask(MEDIA, identity)).data["customer"]["contactMedia"]
        assert medium["verified"] is None
        bounced = {"value": "mia@example.com", "reason": "550 no such mailbox"}
        reported = await api.ask(REPORT, {"i": bounced}, role=Role.SYSTEM)
        assert reported.data == {"reportUndeliverable": {"customers": 1}}
        given = {"contactMediumId": medium["id"], "method": "clicked the link"}
        verified = (await api.ask(VERIFY, {"i": given})).data["verifyContactMedium"]
        assert verified["customer"]["contactMedia"] == [
            {
                "value": "mia@example.com",
                "verified": {"method": "clicked the link", "verifiedBy": f"development:{Role.AGENT.value}"},
                "undeliverable": None,
            }
        ]
        nobody = {"contactMediumId": gid("ContactMedium", uid("nobody")), "method": "called"}
        refused = (await api.ask(VERIFY, {"i": nobody})).data["verifyContactMedium"]
        assert refused == {"customer": None, "problems": [{"code": "NOT_FOUND"}]}
        silent = (await api.ask(VERIFY, {"i": given | {"method": " "}})).data["verifyContactMedium"]
        assert silent["problems"] == [{"code": "INVALID"}]
        await apply_page(database, crm, page(content("1", person("Mia", "m@example.com"), 2)))
        (medium,) = (await api.ask(MEDIA, identity)).data["customer"]["contactMedia"]
        assert (medium["value"], medium["verified"]) == ("m@example.com", None)


bounds = st.one_of(st.none(), st.integers(0, 20))


@given(spans=st.lists(st.tuples(bounds, bounds, st.booleans()), max_size=5), minute=st.integers(-1, 21))
def test_the_current_address_is_the_first_preferred_one_that_is_valid_then(
    spans: list[tuple[int | None, int | None, bool]], minute: int
) -> None:
    rows = [row(place, *span) for place, span in enumerate(sorted(spans, key=lambda span: not span[2]))]
    found = address_at(rows, at(minute))
    valid = [
        one
        for one in rows
        if (one.valid_from or at(minute)) <= at(minute) and (one.valid_to is None or at(minute) < one.valid_to)
    ]
    assert found == (valid[0] if valid else None)
    assert found is None or found.preferred == any(one.preferred for one in valid)


def row(place: int, since: int | None, until: int | None, preferred: bool) -> AddressRow:
    empty = dict.fromkeys(("street", "house_number", "unit", "postal_code", "locality", "region", "country", "label"))
    return AddressRow(
        id=uid(f"address {place}"),
        customer_id=uid("Mia"),
        **empty,
        preferred=preferred,
        valid_from=None if since is None else at(since),
        valid_to=None if until is None else at(until),
        system="crm",
        external_id="1",
        as_of=at(0),
    )
