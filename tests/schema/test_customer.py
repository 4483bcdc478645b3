"""One customer's view."""

from __future__ import annotations

from uuid import UUID

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.company import Person, add_alias, add_person, gid, uid
from tests.schema.serving import Answer, Api

ANNA, BEN = CustomerId(uid("Anna Bakker")), CustomerId(uid("Ben de Vries"))

VIEW = """
query View($id: ID!) {
  customer(by: {id: $id}) {
    id kind name givenName familyName birthDate language status customerNumber deleted version createdAt updatedAt
    identifiers { system externalId }
    contactMedia { kind value normalised label preferred source asOf }
    addresses { street houseNumber postalCode locality country source asOf }
    productHoldings { product quantity source asOf }
    orders(first: 2) {
      totalCount
      edges { node { number state total currency source asOf lines { position product amount } } }
      pageInfo { hasNextPage hasPreviousPage }
    }
    requests(running: true) { totalCount edges { node { number state running } } }
    leads { totalCount edges { node { name state rating customer { name } } } }
    campaignMemberships { campaign state }
    segments { name source }
    consents { purpose status legalBasis }
    provenance { field source externalId asOf observedAt rule }
    sources { system state asOf observedAt cadence stale lastError }
  }
}
"""


async def test_the_whole_view_comes_from_all_systems_in_one_answer(api: Api) -> None:
    answer = await api.ask(VIEW, {"id": gid("Customer", ANNA)})
    assert answer.errors == []
    customer = answer.data["customer"]
    assert {name: value for name, value in customer.items() if not isinstance(value, dict | list)} == {
        "id": gid("Customer", ANNA),
        "kind": "PERSON",
        "name": "Anna Bakker",
        "givenName": "Anna",
        "familyName": "Bakker",
        "birthDate": "1980-02-29",
        "language": "nl",
        "status": "gold",
        "customerNumber": "N-Anna",
        "deleted": False,
        "version": 3,
        "createdAt": "2026-01-31T12:00:00Z",
        "updatedAt": "2026-03-01T12:00:00Z",
    }
    assert customer["identifiers"] == [
        {"system": "crm", "externalId": "crm-anna"},
        {"system": "lms", "externalId": "lms-anna"},
    ]
    assert customer["contactMedia"][0] == {
        "kind": "EMAIL",
        "value": "anna@example.nl",
        "normalised": "anna@example.nl",
        "label": "home",
        "preferred": True,
        "source": "crm",
        "asOf": "2026-02-28T12:00:00Z",
    }
    assert [medium["kind"] for medium in customer["contactMedia"]] == ["EMAIL", "PHONE"]
    assert customer["addresses"] == [
        {
            "street": "Kerkstraat",
            "houseNumber": "12",
            "postalCode": "1017 GC",
            "locality": "Amsterdam",
            "country": "NL",
            "source": "crm",
            "asOf": "2026-02-28T12:00:00Z",
        }
    ]
    assert customer["productHoldings"] == [
        {"product": "Fibre", "quantity": "1", "source": "crm", "asOf": "2026-02-20T13:00:00Z"}
    ]
    assert customer["campaignMemberships"] == [{"campaign": "Spring", "state": "SENT"}]
    assert customer["segments"] == [{"name": "families", "source": "cm"}]
    assert customer["consents"] == [{"purpose": "marketing", "status": "GRANTED", "legalBasis": "CONSENT"}]


async def test_connections_in_a_view_are_cut_and_counted(api: Api) -> None:
    customer = (await api.ask(VIEW, {"id": gid("Customer", ANNA)})).data["customer"]
    orders = customer["orders"]
    assert orders["totalCount"] == 3
    assert orders["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False}
    assert [edge["node"]["number"] for edge in orders["edges"]] == ["S3", "S2"]
    assert orders["edges"][0]["node"] == {
        "number": "S3",
        "state": "COMPLETED",
        "total": "10.50",
        "currency": "EUR",
        "source": "crm",
        "asOf": "2026-02-20T15:00:00Z",
        "lines": [
            {"position": 1, "product": "P1", "amount": "5.25"},
            {"position": 2, "product": "P2", "amount": "5.25"},
        ],
    }
    assert customer["requests"] == {
        "totalCount": 1,
        "edges": [{"node": {"number": "R1", "state": "IN_PROGRESS", "running": True}}],
    }
    assert [edge["node"]["customer"]["name"] for edge in customer["leads"]["edges"]] == ["Anna Bakker"] * 2


async def test_each_value_tells_where_it_came_from(api: Api) -> None:
    customer = (await api.ask(VIEW, {"id": gid("Customer", ANNA)})).data["customer"]
    assert customer["provenance"] == [
        {
            "field": field,
            "source": "crm",
            "externalId": "crm-anna",
            "asOf": "2026-02-28T12:00:00Z",
            "observedAt": "2026-03-01T12:00:00Z",
            "rule": "PREFER_UNLESS_BLANK",
        }
        for field in ("familyName", "name")
    ]


async def test_a_system_that_is_down_is_told_and_its_part_is_still_there(api: Api) -> None:
    customer = (await api.ask(VIEW, {"id": gid("Customer", ANNA)})).data["customer"]
    assert customer["sources"] == [
        {
            "system": "crm",
            "state": "ACTIVE",
            "asOf": "2026-02-28T12:00:00Z",
            "observedAt": "2026-03-02T08:00:00Z",
            "cadence": "DAILY",
            "stale": False,
            "lastError": None,
        },
        {
            "system": "lms",
            "state": "SUSPENDED",
            "asOf": "2026-02-28T12:00:00Z",
            "observedAt": "2026-03-01T12:00:00Z",
            "cadence": "DAILY",
            "stale": True,
            "lastError": "UNAVAILABLE",
        },
    ]


async def test_a_customer_is_found_by_any_spelling_of_what_he_is_known_by(api: Api) -> None:
    document = "query($by: CustomerBy!) { customer(by: $by) { name } }"
    ways = [
        {"id": gid("Customer", ANNA)},
        {"email": " Anna@Example.NL "},
        {"phone": "06-12345678"},
        {"phone": "+31 6 1234 5678"},
        {"externalId": {"system": "lms", "externalId": "lms-anna"}},
    ]
    found = [(await api.ask(document, {"by": by})).data["customer"] for by in ways]
    assert found == [{"name": "Anna Bakker"}] * 5


async def test_an_address_that_two_share_picks_nobody_and_the_list_shows_both(api: Api) -> None:
    answer = await api.ask('{ customer(by: {email: "thuis@example.nl"}) { name } }')
    assert (answer.data, answer.codes) == ({"customer": None}, ["AMBIGUOUS"])
    both = await api.ask('{ customers(filter: {email: "Thuis@example.nl"}) { edges { node { name } } } }')
    assert [edge["node"]["name"] for edge in both.data["customers"]["edges"]] == ["Cor Smit", "Dora Smit"]


async def test_what_nobody_can_have_is_refused_and_what_nobody_has_is_not_found(api: Api) -> None:
    document = "query($by: CustomerBy!) { customer(by: $by) { name } }"
    assert (await api.ask(document, {"by": {"email": "nobody"}})).codes == ["INVALID"]
    assert (await api.ask(document, {"by": {"phone": "12"}})).codes == ["INVALID"]
    assert (await api.ask(document, {"by": {"email": "no@body.nl"}})).codes == ["NOT_FOUND"]
    assert (await api.ask(document, {"by": {"id": gid("SalesOrder", ANNA)}})).codes == ["NOT_FOUND"]
    assert (await api.ask(document, {"by": {"id": "x"}})).codes == ["BAD_REQUEST"]
    assert (await api.ask(document, {"by": {"email": "a@b.nl", "phone": "1"}})).codes == ["BAD_REQUEST"]


async def test_a_merged_id_gives_the_customer_it_stands_for_now(api: Api, company: Database) -> None:
    async with company.transaction() as connection:
        await add_alias(connection, uid("former"), ANNA)
    answer = await api.ask(VIEW, {"id": gid("Customer", uid("former"))})
    assert answer.data["customer"]["id"] == gid("Customer", ANNA)
    assert len(answer.data["customer"]["contactMedia"]) == 2


async def test_a_deleted_customer_is_found_by_id_and_not_by_address(api: Api, company: Database) -> None:
    async with company.transaction() as connection:
        await add_person(connection, Person("Eva Weg", "eva@example.nl", deleted=True))
    assert (await api.ask('{ customer(by: {email: "eva@example.nl"}) { name } }')).codes == ["NOT_FOUND"]
    answer = await api.ask(VIEW, {"id": gid("Customer", uid("Eva Weg"))})
    assert answer.data["customer"]["deleted"] is True


async def test_a_customer_sees_himself_and_another_is_as_if_not_there(api: Api) -> None:
    document = "query($id: ID!) { customer(by: {id: $id}) { name } }"

    async def seen(customer: UUID) -> Answer:
        return await api.ask(document, {"id": gid("Customer", customer)}, role=Role.CUSTOMER, customer=ANNA)

    assert (await seen(ANNA)).data == {"customer": {"name": "Anna Bakker"}}
    other, nobody = await seen(BEN), await seen(uid("nobody"))
    assert (other.data, other.codes) == ({"customer": None}, ["NOT_FOUND"])
    assert other.errors == nobody.errors
